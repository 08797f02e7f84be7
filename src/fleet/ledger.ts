// What the script inside of Redis does with batches, as a model in memory: simulations run on it, and the script is tested against
// it: after the same batches at the same times both answer the same. It knows batch.ts' words and no clock: `nowMs` is Redis' TIME
// in whole milliseconds. Everything that one call says is done at once, nothing between it.
//
//   A table      is named by `table` and `shape`, and is made by whoever asks for it first, with an *epoch*: a whole number that no
//                table of that name had before (the script takes TIME in microseconds). Its entries belong to the epoch: when
//                the record that holds the epoch is lost, what else is left of the table must not be found any more (the
//                script has the epoch in the names of its keys).
//   Asking       1. Another epoch than the table's: answer `foreign`, and change nothing.
//                2. The node's row has a later stream: `superseded` with a later one, and change nothing. An earlier one, or no row: a new row of
//                   this stream, with sequence 0. The row is seen now.
//                3. A sequence above the row's: each change is counted, the row has this sequence, counted now. Else nothing
//                   is counted, for it has been.
//                4. The answer: totals of changes and wishes, then marks.
//   A change     finds its entry, or makes it (born now, and after the last order of operators; everything 0); it expires no sooner than `expireMs - ageMs` from now. Then
//                its slots, in order:
//     count      what is there plus the number, at least 0. So are bytes
//     rate       windows are moved on to now first; then the present (first slot) or the former (second) has the number added
//     gauge      of this node, in this stream, is the number; 0 is forgotten
//     tag        is the number
//     tokens     lacking = max(full - now, 0); plus number * period; at least 0; where the batch is late, at most the
//                larger of burst * period and what was lacking before; full = now + that
//                Of a table with tokens the entry's uses in this window of 2 * intervalMs are counted, 1 for each change.
//                Where a value of a mark is another than before, or where one is not 0 and this was told the last time an eighth
//                of `expireMs` ago or longer, the entry is told: its mark is one more than the table's last number, and
//                no less than the time in microseconds: a ledger that was set back to what it had before gives no number twice. So it is where less than
//                a token is left and the change before was another node's, for the other nodes would begin with a full bucket: once
//                in `spentMs` at most, and of no more than `spentMax` entries in one second of the ledger.
//   A total      moves windows on to now likewise, for what is answered. `nodes`: uses in this window, and of the former the
//                share that reaches less than two intervals back, halved, rounded, 1 at least. Gauges are of other nodes whose
//                row has the stream of the gauge and was seen less than `aliveMs` ago. A wish neither makes nor refreshes.
//   Marks        those above `marksAfter`, lowest first, `marksMax` looked at; what has expired is not told, and forgotten. At the
//                end of each call that counts, so are the lowest marks whose entries have expired, ten at most, up to the first
//                that has not.
//
// The script encodes numbers as texts: Lua's JSON has 14 digits, and bytes have more.

import type { Answer, Batch, Cell, Change, Mark, Total } from "./batch.ts";
import { type Slot, slotsOf, widthOf } from "./cells.ts";

interface Gauge {
  readonly stream: number;
  readonly value: number;
}

interface Entry {
  readonly bornMs: number;
  /** 0 is never. */
  expiresAtMs: number;
  /** By slot; of tokens when the bucket will be full. */
  readonly values: number[];
  /** By slot, of rates: which window the value is of, counted from 1970. */
  readonly windows: number[];
  /** By slot and node. */
  readonly gauges: Map<number, Map<string, Gauge>>;
  readonly uses: { window: number; now: number; before: number };
  /** Whose the last change was, of tables with tokens. */
  by: string;
  mark: number;
  toldMs: number;
}

interface Row {
  readonly stream: number;
  sequence: number;
  countedMs: number;
  seenMs: number;
}

interface LedgerTable {
  readonly epoch: number;
  readonly entries: Map<string, Entry>;
  readonly rows: Map<string, Row>;
  /** In the order of their numbers. */
  readonly marks: Map<string, number>;
  lastMark: number;
  /** Entries that were told because their buckets are empty, in this second. */
  readonly spent: { second: number; count: number };
}

/** What was told once of an entry that is refreshed and has marks is told again after so much of its life. */
const retoldShare = 8;
const trimmedMax = 10;
/** An empty bucket is told to all nodes no more often: what they give meanwhile is owed. */
export const spentMs = 1000;
/** In a second, of each table: each is told to every node, and many clients that spend at two nodes each must not fill Redis' time. */
export const spentMax = 100;

export class Ledger {
  #tables = new Map<string, LedgerTable>();
  #lastEpoch = 0;

