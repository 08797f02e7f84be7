// An egress pool in figures: what its board says of all members together, what workers have counted, and what was read of its logs. The
// admin interface, the status and the metrics show the same.

import { memberWord } from "../../memory/egress.ts";
import { egressCell } from "../../memory/tally.ts";
import type { OpenEgress } from "../egresses.ts";
import type { LogFigures } from "../egresslogs.ts";
import type { EgressSummary } from "./answer.ts";
import { countsOf, hostsDown, nextBackMs, strategyText } from "./reading.ts";
import { isoOf } from "./wording.ts";

export interface SummaryParts {
  /** Of egressCell, over all workers. */
  cell(cell: number): number;
  readonly memoryBytes: number;
  readonly logs: LogFigures | null;
}

/** Hosts that are named; there may be thousands. */
const hostsMax = 50;

export function poolSummary(
  { plan, board, rows }: OpenEgress,
  { cell, memoryBytes, logs }: SummaryParts,
): EgressSummary {
  let active = 0;
  for (const row of rows) if (row > 0) active += board.words[row + memberWord.active]!;
  return {
    name: plan.name,
    members: plan.members.length,
    states: countsOf(board, rows),
    nextBack: isoOf(nextBackMs(board, rows)),
    choose: plan.choose,
    judge: { per: plan.judge.per, strategy: strategyText(plan), coolDownMs: plan.judge.coolDown.forMs },
    whenNone: plan.whenNone,
    requests: {
      answered: cell(egressCell.answered),
      memberFaults: cell(egressCell.memberFaults),
      wayFaults: cell(egressCell.wayFaults),
      cancelled: cell(egressCell.cancelled),
      direct: cell(egressCell.direct),
      retried: cell(egressCell.retried),
      waited: cell(egressCell.waited),
    },
    bytes: { up: cell(egressCell.bytesUp), down: cell(egressCell.bytesDown) },
    refused: {
      none: cell(egressCell.refusedNone),
      paced: cell(egressCell.refusedPaced),
      unfit: cell(egressCell.refusedUnfit),
      quota: cell(egressCell.refusedQuota),
    },
    active,
    sessions: board.count("session"),
    hostsDown: hostsDown(board, hostsMax),
    history: { entriesMax: board.entriesMax, changesMax: board.changesMax },
    memoryBytes,
    evidence: logs === null ? null : { lines: logs.lines, bytes: logs.bytes, logs: logs.logs },
  };
}
