// What a backtest came to, as an object for programs and as text for people: whom the rule would have hit, what other thresholds would
// have done, and which one tells those who stand out from everybody else.

import type { Asking } from "../backtest/asked.ts";
import type { Backtest } from "../backtest/backtest.ts";
import type { Chosen } from "../backtest/chosen.ts";
import type { Measure } from "../backtest/measure.ts";
import { clientsMin, countBeyond, quantile, type Suggestion, suggest } from "../backtest/threshold.ts";
import type { Told } from "../backtest/told.ts";
import { counted } from "./banner.ts";
import { table } from "./table.ts";

export interface BacktestReport {
  readonly rule: {
    readonly place: string;
    /** As it was asked for. */
    readonly text: string;
    readonly condition: string | null;
    /** Where a new one was put, and why there. */
    readonly placed: string | null;
  };
  readonly isEnforced: boolean;
  readonly traffic: {
    readonly requests: number;
    readonly clients: number;
    readonly from: string;
    readonly to: string;
    readonly reached: number;
    readonly misread: number;
    readonly elsewhere: number;
    readonly late: number;
    readonly steps: number;
  };
  readonly hits: {
    readonly requests: number;
    readonly clients: number;
    readonly first: string | null;
    readonly last: string | null;
  };
  readonly top: readonly HitRow[];
  /** Null where the rule compares nothing with a number. */
  readonly threshold: ThresholdReport | null;
  /** Requests that were answered without a server, by the rule that did. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

interface HitRow {
  readonly client: string;
  readonly requests: number;
  readonly hits: number;
  readonly peak: number | null;
  readonly firstHit: string;
}

interface ThresholdReport {
  readonly of: string;
  readonly operator: Measure["operator"];
  readonly now: number | null;
  readonly peaks: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly p999: number;
    readonly most: number;
  };
  readonly candidates: readonly { readonly threshold: number; readonly clients: number; readonly requests: number }[];
  readonly suggested: Suggestion | null;
}

export interface ReportOptions {
  readonly top: number;
  readonly isEnforced: boolean;
  /** What the command has to say of the files. */
  readonly remark: string | null;
}

export function backtestReport(played: Backtest, chosen: Chosen, options: ReportOptions): BacktestReport {
  const { harvest, misread, elsewhere, late, steps, refusals } = played;
  const { top, isEnforced, remark } = options;
  const hit = harvest.hitClients();
  const firsts = hit.map(({ firstHitMs }) => firstHitMs);
  const lasts = hit.map(({ lastHitMs }) => lastHitMs);
  return {
    rule: { place: chosen.place, text: chosen.text, condition: chosen.condition, placed: chosen.remark },
    isEnforced,
    traffic: {
      ...{ requests: harvest.requests, clients: harvest.clients, reached: harvest.reached },
      ...{ misread, elsewhere, late, steps },
      from: timeText(harvest.firstMs),
      to: timeText(harvest.lastMs),
    },
    hits: {
      ...{ requests: harvest.hits, clients: hit.length },
      first: firsts.length === 0 ? null : timeText(least(firsts)),
      last: lasts.length === 0 ? null : timeText(-least(lasts.map((ms) => -ms))),
    },
    top: hit.slice(0, top).map(({ client, requests, hits, peak, firstHitMs }) => ({
      ...{ client, requests, hits, peak: Number.isNaN(peak) ? null : peak, firstHit: timeText(firstHitMs) },
    })),
    threshold: thresholdReport(played, chosen),
    refusals: Object.fromEntries([...refusals].sort((a, b) => b[1] - a[1])),
    notes: [...(remark === null ? [] : [remark]), ...notesOf(chosen, played)],
  };
}

function least(values: readonly number[]): number {
  return values.reduce((best, value) => Math.min(best, value), Number.POSITIVE_INFINITY);
}

