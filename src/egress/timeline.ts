// What follows from a change of a member's state: it is written down, why is said on its row, workers are told that their lists are
// old, and what it had begun to be blamed for is forgotten when it comes back.

import { type ChangeCause, type EgressBoard, type MemberState, memberState, memberWord } from "../memory/egress.ts";
import type { Witness } from "./cooling.ts";
import type { Standing } from "./standing.ts";

export class Timeline implements Witness {
  readonly #board: EgressBoard;

  constructor(board: EgressBoard) {
    this.#board = board;
  }

  changed(standing: Standing, state: MemberState, cause: ChangeCause, atMs: number, forMs: number, text: number): void {
    const row = standing.base;
    const { words } = this.#board;
    words[row + memberWord.causeText] = text;
    if (state === memberState.available || state === memberState.trial) {
      words[row + memberWord.lastHost] = 0;
      words[row + memberWord.lastHostFailures] = 0;
      words[row + memberWord.faultyHosts] = 0;
      words[row + memberWord.transportFaults] = 0;
    }
    this.#board.keepChange(row, { atMs, state, cause, forMs, text });
    this.#board.touch();
  }
}
