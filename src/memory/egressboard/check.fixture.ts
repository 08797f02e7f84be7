// Whether a board holds together while nobody writes to it: every member is found, every record is, what is free is listed, every
// count in flight is that of the leases. For tests, and for files that a former run has left.

import { memberState, memberWord, type RecordKind, recordWord, recordWords } from "../egress.ts";
import type { SharedEgressBoard } from "../egressboard.ts";
import { header, kinds, kindWord, leaseWords, ownerWord } from "./layout.ts";
import type { BoardParts } from "./parts.ts";

/** What is wrong, as sentences; empty when all is well. */
export function checkBoard(board: SharedEgressBoard): string[] {
  const check = new Check(board.parts);
  check.run();
  return check.problems.slice(0, 20);
}

class Check {
  readonly problems: string[] = [];
  readonly #parts: BoardParts;
  readonly #words: Int32Array;

  constructor(parts: BoardParts) {
    this.#parts = parts;
    this.#words = parts.file.words;
  }

  run(): void {
    const { rows, records } = this.#parts;
    this.#say(this.#words[header.lock] === 0, "the lock is held");
    this.#say(this.#words[header.halt] === 0, "all is held up");
    const counts = this.#counts();
    const ids = new Set<string>();
    rows.visit((row, id) => {
      this.#say(rows.find(id) === row && !ids.has(id), `${id} is not found in its row`);
      ids.add(id);
      const state = this.#words[row + memberWord.state]!;
      this.#say(state >= memberState.available && state <= memberState.banned, `${id} has no state`);
    });
    for (let number = 0; number < rows.used; number++) {
      const row = rows.rowAt(number);
      const active = this.#words[row + memberWord.active]!;
      this.#say(active === (counts.get(row) ?? 0), `row ${number} counts ${active} in flight`);
    }
    records.pair.visitAll((record) => {
      const active = this.#words[record + recordWord.active]!;
      this.#say(active === (counts.get(record) ?? 0), `pair ${record} counts ${active} in flight`);
    });
    for (const kind of kinds) this.#checkRecords(kind);
    records.pair.visit((record) => this.#say(rows.isNamed(this.#words[record]!), `pair ${record} is nobody's`));
    records.session.visit((record) => {
      const state = this.#words[record + recordWord.state]!;
      this.#say(state === 0 || rows.isNamed(state - 1), `session ${record} is with nobody`);
    });
  }

  /** How often each member and pair is held. */
  #counts(): Map<number, number> {
    const { owners, layout } = this.#parts.file;
    const counts = new Map<number, number>();
    for (let row = 0; row < owners.count; row++) {
      this.#say(this.#words[owners.at(row) + ownerWord.isCounting] === 0, `owner ${row} is counting`);
      const used = this.#words[owners.at(row) + ownerWord.leasesUsed]!;
      this.#say(used === 0 || owners.isTaken(row), `owner ${row} is nobody and holds`);
      const at = layout.leasesAt + row * layout.room.leases * leaseWords;
      for (let cell = at; cell < at + used * leaseWords; cell += leaseWords)
        if (this.#words[cell]! > 0)
          for (const held of [this.#words[cell]!, this.#words[cell + 1]!])
            counts.set(held, (counts.get(held) ?? 0) + 1);
    }
    return counts;
  }

  #checkRecords(kind: RecordKind): void {
    const records = this.#parts.records[kind];
    const layout = this.#parts.file.layout.kinds[kinds.indexOf(kind)]!;
    const words = this.#words;
    let used = 0;
    records.visit((record) => {
      used++;
      const found = records.find(words[record]!, words[record + recordWord.second]!);
      this.#say(found === record, `${kind} ${record} is not found`);
    });
    this.#say(used === records.count, `${records.count} of ${kind} are counted, ${used} are`);
    let all = 0;
    records.visitAll(() => all++);
    let free = 0;
    const recordAt = (number: number): number => layout.recordsAt + (number - 1) * recordWords;
    for (let next = words[layout.at + kindWord.free]!; next !== 0 && free <= all; free++) {
      this.#say(words[recordAt(next)] === 0, `${kind} ${next} is free and somebody's`);
      next = words[recordAt(next) + recordWord.second]!;
    }
    this.#say(used + free === all, `of ${all} of ${kind} ${used} are used and ${free} free`);
  }

  #say(isWell: boolean, problem: string): void {
    if (!isWell) this.problems.push(problem);
  }
}
