// What the board of an egress pool had no room for, told in the log: sessions, and what was known of addresses at hosts, that were
// given up for others, and requests of users who could not be counted. The first time at once, and then as long as it goes on every ten minutes; the metrics count all of it.

import type { RecordKind } from "../../memory/egress.ts";
import type { SharedEgressBoard } from "../../memory/egressboard.ts";
import type { Log } from "../log.ts";

const everyMs = 600_000;

interface Told {
  readonly count: number;
  readonly atMs: number;
}

export class Shortage {
  readonly #told = new Map<RecordKind, Told>();
  readonly #board: SharedEgressBoard;
  readonly #log: Pick<Log, "warn">;

  /** What was so before is nothing new. */
  constructor(board: SharedEgressBoard, log: Pick<Log, "warn">) {
    this.#board = board;
    this.#log = log;
    for (const kind of ["session", "user", "pair"] as const)
      this.#told.set(kind, { count: this.#countOf(kind), atMs: Number.NEGATIVE_INFINITY });
  }

  look(nowMs: number): void {
    const { name, shape } = this.#board;
    const sessions = this.#newOf("session", nowMs);
    if (sessions > 0)
      this.#log.warn(
        `egress pool ${name}: ${sessions} sessions were given up for those of other keys: there is room for ${shape.sessions} (docs/EGRESS.md)`,
      );
    const pairs = this.#newOf("pair", nowMs);
    if (pairs > 0)
      this.#log.warn(
        `egress pool ${name}: what was known of addresses at hosts (their pace, their cool-downs) was given up ${pairs} times for others: there is room for ${shape.pairs}; give a pool to each group of hosts (docs/EGRESS.md)`,
      );
    const refused = this.#newOf("user", nowMs);
    if (refused > 0)
      this.#log.warn(
        `egress pool ${name}: ${refused} times a user was refused or its bytes not counted, for its quota found no room beside those of ${shape.users} others (docs/EGRESS.md)`,
      );
  }

  #newOf(kind: RecordKind, nowMs: number): number {
    const former = this.#told.get(kind)!;
    const count = this.#countOf(kind);
    const isTime = nowMs - former.atMs >= everyMs || nowMs < former.atMs;
    if (count === former.count || !isTime) return 0;
    this.#told.set(kind, { count, atMs: nowMs });
    return (count - former.count) >>> 0;
  }

  #countOf(kind: RecordKind): number {
    const { evictions, refusals } = this.#board.parts.records[kind];
    return kind === "user" ? refusals : evictions;
  }
}
