// One table on one node, as the ledger of the fleet and this node tell each other of it: makes the next batch from what was used
// lately, and takes up answers. It knows no Redis, no clock and no timers: who drives it (control/fleet) asks for a batch, brings it
// to the ledger, and brings the answer, or nothing. A batch without an answer is given out again as it was until one comes: the
// ledger knows it by its number. How far things have got stands in the table's file (teller.ts), so that it outlives control.

import { hashString } from "../base/hash.ts";
import type { SharedTable } from "../memory/sharedtable.ts";
import { noteHeard, removeOthers, writeOthers } from "../memory/sticktable/othersrow.ts";
import { StickTeller } from "../memory/sticktable/teller.ts";
import type { Answer, Batch, Cell, Change, Total } from "./batch.ts";
import { cellsOf, slotsOf } from "./cells.ts";
import { portionLacking } from "./portion.ts";
import { Portions } from "./portions.ts";

export interface ExchangeOptions {
  /** What this node is called. */
  readonly node: string;
  readonly intervalMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** In one batch. */
  readonly changesMax?: number;
  readonly marksMax?: number;
  /** Of the same table, and over: what it told and had no answer to is brought on, for that counts as told. */
  readonly former?: Exchange | null;
}

const changesUsual = 1000;
const marksUsual = 1000;
/** Of operators. More are forgotten: whoever is asked for again is wished for again. */
const wishesMax = 1000;

/** Keys of which it is remembered how many nodes use their buckets. Of more, those heard of longest ago refill as they do alone. */
const portionsMax = 10_000;
/** An answer that is later than so many intervals is missed. */
const missedIntervals = 2;

type Told = Extract<Answer, { kind: "told" }>;

export class Exchange {
  readonly table: SharedTable;
  readonly #options: ExchangeOptions;
  readonly #teller: StickTeller;
  readonly #cells: readonly Cell[];
  /** Where tokens stand among the slots, and whose they are. */
  readonly #buckets: readonly (readonly [number, Cell])[];
  readonly #shape: string;
  /** Entries to be told of, those used longest ago last. */
  #queue: number[] = [];
  #wishes = new Set<string>();
  /** When entries were looked for; null: all are to be looked at. */
  #walkedMs: number | null = null;
  #toldMs: number | null = null;
  #wishedMs: number | null = null;
  #pending: Batch | null = null;
  /** The ledger has been asked which it is, and by which number of a stream it knows us. */
  #isGreeted = false;
  /** Keys with buckets that several nodes use, by how many. */
  #portions = new Portions(portionsMax);
  #answeredMs: number | null = null;
  /** Ms after the last answer until which buckets have been held to their parts. */
  #heldMs = 0;
  /** The number under which entries were told. */
  #toldSequence = 0;

  constructor(table: SharedTable, options: ExchangeOptions) {
    this.table = table;
    this.#options = options;
    this.#teller = new StickTeller(table.own);
    this.#cells = cellsOf(table.columns);
    this.#buckets = slotsOf(this.#cells).flatMap(({ cell }, slot) =>
      cell.form === "tokens" ? [[slot, cell] as const] : [],
    );
    this.#shape = shapeOf(table);
    const { former = null } = options;
    if (former === null) return;
    this.#pending = former.#pending;
    this.#isGreeted = former.#isGreeted;
    this.#toldMs = former.#toldMs;
    this.#toldSequence = former.#toldSequence;
    this.#portions = former.#portions;
    this.#answeredMs = former.#answeredMs;
    this.#heldMs = former.#heldMs;
    // What it holds counts for a name that is here: it is told again under the new one.
    if (former.#options.node !== options.node) this.#teller.restart(this.#teller.stream + 1);
  }

  /** Of its batches; with the table's name it names what the ledger has of it. */
  get shape(): string {
    return this.#shape;
  }

  /** A batch has no answer yet. */
  get isPending(): boolean {
    return this.#pending !== null;
  }

  /** What was told of a key before the ledger forgot it, at this time of its clock; while nothing is pending. */
  forget(key: string, ledgerMs: number, nowMs: number): void {
    this.#teller.forget(key, ledgerMs, nowMs);
  }

  /** The batch that has no answer yet; else the next one, which may have nothing to say but that this node is here. */
  next(nowMs: number): Batch {
    this.#pending ??= this.#make(nowMs);
    return this.#pending;
  }

