// What is known of the Redis behind caches in this process and in each worker, as one word: every process finds out by itself, when it
// asks, and an operator wants to read it once. The first who finds it away is told of, then nothing until it is back. Control asks
// all the time, workers only when there is traffic: so where control too has found it away, it is back when control says so.

import type { RemoteNews } from "../config/message.ts";
import type { CachePlan } from "../config/plan.ts";
import type { Log } from "./log.ts";

export type Witness = number | "control";

export class RemoteBulletin {
  readonly #log: Log;
  /** By address: who has found it away, or that it takes nothing, and not otherwise since. */
  readonly #away = new Map<string, Set<Witness>>();
  readonly #refusing = new Map<string, Set<Witness>>();
  /** By address: why it is away, as far as that was told. */
  readonly #reasons = new Map<string, Set<string>>();
  #plans = "";

  constructor(log: Log) {
    this.#log = log;
  }

  hear(who: Witness, { address, news, detail }: RemoteNews): void {
    switch (news) {
      case "away":
        if (add(this.#away, address, who))
          this.#log.warn(`Redis ${address} is away: caches go on without it (${detail})`);
        else if (who === "control" && this.#reasons.get(address)?.has(detail) === false)
          this.#log.warn(`Redis ${address} is still away: ${detail}`);
        this.#because(address, detail);
        return;
      case "back":
        this.#back(who, address);
        return;
      case "refusing":
        if (add(this.#refusing, address, who))
          this.#log.warn(`Redis ${address} does not take what caches store (${detail})`);
        return;
      case "taking":
        if (this.#refusing.get(address)?.delete(who) === true) return;
    }
  }

  /** Of a worker that has died, nothing is known any more. */
  gone(worker: number): void {
    for (const address of this.#away.keys()) this.#back(worker, address);
    for (const witnesses of this.#refusing.values()) witnesses.delete(worker);
  }

  /** Who is asked in another way is asked from the beginning, by everybody. */
  adopt(plans: readonly CachePlan[]): void {
    const now = JSON.stringify(plans.map(({ redis }) => redis));
    if (now === this.#plans) return;
    this.#plans = now;
    this.#away.clear();
    this.#reasons.clear();
    this.#refusing.clear();
  }

  /** Each is told once while it is away. */
  #because(address: string, reason: string): void {
    const reasons = this.#reasons.get(address) ?? new Set();
    this.#reasons.set(address, reasons.add(reason));
  }

  #back(who: Witness, address: string): void {
    const witnesses = this.#away.get(address);
    if (witnesses?.delete(who) !== true) return;
    if (who === "control") witnesses.clear();
    if (witnesses.size > 0) return;
    this.#away.delete(address);
    this.#reasons.delete(address);
    this.#log.info(`Redis ${address} is back: caches ask it again`);
  }
}

/** Whether nobody had said so. */
function add(all: Map<string, Set<Witness>>, address: string, who: Witness): boolean {
  const witnesses = all.get(address) ?? new Set();
  all.set(address, witnesses);
  const isFirst = witnesses.size === 0;
  witnesses.add(who);
  return isFirst;
}
