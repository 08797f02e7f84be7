// The results of a scenario as a table, each variant a column beside what GopherProxy's documentation claims, and its thresholds. The
// table can be pasted into a page. A shortened run says so in its title: its figures are no less true, but nothing had time to build up.

import { thinkSeconds } from "../../deploy/k6/scenarios.js";
import { type Row, table } from "../table.ts";
import type { Outcome } from "./crowd.ts";
import { clock } from "./progress.ts";
import type { Summary } from "./summary.ts";
import type { Verdict } from "./threshold.ts";

export interface Result {
  /** Of the variant, such as "limiter off". */
  readonly label: string;
  readonly outcome: Outcome;
  readonly summary: Summary;
  readonly verdicts: readonly Verdict[];
  /** CPU of the proxy's processes during the run; null when it is not ours. */
  readonly proxyCpuUs: number | null;
}

/** Of the scenario "load"; nothing is claimed of others. */
const claims: Readonly<Record<string, string>> = {
  "at full load, a second": "4,200",
  "served: p95 ms": "< 35",
  "429": "12 %",
};
/** From here on a generator on one core delays what it measures. */
const busyCpu = 0.8;
/** And where its users go on so much later than planned, it waited for a core, and saw answers as late. */
const lateUsMax = 5000;

export const isPassed = ({ verdicts }: Result): boolean => verdicts.every((verdict) => verdict.isPassed);

export function reportOf(results: readonly Result[], scale: number): string {
  const { course } = results[0]!.outcome;
  const shortened = scale === 1 ? "" : `, every stage ${scale < 1 ? "shortened" : "stretched"} to ${scale} of its time`;
  const title = `${course.name}: ${course.title}; ${clock(course.durationMs)} min${shortened}`;
  const isClaimed = course.name === "load";
  const rows = rowsOf(results).map(
    ([name, ...cells]): Row => (isClaimed ? [name!, claims[name!] ?? "", ...cells] : [name!, ...cells]),
  );
  const head = ["", ...(isClaimed ? ["claimed"] : []), ...results.map(({ label }) => label)];
  return [title, "", table(head, rows), "", ...verdictLines(results), ...remarks(results)].join("\n");
}

function rowsOf(results: readonly Result[]): Row[] {
  const row = (name: string, cell: (result: Result) => string): Row => [name, ...results.map(cell)];
  const served = (percent: number) => (result: Result) => {
    const { served } = result.outcome.tally;
    return served.count === 0 ? "-" : ms(served.percentileUs(percent));
  };
  return [
    row("source addresses", ({ outcome }) => whole(outcome.sources)),
    row("requests", ({ outcome }) => whole(outcome.tally.requests)),
    row("a second, over all", ({ outcome }) => perSecond(outcome.tally.requests, outcome.durationMs)),
    row("at full load, a second", ({ outcome: { tally } }) => perSecond(tally.fullRequests, tally.fullMs)),
    row("served (200), a second", ({ outcome }) => perSecond(outcome.tally.of(200), outcome.durationMs)),
    row("429", ({ outcome: { tally } }) => percent(tally.of(429), tally.requests, 1)),
    row("failed", ({ outcome: { tally } }) => percent(tally.failures, tally.requests, 2)),
    row("served: p50 ms", served(50)),
    row("served: p95 ms", served(95)),
    row("served: p99 ms", served(99)),
    row("all answers: p95 ms", ({ outcome }) => ms(outcome.tally.all.percentileUs(95))),
    row("slowest ms", ({ outcome }) => ms(outcome.tally.all.maxUs)),
    row("of what users could ask", ({ outcome }) => percent(outcome.tally.requests, possible(outcome), 1)),
    row("generator: CPU, of a core", ({ outcome }) => percent(outcome.ownCpu, 1, 0)),
    row("generator: late, p95 ms", ({ outcome }) => ms(outcome.tally.late.percentileUs(95))),
    row("proxy: CPU us a request", ({ outcome, proxyCpuUs }) =>
      proxyCpuUs === null ? "-" : (proxyCpuUs / Math.max(1, outcome.tally.requests)).toFixed(0),
    ),
    row("thresholds", (result) => (isPassed(result) ? "passed" : "FAILED")),
  ];
}

/** If every answer came at once: the time of all users, divided by the time that they think. */
function possible({ course }: Outcome): number {
  return course.userMs / (thinkSeconds * 1000);
}

function verdictLines(results: readonly Result[]): string[] {
  return results.flatMap(({ label, verdicts }) =>
    verdicts.map(
      ({ metric, threshold, value, isPassed }) =>
        `${isPassed ? "passed" : "FAILED"}  ${label}: ${metric} ${threshold} (${Number(value.toPrecision(3))})`,
    ),
  );
}

function remarks(results: readonly Result[]): string[] {
  return results.flatMap(({ label, outcome: { tally, ownCpu } }) => {
    const failures = [
      ...[...tally.reasons].map(([reason, count]) => `${count} x ${reason}`),
      ...[...tally.statuses]
        .filter(([status]) => status !== 200 && status !== 429)
        .map(([status, n]) => `${n} x ${status}`),
    ];
    const why = failures.length === 0 ? [] : [`${label}: failed were ${failures.join(", ")}`];
    if (ownCpu >= busyCpu)
      why.push(`${label}: the generator was busy ${percent(ownCpu, 1, 0)} of the time: its times are partly its own`);
    const lateUs = tally.late.percentileUs(95);
    if (lateUs >= lateUsMax)
      why.push(
        `${label}: users went on ${ms(lateUs)} ms late (p95): the machine had too much to do, and times are longer by that`,
      );
    return why;
  });
}

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const ms = (us: number): string => (us / 1000).toFixed(us < 100_000 ? 2 : 0);
const perSecond = (count: number, overMs: number): string => (overMs === 0 ? "-" : whole((count * 1000) / overMs));
const percent = (part: number, all: number, digits: number): string =>
  all === 0 ? "-" : `${((part / all) * 100).toFixed(digits)} %`;
