// What outcomes leave behind, whatever is learnt from them: counts in the member's row, and an entry in its history. Neither takes a
// lock. What an outcome means is told, and not asked here.

import { type EgressBoard, memberWord, type Outcome, outcomeFlag } from "../memory/egress.ts";
import type { KeyCards } from "./keycards.ts";
import type { EgressEvidence } from "./meanings.ts";
import type { EgressOutcome } from "./words.ts";

export class Books {
  readonly #board: EgressBoard;
  readonly #outcome: Outcome = { atMs: 0, status: 0, fault: 0, flags: 0, durationMs: 0, host: 0, key: 0 };
  readonly #cards: KeyCards;
  /** Of the last outcome: mostly it is the next one's as well. */
  #host = "";
  #hostText = 0;
  #hostClock = 0;

  constructor(board: EgressBoard, cards: KeyCards) {
    this.#board = board;
    this.#cards = cards;
  }

  /** Bytes may be lost where two processes add at the same moment. */
  carried(row: number, outcome: EgressOutcome): void {
    const { doubles } = this.#board;
    doubles[(row + memberWord.bytesUp) / 2]! += outcome.bytesUp;
    doubles[(row + memberWord.bytesDown) / 2]! += outcome.bytesDown;
  }

  told(row: number, outcome: EgressOutcome, atMs: number, evidence: EgressEvidence): void {
    const { words } = this.#board;
    Atomics.add(words, row + memberWord.requests, 1);
    if (evidence === "success") Atomics.add(words, row + memberWord.successes, 1);
    else if (evidence !== "nothing") Atomics.add(words, row + memberWord.failed, 1);
    if (evidence === "member" || evidence === "source" || evidence === "way" || evidence === "target")
      Atomics.add(words, row + memberWord.transportFailed, 1);
    if (this.#board.entriesMax > 0) this.#keep(row, outcome, atMs, evidence);
  }

  #keep(row: number, outcome: EgressOutcome, atMs: number, evidence: EgressEvidence): void {
    const kept = this.#outcome;
    kept.atMs = atMs;
    kept.status = outcome.status;
    kept.fault = outcome.fault;
    kept.durationMs = outcome.durationMs;
    kept.host = this.#textOfHost(outcome.host);
    kept.key = this.#cards.textOf(outcome.key);
    kept.flags =
      (evidence === "success" || evidence === "nothing" ? 0 : outcomeFlag.failure) |
      (evidence === "ban" ? outcomeFlag.banned : 0) |
      (outcome.fromLog ? outcomeFlag.fromLog : 0) |
      (outcome.isTunnel ? outcomeFlag.tunnel : 0);
    this.#board.keep(row, kept);
  }

  #textOfHost(host: string): number {
    const clock = this.#board.textsClock;
    if (host === this.#host && this.#hostText !== 0 && clock === this.#hostClock) return this.#hostText;
    const text = this.#board.textOf(host);
    this.#host = host;
    this.#hostText = text;
    this.#hostClock = clock;
    return this.#hostText;
  }
}
