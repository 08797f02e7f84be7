// The five metrics of ipmanager, by address and port, under its names. They are on its own port and nowhere else: an address is no label
// of Sluice's. Responses are those of the last five minutes, as its help always said. Targets are bounded: the twenty that answered
// most have their names, all others together are "other"; and where that would still be too many series, all are "other".

import type { EgressBoard } from "../../memory/egress.ts";
import { memberWord } from "../../memory/egress.ts";
import type { Steps } from "../../memory/listranges.ts";
import type { OpenEgress } from "../egresses.ts";
import { Exposition, type Labels } from "../exposition.ts";
import type { Sample } from "../metricssource.ts";
import { isAvailable, portOf } from "./history.ts";

export const targetsMax = 20;
export const seriesMax = 50_000;
const recentMs = 5 * 60_000;

/** Counts by target and status, of one address. */
type Responses = Map<number, Map<number, number>>;

export function* ipmanagerMetrics({ plan, board, rows }: OpenEgress, nowMs: number): Steps<string> {
  const labels = plan.members.map((member): Labels => ({ ip: member.id, port: portOf(member) }));
  const each = (figure: (row: number) => number): Sample[] =>
    labels.map((label, index): Sample => [label, figure(rows[index]!)]);
  const out = new Exposition();
  out.gauge(
    "ipmanager_all_list",
    "All outbound addresses.",
    each(() => 1),
  );
  out.gauge(
    "ipmanager_available_list",
    "Addresses that may be used.",
    each((row) => (isAvailable(board, row) ? 1 : 0)),
  );
  out.gauge(
    "ipmanager_cooldown_list",
    "Addresses that are left alone.",
    each((row) => (isAvailable(board, row) ? 0 : 1)),
  );
  out.gauge(
    "ipmanager_consecutive_failure",
    "Failures in a row.",
    each((row) => (row > 0 ? board.words[row + memberWord.failures]! : 0)),
  );
  const all: Responses[] = [];
  for (const row of rows) {
    all.push(responsesOf(board, row, nowMs));
    yield;
  }
  out.gauge(
    "ipmanager_history_response",
    "Responses in the last five minutes, by status and target; targets beyond the busiest are other.",
    responseSamples(board, all, labels),
  );
  return out.toString();
}

function responsesOf(board: EgressBoard, row: number, nowMs: number): Responses {
  const responses: Responses = new Map();
  if (row <= 0) return responses;
  // A log may be read late: behind what is old there may be what is recent.
  board.history(row, board.entriesMax, ({ atMs, status, host }) => {
    if (atMs < nowMs - recentMs || status === 0) return true;
    const counts = responses.get(host) ?? new Map<number, number>();
    counts.set(status, (counts.get(status) ?? 0) + 1);
    responses.set(host, counts);
    return true;
  });
  return responses;
}

function* responseSamples(board: EgressBoard, all: readonly Responses[], labels: readonly Labels[]): Iterable<Sample> {
  const named = busiest(all);
  const statuses = new Set(all.flatMap((responses) => [...responses.values()].flatMap((counts) => [...counts.keys()])));
  const isTooMany = all.length * statuses.size * (named.size + 1) > seriesMax;
  for (const [index, responses] of all.entries()) {
    const sums = new Map<string, number>();
    for (const [host, counts] of responses) {
      const target = isTooMany || !named.has(host) ? "other" : (board.text(host) ?? "other");
      for (const [status, count] of counts) {
        const key = `${status} ${target}`;
        sums.set(key, (sums.get(key) ?? 0) + count);
      }
    }
    for (const [key, count] of sums)
      yield [{ ...labels[index]!, status_code: key.slice(0, 3), target: key.slice(4) }, count];
  }
}

function busiest(all: readonly Responses[]): ReadonlySet<number> {
  const totals = new Map<number, number>();
  for (const responses of all)
    for (const [host, counts] of responses)
      for (const count of counts.values()) totals.set(host, (totals.get(host) ?? 0) + count);
  const most = [...totals].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, targetsMax);
  return new Set(most.map(([host]) => host));
}
