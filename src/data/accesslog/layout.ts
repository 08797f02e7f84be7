// Lines as HAProxy writes them: a layout's parts become functions, once, and a line is one after the other into a buffer. What follows a
// part that is a text is written with it. Each part has a bound, and so has a line; what a sink wants shorter it cuts itself.

import { hostname } from "node:os";
import type { LogLayoutPlan, LogPart } from "../../config/plan.ts";
import { aliasWriters, sessionAliases } from "./aliases.ts";
import { appendBytes, ascii } from "./append.ts";
import type { LogDetails } from "./details.ts";
import { appendEscaped, appendName, appendNothing, escapeCapture } from "./escape.ts";
import type { AccessRecord } from "./record.ts";
import type { SessionRecord } from "./session.ts";

/** At `at` itself where there is nothing to write. */
export type PartWrite<R> = (record: R, details: LogDetails, out: Uint8Array, at: number) => number;

export interface Layout {
  readonly exchange: PartWrite<AccessRecord>;
  readonly session: PartWrite<SessionRecord>;
  readonly bytesMax: number;
}

const quote = 0x22;
/** Three bytes for each of a request line's, which is the longest. */
const partBytesMax = 3 * (8192 + 512);

export function layout(plan: LogLayoutPlan): Layout {
  const bytesMax = Math.max(bytesMaxOf(plan.exchange), bytesMaxOf(plan.session));
  return {
    bytesMax,
    exchange: unlessBad(line(plan.exchange, exchangePart), line(uncaptured(plan.exchange), exchangePart)),
    session: line(plan.session, sessionPart),
  };
}

function bytesMaxOf(parts: readonly LogPart[]): number {
  return parts.reduce((sum, part) => sum + (part.kind === "text" ? 3 * part.text.length : longBytes(part)), 0);
}

const longAliases: ReadonlySet<string> = new Set(["r", "HU", "HP", "HPO", "HQ"]);

function longBytes(part: LogPart): number {
  if (part.kind === "alias") return longAliases.has(part.name) ? partBytesMax : 1024;
  if (part.kind === "header" || part.kind === "var") return 9 * part.bytesMax + 2;
  return partBytesMax;
}

function line<R>(
  parts: readonly LogPart[],
  writeOf: (part: Exclude<LogPart, { kind: "text" }>) => PartWrite<R>,
): PartWrite<R> {
  const writes = parts.map((part): PartWrite<R> => {
    if (part.kind !== "text") return writeOf(part);
    const text = ascii(part.text);
    return (_record, _details, out, at) => appendBytes(out, at, text);
  });
  const count = writes.length;
  return (record, details, out, at) => {
    for (let index = 0; index < count; index++) at = writes[index]!(record, details, out, at);
    return at;
  };
}

function unlessBad(usual: PartWrite<AccessRecord>, bad: PartWrite<AccessRecord>): PartWrite<AccessRecord> {
  return (record, details, out, at) => (details.isBad ? bad : usual)(record, details, out, at);
}

/** Of a request that could not be read nothing was captured: HAProxy leaves the lists of captures out, brackets and all. */
function uncaptured(parts: readonly LogPart[]): readonly LogPart[] {
  const left: LogPart[] = [];
  for (const part of parts) {
    const before = left.at(-1);
    if ("isBare" in part && part.isBare) continue;
    if (part.kind === "text" && before?.kind === "text")
      left[left.length - 1] = { kind: "text", text: before.text + part.text };
    else left.push(part);
  }
  return left.map((part) =>
    part.kind === "text" ? { kind: "text", text: part.text.replaceAll(/\{\|*\} ?/g, "") } : part,
  );
}

type Written = Exclude<LogPart, { kind: "text" }>;

function exchangePart(part: Written): PartWrite<AccessRecord> {
  switch (part.kind) {
    case "alias":
      return orNothing(aliasWriters(hostname())[part.name] ?? null, part.isQuoted);
    case "header":
      return part.isBare && !part.isQuoted
        ? headerWrite(ascii(part.name), part.bytesMax)
        : orNothing(headerWrite(ascii(part.name), part.bytesMax), part.isQuoted);
    default:
      return otherPart(part);
  }
}

function sessionPart(part: Written): PartWrite<SessionRecord> {
  if (part.kind === "alias") return orNothing(sessionAliases(hostname())[part.name] ?? null, part.isQuoted);
  return part.kind === "header" ? orNothing<SessionRecord>(null, part.isQuoted) : otherPart(part);
}

