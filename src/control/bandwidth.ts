// Bytes a second of servers, for pools that are balanced by them (leastBandwidth): summed over all workers once a second, and put on the
// board, where workers read them at each pick. Other pools are not looked at. It reads totals and decides nothing.

import type { Plan } from "../config/plan.ts";
import type { Board } from "../memory/board.ts";
import { serverCell, type Totals } from "../memory/tally.ts";

export const bandwidthMs = 1000;

interface Seen {
  readonly id: string;
  readonly bytes: number;
}

export class Bandwidth {
  readonly #totals: Totals;
  readonly #board: Pick<Board, "measure">;
  #seen: ReadonlyMap<number, Seen> = new Map();
  #lookedAtMs = 0;

  constructor(totals: Totals, board: Pick<Board, "measure">) {
    this.#totals = totals;
    this.#board = board;
  }

  /** Said every `bandwidthMs`, by a clock that does not go back. */
  look(plan: Plan | null, nowMs: number): void {
    const seconds = Math.max((nowMs - this.#lookedAtMs) / 1000, 0.001);
    this.#lookedAtMs = nowMs;
    const next = new Map<number, Seen>();
    for (const { balance, servers } of plan?.pools ?? []) {
      if (balance.policy !== "leastBandwidth") continue;
      for (const { id, slot } of servers) {
        const bytes =
          this.#totals.server(slot, serverCell.bytesReceived) + this.#totals.server(slot, serverCell.bytesSent);
        const former = this.#seen.get(slot);
        const grown = former?.id === id ? Math.max(bytes - former.bytes, 0) : 0;
        this.#board.measure(slot, grown / seconds);
        next.set(slot, { id, bytes });
      }
    }
    this.#seen = next;
  }
}
