// One set that is watched: what was told last, and when it is read again. It is read when something tells of a change, when a lease is
// about to end, and every now and then whatever happens; never twice at once, and what comes during a reading makes another one.
// When it cannot be read, what was told last counts. It knows neither Redis nor how changes are heard of.
//
// A Redis that was away may have lost its data, or sentinels could not renew their leases there: what is up they put back within seconds. So
// what was known before and is not there any more is kept for that long, until it has been seen again: from then on Redis' word counts.
// That time begins when it can be read: one that loads its data takes connections long before.
//
// That a lease is over takes nobody out of traffic: the next vote of a sentinel does, which takes the member out of the set. Where none
// comes (all are dead, or Redis' clock was set forward, or it can be read but not written), that is told with its reason.

import { addressOf, toldOf } from "./member.ts";
import type { Told } from "./registry.ts";
import type { SetReading } from "./setreading.ts";
import { unattended, unrenewable, unrenewed } from "./unrenewed.ts";

/** An original sentinel looks every 2 s, for 1 s each of its servers, and connects anew before. */
export const settleMs = 10_000;
/** Between the beginnings of two readings: a storm of changes is read as one. With many members it is four times as long as one takes, with all that is done about it. */
const gapMs = 5;
const gapMsMax = 50;
const gapShare = 4;
/** It refuses to be read, which may soon be over. */
const againMs = 1000;
/** After the end of a lease, so that it is over by Redis' clock as well. */
const afterEndMs = 2;

export interface SetWatchOptions {
  readonly pollMs: number;
  readonly nowMs: () => number;
  /** Rejects with an Error in words for an operator. */
  readonly read: () => Promise<SetReading>;
  /** Asked where leases are over: why Redis lets none be renewed; null where it does. */
  readonly refusal: () => Promise<string | null>;
}

export class SetWatch {
  readonly #options: SetWatchOptions;
  readonly #tells = new Set<(told: Told) => void>();
  #told: (Told & { readonly ok: true }) | null = null;
  #failure: (Told & { readonly ok: false }) | null = null;
  /** With those whose lease is over. */
  #members: readonly string[] = [];
  #draining: readonly string[] = [];
  /** Known from before Redis was away, and not seen since with a lease that holds. */
  #unseen: ReadonlySet<string> = new Set();
  #settledAtMs = 0;
  /** Why Redis cannot be written, and leases say nothing; null while it can, as far as that was asked. */
  #unwritable: string | null = null;
  #timer: Timer | null = null;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #gapMs: number = gapMs;
  #isReading = false;
  #isOwed = false;
  #isSoon = false;
  #isClosed = false;

  constructor(options: SetWatchOptions) {
    this.#options = options;
  }

  get isUnused(): boolean {
    return this.#tells.size === 0;
  }

  join(tell: (told: Told) => void): void {
    this.#tells.add(tell);
    const known = this.#failure ?? this.#told;
    if (known === null) return;
    queueMicrotask(() => {
      if (this.#tells.has(tell)) tell(known);
    });
  }

  leave(tell: (told: Told) => void): void {
    this.#tells.delete(tell);
  }

  close(): void {
    this.#isClosed = true;
    this.#tells.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** It may have changed. */
  look(): void {
    if (this.#isClosed) return;
    this.#isOwed = true;
    // Whoever tells again and again of changes does not put the reading off.
    if (this.#isReading || this.#isSoon) return;
    this.#isSoon = true;
    this.#readIn(this.#readAtMs + this.#gapMs - this.#options.nowMs());
  }

  /** Redis was away, and is there again: what is known from before is kept for a while. */
  unsettle(): void {
    if (this.#told === null) return;
    this.#unseen = new Set([...this.#members, ...this.#unseen]);
    this.#settledAtMs = this.#options.nowMs() + settleMs;
  }

  /** It cannot be asked at all. Told once for each reason: one that closed the connection is refused a moment later, and is then away. */
  fail(problem: string): void {
    if (this.#isClosed || this.#failure?.problem === problem) return;
    this.#failure = { ok: false, problem };
    this.#say(this.#failure);
  }

  #readIn(waitMs: number): void {
    if (this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(), Math.max(0, waitMs));
  }

  async #read(): Promise<void> {
    const { read, nowMs, pollMs } = this.#options;
    this.#isReading = true;
    this.#isOwed = false;
    this.#isSoon = false;
    this.#readAtMs = nowMs();
    let dueMs = pollMs;
    try {
      const reading = await read();
      if (this.#failure !== null) this.unsettle();
      await this.#askWhy(reading);
      if (this.#isClosed) return;
      this.#adopt(reading);
      this.#gapMs = Math.min(Math.max(gapShare * (nowMs() - this.#readAtMs), gapMs), gapMsMax);
      if (reading.nextEndMs !== null) dueMs = Math.min(dueMs, reading.nextEndMs + afterEndMs);
      if (this.#unseen.size > 0) dueMs = Math.min(dueMs, this.#settledAtMs - nowMs() + 1);
    } catch (error) {
      dueMs = Math.min(dueMs, againMs);
      this.fail((error as Error).message);
    } finally {
      this.#isReading = false;
    }
    if (this.#isOwed) this.look();
    else this.#readIn(dueMs);
  }

  /** Where leases are over. While what was known is kept anyway, it is too soon to ask. */
  async #askWhy({ over }: SetReading): Promise<void> {
    if (over.length > 0 && this.#unseen.size > 0) return;
    const was = this.#unwritable;
    this.#unwritable = over.length === 0 ? null : await this.#options.refusal();
    // Sentinels can renew them again, and need a moment for it.
    if (was !== null && this.#unwritable === null) this.unsettle();
  }

  #adopt({ members, over, hasSentinel, draining, size }: SetReading): void {
    if (this.#unseen.size > 0) {
      const isSettled = this.#options.nowMs() >= this.#settledAtMs;
      this.#unseen = isSettled ? new Set() : this.#unseen.difference(new Set(members));
    }
    const there = [...members, ...over];
    const drained = this.#unseen.size === 0 ? draining : [...new Set([...draining, ...this.#draining])];
    const all = new Set([...there, ...this.#unseen]);
    const plain = toldOf(all, drained, size + all.size - there.length);
    const why = this.#unwritable !== null ? unrenewable(this.#unwritable) : hasSentinel ? null : unattended;
    const told =
      this.#unseen.size > 0
        ? this.#withUnseen(plain, there)
        : over.length > 0 && why !== null
          ? unrenewed(plain, over, why)
          : plain;
    this.#members = there;
    this.#draining = drained;
    this.#failure = null;
    this.#told = told;
    // Of the same again too: how old what is known is counts from the last reading.
    this.#say(told);
  }

  #withUnseen(told: Told & { readonly ok: true }, there: readonly string[]): Told & { readonly ok: true } {
    const found = new Set(there.map(addressOf));
    const servers = [...this.#unseen].map(addressOf).filter((address) => !found.has(address));
    if (servers.length === 0) return told;
    return { ...told, kept: { servers: servers.sort(), why: "not seen there since Redis was away" } };
  }

  #say(told: Told): void {
    for (const tell of [...this.#tells]) tell(told);
  }
}
