// One set that is watched: what was told last, and when it is read again. It is read when something tells of a change, when a lease is
// about to end, and every now and then whatever happens; never twice at once, and what comes during a reading makes another one.
// When it cannot be read, what was told last counts. It knows neither Redis nor how changes are heard of.
//
// A Redis that was away may have lost its data, or sentinels could not renew their leases there: what is up they put back within seconds. So
// what was known before and is not there any more is kept for that long, until it has been seen again: from then on Redis' word counts.
// The same goes for one whose clock was set forward. While it can be read but not written (its disk or its memory is full, it has become
// a replica), nobody can renew a lease, and that one is over says nothing.

import { addressOf, toldOf } from "./member.ts";
import type { Told } from "./registry.ts";
import type { SetReading } from "./setreading.ts";

/** An original sentinel looks every 2 s, for 1 s each of its servers, and connects anew before. */
export const settleMs = 10_000;
/** Between the beginnings of two readings: a storm of changes is read as one. With many members it is four times as long as one takes, with all that is done about it. */
const gapMs = 5;
const gapMsMax = 50;
const gapShare = 4;
/** It refuses to be read, which may soon be over. */
const againMs = 1000;
/** Leases end by Redis' clock, which may not go quite like ours. */
const clockSlackMs = 1000;
/** After the end of a lease, so that it is over by Redis' clock as well. */
const afterEndMs = 2;

export interface SetWatchOptions {
  readonly pollMs: number;
  readonly nowMs: () => number;
  /** Rejects with an Error in words for an operator. */
  readonly read: () => Promise<SetReading>;
  /** A lease was found to be over: it is taken out, or with `isTrial` only could be. Why Redis cannot be written, else null. */
  readonly reap: (isTrial: boolean) => Promise<string | null>;
}

export class SetWatch {
  readonly #options: SetWatchOptions;
  readonly #tells = new Set<(told: Told) => void>();
  #told: (Told & { readonly ok: true }) | null = null;
  #failure: (Told & { readonly ok: false }) | null = null;
  #members: readonly string[] = [];
  #draining: readonly string[] = [];
  /** Known from before Redis was away, and not seen since. */
  #unseen: ReadonlySet<string> = new Set();
  #settledAtMs = 0;
  /** Those whose lease was over at the last reading. */
  #over: readonly string[] = [];
  /** No lease that is known is over before. */
  #leasesUntilMs = Number.NEGATIVE_INFINITY;
  /** Why Redis cannot be written, and leases say nothing; null while it can. */
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

  /** Redis was away, and is there again. */
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
      const left = await this.#believed(reading);
      if (this.#isClosed) return;
      this.#adopt(left);
      this.#gapMs = Math.min(Math.max(gapShare * (nowMs() - this.#readAtMs), gapMs), gapMsMax);
      if (left.nextEndMs !== null) dueMs = Math.min(dueMs, left.nextEndMs + afterEndMs);
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

  /** As it is, but for leases that are over where that says nothing. */
  async #believed(reading: SetReading): Promise<SetReading> {
    const { nowMs, reap } = this.#options;
    const { over, isOverdue, members, size, nextEndMs } = reading;
    const isNew = over.some((member) => !this.#over.includes(member));
    this.#over = over;
    if (isNew && nowMs() < this.#leasesUntilMs - clockSlackMs) this.unsettle();
    this.#leasesUntilMs = nextEndMs === null ? Number.NEGATIVE_INFINITY : nowMs() + nextEndMs;
    if (!isOverdue) {
      this.#unwritable = null;
      return reading;
    }
    if (this.#unseen.size > 0) return reading;
    const was = this.#unwritable;
    this.#unwritable = await reap(was !== null);
    if (this.#unwritable !== null) return { ...reading, members: [...members, ...over], size: size + over.length };
    // Sentinels can renew them again, and need a moment for it.
    if (was !== null) this.unsettle();
    return reading;
  }

  #adopt({ members, draining, size }: SetReading): void {
    if (this.#unseen.size > 0) {
      const isSettled = this.#options.nowMs() >= this.#settledAtMs;
      this.#unseen = isSettled ? new Set() : this.#unseen.difference(new Set(members));
    }
    const drained = this.#unseen.size === 0 ? draining : [...new Set([...draining, ...this.#draining])];
    const plain = toldOf([...members, ...this.#unseen], drained, size + this.#unseen.size);
    const told =
      this.#unwritable === null ? plain : { ...plain, remarks: [...plain.remarks, overdue(this.#unwritable)] };
    const kept = this.#keptAmong(members);
    const whole = kept.servers.length === 0 ? told : { ...told, kept };
    this.#members = members;
    this.#draining = drained;
    this.#failure = null;
    this.#told = whole;
    // Of the same again too: how old what is known is counts from the last reading.
    this.#say(whole);
  }

  /** Which servers count though Redis does not say so. */
  #keptAmong(members: readonly string[]): { readonly servers: readonly string[]; readonly why: string } {
    if (this.#unseen.size > 0) {
      const there = new Set(members.map(addressOf));
      const servers = [...this.#unseen].map(addressOf).filter((address) => !there.has(address));
      return { servers: servers.sort(), why: "not seen there since Redis was away" };
    }
    if (this.#unwritable === null) return { servers: [], why: "" };
    const over = new Set(this.#over);
    const why = `leases are over, and nobody can renew them: ${this.#unwritable}`;
    return {
      servers: members
        .filter((member) => over.has(member))
        .map(addressOf)
        .sort(),
      why,
    };
  }

  #say(told: Told): void {
    for (const tell of [...this.#tells]) tell(told);
  }
}

function overdue(problem: string): string {
  return `leases that are over still count, for nobody can renew them: ${problem}`;
}
