// The one file that the control process and all data workers map: who stands where in it. It knows offsets, not meanings;
// board.ts and tally.ts give the words their names. Everything has a fixed place and a fixed capacity, so that a reload never
// moves a word that somebody else is writing to. The file is sparse: pages that no one touched cost nothing.
//
//   0        header            4 KiB   magic, layout, board version, started at
//   4 KiB    board             4096 servers x 64 B    written by control, read by workers
//            shared servers    4096 servers x 64 B    added to by all workers (Atomics)
//            shared pools       512 pools   x 64 B    added to by all workers (Atomics)
//            worker blocks       64 workers, each     written by one worker, read by control and the other workers
//              worker words     512 B
//              active            4096 x 4 B           exchanges in flight at each server
//              listeners           64 x 512 B
//              routes            1024 x 512 B
//              pools              512 x 512 B
//              servers           4096 x 512 B
//              rules             4096 x 8 B           hits of each rule
//              egresses            64 x 512 B
//
// A worker that dies in the middle of a write leaves at most one counter one short: there are no locks here.

import { assert } from "../base/assert.ts";

/** Changed whenever a word moves; a file with another layout is not taken over. */
export const layoutVersion = 3;

export const capacity = {
  workers: 64,
  listeners: 64,
  routes: 1024,
  pools: 512,
  servers: 4096,
  rules: 4096,
  egresses: 64,
} as const;

const magic = 0x51_1c_e0_01;
/** 64-bit cells in a row of a listener, route, pool, server or egress pool. */
export const rowCells = 64;
/** 32-bit words in a row of the board and of the shared regions. */
export const rowWords = 16;

const headerBytes = 4096;
const boardBytes = capacity.servers * rowWords * 4;
const sharedServersBytes = capacity.servers * rowWords * 4;
const sharedPoolsBytes = capacity.pools * rowWords * 4;
const workerBytes =
  rowCells * 8 +
  capacity.servers * 4 +
  (capacity.listeners + capacity.routes + capacity.pools + capacity.servers + capacity.egresses) * rowCells * 8 +
  capacity.rules * 8;

/** Byte offsets of the regions. */
export const offset: Record<"board" | "sharedServers" | "sharedPools" | "workers", number> = {
  board: headerBytes,
  sharedServers: headerBytes + boardBytes,
  sharedPools: headerBytes + boardBytes + sharedServersBytes,
  workers: headerBytes + boardBytes + sharedServersBytes + sharedPoolsBytes,
};

export const arenaBytes: number = offset.workers + capacity.workers * workerBytes;

export type ArenaCounts = Record<Exclude<keyof typeof capacity, "workers">, number>;

/** What of it is touched where there are so many of each, as [start, end) in bytes: always in the same order, and none grows smaller. */
export function arenaRanges(counts: ArenaCounts, workers: number): [number, number][] {
  const { pools, servers, rules } = counts;
  const ranges: [number, number][] = [
    [0, headerBytes],
    [offset.board, offset.board + servers * rowWords * 4],
    [offset.sharedServers, offset.sharedServers + servers * rowWords * 4],
    [offset.sharedPools, offset.sharedPools + pools * rowWords * 4],
  ];
  const row = rowCells * 8;
  for (let worker = 0; worker < workers; worker++) {
    const at = workerOffsets(worker);
    ranges.push([at.words, at.words + row], [at.active, at.active + servers * 4]);
    for (const kind of ["listeners", "routes", "pools", "servers", "egresses"] as const)
      ranges.push([at[kind], at[kind] + counts[kind] * row]);
    ranges.push([at.rules, at.rules + rules * 8]);
  }
  return ranges;
}

/**
 * What of it comes to be touched, and so takes memory, where there are so many of each: whole pages, one more for each place, for
 * what stands there may begin in the middle of one.
 */
export function arenaTouchedBytes(counts: ArenaCounts, workers: number): number {
  const pages = (bytes: number): number => (bytes === 0 ? 0 : Math.ceil(bytes / pageBytes) + 1) * pageBytes;
  const { listeners, routes, pools, servers, rules, egresses } = counts;
  const row = rowCells * 8;
  const ofWorker =
    pages(row + servers * 4) +
    [listeners, routes, pools, servers, egresses].reduce((sum, count) => sum + pages(count * row), 0) +
    pages(rules * 8);
  const shared = 2 * pages(servers * rowWords * 4) + pages(pools * rowWords * 4);
  return headerBytes + shared + workers * ofWorker;
}

const pageBytes = 4096;

/** Words of the header. */
export const headerWord = { magic: 0, layout: 1, boardVersion: 2 } as const;

/** A worker's block, as byte offsets into the arena. */
export function workerOffsets(
  worker: number,
): Record<"words" | "active" | "listeners" | "routes" | "pools" | "servers" | "rules" | "egresses", number> {
  assert(worker >= 0 && worker < capacity.workers, `worker ${worker} is out of range`);
  const words = offset.workers + worker * workerBytes;
  const active = words + rowCells * 8;
  const listeners = active + capacity.servers * 4;
  const routes = listeners + capacity.listeners * rowCells * 8;
  const pools = routes + capacity.routes * rowCells * 8;
  const servers = pools + capacity.pools * rowCells * 8;
  const rules = servers + capacity.servers * rowCells * 8;
  const egresses = rules + capacity.rules * 8;
  return { words, active, listeners, routes, pools, servers, rules, egresses };
}

export class Arena {
  readonly words: Int32Array;
  readonly cells: Float64Array;
  readonly #copy: ((into: Uint8Array) => void) | null;

  /**
   * Takes a zeroed or formatted region, of `arenaBytes` bytes for as many `workers` as there may be. `copy` fills with what stands there from
   * the beginning on, in a way that touches no page.
   */
  constructor(bytes: Uint8Array, workers: number = capacity.workers, copy: ((into: Uint8Array) => void) | null = null) {
    const size = offset.workers + workers * workerBytes;
    assert(bytes.byteLength >= size && bytes.byteOffset % 8 === 0, "the region is too small or not aligned");
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, size / 4);
    this.cells = new Float64Array(bytes.buffer, bytes.byteOffset, size / 8);
    this.#copy = copy;
  }

  /** For tests, the simulator, and a single process. */
  static inMemory(): Arena {
    const arena = new Arena(new Uint8Array(arenaBytes));
    arena.format();
    return arena;
  }

  /** As it is now, in memory of its own, with the blocks of so many workers. What others write meanwhile may be there in part. */
  snapshot(workers: number): Arena {
    const words = new Int32Array((offset.workers + workers * workerBytes) / 4);
    const bytes = new Uint8Array(words.buffer);
    if (this.#copy === null) words.set(this.words.subarray(0, words.length));
    else this.#copy(bytes);
    return new Arena(bytes, workers);
  }

  format(): void {
    this.words[headerWord.magic] = magic;
    this.words[headerWord.layout] = layoutVersion;
  }

  /** Whether this region was formatted by this layout. */
  isFormatted(): boolean {
    return this.words[headerWord.magic] === magic && this.words[headerWord.layout] === layoutVersion;
  }

  get boardVersion(): number {
    return Atomics.load(this.words, headerWord.boardVersion);
  }

  /** Said by control after it changed rows of the board. */
  bumpBoard(): void {
    Atomics.add(this.words, headerWord.boardVersion, 1);
  }
}
