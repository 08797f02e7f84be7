// What live traffic has shown of a server, for who judges by it whether it is taken out (health/ejection.ts): sums over all workers of
// what they count. It reads totals and judges nothing. Attempts in flight have not ended and prove nothing yet.

import type { Evidence } from "../health/ejection.ts";
import { serverCell, type Totals } from "../memory/tally.ts";

export function evidence(totals: Totals, slot: number): Evidence {
  return {
    consecutiveFailures: totals.consecutiveFailures(slot),
    requests: totals.server(slot, serverCell.calls) - totals.active(slot),
    failures: totals.server(slot, serverCell.connectFailures) + totals.server(slot, serverCell.responseFailures),
    durationMs: totals.server(slot, serverCell.durationSum) * 1000,
  };
}
