// The caches of the plan in force, as control keeps them (keptfiles.ts): one file for each that workers share. Control lets go of
// what dead workers held, tells what they hold, and purges (cache/purging.ts). A cache whose shape has changed starts empty, in a
// file of its own: what is in it can be had again. The former one is emptied as soon as every worker obeys the plan, for it stays mapped
// for a while, and both may be as large as the memory that there is. One that each worker has for itself has no file, and nobody but that
// worker can look into it.

import { existsSync, rmSync, statSync, truncateSync } from "node:fs";
import { hashString } from "../base/hash.ts";
import type { CachePlan } from "../config/plan.ts";
import type { StoreFigures } from "../memory/cachestore/figures.ts";
import type { StorePages } from "../memory/cachestore/pages.ts";
import { CacheStore } from "../memory/cachestore.ts";
import type { Owner } from "../memory/owners.ts";
import { fitted, sized } from "./cachefit.ts";
import { type Kept, KeptFiles, type KeptLine, type KeptOptions, type PreparedFiles } from "./keptfiles.ts";
import {
  bytesFree,
  bytesTaken,
  filesIn,
  makeShared,
  mapShared,
  mib,
  type Reserving,
  reserveShared,
  sharedPath,
} from "./sharedfile.ts";
import type { SpaceUser } from "./space.ts";

export interface CachesOptions extends KeptOptions {
  readonly owner: Owner;
  /** Without it nothing may be lent of the files here. */
  readonly pages?: LentPages | undefined;
}

/** What workers lend of a file: control, who purges, takes it out of the file as they do. */
export interface LentPages {
  /** Of a file that is mapped. */
  of(bytes: Uint8Array, file: { readonly path: string; readonly inode: number }): StorePages | null;
  /** Whether workers lend anything of files there. */
  canLend(folder: string): boolean;
  /** Whether memory for a part of a file can be asked for. Without it all of a cache has memory from the beginning. */
  readonly canReserve: boolean;
  /** The same for files of other kinds. */
  readonly reserving?: Reserving;
  /** Of the memory of all processes of this Sluice together, and of its files; infinite without (src/memorylimit.ts). */
  limitBytes?(): number;
}

export interface OpenCache extends Kept<CachePlan> {
  readonly store: CacheStore;
}

/** What a cache holds. */
export interface CacheFigures extends StoreFigures {
  readonly name: string;
}

export class Caches implements SpaceUser {
  readonly noun = "caches";
  readonly whenShort = "a cache that gets no more stays as large as it is";
  readonly #options: CachesOptions;
  readonly #kept: KeptFiles<CachePlan, OpenCache>;
  #roomBytes = Number.POSITIVE_INFINITY;
  /** Those that have got no more memory, as was told. */
  readonly #short = new Set<string>();

