// Where a member, or a member at a host, stands: a view of its words on the board, laid over one row or record at a time. It knows
// where the words are and nothing of what follows from them; whoever writes through it holds the board's lock. Views are made once
// and moved, for there may be thousands of rows to look at.

import {
  type ChangeCause,
  type EgressBoard,
  type MemberState,
  memberTimesMax,
  memberWord,
  pairTimesMax,
  recordWord,
} from "../memory/egress.ts";

/** Words from the beginning of a row or record. */
interface StandingPlace {
  readonly state: number;
  readonly level: number;
  readonly cause: number;
  readonly untilMs: number;
  readonly sinceMs: number;
  readonly failures: number;
  readonly timesCount: number;
  readonly timesNext: number;
  readonly strategy: number;
  /** Where the ring of times begins that belongs to a row or record. */
  readonly timesOf: (base: number) => number;
  readonly timesMax: number;
}

const pairPlace: StandingPlace = {
  ...{ ...recordWord, sinceMs: recordWord.bytes, timesMax: pairTimesMax },
  timesOf: (record) => record + recordWord.times,
};

/** The failures that a strategy looks at. */
export class Run {
  readonly timesMax: number;
  readonly #words: Int32Array;
  readonly #place: StandingPlace;
  base = 0;

  constructor(words: Int32Array, place: StandingPlace) {
    this.#words = words;
    this.#place = place;
    this.timesMax = place.timesMax;
  }

  get failures(): number {
    return this.#words[this.base + this.#place.failures]!;
  }

  set failures(failures: number) {
    this.#words[this.base + this.#place.failures] = failures;
  }

  /** Times that are kept, at most `timesMax`, whatever stands in the file: of the last failures. */
  get timesCount(): number {
    return Math.min(this.#words[this.base + this.#place.timesCount]!, this.#place.timesMax);
  }

  /** In seconds; `age` 0 is the last that was told. */
  timeS(age: number): number {
    const { timesOf, timesMax, timesNext } = this.#place;
    const next = (this.#words[this.base + timesNext]! >>> 0) % timesMax;
    return this.#words[timesOf(this.base) + ((next - 1 - age + 2 * timesMax) % timesMax)]!;
  }

  /** Of the failures, those that are no older; all, where a strategy keeps no times. */
  countSince(timeS: number): number {
    if (this.timesCount === 0) return this.failures;
    let count = 0;
    while (count < this.timesCount && this.timeS(count) >= timeS) count++;
    return count;
  }

  addTime(atS: number): void {
    const { timesOf, timesMax, timesNext, timesCount } = this.#place;
    const next = (this.#words[this.base + timesNext]! >>> 0) % timesMax;
    this.#words[timesOf(this.base) + next] = atS;
    this.#words[this.base + timesNext] = (next + 1) % timesMax;
    this.#words[this.base + timesCount] = Math.min(this.timesCount + 1, timesMax);
  }

  /** Forget the last times that were told. */
  dropTimes(count: number): void {
    const { timesMax, timesNext, timesCount } = this.#place;
    const dropped = Math.min(count, this.timesCount);
    const next = this.#words[this.base + timesNext]!;
    this.#words[this.base + timesNext] = (next - dropped + timesMax) % timesMax;
    this.#words[this.base + timesCount] = this.timesCount - dropped;
  }

  /** One of the words that are the strategy's. */
  word(index: number): number {
    return this.#words[this.base + this.#place.strategy + index]!;
  }

  setWord(index: number, value: number): void {
    this.#words[this.base + this.#place.strategy + index] = value;
  }

  clear(): void {
    this.failures = 0;
    this.#words[this.base + this.#place.timesCount] = 0;
    this.#words[this.base + this.#place.timesNext] = 0;
    for (let index = 0; index < memberWord.strategyWords; index++) this.setWord(index, 0);
  }
}

export class Standing {
  readonly run: Run;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #place: StandingPlace;
  base = 0;

  private constructor(board: EgressBoard, place: StandingPlace) {
    this.#words = board.words;
    this.#doubles = board.doubles;
    this.#place = place;
    this.run = new Run(board.words, place);
  }

  static ofMembers(board: EgressBoard): Standing {
    return new Standing(board, { ...memberWord, timesOf: (row) => board.timesOf(row), timesMax: memberTimesMax });
  }

  static ofPairs(board: EgressBoard): Standing {
    return new Standing(board, pairPlace);
  }

  at(base: number): this {
    this.base = base;
    this.run.base = base;
    return this;
  }

  /** A pair whose state was never set is available. */
  get state(): MemberState {
    return this.#words[this.base + this.#place.state] as MemberState;
  }

  set state(state: MemberState) {
    this.#words[this.base + this.#place.state] = state;
  }

  get level(): number {
    return this.#words[this.base + this.#place.level]!;
  }

  set level(level: number) {
    this.#words[this.base + this.#place.level] = level;
  }

  get cause(): ChangeCause {
    return this.#words[this.base + this.#place.cause] as ChangeCause;
  }

  set cause(cause: ChangeCause) {
    this.#words[this.base + this.#place.cause] = cause;
  }

  /** When the state ends; 0 never. On trial: until then nobody else is let through. */
  get untilMs(): number {
    return this.#doubles[(this.base + this.#place.untilMs) / 2]!;
  }

  set untilMs(untilMs: number) {
    this.#doubles[(this.base + this.#place.untilMs) / 2] = untilMs;
  }

  get sinceMs(): number {
    return this.#doubles[(this.base + this.#place.sinceMs) / 2]!;
  }

  set sinceMs(sinceMs: number) {
    this.#doubles[(this.base + this.#place.sinceMs) / 2] = sinceMs;
  }
}
