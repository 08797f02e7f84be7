// The last outcomes of many members together, newest first, that a filter lets through. A pool may keep ten millions of them, so it
// is gone through in steps. Of each member all is looked at: outcomes are kept in the order in which they were told, and a log may be read
// hours late. Ten millions take half a second.

import { type EgressBoard, type Outcome, outcomeFlag } from "../../memory/egress.ts";
import type { Steps } from "../../memory/listranges.ts";
import type { OutcomeSummary } from "./answer.ts";
import { outcomeSummary } from "./reading.ts";

export interface OutcomeFilter {
  /** Of the status; null: any. */
  readonly from: number | null;
  readonly to: number | null;
  readonly isFailure: boolean | null;
  /** As they stand in the history; null: any. */
  readonly host: string | null;
  readonly key: string | null;
  readonly sinceMs: number;
}

export const anyOutcome: OutcomeFilter = {
  from: null,
  to: null,
  isFailure: null,
  host: null,
  key: null,
  sinceMs: 0,
};

export interface SearchedMember {
  readonly id: string;
  readonly row: number;
}

interface Found {
  readonly atMs: number;
  readonly member: string;
  readonly outcome: Outcome;
}

export function* search(
  board: EgressBoard,
  members: readonly SearchedMember[],
  filter: OutcomeFilter,
  limit: number,
): Steps<{ readonly found: readonly OutcomeSummary[]; readonly isMore: boolean }> {
  let newest: Found[] = [];
  let isMore = false;
  let oldestMs = filter.sinceMs;
  const trim = (): void => {
    newest.sort((a, b) => b.atMs - a.atMs);
    if (newest.length <= limit) return;
    newest = newest.slice(0, limit);
    isMore = true;
    oldestMs = Math.max(oldestMs, newest.at(-1)!.atMs);
  };
  for (const { id, row } of members) {
    if (row <= 0) continue;
    board.history(row, board.entriesMax, (outcome) => {
      if (outcome.atMs >= oldestMs) {
        if (fits(board, outcome, filter)) newest.push({ atMs: outcome.atMs, member: id, outcome: { ...outcome } });
      } else if (!isMore && outcome.atMs >= filter.sinceMs) isMore = fits(board, outcome, filter);
      return true;
    });
    if (newest.length > 2 * limit) trim();
    yield;
  }
  trim();
  return { found: newest.map(({ member, outcome }) => outcomeSummary(board, member, outcome)), isMore };
}

function fits(board: EgressBoard, outcome: Outcome, { from, to, isFailure, host, key }: OutcomeFilter): boolean {
  if (from !== null && (outcome.status < from || outcome.status > to!)) return false;
  if (isFailure !== null && ((outcome.flags & outcomeFlag.failure) !== 0) !== isFailure) return false;
  if (host !== null && board.text(outcome.host) !== host) return false;
  return key === null || board.text(outcome.key) === key;
}
