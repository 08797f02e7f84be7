// One exchange as a line for people, made to be read in a column of others: when (UTC, as logs have it), what came of it, how long, who, what, and by which
// server; behind that only what is out of the ordinary. Whatever clients have sent has been made printable by who tells it.

import type { ExchangeRecord, PhaseRecord } from "../control/api/shape/exchange.ts";
import { bytesText } from "./bytes.ts";
import type { Paint } from "./paint.ts";

/** Wide enough for most, so that lines stand below each other; what is wider pushes the rest on. */
const clientWidth = 15;
const methodWidth = 4;
const durationWidth = 8;

export interface TailLook {
  readonly paint: Paint;
  /** Below each line, how long each phase took. */
  readonly isPhased: boolean;
}

type Phased = Pick<ExchangeRecord, "phases" | "isReused" | "serverVersion">;

export function tailLine(record: ExchangeRecord, { paint, isPhased }: TailLook): string {
  const { at, client, method, server, kind } = record;
  const endMs = Date.parse(at) + record.durationMs;
  const what =
    kind === "http" ? `${method.padEnd(methodWidth)} ${record.host}${record.path}` : `${kind} ${record.host}`.trimEnd();
  const line = [
    paint.faint(new Date(endMs).toISOString().slice(11)),
    statusText(record, paint),
    durationText(record.durationMs).padStart(durationWidth),
    client.padEnd(clientWidth),
    `${what}${record.isCut ? "…" : ""}`,
    ...(server === "" ? [] : [paint.link(`→ ${server}`)]),
    remarks(record, paint).join(", "),
  ].join(" ");
  return isPhased && record.phases.length > 0 ? `${line}\n${" ".repeat(14)}${paint.faint(phasesText(record))}` : line;
}

function statusText({ status, fault, kind }: ExchangeRecord, paint: Paint): string {
  if (kind !== "http") return fault === null ? paint.good(" ok") : paint.bad("err");
  if (status === 0) return paint.bad("---");
  const text = String(status);
  if (status >= 500) return paint.bad(text);
  return status >= 400 ? paint.odd(text) : paint.good(text);
}

/** What is not so of most, each by the word for what it is: names are anybody's, and may have spaces. */
function remarks(record: ExchangeRecord, paint: Paint): string[] {
  const { fault, attempts, cache, rule, egress, status, serverStatus, user, listener, kind } = record;
  return [
    ...(fault === null ? [] : [paint.bad(fault)]),
    ...(attempts > 1 ? [paint.odd(`${attempts} attempts`)] : []),
    ...(serverStatus !== 0 && serverStatus !== status ? [paint.odd(`server said ${serverStatus}`)] : []),
    ...(cache === null ? [] : [`cache ${cache}`]),
    ...(rule === "" ? [] : [`rule ${rule}`]),
    ...(egress === null ? [] : [`via ${egress.address}`]),
    ...(user === "" ? [] : [`user ${user}`]),
    paint.faint(
      `listener ${listener}, ${kind === "http" ? bytesText(record.bytesSent) : `${bytesText(record.bytesReceived)} in, ${bytesText(record.bytesSent)} out`}`,
    ),
  ];
}

export function phasesText({ phases, isReused, serverVersion }: Phased): string {
  const told = phases.map(phaseText);
  const by = serverVersion === "2.0" ? ["by HTTP/2"] : [];
  return [...told, ...(isReused ? ["on a connection that was there"] : []), ...by].join(", ");
}

function phaseText({ name, fromMs, toMs }: PhaseRecord): string {
  return `${name} ${durationText(toMs - fromMs)}`;
}

/** Three digits that count. */
export function durationText(ms: number): string {
  if (ms < 0.05) return "0 ms";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