  /**
   * To be called every interval: while there is no answer a bucket goes on refilling here at the part that was heard last, until what is
   * known of others is stale. Alone each of n nodes would give a whole refill.
   */
  hold(nowMs: number): void {
    if (this.#answeredMs === null || this.#portions.size === 0) return;
    const { intervalMs } = this.#options;
    const sinceMs = (nowMs - this.#answeredMs) | 0;
    const { staleMs } = this.table.plan.share!;
    if (sinceMs <= missedIntervals * intervalMs || sinceMs >= staleMs) return;
    // Ahead, until the next call: what is there may be taken at once.
    const untilMs = Math.min(sinceMs + intervalMs, staleMs);
    // What comes in within one interval is in the part that was heard. Where this process stood still meanwhile that is over.
    const fromMs = Math.max(this.#heldMs, intervalMs, sinceMs - missedIntervals * intervalMs);
    if (untilMs <= fromMs) return;
    this.#heldMs = untilMs;
    this.#portions.each((key, nodes) => this.#teller.hold(key, (untilMs - fromMs) * (1 - 1 / nodes), nowMs));
  }

  /** Holds of dead workers were let go of, and nobody refreshed what changed by that: look at all entries. */
  lookAtAll(): void {
    this.#walkedMs = null;
  }

  /** Somebody asked for this key here, and this node has counted nothing of it (`keyName`). */
  wish(key: string): void {
    if (this.#wishes.size < wishesMax) this.#wishes.add(key);
  }

  /** The answer to what `next` gave out. True: there is more, to be told or asked at once. */
  hear(answer: Answer, nowMs: number): boolean {
    const batch = this.#pending;
    if (batch === null) return false;
    switch (answer.kind) {
      case "foreign":
        if (answer.epoch === this.#teller.epoch) this.#teller.restart(answer.nowMs);
        else this.#teller.begin(answer.epoch, answer.nowMs);
        this.#isGreeted = true;
        this.#pending = null;
        this.#walkedMs = null;
        this.#queue = [];
        return true;
      case "superseded":
        // Nothing of it was counted, so it is told under a stream of its own.
        this.#teller.restart(answer.nowMs);
        this.#walkedMs = null;
        this.#pending = { ...batch, stream: answer.nowMs, sequence: this.#teller.advance() };
        return true;
      case "told":
        this.#take(batch, answer, nowMs);
        this.#pending = null;
        return this.#queue.length > 0 || answer.hasMore;
    }
  }

  #make(nowMs: number): Batch {
    const teller = this.#teller;
    const { node, intervalMs, changesMax = changesUsual, marksMax = marksUsual } = this.#options;
    const { plan } = this.table;
    const staleMs = plan.share!.staleMs;
    const isLate = this.#toldMs === null ? this.table.isStale(nowMs) : ((nowMs - this.#toldMs) | 0) >= staleMs;
    const isKnown = this.#isGreeted;
    // Its number is used up before anything counts as told.
    const sequence = isKnown ? teller.advance() : 0;
    const changes = isKnown ? this.#changes(sequence, changesMax, nowMs) : [];
    const wishes = isKnown ? this.#wished(nowMs) : [];
    this.#toldMs = nowMs;
    this.#toldSequence = sequence;
    return {
      table: plan.name,
      shape: this.#shape,
      cells: this.#cells,
      expireMs: plan.expireMs,
      node,
      stream: teller.stream,
      sequence,
      epoch: isKnown ? teller.epoch : 0,
      isLate,
      intervalMs,
      aliveMs: staleMs,
      changes,
      wishes,
      marksAfter: teller.marksTo,
      marksMax,
    };
  }

  /** By operators, and by workers: what those have looked up since. Not in each of many batches of one turn. */
  #wished(nowMs: number): string[] {
    const { intervalMs } = this.#options;
    if (this.#wishedMs === null || ((nowMs - this.#wishedMs) | 0) >= intervalMs / 2) {
      for (const key of this.table.wishes.take()) this.#wishes.add(key);
      this.#wishedMs = nowMs;
    }
    const wishes = [...this.#wishes];
    this.#wishes = new Set();
    return wishes;
  }

  #changes(sequence: number, changesMax: number, nowMs: number): Change[] {
    const teller = this.#teller;
    if (this.#queue.length === 0) {
      this.#queue = teller.recent(this.#walkedMs);
      this.#walkedMs = nowMs;
    }
    const changes: Change[] = [];
    while (changes.length < changesMax) {
      const entry = this.#queue.pop();
      if (entry === undefined) break;
      const told = teller.tell(entry, sequence, nowMs);
      if (told !== null) changes.push(told);
    }
    return changes;
  }

  #take(batch: Batch, answer: Told, nowMs: number): void {
    const keys = new Set<string>();
    batch.changes.forEach((change, index) => {
      keys.add(change.key);
      this.#hearOf(change.key, answer.totals[index] ?? null, change, answer, nowMs);
    });
    batch.wishes.forEach((key, index) => {
      if (keys.has(key)) return;
      keys.add(key);
      this.#hearOf(key, answer.totals[batch.changes.length + index] ?? null, null, answer, nowMs);
    });
    for (const { key, total } of answer.marks) if (!keys.has(key)) this.#hearOf(key, total, null, answer, nowMs);
    this.#answeredMs = nowMs;
    this.#heldMs = 0;
    this.#teller.marksTo = answer.marksTo;
    noteHeard(this.table.others, nowMs);
  }

  #hearOf(key: string, total: Total | null, change: Change | null, answer: Told, nowMs: number): void {
    if (total === null) this.#portions.delete(key);
    if (total === null) return removeOthers(this.table.others, key, nowMs);
    const slots = this.#buckets.length === 0 ? total.slots : this.#portioned(key, total);
    const { others, again } = this.#teller.hear({
      key,
      slots,
      bornMs: total.bornMs,
      told: change?.slots ?? null,
      sequence: this.#toldSequence,
      nowMs,
      ledgerMs: answer.nowMs,
      countedMs: answer.countedMs,
    });
    if (again !== 0) this.#queue.push(again);
    writeOthers(this.table.others, { key, slots: others, ttlMs: total.ttlMs, nowMs, ledgerMs: answer.nowMs });
  }

  #portioned(key: string, total: Total): number[] {
    if (total.nodes > 1) this.#portions.set(key, total.nodes);
    else this.#portions.delete(key);
    const slots = [...total.slots];
    const { intervalMs, random } = this.#options;
    for (const [slot, { burst, periodMs }] of this.#buckets)
      slots[slot] = portionLacking(slots[slot]!, { burst, periodMs, nodes: total.nodes, intervalMs }, random());
    return slots;
  }
}

/** Tables whose keys or columns differ cannot be added up. How many entries there may be is of no account. */
function shapeOf({ plan }: SharedTable): string {
  const text = JSON.stringify([plan.key, plan.store]);
  return [1, 2].map((seed) => hashString(text, seed).toString(16).padStart(8, "0")).join("");
}
