// What is known of the members of an egress pool, in a file that control and all workers map (egressboard/layout.ts draws it): egress.ts'
// words, in memory that outlives the processes. It knows no files, clocks or processes: the mapped bytes, the times and the
// `Owner` come in; nor does it know what states mean. Strategy: one lock for what is changed, none for what is read, counted or
// kept of the past. Who dies inside of the lock leaves a board that is put right by who takes it over (egressboard/repair.ts).

import { type Reserve, reserved } from "./cellpages.ts";
import type {
  Change,
  ChangeCause,
  EgressBoard,
  EgressShape,
  HeldMember,
  MemberState,
  Outcome,
  RecordKind,
} from "./egress.ts";
import { adopt, adoptUsers } from "./egressboard/adopt.ts";
import { carry, type IsUser } from "./egressboard/carry.ts";
import { BoardChanges } from "./egressboard/changes.ts";
import { BoardFile } from "./egressboard/file.ts";
import {
  boardBytes,
  firmRanges,
  formatBoard,
  header,
  isSameShape,
  isWhole,
  kinds,
  layoutIn,
  layoutOf,
  ringBytes,
  sharedRoom,
  smallRoom,
} from "./egressboard/layout.ts";
import { BoardLeases } from "./egressboard/leases.ts";
import { BoardOutcomes } from "./egressboard/outcomes.ts";
import type { BoardParts } from "./egressboard/parts.ts";
import { heldThere, standIn } from "./egressboard/passing.ts";
import { BoardRecords } from "./egressboard/records.ts";
import { repair } from "./egressboard/repair.ts";
import { BoardRows } from "./egressboard/rows.ts";
import { BoardTexts } from "./egressboard/texts.ts";
import type { Owner } from "./owners.ts";
import { SharedWords } from "./sharedwords.ts";

export interface EgressBoardFigures {
  readonly members: number;
  /** Of each kind of records: those that there are, that made room for others, and that found none. */
  readonly records: Readonly<Record<RecordKind, EgressRecordFigures>>;
  /** Texts that were new, and that made room for others. */
  readonly texts: number;
  readonly textsForgotten: number;
  /** Calls that gave up waiting for a process that lives, and locks that were taken over. */
  readonly timeouts: number;
  readonly repairs: number;
}

export interface EgressRecordFigures {
  readonly count: number;
  readonly evictions: number;
  readonly refusals: number;
}

export class SharedEgressBoard implements EgressBoard {
  readonly name: string;
  readonly shape: EgressShape;
  readonly capacity: number;
  readonly entriesMax: number;
  readonly changesMax: number;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly bytes: number;
  /** For the files beside this one. */
  readonly parts: BoardParts;
  readonly #file: BoardFile;
  readonly #rows: BoardRows;
  readonly #pairs: BoardRecords;
  readonly #hosts: BoardRecords;
  readonly #sessions: BoardRecords;
  readonly #users: BoardRecords;
  readonly #leases: BoardLeases;
  readonly #texts: BoardTexts;
  readonly #outcomes: BoardOutcomes;
  readonly #changes: BoardChanges;
  #successor: EgressBoard | null = null;
  /** By lease here. */
  #heirs: Map<number, HeldMember> = new Map();
  /** Those whose place this one has taken, for as long as anybody else knows them. */
  readonly #formers: WeakRef<SharedEgressBoard>[] = [];