  ask(batch: Batch, nowMs: number): Answer {
    const table = this.#tableOf(`${batch.table} ${batch.shape}`, nowMs);
    if (batch.epoch !== table.epoch) return { kind: "foreign", epoch: table.epoch, nowMs };
    const former = table.rows.get(batch.node);
    if (former !== undefined && former.stream > batch.stream)
      return { kind: "superseded", nowMs: Math.max(nowMs, former.stream + 1) };
    const row =
      former?.stream === batch.stream ? former : { stream: batch.stream, sequence: 0, countedMs: nowMs, seenMs: nowMs };
    table.rows.set(batch.node, row);
    row.seenMs = nowMs;
    if (batch.sequence > row.sequence) {
      for (const change of batch.changes) this.#count(table, batch, change, nowMs);
      row.sequence = batch.sequence;
      row.countedMs = nowMs;
    }
    const keys = [...batch.changes.map(({ key }) => key), ...batch.wishes];
    const totals = keys.map((key) => this.#total(table, batch, key, nowMs));
    const told = this.#marks(table, batch, nowMs);
    trim(table, nowMs);
    return { kind: "told", nowMs, countedMs: row.countedMs, totals, ...told };
  }

  /** As if Redis had been started empty. */
  lose(): void {
    this.#tables = new Map();
  }

  /** An entry of every table, as an operator does it. */
  remove(key: string): void {
    for (const { entries, marks } of this.#tables.values()) {
      entries.delete(key);
      marks.delete(key);
    }
  }

  #tableOf(name: string, nowMs: number): LedgerTable {
    const found = this.#tables.get(name);
    if (found !== undefined) return found;
    this.#lastEpoch = Math.max(this.#lastEpoch + 1, nowMs * 1000);
    const made = {
      epoch: this.#lastEpoch,
      entries: new Map(),
      rows: new Map(),
      marks: new Map(),
      lastMark: 0,
      spent: { second: 0, count: 0 },
    };
    this.#tables.set(name, made);
    return made;
  }

  #count(table: LedgerTable, batch: Batch, change: Change, nowMs: number): void {
    const entry = entryOf(table, change.key, nowMs) ?? make(table, batch.cells, change.key, nowMs);
    if (batch.expireMs > 0)
      entry.expiresAtMs = Math.max(entry.expiresAtMs, nowMs + Math.max(batch.expireMs - change.ageMs, 1));
    const slots = slotsOf(batch.cells);
    let isTold = false;
    for (let index = 0; index < change.slots.length; index += 2) {
      const slot = change.slots[index]!;
      const { cell, isFormer } = slots[slot]!;
      const before = entry.values[slot]!;
      countSlot(entry, slot, cell, isFormer, change.slots[index + 1]!, batch, nowMs);
      if (cell.isMark && entry.values[slot] !== before) isTold = true;
    }
    if (batch.cells.some(({ form }) => form === "tokens")) {
      use(entry, batch.intervalMs, nowMs);
      const isOthersToo = entry.by !== "" && entry.by !== batch.node;
      entry.by = batch.node;
      const isDue = entry.mark === 0 || nowMs - entry.toldMs >= spentMs;
      if (!isTold && isOthersToo && isDue && isSpent(entry, slots, nowMs)) isTold = hasRoomForSpent(table, nowMs);
    }
    const isRetold = batch.expireMs > 0 && nowMs - entry.toldMs >= batch.expireMs / retoldShare;
    if (!isTold && !(isRetold && slots.some(({ cell }, slot) => cell.isMark && entry.values[slot] !== 0))) return;
    table.lastMark = Math.max(table.lastMark + 1, nowMs * 1000);
    entry.mark = table.lastMark;
    entry.toldMs = nowMs;
    table.marks.delete(change.key);
    table.marks.set(change.key, entry.mark);
  }

  #total(table: LedgerTable, batch: Batch, key: string, nowMs: number): Total | null {
    const entry = entryOf(table, key, nowMs);
    if (entry === null) return null;
    const told = ({ cell, isFormer }: Slot, slot: number): number => {
      if (cell.form === "gauge") return othersGauge(table, batch, entry, slot, nowMs);
      if (cell.form === "tokens") return Math.max(entry.values[slot]! - nowMs, 0);
      if (cell.form !== "rate") return entry.values[slot]!;
      return inWindow(entry, isFormer ? slot - 1 : slot, cell.periodMs, nowMs)[isFormer ? 1 : 0];
    };
    const slots = slotsOf(batch.cells).map(told);
    const ttlMs = entry.expiresAtMs === 0 ? 0 : entry.expiresAtMs - nowMs;
    return { ttlMs, bornMs: entry.bornMs, nodes: nodesOf(entry, batch.intervalMs, nowMs), slots };
  }

  #marks(
    table: LedgerTable,
    batch: Batch,
    nowMs: number,
  ): { readonly marks: Mark[]; readonly marksTo: number; readonly hasMore: boolean } {
    const above = [...table.marks].filter(([, mark]) => mark > batch.marksAfter);
    const page = above.slice(0, batch.marksMax);
    const marks: Mark[] = [];
    for (const [key] of page) {
      const total = this.#total(table, batch, key, nowMs);
      if (total === null) table.marks.delete(key);
      else marks.push({ key, total });
    }
    return { marks, marksTo: page.at(-1)?.[1] ?? batch.marksAfter, hasMore: above.length > page.length };
  }
}

