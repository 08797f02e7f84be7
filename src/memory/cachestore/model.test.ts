// Thousands of random calls on a cache that two processes have open, and on a plain model of it: what stands under each key, if it has
// not made room for others. What is found is what the model has; what is held stays as it was; the cache holds together.

import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { type CacheDraft, type CacheEntry, type CacheKey, cacheFlag, cacheState } from "../cache.ts";
import type { CacheStore } from "../cachestore.ts";
import { noDraft } from "../nocache.ts";
import { checkStore } from "./check.fixture.ts";
import { body, bytesOf, facts, found, headOf, keyOf, read, StoreWorld, start, TrialPages } from "./sample.fixture.ts";

const policies = ["tinylfu", "lru", "lfu"] as const;
const names = 12;
const variants = ["", "br", "gzip"];

interface Response {
  head: string;
  readonly seed: number;
  readonly length: number;
  isPurged: boolean;
}
interface Fetch {
  readonly draft: CacheDraft;
  readonly place: Place;
  readonly response: Response;
  readonly isKnown: boolean;
  written: number;
  isBegun: boolean;
}
/** What stands under a key: what is under way before what was there already. */
interface Place {
  readonly key: CacheKey;
  readonly first: number;
  fetch: Fetch | null;
  below: Response | "pass" | "vary" | null;
}
interface Held {
  readonly entry: CacheEntry;
  readonly head: string;
  readonly response: Response;
}

class Duel {
  readonly #prng: Prng;
  readonly #stores: CacheStore[];
  readonly #pages: TrialPages;
  readonly #places: Place[];
  readonly #fetches: Fetch[] = [];
  readonly #held: Held[] = [];
  readonly #longest: number;
  #seeds = 0;
  counts = { hits: 0, along: 0, whole: 0, lent: 0, pages: 0 };