  /**
   * The bytes have been formatted. Throws when too many processes have the board open. `reserve`: memory for leases, rings, records and
   * texts, in a file of which only `firmRangesFor` has it. `memory` is for tests.
   */
  constructor(
    bytes: Uint8Array,
    name: string,
    owner: Owner,
    memory: SharedWords = new SharedWords(bytes),
    reserve: Reserve = reserved,
  ) {
    const file = new BoardFile(bytes, name, owner, memory, reserve);
    this.name = name;
    this.shape = file.layout.shape;
    this.capacity = this.shape.members;
    this.entriesMax = this.shape.entriesMax;
    this.changesMax = this.shape.changesMax;
    this.words = file.words;
    this.doubles = file.doubles;
    this.bytes = file.layout.words * 4;
    this.#file = file;
    this.#rows = new BoardRows(file);
    this.#pairs = new BoardRecords(file, "pair");
    this.#hosts = new BoardRecords(file, "host");
    this.#sessions = new BoardRecords(file, "session");
    this.#users = new BoardRecords(file, "user");
    this.#leases = new BoardLeases(file, this.#rows, this.#pairs, reserve);
    this.#texts = new BoardTexts(file);
    this.#outcomes = new BoardOutcomes(file);
    this.#changes = new BoardChanges(file);
    this.parts = {
      ...{ file, rows: this.#rows, leases: this.#leases, texts: this.#texts },
      ...{ outcomes: this.#outcomes, changes: this.#changes },
      records: { pair: this.#pairs, host: this.#hosts, session: this.#sessions, user: this.#users },
    };
    file.repair = () => repair(this.parts);
  }

  /** Size of the file; most of it may never be touched. More than `boardBytesMax` (egressboard/layout.ts) cannot be mapped. */
  static bytesFor(shape: EgressShape): number {
    return boardBytes(shape, sharedRoom);
  }

  /** What must have memory before anybody touches it, as [start, end) in bytes, while so many rows are used at most. */
  static firmRangesFor(shape: EgressShape, rows: number): readonly (readonly [start: number, end: number])[] {
    return firmRanges(layoutOf(shape, sharedRoom), rows);
  }

  /** What so many members come to take, without leases. */
  static fullBytesFor(shape: EgressShape, members: number): number {
    const layout = layoutOf(shape, sharedRoom);
    const bytes = layout.leasesAt * 4;
    return isWhole(layout) ? bytes : bytes - (shape.members - members) * ringBytes(shape);
  }

  /** Makes an empty board of a region of zeros that nobody else has seen, `bytesFor` long. The seed keeps strangers from choosing texts that meet in one set: draw it. */
  static format(bytes: Uint8Array, shape: EgressShape, seed: number): void {
    formatBoard(bytes, shape, seed, sharedRoom);
  }

  /** Whether these bytes are a board of that shape. */
  static isFormatted(bytes: Uint8Array, shape: EgressShape): boolean {
    const found = SharedEgressBoard.shapeIn(bytes);
    return found !== null && isSameShape(found, shape);
  }

  /** What these bytes were formatted as, whichever it was: with it an older one is opened to be carried from. Null: not a board. */
  static shapeIn(bytes: Uint8Array): EgressShape | null {
    return layoutIn(bytes)?.shape ?? null;
  }

  /** For tests, the simulator, and a single process. */
  static inMemory(shape: EgressShape, name = "board"): SharedEgressBoard {
    const bytes = new Uint8Array(boardBytes(shape, smallRoom));
    formatBoard(bytes, shape, 1, smallRoom);
    return new SharedEgressBoard(bytes, name, { id: 1, startedAt: 0, isAlive: () => true, relax: () => {} });
  }

  get nameSeed(): number {
    return this.words[header.nameSeed]!;
  }

  get version(): number {
    return Atomics.load(this.words, header.version);
  }

  touch(): void {
    this.#file.memory.add(header.version, 1);
  }

  nextTurn(): number {
    return this.#file.memory.next(header.turn) >>> 0;
  }

  open(): boolean {
    return this.#file.open();
  }

  close(): void {
    this.#file.close();
  }

  memberOf(id: string): number {
    return this.#rows.find(id);
  }

  idOf(member: number): string {
    return this.#rows.idOf(member);
  }

  timesOf(member: number): number {
    return this.#rows.timesOf(member);
  }

  members(visit: (member: number, id: string) => void): void {
    this.#rows.visit(visit);
  }

  adopt(ids: readonly string[], nowMs: number): readonly string[] {
    return adopt(this.parts, ids, nowMs);
  }

  /** For control, after it has adopted: what a board of another shape knows of these members, and users. False: the lock is not to be had. */
  carry(from: SharedEgressBoard, isUser: IsUser = () => true): boolean {
    return carry(this.parts, from.parts, isUser);
  }

  /** For control: who is no user any more leaves room for others. Told by the first words of their records. */
  adoptUsers(isUser: IsUser): void {
    adoptUsers(this.parts, isUser);
  }

  find(kind: RecordKind, first: number, second: number): number {
    return this.#recordsOf(kind).find(first, second);
  }

  take(kind: RecordKind, first: number, second: number, nowMs: number): number {
    return this.#recordsOf(kind).take(first, second, nowMs);
  }

  drop(kind: RecordKind, record: number): void {
    this.#recordsOf(kind).drop(record);
  }

  records(kind: RecordKind, visit: (record: number) => void): void {
    this.#recordsOf(kind).visit(visit);
  }

  count(kind: RecordKind): number {
    return this.#recordsOf(kind).count;
  }

  hold(member: number, pair: number): number {
    return this.#leases.hold(member, pair);
  }

  letGo(lease: number): void {
    this.#leases.letGo(lease);
  }

  heldBy(lease: number): number {
    return this.#leases.heldBy(lease);
  }

  recover(): number {
    return this.#leases.recover();
  }

  get successor(): EgressBoard | null {
    return this.#successor;
  }

  heirOf(held: HeldMember): HeldMember {
    if (this.#heirs.has(held.lease)) this.letGo(held.lease);
    return this.#takeHeir(held);
  }

  /**
   * All that this process holds here it holds from now on in a board into which what is known here was carried; until it is said to be over (`letGoAll`)
   * here as well, for others may still choose by this one.
   */
  passOn(to: SharedEgressBoard): void {
    this.#heirs = heldThere(this.parts, to.parts);
    this.#successor = to;
    // Those before it lead there at once: for their sake nobody has to keep this one.
    for (const former of this.#formers) {
      const board = former.deref();
      if (board === undefined) continue;
      board.#leadOn(this, to);
      to.#formers.push(former);
    }
    this.#formers.length = 0;
    to.#formers.push(new WeakRef(this));
  }

  #leadOn(over: SharedEgressBoard, to: SharedEgressBoard): void {
    for (const [lease, held] of this.#heirs) this.#heirs.set(lease, over.#takeHeir(held));
    this.#successor = to;
  }

  #takeHeir({ row, lease }: HeldMember): HeldMember {
    const heir = this.#heirs.get(lease);
    this.#heirs.delete(lease);
    if (heir !== undefined) return heir;
    // What found no room for a lease here is known by its row alone.
    const isKnown = lease < 0 && row > 0 && this.#successor !== null;
    return { row: isKnown ? this.#successor!.memberOf(this.idOf(row)) : 0, lease: -1 };
  }

  /** For control, after it has carried: until `letGoAll` it stands in for all who hold anything there, for they come one after the other. */
  standIn(from: SharedEgressBoard): void {
    standIn(this.parts, from.parts);
  }

  /** All that this process holds here. */
  letGoAll(): void {
    this.#leases.visit((lease) => this.letGo(lease));
  }

  textOf(text: string): number {
    return this.#texts.numberOf(text);
  }

  get textsClock(): number {
    return this.words[header.interned]!;
  }

  text(number: number): string | null {
    return this.#texts.text(number);
  }

  keep(member: number, outcome: Outcome): void {
    this.#outcomes.keep(member, outcome);
  }

  history(member: number, most: number, visit: (outcome: Outcome) => boolean): void {
    this.#outcomes.visit(member, most, visit);
  }

  keepChange(member: number, change: Change): void {
    this.#changes.keep(member, change);
  }

  changes(member: number, most: number, visit: (change: Change) => boolean): void {
    this.#changes.visit(member, most, visit);
  }

  changeCount(state: MemberState, cause: ChangeCause): number {
    return this.#changes.countOf(state, cause);
  }

  /** Lets go of all that this process holds. Nothing may be asked of the board any more. */
  leave(): void {
    this.#leases.close();
  }

  figures(): EgressBoardFigures {
    let members = 0;
    for (let number = 0; number < this.#rows.used; number++)
      if (this.#rows.isNamed(this.#rows.rowAt(number))) members++;
    const records = Object.fromEntries(
      kinds.map((kind) => {
        const { count, evictions, refusals } = this.#recordsOf(kind);
        return [kind, { count, evictions, refusals }];
      }),
    ) as Record<RecordKind, EgressRecordFigures>;
    const [timeouts, repairs] = [this.words[header.timeouts]!, this.words[header.repairs]!];
    return { members, records, texts: this.#texts.interned, textsForgotten: this.#texts.forgotten, timeouts, repairs };
  }

  #recordsOf(kind: RecordKind): BoardRecords {
    switch (kind) {
      case "pair":
        return this.#pairs;
      case "host":
        return this.#hosts;
      case "session":
        return this.#sessions;
      case "user":
        return this.#users;
    }
  }
}
