// When the garbage of this process is collected. The runtime counts what is mapped as heap: boards, tables and caches of hundreds of
// megabytes, most of which nobody ever touches. As it waits with collecting until the heap has grown by a share of itself, an answer
// about ten thousand addresses would leave its garbage lying, and the next one, and so on. So here it goes by the memory that the
// process has in fact: whenever that has grown by some megabytes what is young is collected, which takes a millisecond, and now and then all;
// where that does not help, the code of functions goes too, and is made again of those that are called again.
// Nobody is hurried while there is little of it: to collect takes the cores that traffic is carried by.

import { edenGC } from "bun:jsc";
import { residentBytes } from "./openfiles.ts";

/** What the runtime does for it. */
export interface Heap {
  /** Of the whole process. */
  residentBytes(): number;
  collectYoung(): void;
  /** And gives back what is free. */
  collectAll(): void;
  /** All that, as soon as nothing runs, and with it the code of functions, which is made again of those that are called again. */
  shrink(): void;
}

export const ownHeap: Heap = {
  residentBytes,
  collectYoung: edenGC,
  collectAll: () => void Bun.gc(true),
  shrink: () => Bun.shrink(),
};

/** Up to here it is the runtime's own business. */
export const easyBytes = 120_000_000;
/** A small answer leaves some kilobytes, a page of a thousand addresses some megabytes. */
export const stepBytes = 3_000_000;
/** So much may have grown old, or be in pieces, until all is collected. */
export const mostBytes: number = 2 * stepBytes;
/** To collect all takes some 40 ms: no more of the time than that, when somebody asks for thousands again and again. */
export const pauseMs = 250;
/** Until what is under way with a plan is over. */
export const soonMs = 1000;
/** Servers may come and go all the time; and code that is dropped is to be made again. */
export const restMs = 10_000;

export class Collecting {
  readonly #heap: Heap;
  /** The least that it was since something was collected, and since all was. */
  #settledBytes = Number.POSITIVE_INFINITY;
  #floorBytes = Number.POSITIVE_INFINITY;
  /** The least that it was since code was dropped; NaN, which nothing is more than, before the first plan is there. */
  #leanBytes = Number.NaN;
  #dueMs = Number.POSITIVE_INFINITY;
  #collectedMs = Number.NEGATIVE_INFINITY;
  #shrunkMs = Number.NEGATIVE_INFINITY;

  constructor(heap: Heap = ownHeap) {
    this.#heap = heap;
  }

  /**
   * A plan leaves the most: what was read, judged and compiled for it, the one before, and the code that did it. Of some 60 MB of
   * ours after the start, 13 are code, and most of it is not run again until the next plan.
   */
  soon(nowMs: number): void {
    this.#dueMs = Math.min(this.#dueMs, Math.max(nowMs + soonMs, this.#shrunkMs + restMs));
  }

  /** To be called often: a look takes some microseconds. */
  look(nowMs: number): void {
    const bytes = this.#heap.residentBytes();
    // Memory is given back a while after it is free.
    this.#settledBytes = Math.min(this.#settledBytes, bytes);
    this.#floorBytes = Math.min(this.#floorBytes, bytes);
    this.#leanBytes = Math.min(this.#leanBytes, bytes);
    const isEasy = bytes < easyBytes;
    const isMuch = !isEasy && bytes - this.#floorBytes >= mostBytes && nowMs - this.#collectedMs >= pauseMs;
    const isFat = !isEasy && bytes - this.#leanBytes >= mostBytes && nowMs - this.#shrunkMs >= restMs;
    if (isFat || nowMs >= this.#dueMs) this.#shrink(nowMs);
    else if (isMuch) this.#all(nowMs);
    else if (!isEasy && bytes - this.#settledBytes >= stepBytes) {
      this.#heap.collectYoung();
      this.#settledBytes = this.#heap.residentBytes();
    }
  }

  /** With the code of what was asked for now and then, which is some megabytes too. */
  #shrink(nowMs: number): void {
    this.#heap.shrink();
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#shrunkMs = nowMs;
    this.#collected(nowMs);
    this.#leanBytes = Number.POSITIVE_INFINITY;
  }

  #all(nowMs: number): void {
    this.#heap.collectAll();
    this.#collected(nowMs);
  }

  #collected(nowMs: number): void {
    this.#collectedMs = nowMs;
    this.#settledBytes = this.#floorBytes = this.#heap.residentBytes();
  }
}
