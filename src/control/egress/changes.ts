// What has become of members since the last look, as their boards say: how many changes there were of each sort, for metrics, and which, for
// the log: some by name and the rest by number, for a target that bans hundreds of addresses at once must not fill a disk, and what is kept
// by name may be little, or nothing. Workers make most of these changes; only the board knows of all of them.

import { formatDuration } from "../../base/duration.ts";
import {
  type Change,
  type ChangeCause,
  changeCause,
  type EgressBoard,
  type MemberState,
  memberState,
  memberWord,
} from "../../memory/egress.ts";
import type { Log } from "../log.ts";
import { Unusable } from "./unusable.ts";
import { causeWord, labelOf, stateText, stateWord, whyText } from "./wording.ts";

export interface ChangeCount {
  readonly state: string;
  readonly cause: string;
  readonly count: number;
}

/** Told one by one, of a pool and a look. */
const toldMax = 10;
/** An operator's word is told when it is said, with whose it was. */
const toldElsewhere: ReadonlySet<ChangeCause> = new Set([changeCause.manual, changeCause.unbanned]);
const sorts: readonly (readonly [MemberState, ChangeCause])[] = Object.values(memberState).flatMap((state) =>
  Object.values(changeCause).map((cause) => [state, cause] as const),
);

export class Changes {
  readonly #name: string;
  readonly #log: Log;
  readonly #unusable: Unusable;
  /** Of each row: how many of its changes have been told. */
  readonly #seen = new Map<number, number>();
  readonly #counts = new Map<string, number>();
  /** Of each of `sorts`: how many the board had counted. */
  readonly #counted = new Uint32Array(sorts.length);
  /** By state: told before they were counted, which is below 0. */
  #early = new Map<MemberState, number>();
  #board: EgressBoard;

  constructor(name: string, board: EgressBoard, log: Log) {
    this.#name = name;
    this.#board = board;
    this.#log = log;
    this.#unusable = new Unusable(name, log);
    this.#begin();
  }

  /** The pool has another board, whose rows and rings are others. */
  follow(board: EgressBoard): void {
    if (board === this.#board) return;
    this.#board = board;
    this.#begin();
  }

  /** To be called every second. */
  look(rows: Int32Array, idOf: (index: number) => string): void {
    const untold = this.#count();
    const told: string[] = [];
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!;
      if (row <= 0) continue;
      const total = this.#board.words[row + memberWord.changes]!;
      const former = this.#seen.get(row) ?? 0;
      if (total === former) continue;
      this.#seen.set(row, total);
      // A row that is another member's now begins at 0 again.
      const fresh = total > former ? total - former : total;
      // The board has the newest first, and a log has it last.
      const lines: string[] = [];
      this.#board.changes(row, fresh, (change) => {
        if (toldElsewhere.has(change.cause)) return true;
        if (told.length + lines.length === toldMax) return false;
        lines.push(this.#line(idOf(index), change));
        untold.set(change.state, (untold.get(change.state) ?? 0) - 1);
        return true;
      });
      told.push(...lines.reverse());
    }
    for (const line of told) this.#log.info(line);
    this.#tellOthers(untold, told.length > 0);
    this.#unusable.look(this.#board, rows, idOf);
  }

  counts(): ChangeCount[] {
    return [...this.#counts].map(([key, count]) => {
      const [state, cause] = key.split(" ") as [string, string];
      return { state, cause, count };
    });
  }

  #begin(): void {
    for (const [index, [state, cause]] of sorts.entries()) this.#counted[index] = this.#board.changeCount(state, cause);
    this.#early = new Map();
    this.#seen.clear();
    this.#board.members((row) => this.#seen.set(row, this.#board.words[row + memberWord.changes]!));
  }

  /** Answers how many are to be told, by state. */
  #count(): Map<MemberState, number> {
    const untold = new Map<MemberState, number>();
    for (const [index, [state, cause]] of sorts.entries()) {
      const total = this.#board.changeCount(state, cause);
      const fresh = (total - this.#counted[index]!) >>> 0;
      if (fresh === 0) continue;
      this.#counted[index] = total;
      const key = `${labelOf(stateWord(state))} ${labelOf(causeWord(cause))}`;
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + fresh);
      if (!toldElsewhere.has(cause)) untold.set(state, (untold.get(state) ?? 0) + fresh);
    }
    return untold;
  }

  #tellOthers(untold: ReadonlyMap<MemberState, number>, isMore: boolean): void {
    const others: string[] = [];
    for (const [state, count] of untold) {
      const rest = count + (this.#early.get(state) ?? 0);
      if (rest > 0) others.push(`${rest} ${stateText(stateWord(state))}`);
    }
    this.#early = new Map([...untold].filter(([, count]) => count < 0));
    if (others.length > 0)
      this.#log.info(
        `egress pool ${this.#name}: ${isMore ? "other changes" : "changes"} of its addresses: ${others.join(", ")}`,
      );
  }

  #line(id: string, { state, cause, forMs, text }: Change): string {
    const length = forMs === 0 ? "" : ` for ${formatDuration(forMs)}`;
    const why = whyText(causeWord(cause), this.#board.text(text));
    return `egress pool ${this.#name}: ${id} is ${stateText(stateWord(state))}${length}${why === "" ? "" : ` (${why})`}`;
  }
}