  constructor(options: CachesOptions) {
    this.#options = options;
    const { pages, folder, log } = options;
    this.#kept = new KeptFiles(options, {
      noun: "cache",
      contents: "what it stored is",
      isCache: true,
      pathOf: (plan) => sharedPath(options.folder, plan.name, shapeName(plan)),
      open: (plan, path, lines) => this.#openFile(plan, path, lines),
      adopt: ({ path, store }, plan) => ({ plan, path, store }),
      recover: ({ store }) => void store.recover(),
      close: ({ store }) => store.close(),
      empty: ({ store }) => store.empty(),
    });
    if (pages?.canLend(folder) === false)
      log.debug({}, `long bodies are copied out of caches: pages of files in ${folder} cannot be given to sockets`);
  }

  /** Those that workers share. */
  get all(): readonly OpenCache[] {
    return this.#kept.all;
  }

  find(name: string): OpenCache | null {
    return this.#kept.find(name);
  }

  figures(): CacheFigures[] {
    return this.all.map(({ plan, store }) => ({ name: plan.name, ...store.figures() }));
  }

  /** `roomBytes`: of a limit of memory, for those whose size nobody has written. */
  prepare(plans: readonly CachePlan[], roomBytes: number = Number.POSITIVE_INFINITY): PreparedFiles {
    this.#roomBytes = roomBytes;
    const shared = plans.filter(({ isShared }) => isShared);
    const count = shared.filter(({ fits }) => fits !== undefined).length;
    return this.#kept.prepare(shared.map((plan) => this.#fitted(plan, count)));
  }

  /** What dead processes held and were doing is let go of. */
  recover(): void {
    this.#kept.recover();
  }

  /** To be called every second: a cache that gets no more memory is told, once until it does. */
  look(): void {
    for (const { plan, store } of this.all) {
      const { isShort, bytesReady, bytesMax } = store.figures();
      if (isShort && !this.#short.has(plan.name)) {
        const { folder } = this.#options;
        // What a worker was refused was a MiB at most.
        const isOfLimit = Number.isFinite(this.#limitBytes) && bytesFree(folder) >= 2 * grownBytes;
        const [place, remedy] = isOfLimit
          ? [`within the ${this.#limitText}`, largerLimit]
          : [`in ${folder}`, largerFolder];
        this.#options.log.warn(
          `cache ${plan.name}: there is no more memory for it ${place}, it goes on with ${mib(bytesReady)} of ${mib(bytesMax)}: ${remedy}, or ${isOfLimit ? "make tables and other caches" : "what lies there"} smaller (size)`,
        );
      }
      if (isShort) this.#short.add(plan.name);
      else this.#short.delete(plan.name);
    }
  }

  mark(): void {
    this.#kept.mark();
  }

  get isWhole(): boolean {
    return this.#kept.isWhole;
  }

  get wantedBytes(): number {
    return this.all.reduce(
      (sum, { plan, path }) => sum + Math.max(0, CacheStore.fullBytesFor(plan) - bytesTaken(path)),
      0,
    );
  }

  close(): void {
    this.#kept.close();
  }

  get #limitBytes(): number {
    return this.#options.pages?.limitBytes?.() ?? Number.POSITIVE_INFINITY;
  }

  get #limitText(): string {
    return `memory limit of ${mib(this.#limitBytes)}`;
  }

  /** With a size, where nobody has written one: it keeps the one that it has. */
  #fitted(plan: CachePlan, count: number): CachePlan {
    if (plan.fits === undefined) return plan;
    const former = this.find(plan.name)?.plan;
    if (former?.fits !== undefined && former.policy === plan.policy) return sized(plan, former.bytesMax);
    const { folder } = this.#options;
    const left = filesIn(folder).filter(({ name }) => name === plan.name);
    const taken = left.reduce((sum, { path }) => sum + bytesTaken(path), 0);
    const leftBytes = former === undefined ? Math.max(0, ...left.map(({ path }) => sizeIn(path, plan))) : 0;
    return fitted(plan, Math.min(bytesFree(folder) + taken, this.#roomBytes), count, leftBytes);
  }

  #openFile(plan: CachePlan, path: string, lines: KeptLine[]): { open: OpenCache; isMade: boolean } {
    const { folder, owner, reserving } = this.#options;
    const pagesOf = (bytes: Uint8Array): StorePages | null =>
      this.#options.pages?.of(bytes, { path, inode: statSync(path).ino }) ?? null;
    const open = (bytes: Uint8Array): CacheStore => new CacheStore(bytes, plan.name, owner, pagesOf(bytes));
    const size = CacheStore.bytesFor(plan);
    const wasThere = existsSync(path);
    const found = mapShared(path, size, (bytes) => CacheStore.isFormatted(bytes, plan));
    const hasRoom = found === null || reserveShared(path, CacheStore.readyRanges(found, plan), reserving);
    if (found !== null && hasRoom) {
      const store = open(found);
      store.recover();
      const { entries } = store.figures();
      lines.push(`cache ${plan.name}: ${responses(entries)} found from the run before`);
      return { open: { plan, path, store }, isMade: false };
    }
    if (!hasRoom)
      lines.push(`cache ${plan.name}: dropped, for there is no room in ${folder} for what it had; it starts empty`);
    else if (wasThere)
      lines.push(
        `cache ${plan.name}: dropped, for its file is damaged or of another version of Sluice; it starts empty`,
      );
    else if (this.#dropOthers(plan, path))
      lines.push(`cache ${plan.name}: it has another size or policy now, and starts empty`);
    if (plan.fits !== undefined && plan.bytesMax < plan.fits.bytesMax) {
      const [place, remedy] =
        this.#roomBytes < bytesFree(folder)
          ? [`what the ${this.#limitText} leaves beside processes and tables`, largerLimit]
          : [`what is free in ${folder}`, largerFolder];
      lines.push(
        `cache ${plan.name}: it has ${mib(plan.bytesMax)} and not ${mib(plan.fits.bytesMax)}, for half of ${place} is no more; write its size, or ${remedy}`,
      );
    }
    // Of chance, so that nobody outside can choose keys that meet in one bucket.
    const seed = Number(crypto.getRandomValues(new BigUint64Array(1))[0]! >> 11n);
    rmSync(path, { force: true });
    const isStepped = this.#options.pages?.canReserve === true;
    const end = isStepped ? CacheStore.fixedBytesFor(plan) : size;
    const bytes = makeShared(path, size, (made) => CacheStore.format(made, plan, seed, !isStepped), [[0, end]]);
    return { open: { plan, path, store: open(bytes) }, isMade: true };
  }

  /**
   * Whether there are files of this name and another shape. What the run before has left of it gives its memory back before anything else
   * asks for some: this cache, and tables.
   */
  #dropOthers(plan: CachePlan, path: string): boolean {
    const { folder, owner } = this.#options;
    const others = filesIn(folder).filter((other) => other.name === plan.name && other.path !== path);
    if (this.find(plan.name) === null) for (const other of others) dropLeft(other.path, owner);
    return others.length > 0;
  }
}

/** By which caches become larger (memory/cachestore/units.ts). */
const grownBytes = 2 ** 20;
const largerFolder = "make that file system larger (docker run --shm-size)";
const largerLimit = "raise that limit (docker run --memory, MemoryMax)";

/** Its name goes, and its memory if no process of a run that is ending has it open. */
function dropLeft(path: string, owner: Owner): void {
  const stat = statSync(path);
  const bytes = stat.isFile() && stat.size > 0 ? Bun.mmap(path, { shared: true }) : null;
  if (bytes !== null && !CacheStore.hasOthers(bytes, owner)) truncateSync(path, 0);
  rmSync(path, { recursive: true });
}

/** Of a cache that the run before has left, and that would be taken up with that size; 0 where it is none. */
function sizeIn(path: string, plan: CachePlan): number {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size === 0) return 0;
  const shape = CacheStore.shapeIn(Bun.mmap(path, { shared: true }));
  return shape !== null &&
    shape.policy === plan.policy &&
    sized(plan, shape.bytesMax).objectBytesMax === shape.objectBytesMax
    ? shape.bytesMax
    : 0;
}

/** 16 hexadecimal digits of all that a file is laid out by. */
function shapeName({ bytesMax, objectBytesMax, policy }: CachePlan): string {
  const shape = JSON.stringify([bytesMax, objectBytesMax, policy]);
  return [1, 2].map((seed) => hashString(shape, seed).toString(16).padStart(8, "0")).join("");
}

function responses(count: number): string {
  return count === 1 ? "1 response" : `${count} responses`;
}
