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
    const given = sent.split(cookieSeparator, wordsMax);
    const kept = new Map<string, boolean>();
    for (const other of this.#all) {
      if (other === this.#own) continue;
      const first = given.find((each) => other.has(each));
      if (first === undefined || first === word) continue;
      // The first that a pool knows holds there. What both know is theirs together.
      const isKnown = other.has(word);
      if (!isKnown || !this.#own.has(first)) kept.set(first, isKnown || kept.get(first) === true);
    }
    // In the order in which they came, for others may know several of them.
    const words = given.filter((each, index) => kept.has(each) && given.indexOf(each) === index).slice(0, wordsMax - 1);
    const at = words.findLastIndex((each) => kept.get(each)) + 1;
    const before = words.slice(0, at).filter((each) => !this.#own.has(each));
    const behind = words.filter((each) => !before.includes(each));
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
