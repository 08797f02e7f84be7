// The registry of a Sluice whose config may name another one at each reload: who watches goes on watching, and is told what the new one
// says. A registry is opened when it is first needed, so that a config without any use for one costs nothing. The one in memory is
// kept while Redis is in its place, and taken up again.

import { MemoryRegistry } from "./memory.ts";
import { RedisRegistry, type RedisRegistryOptions } from "./redis.ts";
import type { Ballot, Outcome, Registry, RegistryStatus, SetContent, Told } from "./registry.ts";

/** Null: in memory. */
export type RegistryPlan = Omit<RedisRegistryOptions, "nowMs"> | null;

interface Watcher {
  readonly set: string;
  readonly tell: (told: Told) => void;
  stop: () => void;
}

export class StandingRegistry implements Registry {
  readonly #memory = new MemoryRegistry();
  readonly #watchers = new Set<Watcher>();
  #plan: RegistryPlan = null;
  #redis: RedisRegistry | null = null;

  get plan(): RegistryPlan {
    return this.#plan;
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /** Nothing happens where it is as before. */
  adopt(plan: RegistryPlan): void {
    if (JSON.stringify(plan) === JSON.stringify(this.#plan)) return;
    const former = this.#redis;
    this.#redis = plan === null ? null : new RedisRegistry(plan);
    this.#plan = plan;
    for (const watcher of this.#watchers) {
      watcher.stop();
      watcher.stop = this.#inner.watch(watcher.set, watcher.tell);
    }
    former?.close();
  }

  watch(set: string, tell: (told: Told) => void): () => void {
    const watcher: Watcher = { set, tell, stop: this.#inner.watch(set, tell) };
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
      watcher.stop();
    };
  }

  members(set: string): Promise<SetContent> {
    return this.#inner.members(set);
  }

  sets(): Promise<readonly string[]> {
    return this.#inner.sets();
  }

  add(set: string, member: string): Promise<boolean> {
    return this.#inner.add(set, member);
  }

  remove(set: string, member: string): Promise<boolean> {
    return this.#inner.remove(set, member);
  }

  drain(set: string, member: string, isDrained: boolean): Promise<boolean> {
    return this.#inner.drain(set, member, isDrained);
  }

  vote(set: string, ballot: Ballot): Promise<Outcome> {
    return this.#inner.vote(set, ballot);
  }

  withdraw(set: string, voter: string): Promise<void> {
    return this.#inner.withdraw(set, voter);
  }

  status(): RegistryStatus {
    return this.#inner.status();
  }

  close(): void {
    for (const { stop } of this.#watchers) stop();
    this.#watchers.clear();
    this.#redis?.close();
    this.#memory.close();
  }

  get #inner(): Registry {
    return this.#redis ?? this.#memory;
  }
}