  constructor(seed: number) {
    this.#prng = new Prng(seed);
    const policy = policies[seed % 3]!;
    // Small ones press each other; of long ones pages are lent.
    this.#longest = seed % 2 === 0 ? 70_000 : 150_000;
    const bytesMax = (seed % 2 === 0 ? 250_000 : 1_500_000) + 40_000 * (seed % 5);
    const world = new StoreWorld({ bytesMax, objectBytesMax: this.#longest - 10_000, policy });
    this.#pages = new TrialPages(world.bytes);
    world.pages = this.#pages;
    this.#stores = [world.open(1), world.open(2)];
    this.#places = Array.from({ length: names }, (_, first) =>
      variants.map((variant) => ({ key: keyOf(`/${first}`, variant), first, fetch: null, below: null })),
    ).flat();
  }

  step(): void {
    const store = this.#stores[this.#prng.below(2)]!;
    const place = this.#places[this.#prng.below(this.#places.length)]!;
    const choice = this.#prng.below(100);
    if (choice < 35) this.#find(store, place);
    else if (choice < 55) this.#begin(store, place);
    else if (choice < 85) this.#goOn();
    else if (choice < 92) this.#letGo();
    else this.#tell(store, place, choice);
  }

  check(): void {
    expect(checkStore(this.#stores[0]!)).toEqual([]);
    expect(this.#pages.spoilt).toBe(0);
    this.counts.pages = this.#pages.detachedBytes / 4096;
  }

  end(): void {
    for (const held of this.#held) this.#judge(held, true);
    for (const { draft } of this.#fetches) draft.drop();
    this.#stores[0]!.walk(0, 100_000, () => "remove");
    expect(this.#stores[0]!.figures()).toMatchObject({ bytesUsed: 0, entries: 0, marks: 0, fetching: 0 });
    this.check();
  }

  #find(store: CacheStore, place: Place): void {
    const entry = store.find(place.key, start);
    const { fetch, below } = place;
    if (entry === null) {
      // It may have made room, but what is under way does not.
      expect(fetch).toBeNull();
      place.below = null;
      return;
    }
    if (fetch !== null && !fetch.isBegun) expect(entry.state).toBe(cacheState.fetching);
    else if (fetch !== null) this.#hold(entry, cacheState.filling, fetch.response);
    else if (below === "pass" || below === "vary") expect(entry.state).toBe(cacheState[below]);
    else {
      expect(entry.facts.flags).toBe(below!.isPurged ? cacheFlag.isPurged : 0);
      this.#hold(entry, cacheState.whole, below!);
      this.counts.hits++;
      return;
    }
    if (fetch === null || !fetch.isBegun) entry.release();
  }

  #hold(entry: CacheEntry, state: number, response: Response): void {
    expect([entry.state, headOf(entry)]).toEqual([state, response.head]);
    if (state === cacheState.filling) this.counts.along++;
    this.#held.push({ entry, head: response.head, response });
    if (this.#held.length > 12) this.#letGo();
  }

  #begin(store: CacheStore, place: Place): void {
    const { fetch, below } = place;
    const isReplacing = this.#prng.below(3) === 0;
    const { misfits } = store.figures();
    const draft = isReplacing ? store.replace(place.key, start) : store.lease(place.key, start, 60_000);
    if (store.figures().misfits > misfits) {
      // There was no room for it. What was under way is gone all the same.
      expect(draft === null || draft === noDraft).toBe(true);
      if (isReplacing) place.fetch = null;
      return;
    }
    if (draft === null) {
      const isGood = typeof below === "object" && below?.isPurged !== true;
      expect(fetch !== null || below === "vary" || isGood).toBe(true);
      return;
    }
    if (!isReplacing) expect(fetch).toBeNull();
    const long = this.#prng.below(this.#longest > 100_000 ? 3 : 4) === 0 ? this.#longest : 6000;
    const seed = ++this.#seeds;
    const response = { head: `head ${seed}`, seed, length: this.#prng.below(long), isPurged: false };
    place.fetch = { draft, place, response, isKnown: this.#prng.below(2) === 0, written: 0, isBegun: false };
    this.#fetches.push(place.fetch);
  }

  #goOn(): void {
    if (this.#fetches.length === 0) return;
    const index = this.#prng.below(this.#fetches.length);
    const fetch = this.#fetches[index]!;
    if (this.#continue(fetch)) return;
    this.#fetches.splice(index, 1);
    if (fetch.place.fetch === fetch) fetch.place.fetch = null;
  }

  /** False: it has ended. */
  #continue(fetch: Fetch): boolean {
    const { draft, response, place } = fetch;
    if (this.#prng.below(20) === 0) {
      draft.drop();
      return false;
    }
    if (!fetch.isBegun) {
      const bodyBytes = fetch.isKnown ? response.length : -1;
      fetch.isBegun = draft.begin(
        { ...facts, bodyBytes },
        bytesOf(response.head),
        0,
        response.head.length,
        bytesOf("t"),
      );
      if (fetch.isBegun) expect(place.fetch).toBe(fetch);
      return fetch.isBegun;
    }
    const count = Math.min(
      1 + this.#prng.below(this.#longest > 100_000 ? 90_000 : 20_000),
      response.length - fetch.written,
    );
    const content = body(response.length, response.seed);
    if (!draft.append(content, fetch.written, fetch.written + count)) return false;
    fetch.written += count;
    if (fetch.written < response.length) return true;
    draft.finish();
    if (place.fetch === fetch) place.below = response;
    this.counts.whole++;
    return false;
  }

  #letGo(): void {
    if (this.#held.length === 0) return;
    this.#judge(this.#held.splice(this.#prng.below(this.#held.length), 1)[0]!, this.#prng.below(4) > 0);
  }

  #judge({ entry, head, response }: Held, isReading: boolean): void {
    expect(headOf(entry)).toBe(head);
    const { written } = entry;
    if (entry.isWhole) expect([written, entry.isBroken]).toEqual([response.length, false]);
    if (isReading) expect(read(entry).bytes).toEqual(body(response.length, response.seed).subarray(0, written));
    // Whoever was lent something goes on reading it, whatever becomes of the entry.
    for (let at = 0; entry.run(at); at += entry.runEnd - entry.runStart)
      if (this.#prng.below(3) === 0 && this.#pages.take(entry)) this.counts.lent++;
    entry.release();
  }

  /** All that is said of a key in one call. */
  #tell(store: CacheStore, place: Place, choice: number): void {
    const alike = this.#places.filter(({ first }) => first === place.first);
    if (choice === 92) {
      store.markPass(place.key, 1, start + 1);
      [place.fetch, place.below] = [null, "pass"];
    } else if (choice === 93) {
      const plain = alike[0]!;
      const isMarked = plain.below === "vary" && store.find(plain.key, start)?.release() === undefined;
      if (isMarked) return;
      store.markVary(plain.key, bytesOf(`accept ${this.#prng.below(100)}`));
      for (const each of alike) [each.fetch, each.below] = [null, null];
      plain.below = "vary";
    } else if (choice < 96) {
      const isSoft = choice === 94;
      store.purge(place.key, isSoft);
      for (const each of alike) {
        each.fetch = null;
        if (!isSoft) each.below = null;
        else if (typeof each.below === "object" && each.below !== null) each.below.isPurged = true;
      }
    } else this.#ask(store, place, choice);
  }

  /** Of what is there. */
  #ask(store: CacheStore, place: Place, choice: number): void {
    const { below } = place;
    const entry =
      place.fetch === null && below !== null && typeof below === "object" ? store.find(place.key, start) : null;
    if (entry === null || below === null || typeof below !== "object") return;
    if (choice === 96) {
      entry.remove();
      place.below = null;
    } else if (choice === 97) {
      entry.outdate();
      below.isPurged = true;
    } else {
      const wasClaimed = entry.claim(start, 1);
      const head = `renewed ${++this.#seeds}`.repeat(1 + this.#prng.below(60));
      entry.freshen(facts, bytesOf(head), 0, head.length);
      if (headOf(entry) !== head) place.below = null;
      else if (wasClaimed) [below.head, below.isPurged] = [head, false];
    }
    entry.release();
  }
}

test.each(Array.from({ length: 15 }, (_, seed) => seed))("cache and model agree, seed %d", (seed) => {
  const duel = new Duel(seed);
  for (let step = 0; step < 4000; step++) {
    duel.step();
    if (step % 50 === 0) duel.check();
  }
  duel.end();
  const { lent, pages, ...others } = duel.counts;
  expect(Object.values(others).every((count) => count > 50)).toBe(true);
  if (seed % 2 === 1) expect([lent > 20, pages > 200]).toEqual([true, true]);
});

test("what one process stores another finds", () => {
  const world = new StoreWorld({ bytesMax: 2 ** 20, objectBytesMax: 2 ** 16, policy: "lru" });
  const [one, other] = [world.open(1), world.open(2)];
  const draft = one.lease(keyOf("/a"), start, 1000)!;
  expect([other.lease(keyOf("/a"), start, 1000), found(other, keyOf("/a")).state]).toEqual([null, cacheState.fetching]);
  draft.begin(facts, bytesOf("head"), 0, 4, new Uint8Array());
  draft.append(body(100), 0, 100);
  draft.finish();
  const entry = found(other, keyOf("/a"));
  expect([headOf(entry), read(entry).bytes]).toEqual(["head", body(100)]);
});
