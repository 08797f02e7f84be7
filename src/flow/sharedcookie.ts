// One sticky cookie of several pools. A browser keeps one value of a name, so that pools which each write their own would take
// a client from the other's server at every turn. What names a server of another pool is therefore kept in the value, one
// word for each pool, where the client has shown it and that pool knows it: nothing else of what clients send comes back.
// HAProxy writes one word, and so do pools whose servers are the same: they know each other's.

import { cookieSeparator } from "../balance/backends.ts";
import type { Plan, PoolPlan } from "../config/plan.ts";

/** Words in one value, a client's own request being what they are read from. */
const wordsMax = 8;

type Words = ReadonlySet<string>;

export class SharedCookie {
  readonly #own: Words;
  /** Of all pools with the cookie, this one among them. */
  readonly #all: readonly Words[];

  constructor(own: Words, all: readonly Words[]) {
    this.#own = own;
    this.#all = all;
  }

  /** The value that names a server of this pool by `word`, and servers of the others as `sent` does, which is the client's value. */
  with(word: string, sent: string): string {
    if (sent === "") return word;
    const before: string[] = [];
    const behind: string[] = [];
    const given = sent.split(cookieSeparator, wordsMax);
    for (const other of this.#all) {
      if (other === this.#own) continue;
      if (1 + before.length + behind.length === wordsMax) break;
      const kept = given.find((each) => other.has(each));
      if (kept === undefined || kept === word || before.includes(kept) || behind.includes(kept)) continue;
      if (!other.has(word)) behind.push(kept);
      // The first that a pool knows holds there. What both know is theirs together.
      else if (!this.#own.has(kept)) before.push(kept);
    }
    return [...before, word, ...behind].join(cookieSeparator);
  }
}

/** For each pool of the plan whose cookie another has too; not for those that write in front of an application's own value. */
export function sharedCookies({ pools }: Pick<Plan, "pools">): ReadonlyMap<PoolPlan, SharedCookie> {
  const byName = new Map<string, PoolPlan[]>();
  for (const pool of pools) {
    const { sticky } = pool.balance;
    if (sticky === null || sticky.isPrefix) continue;
    const group = byName.get(sticky.cookie);
    if (group === undefined) byName.set(sticky.cookie, [pool]);
    else group.push(pool);
  }
  const shared = new Map<PoolPlan, SharedCookie>();
  for (const group of byName.values()) {
    if (group.length === 1) continue;
    const all = group.map(wordsOf);
    group.forEach((pool, index) => {
      shared.set(pool, new SharedCookie(all[index]!, all));
    });
  }
  return shared;
}

function wordsOf({ servers }: PoolPlan): Words {
  return new Set(servers.flatMap(({ cookie, formerCookie }) => [cookie, formerCookie ?? cookie]));
}
