// The second levels that a process has: one for each cache that has a Redis, over one link to each Redis that there is. They stay the
// same over reloads for as long as what the plan says of them does, and with them what is known of who is away. Workers ask and
// fill them; control takes away from them what is purged.

import type { PurgeCounts, RemoteNews } from "../config/message.ts";
import type { CachePlan } from "../config/plan.ts";
import { RedisLevel } from "./level.ts";
import { RedisLink } from "./link.ts";

export interface RedisLevelsOptions {
  readonly nowMs: () => number;
  /** For the operator. */
  readonly news: (news: RemoteNews) => void;
  /** Calls into a flow go through this. */
  readonly tell: (call: () => void) => void;
  /** Counts of purges are higher than they were. */
  readonly raised?: () => void;
}

export interface RemoteStanding {
  /** The cache's. */
  readonly name: string;
  readonly isAway: boolean;
  /** It answers, and takes nothing. */
  readonly isRefusing: boolean;
}

export class RedisLevels {
  readonly #options: RedisLevelsOptions;
  /** By what the plan says of them. */
  #links: ReadonlyMap<string, RedisLink> = new Map();
  #levels: ReadonlyMap<string, RedisLevel> = new Map();
  /** As we were told last, also of what is not ours yet. */
  #counts: PurgeCounts = {};

  constructor(options: RedisLevelsOptions) {
    this.#options = options;
  }

  /** Before a site is made of the plan. Links that it does not name are closed; what they are asked until then comes to nothing. */
  adopt(plans: readonly CachePlan[]): void {
    const { nowMs, news, tell, raised = () => {} } = this.#options;
    const links = new Map<string, RedisLink>();
    const levels = new Map<string, RedisLevel>();
    for (const { name, redis } of plans) {
      if (redis === null) continue;
      const key = JSON.stringify(redis);
      const link = links.get(key) ?? this.#links.get(key) ?? new RedisLink(redis, { nowMs, tell: news });
      links.set(key, link);
      const own = `${name} ${key}`;
      levels.set(own, this.#levels.get(own) ?? new RedisLevel(link, name, { tell, raised }));
    }
    for (const [own, level] of this.#levels) if (!levels.has(own)) level.close();
    for (const [key, link] of this.#links) if (!links.has(key)) link.close();
    this.#links = links;
    this.#levels = levels;
    this.raise(this.#counts);
  }

  /** Null for a cache that has no second level. */
  of({ name, redis }: CachePlan): RedisLevel | null {
    return redis === null ? null : this.#levels.get(`${name} ${JSON.stringify(redis)}`)!;
  }

  /** As `of`, by the cache's name. */
  named(name: string): RedisLevel | null {
    for (const [own, level] of this.#levels) if (own.startsWith(`${name} `)) return level;
    return null;
  }

  /** How it stands with each, by the name of its cache. */
  states(plans: readonly CachePlan[]): RemoteStanding[] {
    return plans.flatMap(({ name }) => {
      const state = this.named(name)?.state;
      return state === undefined ? [] : [{ name, isAway: state.away !== null, isRefusing: state.refusal !== null }];
    });
  }

  /** Each Redis is asked how it stands. */
  look(): void {
    for (const level of this.#levels.values()) void level.look();
  }

  /** Of purges, as far as is known of each; for `raise` of another process. */
  counts(): PurgeCounts {
    return Object.fromEntries([...this.#levels].map(([own, { count }]) => [own, count]));
  }

  /** Another process has seen these. */
  raise(counts: PurgeCounts): void {
    this.#counts = counts;
    for (const [own, level] of this.#levels) level.raise(counts[own] ?? 0);
  }

  isAway(address: string): boolean {
    return [...this.#links.values()].some(({ state }) => state.address === address && state.away !== null);
  }

  /** Another process has found the one at this address away, or back. */
  hasten(address: string): void {
    for (const link of this.#links.values()) if (link.state.address === address) link.hasten();
  }

  close(): void {
    for (const level of this.#levels.values()) level.close();
    for (const link of this.#links.values()) link.close();
  }
}