function entryOf(table: LedgerTable, key: string, nowMs: number): Entry | null {
  const entry = table.entries.get(key);
  if (entry === undefined) return null;
  if (entry.expiresAtMs === 0 || entry.expiresAtMs > nowMs) return entry;
  table.entries.delete(key);
  return null;
}

function make(table: LedgerTable, cells: readonly Cell[], key: string, nowMs: number): Entry {
  const count = widthOf(cells);
  const entry: Entry = {
    bornMs: nowMs,
    expiresAtMs: 0,
    values: new Array(count).fill(0),
    windows: new Array(count).fill(0),
    gauges: new Map(),
    uses: { window: 0, now: 0, before: 0 },
    by: "",
    mark: 0,
    toldMs: nowMs,
  };
  table.entries.set(key, entry);
  return entry;
}

function countSlot(
  entry: Entry,
  slot: number,
  cell: Cell,
  isFormer: boolean,
  number: number,
  batch: Batch,
  nowMs: number,
): void {
  const { values } = entry;
  switch (cell.form) {
    case "count":
    case "bytes":
      values[slot] = Math.max(values[slot]! + number, 0);
      return;
    case "tag":
      values[slot] = number;
      return;
    case "gauge": {
      const nodes = entry.gauges.get(slot) ?? new Map<string, Gauge>();
      entry.gauges.set(slot, nodes);
      if (number === 0) nodes.delete(batch.node);
      else nodes.set(batch.node, { stream: batch.stream, value: number });
      return;
    }
    case "rate": {
      const present = isFormer ? slot - 1 : slot;
      const [now, before] = inWindow(entry, present, cell.periodMs, nowMs);
      entry.windows[present] = Math.floor(nowMs / cell.periodMs);
      values[present] = isFormer ? now : Math.max(now + number, 0);
      values[present + 1] = isFormer ? Math.max(before + number, 0) : before;
      return;
    }
    case "tokens": {
      const before = Math.max(values[slot]! - nowMs, 0);
      const most = batch.isLate ? Math.max(before, cell.burst * cell.periodMs) : Number.POSITIVE_INFINITY;
      values[slot] = nowMs + Math.min(Math.max(before + number * cell.periodMs, 0), most);
    }
  }
}

/** Of the window that is now, and of the former. */
function inWindow(entry: Entry, present: number, periodMs: number, nowMs: number): [number, number] {
  const gone = Math.floor(nowMs / periodMs) - entry.windows[present]!;
  if (gone <= 0) return [entry.values[present]!, entry.values[present + 1]!];
  return [0, gone === 1 ? entry.values[present]! : 0];
}

function othersGauge(table: LedgerTable, batch: Batch, entry: Entry, slot: number, nowMs: number): number {
  let sum = 0;
  for (const [node, { stream, value }] of entry.gauges.get(slot) ?? []) {
    const row = table.rows.get(node);
    if (node !== batch.node && row?.stream === stream && nowMs - row.seenMs < batch.aliveMs) sum += value;
  }
  return sum;
}

function usesIn({ uses }: Entry, window: number): [number, number] {
  const gone = window - uses.window;
  return gone <= 0 ? [uses.now, uses.before] : [0, gone === 1 ? uses.now : 0];
}

function use(entry: Entry, intervalMs: number, nowMs: number): void {
  const window = Math.floor(nowMs / (2 * intervalMs));
  const [now, before] = usesIn(entry, window);
  entry.uses.window = window;
  entry.uses.now = now + 1;
  entry.uses.before = before;
}

function isSpent(entry: Entry, slots: readonly Slot[], nowMs: number): boolean {
  return slots.some(
    ({ cell }, slot) => cell.form === "tokens" && entry.values[slot]! - nowMs > (cell.burst - 1) * cell.periodMs,
  );
}

function hasRoomForSpent({ spent }: LedgerTable, nowMs: number): boolean {
  const second = Math.floor(nowMs / 1000);
  if (spent.second !== second) {
    spent.second = second;
    spent.count = 0;
  }
  return spent.count++ < spentMax;
}

function nodesOf(entry: Entry, intervalMs: number, nowMs: number): number {
  const lengthMs = 2 * intervalMs;
  const [now, before] = usesIn(entry, Math.floor(nowMs / lengthMs));
  const left = 1 - (nowMs % lengthMs) / lengthMs;
  return Math.max(Math.floor((now + before * left) / 2 + 0.5), 1);
}

/** Marks are in the order of their numbers, and those that live are told anew, so what has expired comes first. */
function trim(table: LedgerTable, nowMs: number): void {
  for (const key of [...table.marks.keys()].slice(0, trimmedMax)) {
    if (entryOf(table, key, nowMs) !== null) return;
    table.marks.delete(key);
  }
}