function thresholdReport({ harvest, measure }: Backtest, { limitMs }: Chosen): ThresholdReport | null {
  const peaks = harvest.peaks();
  if ((measure === null && limitMs === null) || peaks.length === 0) return null;
  // More than so many in a period is over a limit.
  const operator = measure?.operator ?? ">";
  const suggested = suggest(peaks, { operator });
  const candidates = candidatesOf(peaks, measure?.threshold ?? null, suggested?.threshold ?? null);
  return {
    of: measure?.term ?? `requests of a client in ${secondsText(limitMs!)}`,
    operator,
    now: measure?.threshold ?? null,
    peaks: {
      p50: quantile(peaks, 0.5),
      p90: quantile(peaks, 0.9),
      p99: quantile(peaks, 0.99),
      p999: quantile(peaks, 0.999),
      most: peaks.at(-1)!,
    },
    candidates: candidates.map((threshold) => ({
      ...{ threshold, clients: countBeyond(peaks, threshold, operator) },
      requests: harvest.requestsBeyond(threshold, operator),
    })),
    suggested,
  };
}

/** The present one, the suggested one, and some between those of the crowd and the highest. */
function candidatesOf(peaks: Float64Array, now: number | null, suggested: number | null): number[] {
  const all = new Set<number>([0.5, 0.9, 0.99, 0.999].map((share) => short(quantile(peaks, share))));
  for (let value = short(quantile(peaks, 0.9)) || 1; value < peaks.at(-1)! && all.size < 9; value *= 2)
    all.add(short(value));
  if (now !== null) all.add(now);
  if (suggested !== null) all.add(suggested);
  return [...all].sort((a, b) => a - b);
}

function short(value: number): number {
  return value < 100 ? Math.floor(value) : Number(value.toPrecision(2));
}

function notesOf({ remark, limitMs }: Chosen, { measure, asking, told }: Backtest): string[] {
  const notes: string[] = [];
  if (remark !== null) notes.push(`the rule was put ${remark}`);
  notes.push(...lackNotes(asking, told));
  if (measure !== null && !measure.isLast)
    notes.push(`what stands behind ${measure.term} in the condition is not looked at where thresholds are compared`);
  if (limitMs !== null)
    notes.push("what is over a limit is told by its tokens; the figures below count requests in its time");
  return notes;
}

/** A remark for each rule and each way in which something is not told. */
function lackNotes(asking: readonly Asking[], told: Told): string[] {
  const lacks = told.lacks();
  return asking.flatMap(({ name, asked }) => {
    const own = lacks.filter(({ what }) => asked.includes(what));
    const alike = Map.groupBy(own, ({ requests, formats, instead }) => JSON.stringify([requests, formats, instead]));
    return [...alike.values()].map((group) => {
      const { requests, formats, instead } = group[0]!;
      const whats = group.map(({ what }) => what).join(", ");
      const untold =
        requests === null
          ? "that is taken from no log"
          : requests === told.requests
            ? "no line of the log tells that"
            : `${requests} of ${told.requests} requests (${formats.join(", ")}) do not tell that`;
      const who = name === null ? "it asks" : `${name}, which stands before it, asks`;
      return `${who} for ${whats}: ${untold}, so ${instead}`;
    });
  });
}

export function backtestText(report: BacktestReport): string {
  const { rule, traffic, hits, top, threshold, notes, refusals, isEnforced } = report;
  const { requests, clients } = traffic;
  const lines = [
    `${rule.place}, ${isEnforced ? "enforced" : "observed"}: ${rule.condition ?? rule.text}`,
    `${counted(requests, "request")} of ${counted(clients, "client")}, ${traffic.from} to ${traffic.to}`,
    ...missing(report),
    ...notes.map((note) => `note: ${note}`),
    "",
    hits.requests === 0
      ? "It would have hit nobody."
      : `It would have hit ${counted(hits.requests, "request")} (${share(hits.requests, requests)}) of ${counted(hits.clients, "client")} (${share(hits.clients, clients)}), the first at ${hits.first}, the last at ${hits.last}.`,
  ];
  if (top.length > 0)
    lines.push("", topTable(report), ...(hits.clients > top.length ? [`and ${hits.clients - top.length} more`] : []));
  if (threshold !== null) lines.push("", ...thresholdLines(threshold, report));
  const others = Object.entries(refusals).filter(([name]) => name !== "");
  if (others.length > 0)
    lines.push(
      "",
      `Answered without a server: ${others.map(([name, count]) => `${counted(count, "request")} by ${name}`).join(", ")}.`,
    );
  return lines.join("\n");
}

