// What live figures are made of: counters in shared memory, and those parts of control that know the rest, each by the one question that
// is asked of it. Types only, so that the figures can be tested without a control process; who puts the real parts in is live.ts. It knows
// no rates and no seconds: those are made of two looks at this.

import type { Plan } from "../../config/plan.ts";
import type { Totals } from "../../memory/tally.ts";
import type { Caches } from "../caches.ts";
import type { Egresses } from "../egresses.ts";
import type { WorkerStatus } from "../seat.ts";
import type { Condition, Status } from "../status.ts";

export interface FiguresSource {
  readonly totals: Totals;
  readonly caches: Pick<Caches, "find">;
  readonly egresses: Pick<Egresses, "all">;
  /** By a clock that nobody sets. */
  readonly uptimeMs: () => number;
  /** The one in force, null before there is one. */
  plan(): Plan | null;
  state(): Status["state"];
  workers(): readonly WorkerStatus[];
  /** By the slot of a server. */
  conditionOf(slot: number): Condition;
  bans(): number;
  /** When the change that waits to be confirmed is rolled back; null where none does. */
  confirmBy(): string | null;
  /** Of a process that runs; null where the system does not tell. */
  usageOf(pid: number): Usage | null;
  /** Wall clock, and one that never goes back. */
  nowMs(): number;
  monotonicMs(): number;
}

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** One look at everything. */
export interface Look {
  readonly plan: Plan;
  readonly source: FiguresSource;
  /** Since the look before. */
  readonly seconds: number;
}
