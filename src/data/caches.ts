// The caches of this worker: those that all workers share are files that came with the plan, mapped (mappedfiles.ts); one that is
// this worker's own is memory like any other, its share of the size that the config gives to all of them together. Both stay the
// same objects over reloads for as long as their shape does.

import { heldUntil, type Purge, policiesOf, purgeSteps } from "../cache/purge.ts";
import type { CachePlan, Plan } from "../config/plan.ts";
import type { Cache } from "../memory/cache.ts";
import type { StorePages } from "../memory/cachestore/pages.ts";
import { CacheStore } from "../memory/cachestore.ts";
import type { Owner } from "../memory/owners.ts";
import { Leavings } from "./leavings.ts";
import { type MappedFile, MappedFiles } from "./mappedfiles.ts";

/** Less is none. */
const ownBytesMin = 2 ** 20;

interface Own {
  /** What it was made of. */
  readonly shape: string;
  readonly store: CacheStore;
  readonly bytes: Uint8Array;
}

export type PagesOf = (bytes: Uint8Array, file: MappedFile) => StorePages | null;

export class Caches {
  readonly #owner: Owner;
  readonly #workers: number;
  readonly #leavings: Leavings;
  readonly #mapped: MappedFiles<CachePlan, CacheStore>;
  #own: ReadonlyMap<string, Own> = new Map();

  /** `workers`: how many share the size of a cache that each has for itself. `pagesOf`: of a file that is mapped; null where they cannot be lent. */
  constructor(owner: Owner, workers: number, pagesOf: PagesOf = () => null, leavings: Leavings = new Leavings()) {
    this.#owner = owner;
    this.#workers = workers;
    this.#leavings = leavings;
    this.#mapped = new MappedFiles(
      "cache",
      (bytes, plan, file) => new CacheStore(bytes, plan.name, owner, pagesOf(bytes, file)),
      leavings,
    );
  }

  /** `files`: paths by the names of caches. Throws when one cannot be mapped; then the former ones stay. */
  adopt(plans: readonly CachePlan[], files: Readonly<Record<string, string>>): void {
    const own = new Map<string, Own>();
    for (const plan of plans) if (!plan.isShared) own.set(plan.name, this.#ownOf(plan));
    this.#mapped.adopt(
      plans.filter(({ isShared }) => isShared),
      files,
    );
    for (const [name, former] of this.#own) if (own.get(name) !== former) this.#leavings.add(former.bytes);
    this.#own = own;
  }

  of(plan: CachePlan): Cache {
    return plan.isShared ? this.#mapped.of(plan) : this.#own.get(plan.name)!.store;
  }

  /** Of a cache of our own, in steps between which traffic goes on. */
  async purge(name: string, purge: Purge, plan: Plan): Promise<void> {
    const own = this.#own.get(name);
    if (own === undefined) return;
    const nowMs = Date.now();
    const steps = purgeSteps(own.store, purge, policiesOf(plan, name), nowMs, heldUntil(plan, name, nowMs));
    while (steps.next().done !== true) await new Promise((resume) => setImmediate(resume));
  }

  /** To be called now and then. */
  settle(): void {
    for (const store of this.#mapped.all) store.settle();
  }

  #ownOf(plan: CachePlan): Own {
    const { name, objectBytesMax, policy } = plan;
    const bytesMax = Math.max(ownBytesMin, Math.floor(plan.bytesMax / this.#workers));
    // With the room for many entries at once that a shared one has: as many clients are shown one here.
    const shape = { bytesMax, objectBytesMax, policy, isShared: true };
    const text = JSON.stringify(shape);
    const former = this.#own.get(name);
    if (former?.shape === text) return former;
    const bytes = new Uint8Array(CacheStore.bytesFor(shape));
    CacheStore.format(bytes, shape, Number(crypto.getRandomValues(new BigUint64Array(1))[0]! >> 11n));
    return { shape: text, store: new CacheStore(bytes, name, this.#owner), bytes };
  }
}