function missing({ traffic: { misread, elsewhere, late, steps, reached, requests } }: BacktestReport): string[] {
  return [
    ...(reached < requests
      ? [
          `${counted(requests - reached, "request")} never came to the rule: others before it had decided, or no new connection was made`,
        ]
      : []),
    ...(misread > 0 ? [`${counted(misread, "line")} not understood, or of no request`] : []),
    ...(elsewhere > 0 ? [`${counted(elsewhere, "request")} of listeners that the config does not have`] : []),
    ...(late > 0
      ? [
          late === 1
            ? "1 request that began more than a minute before its line, played where that stands"
            : `${late} requests that began more than a minute before their lines, played where these stand`,
        ]
      : []),
    ...(steps > 0
      ? [
          `${steps === 1 ? "once" : `${steps} times`} the log went back in time by more than a minute; what follows was played as if it went on from there, and times are shown so`,
        ]
      : []),
  ];
}

function topTable({ top, threshold }: BacktestReport): string {
  const isMeasured = threshold !== null;
  const rows = top.map(({ client, requests, hits, peak, firstHit }) => [
    client,
    String(requests),
    String(hits),
    share(hits, requests),
    ...(isMeasured ? [peak === null ? "" : numberText(peak)] : []),
    firstHit,
  ]);
  const headings = ["CLIENT", "REQUESTS", "HIT", "SHARE", ...(isMeasured ? ["PEAK"] : []), "FIRST HIT"];
  return table(headings, rows, isMeasured ? [1, 2, 3, 4] : [1, 2, 3]);
}

function thresholdLines(
  { of, operator, now, peaks, candidates, suggested }: ThresholdReport,
  { traffic }: BacktestReport,
): string[] {
  const { p50, p90, p99, p999, most } = peaks;
  const rows = candidates.map(({ threshold, clients, requests }) => [
    `${operator} ${numberText(threshold)}`,
    `${clients}`,
    share(clients, traffic.clients),
    `${requests}`,
    share(requests, traffic.requests),
    threshold === now ? "as it is" : threshold === suggested?.threshold ? "suggested" : "",
  ]);
  return [
    `${of}, at its highest for each client: half of them up to ${numberText(p50)}, 90 % ${numberText(p90)}, 99 % ${numberText(p99)}, 99.9 % ${numberText(p999)}, the most ${numberText(most)}`,
    "",
    table(["THRESHOLD", "CLIENTS", "", "REQUESTS", "", ""], rows, [1, 2, 3, 4]),
    "",
    suggestionText(suggested, operator, now),
  ];
}

function suggestionText(suggested: Suggestion | null, operator: Measure["operator"], now: number | null): string {
  if (suggested === null)
    return `Fewer than ${clientsMin} clients came to the rule: that is too few to tell who stands out.`;
  const { threshold, by, below, above, clients } = suggested;
  const isBetween =
    now !== null && (operator === ">" ? now >= below && now < (above ?? now) : now > below && now <= (above ?? now));
  if (by === "gap" && isBetween)
    return `The threshold as it is tells apart who stands out: ${counted(clients, "client")}, from ${numberText(above!)} on; everybody else stays at ${numberText(below)} or below. ${operator} ${numberText(threshold)} would be in the middle.`;
  if (by === "gap")
    return `Suggested: ${operator} ${numberText(threshold)}. ${counted(clients, "client")} ${clients === 1 ? "stands" : "stand"} out, from ${numberText(above!)} on; everybody else stays at ${numberText(below)} or below.`;
  const whom = clients === 0 ? "it would have hit nobody" : `it would have hit ${counted(clients, "client")}`;
  return `Nobody stands out by a multiple. ${operator} ${numberText(threshold)} leaves half as much room again above 999 of 1,000 clients; ${whom}.`;
}

function share(part: number, whole: number): string {
  if (whole === 0) return "";
  const percent = (part / whole) * 100;
  return `${percent >= 10 || percent === 0 ? percent.toFixed(0) : percent.toPrecision(2)} %`;
}

function numberText(value: number): string {
  return Number.isInteger(value)
    ? value.toLocaleString("en")
    : value.toLocaleString("en", { maximumFractionDigits: 2 });
}

function secondsText(ms: number): string {
  return ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
