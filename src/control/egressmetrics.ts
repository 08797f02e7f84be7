// The part of /metrics that is about egress pools: how many of their members may be used, what became of requests through them, why
// states have changed, what was read of logs. Labels are pools and words of fixed lists; which address, target or key it was stands
// on the boards, and is asked for by the admin interface.

import type { EgressBoardFigures, EgressRecordFigures } from "../memory/egressboard.ts";
import type { EgressSummary } from "./egress/answer.ts";
import type { ChangeCount } from "./egress/changes.ts";
import { labelOf, stateWords } from "./egress/wording.ts";
import type { Exposition } from "./exposition.ts";
import type { Sample } from "./metricssource.ts";

export interface EgressFigures {
  readonly summary: EgressSummary;
  readonly changes: readonly ChangeCount[];
  readonly records: EgressBoardFigures["records"];
}

/** What can come of a member, so that a first time is seen as one: state and cause. */
const usualChanges: readonly string[] = [
  "cooling_down failures",
  "cooling_down transport",
  "cooling_down marked",
  "cooling_down unusable",
  "cooling_down trial_failed",
  "banned manual",
  "trial over",
  "available over",
  "available trial_passed",
  "available unbanned",
  "available acquitted",
  "available usable",
  "available added",
];

export function writeEgresses(out: Exposition, pools: readonly EgressFigures[]): void {
  writeMembers(out, pools);
  writeRequests(out, pools);
  writeChanges(out, pools);
  writeShortage(out, pools);
  writeLogs(
    out,
    pools.map(({ summary }) => summary),
  );
}

function writeMembers(out: Exposition, pools: readonly EgressFigures[]): void {
  const of = (figure: (summary: EgressSummary) => number): Sample[] =>
    pools.map(({ summary }): Sample => [{ pool: summary.name }, figure(summary)]);
  out.gauge(
    "sluice_egress_ips",
    "Outbound addresses of an egress pool by state; available and on trial may be used.",
    pools.flatMap(({ summary }) =>
      stateWords.map(
        (state): Sample => [
          { pool: summary.name, state: labelOf(state) },
          state === "none" ? 0 : summary.states[state],
        ],
      ),
    ),
  );
  out.gauge(
    "sluice_egress_active",
    "Requests and tunnels that are under way through an egress pool.",
    of(({ active }) => active),
  );
  out.gauge(
    "sluice_egress_sessions",
    "Keys that have a member of an egress pool for themselves.",
    of(({ sessions }) => sessions),
  );
  out.gauge(
    "sluice_egress_hosts_down",
    "Target hosts at which so many addresses failed that it is the host's fault and no address is blamed.",
    of(({ hostsDown }) => hostsDown.count),
  );
  out.gauge(
    "sluice_egress_memory_bytes",
    "Memory of an egress pool's board: states, sessions and history.",
    of(({ memoryBytes }) => memoryBytes),
  );
}

function writeRequests(out: Exposition, pools: readonly EgressFigures[]): void {
  const by = (
    label: string,
    figures: (summary: EgressSummary) => readonly (readonly [value: string, count: number])[],
  ): Sample[] =>
    pools.flatMap(({ summary }) =>
      figures(summary).map(([value, count]): Sample => [{ pool: summary.name, [label]: value }, count]),
    );
  out.counter(
    "sluice_egress_requests_total",
    "Requests and tunnels through an egress pool by how they ended: member_fault, the address or what stands there; way_fault, between it and the target; direct, from the system's own address.",
    by("outcome", ({ requests }) => [
      ["answered", requests.answered],
      ["member_fault", requests.memberFaults],
      ["way_fault", requests.wayFaults],
      ["cancelled", requests.cancelled],
      ["direct", requests.direct],
    ]),
  );
  out.counter(
    "sluice_egress_refused_total",
    "Requests that were given no address: none was available, those available were paced or busy, none was what was wished for, or the user had had its quota.",
    by("reason", ({ refused }) => [
      ["none", refused.none],
      ["paced", refused.paced],
      ["unfit", refused.unfit],
      ["quota", refused.quota],
    ]),
  );
  out.counter(
    "sluice_egress_retries_total",
    "Requests that went on with another address after the first had failed.",
    pools.map(({ summary }): Sample => [{ pool: summary.name }, summary.requests.retried]),
  );
  out.counter(
    "sluice_egress_waits_total",
    "Times that a request waited for an address that was paced or busy.",
    pools.map(({ summary }): Sample => [{ pool: summary.name }, summary.requests.waited]),
  );
  out.counter(
    "sluice_egress_bytes_total",
    "Bytes through an egress pool: up to targets, down from them.",
    by("direction", ({ bytes }) => [
      ["up", bytes.up],
      ["down", bytes.down],
    ]),
  );
}

function writeChanges(out: Exposition, pools: readonly EgressFigures[]): void {
  out.counter(
    "sluice_egress_changes_total",
    "Changes of state of addresses since this Sluice started, by the state that they came to, and why.",
    pools.flatMap(({ summary, changes }) => {
      const counts = new Map(usualChanges.map((key) => [key, 0]));
      for (const { state, cause, count } of changes) counts.set(`${state} ${cause}`, count);
      return [...counts].map(([key, count]): Sample => {
        const [state, cause] = key.split(" ") as [string, string];
        return [{ pool: summary.name, state, cause }, count];
      });
    }),
  );
}

function writeShortage(out: Exposition, pools: readonly EgressFigures[]): void {
  const by = (figure: (records: EgressRecordFigures) => number): Sample[] =>
    pools.flatMap(({ summary, records }) =>
      Object.entries(records).map(([kind, each]): Sample => [{ pool: summary.name, kind }, figure(each)]),
    );
  out.counter(
    "sluice_egress_forgotten_total",
    "What was not used for longest and made room for something else: pair, what is known of an address at a host; host; session, its key is given another address; user, a period that is over.",
    by(({ evictions }) => evictions),
  );
  out.counter(
    "sluice_egress_roomless_total",
    "Times that nothing could make room, or /dev/shm had none: of a pair, where there is a pace its address waits; of a session, its key goes by hash; of a user, its request is refused.",
    by(({ refusals }) => refusals),
  );
}

function writeLogs(out: Exposition, pools: readonly EgressSummary[]): void {
  const logged = pools.flatMap(({ name, evidence }) => (evidence === null ? [] : [{ name, ...evidence }]));
  out.counter(
    "sluice_egress_log_lines_total",
    "Lines of access logs that were read as evidence: good; unlike the format; bad_time; unknown, about no member; long, passed over.",
    logged.flatMap(({ name, lines }) =>
      Object.entries(lines).map(([result, count]): Sample => [{ pool: name, result: labelOf(result) }, count]),
    ),
  );
  out.counter(
    "sluice_egress_log_bytes_total",
    "Bytes of access logs that were read as evidence.",
    logged.map(({ name, bytes }): Sample => [{ pool: name }, bytes]),
  );
  out.gauge(
    "sluice_egress_log_problems",
    "Files of access logs that cannot be read, or are not there.",
    logged.map(
      ({ name, logs }): Sample => [
        { pool: name },
        logs.reduce((sum, { absent, unreadable }) => sum + absent + unreadable, 0),
      ],
    ),
  );
}