function otherPart<R extends AccessRecord | SessionRecord>(
  part: Extract<LogPart, { kind: "field" | "var" }>,
): PartWrite<R> {
  if (part.kind === "field") return orNothing(fieldWrite(part.field), part.isQuoted);
  const { name, bytesMax, isBare, isQuoted } = part;
  const write: PartWrite<R> = (_record, { visit, guest }, out, at) => {
    const value = visit === null ? (guest?.variable(name) ?? null) : visit.variable(name);
    return value === null ? at : appendEscaped(out, at, textOf(value), bytesMax, escapeCapture);
  };
  return isBare && !isQuoted ? write : orNothing(write, isQuoted);
}

/** Texts of requests are their bytes, one a character. */
function textOf(value: unknown): string {
  return typeof value === "string" ? Buffer.from(value, "latin1").toString("utf8") : String(value);
}

function orNothing<R>(write: PartWrite<R> | null, isQuoted: boolean): PartWrite<R> {
  if (write === null) return (_record, _details, out, at) => appendNothing(out, at, isQuoted);
  if (!isQuoted)
    return (record, details, out, at) => {
      const end = write(record, details, out, at);
      return end === at ? appendNothing(out, at, false) : end;
    };
  return (record, details, out, at) => {
    out[at] = quote;
    const end = write(record, details, out, at + 1);
    out[end] = quote;
    return end + 1;
  };
}

/** The last of that name in the request as it came. */
function headerWrite(name: Uint8Array, bytesMax: number): PartWrite<AccessRecord> {
  return ({ asked }, _details, out, at) => {
    if (asked === null) return at;
    const { bytes, spans } = asked;
    for (let index = asked.fieldCount - 1; index >= 0; index--) {
      const start = spans[index * 4]!;
      if (spans[index * 4 + 1]! - start !== name.length || !isNamed(bytes, start, name)) continue;
      const from = spans[index * 4 + 2]!;
      return escapeCapture(out, at, bytes, from, Math.min(spans[index * 4 + 3]!, from + bytesMax));
    }
    return at;
  };
}

function isNamed(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index++) {
    const found = bytes[start + index]!;
    if (found !== name[index] && (found | 0x20) !== name[index]) return false;
  }
  return true;
}

/** Fields of our own that no alias has; those that have one are written by it. */
function fieldWrite<R extends AccessRecord | SessionRecord>(field: string): PartWrite<R> | null {
  switch (field) {
    case "tls_resumed":
      return (record, { isResumed }, out, at) =>
        record.tls === null ? at : appendName(out, at, isResumed ? "1" : "0");
    case "server_name":
      return (record, _details, out, at) =>
        appendEscaped(
          out,
          at,
          record.tls?.serverName || ("serverName" in record ? record.serverName : ""),
          256,
          escapeCapture,
        );
    case "client_subject":
      return (record, _details, out, at) =>
        record.tls === null ? at : appendEscaped(out, at, record.tls.subject, 1024, escapeCapture);
    case "fault":
    case "rule":
    case "listener":
    case "pool":
    case "server":
    case "client":
    case "ja4":
      return (record, _details, out, at) => appendName(out, at, record[field]);
    case "note":
      return (record, _details, out, at) =>
        record.note === ""
          ? at
          : appendEscaped(out, at, Buffer.from(record.note, "latin1").toString("utf8"), 1024, escapeCapture);
    case "user":
    case "cache":
    case "request_id":
    case "egress_pool":
    case "egress_ip":
    case "egress_why":
    case "egress_key": {
      const key = ownKeys[field];
      return (record, _details, out, at) =>
        key in record ? appendEscaped(out, at, String(record[key as keyof R]), 256, escapeCapture) : at;
    }
    case "host":
    case "user_agent":
    case "referer": {
      const part = placed[field];
      return (record, _details, out, at) =>
        "head" in record
          ? escapeCapture(
              out,
              at,
              record.head,
              record[`${part}Start`],
              Math.min(record[`${part}End`], record[`${part}Start`] + 2048),
            )
          : at;
    }
    default:
      return null;
  }
}

const ownKeys = {
  user: "user",
  cache: "cache",
  request_id: "requestId",
  egress_pool: "egressPool",
  egress_ip: "egressIp",
  egress_why: "egressWhy",
  egress_key: "egressKey",
} as const;
const placed = { host: "host", user_agent: "userAgent", referer: "referer" } as const;
