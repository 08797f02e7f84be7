// JSON lines with fields of an operator's own: each name in the config is laid out once as the bytes before its value and a function that
// writes the value, so that a line costs what it says and nothing that it does not. A field that a line has nothing for is left
// out, as in the usual lines; one that cannot be of that kind of line at all (the port of a request's server name, say) likewise.
// Values are cut and escaped as in format.ts: no peer can end a line or a text in it.

import type { LogField } from "../../config/logfields.ts";
import type { LogFieldPlan } from "../../config/plan.ts";
import type { ClientTls } from "../../flow/port.ts";
import {
  appendBytes,
  appendInteger,
  appendLatin1,
  appendMilliseconds,
  appendString,
  appendUntrusted,
  ascii,
  escapeJson,
} from "./append.ts";
import { bytesMax, type LineFormat } from "./format.ts";
import type { AccessRecord } from "./record.ts";
import type { SessionFormat, SessionRecord } from "./session.ts";
import { IsoStamp } from "./stamp.ts";

/** Writes a value at `at` and returns the place after it; `at` itself where there is none to write. */
type Write<R> = (record: R, out: Uint8Array, at: number) => number;
/** What both kinds of record hold. */
type Common = AccessRecord | SessionRecord;

const quote = 0x22;
const opening = 0x7b;
const closing = 0x7d;
const newline = 0x0a;
const question = 0x3f;
const slash = 0x2f;
const colon = 0x3a;
const percent = 0x25;
const dots = ascii("...");
const subjectMax = 1024;

const ofBoth: Partial<Record<LogField, () => Write<Common>>> = {
  time: () => {
    const stamp = new IsoStamp();
    return (record, out, at) => {
      out[at] = quote;
      at = stamp.append(out, at + 1, record.wallMs);
      out[at] = quote;
      return at + 1;
    };
  },
  client: () => always((record) => record.client),
  client_port: () => (record, out, at) => (record.clientPort > 0 ? appendInteger(out, at, record.clientPort) : at),
  remote: () => (record, out, at) => appendRemote(out, at, record.client, record.clientPort),
  status: () => (record, out, at) => appendInteger(out, at, record.status),
  duration_ms: () => (record, out, at) => appendMilliseconds(out, at, record.durationMs),
  duration_whole_ms: () => (record, out, at) => appendInteger(out, at, Math.floor(record.durationMs)),
  level: () => {
    const [info, error] = [ascii('"INFO"'), ascii('"ERROR"')];
    return (record, out, at) => appendBytes(out, at, record.fault !== "" && record.status >= 500 ? error : info);
  },
  bytes_received: () => (record, out, at) => appendInteger(out, at, record.bytesReceived),
  bytes_sent: () => (record, out, at) => appendInteger(out, at, record.bytesSent),
  listener: () => always((record) => record.listener),
  pool: () => always((record) => record.pool),
  server: () => always((record) => record.server),
  attempts: () => (record, out, at) => appendInteger(out, at, record.attempts),
  fault: () => present((record) => record.fault),
  rule: () => present((record) => record.rule),
  note: () => (record, out, at) => {
    if (record.note === "") return at;
    out[at] = quote;
    at = appendLatin1(out, at + 1, record.note, bytesMax.note, escapeJson);
    out[at] = quote;
    return at + 1;
  },
  ja4: () => present((record) => record.ja4),
  tls_version: () => ofTls((tls) => tls.version),
  tls_cipher: () => ofTls((tls) => tls.cipher),
  client_subject: () => ofTls((tls) => tls.subject),
};

const ofExchange: Partial<Record<LogField, () => Write<AccessRecord>>> = {
  method: () => (record, out, at) => appendPart(record, out, at, record.methodStart, record.methodEnd, bytesMax.method),
  target: () => (record, out, at) => appendPart(record, out, at, record.targetStart, record.targetEnd, bytesMax.target),
  path: () => (record, out, at) => {
    const end = pathEnd(record);
    const start = pathStart(record, end);
    return start === -1 ? appendRoot(out, at) : appendPart(record, out, at, start, end, bytesMax.target);
  },
  path_decoded: () => {
    const decoded = new Uint8Array(bytesMax.target);
    return (record, out, at) => {
      const end = pathEnd(record);
      const start = pathStart(record, end);
      if (start === -1) return appendRoot(out, at);
      return appendDecoded(record, out, at, start, end, decoded);
    };
  },
  query: () => (record, out, at) => {
    const start = pathEnd(record) + 1;
    return start < record.targetEnd ? appendPart(record, out, at, start, record.targetEnd, bytesMax.target) : at;
  },
  host: () => (record, out, at) => appendPart(record, out, at, record.hostStart, record.hostEnd, bytesMax.host),
  version: () => {
    const words = [ascii('"1.0"'), ascii('"1.1"'), ascii('"2.0"')] as const;
    return (record, out, at) => appendBytes(out, at, words[record.isHttp2 ? 2 : record.minor === 0 ? 0 : 1]);
  },
  server_version: () => present((record) => record.serverVersion),
  user_agent: () => (record, out, at) =>
    record.userAgentEnd > record.userAgentStart
      ? appendPart(record, out, at, record.userAgentStart, record.userAgentEnd, bytesMax.userAgent)
      : at,
  referer: () => (record, out, at) =>
    record.refererEnd > record.refererStart
      ? appendPart(record, out, at, record.refererStart, record.refererEnd, bytesMax.referer)
      : at,
  request_id: () => present((record) => record.requestId),
  user: () => present((record) => record.user),
  cache: () => present((record) => record.cache),
  egress_pool: () => present((record) => record.egressPool),
  egress_ip: () => present((record) => record.egressIp),
  egress_why: () => present((record) => record.egressWhy),
  egress_key: () => present((record) => record.egressKey),
  server_name: () => ofTls((tls) => tls.serverName),
};

const ofSession: Partial<Record<LogField, () => Write<SessionRecord>>> = {
  kind: () => always((record) => record.kind),
  connect_ms: () => (record, out, at) => (record.connectMs >= 0 ? appendMilliseconds(out, at, record.connectMs) : at),
  server_name: () => present((record) => record.serverName),
};

/** The line of an exchange. */
export function exchangeFields(fields: readonly LogFieldPlan[]): LineFormat {
  return line(fields, (field) => (ofExchange[field] ?? ofBoth[field])?.() ?? null);
}

/** The line of a connection that was carried, or of a session of datagrams. */
export function sessionFields(fields: readonly LogFieldPlan[]): SessionFormat {
  return line(fields, (field) => (ofSession[field] ?? ofBoth[field])?.() ?? null);
}

/** What a line of these takes at most. A text may have six bytes for each of its own, three for each unit of a string and six again for each. */
export function fieldsBytesMax(fields: readonly LogFieldPlan[]): number {
  const sizes: Partial<Record<LogField, number>> = {
    method: 6 * bytesMax.method,
    target: 6 * bytesMax.target,
    path: 6 * bytesMax.target,
    path_decoded: 6 * bytesMax.target,
    query: 6 * bytesMax.target,
    host: 6 * bytesMax.host,
    user_agent: 6 * bytesMax.userAgent,
    referer: 6 * bytesMax.referer,
    note: 18 * bytesMax.note,
    client_subject: 18 * subjectMax,
  };
  return fields.reduce((sum, field) => {
    const value = "field" in field ? (sizes[field.field] ?? 18 * bytesMax.name) + 32 : constant(field.value).length;
    return sum + named(field.name).length + value;
  }, 3);
}

interface Part<R> {
  /** `,"name":` */
  readonly key: Uint8Array;
  readonly write: Write<R>;
}

/** A field that this kind of line never has is no part of it. Constants are part of the key. */
function line<R>(fields: readonly LogFieldPlan[], writeOf: (field: LogField) => Write<R> | null): Write<R> {
  const parts = fields.flatMap((field): Part<R>[] => {
    const key = named(field.name);
    if (!("field" in field)) {
      const value = constant(field.value);
      return [{ key, write: (_, out, at) => appendBytes(out, at, value) }];
    }
    const write = writeOf(field.field);
    return write === null ? [] : [{ key, write }];
  });
  return (record, out, at) => {
    const start = at;
    for (const { key, write } of parts) {
      const from = appendBytes(out, at, key);
      const end = write(record, out, from);
      if (end > from) at = end;
    }
    // The first comma becomes the bracket.
    out[start] = opening;
    if (at === start) at++;
    out[at] = closing;
    out[at + 1] = newline;
    return at + 2;
  };
}

function named(name: string): Uint8Array {
  return ascii(`,${JSON.stringify(name)}:`);
}

function constant(value: string | number | boolean): Uint8Array {
  return ascii(JSON.stringify(value));
}

/** A text that is there, empty or not. */
function always<R>(of: (record: R) => string): Write<R> {
  return (record, out, at) => appendText(out, at, of(record), bytesMax.name);
}

/** A text that is only there when it holds something. */
function present<R>(of: (record: R) => string): Write<R> {
  return (record, out, at) => {
    const text = of(record);
    return text === "" ? at : appendText(out, at, text, bytesMax.name);
  };
}

function ofTls(of: (tls: ClientTls) => string): Write<Common> {
  return (record, out, at) => {
    const text = record.tls === null ? "" : of(record.tls);
    return text === "" ? at : appendText(out, at, text, subjectMax);
  };
}

function appendText(out: Uint8Array, at: number, text: string, max: number): number {
  out[at] = quote;
  at = appendString(out, at + 1, text, max, escapeJson);
  out[at] = quote;
  return at + 1;
}

/** Bytes of the request's head. */
function appendPart(
  record: AccessRecord,
  out: Uint8Array,
  at: number,
  start: number,
  end: number,
  max: number,
): number {
  out[at] = quote;
  const cut = Math.min(end, start + max);
  at = appendUntrusted(out, at + 1, record.head, start, cut, escapeJson);
  if (cut < end) at = appendBytes(out, at, dots);
  out[at] = quote;
  return at + 1;
}

/** As programs show a path that they have read. Escaped once it is decoded: no line end that was `%0a` is one, nor a terminal's control. */
function appendDecoded(
  { head }: AccessRecord,
  out: Uint8Array,
  at: number,
  start: number,
  end: number,
  decoded: Uint8Array,
): number {
  const cut = Math.min(end, start + bytesMax.target);
  let length = 0;
  for (let from = start; from < cut; from++) {
    let byte = head[from]!;
    if (byte === percent && from + 2 < cut) {
      const high = digit(head[from + 1]!);
      const low = digit(head[from + 2]!);
      if (high !== -1 && low !== -1) {
        byte = (high << 4) | low;
        from += 2;
      }
    }
    decoded[length++] = byte;
  }
  out[at] = quote;
  at = appendUntrusted(out, at + 1, decoded, 0, length, escapeJson);
  if (cut < end) at = appendBytes(out, at, dots);
  out[at] = quote;
  return at + 1;
}

/** -1 for what is no hexadecimal digit. */
function digit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function appendRoot(out: Uint8Array, at: number): number {
  out[at] = quote;
  out[at + 1] = slash;
  out[at + 2] = quote;
  return at + 3;
}

/** As programs say where a connection comes from: "192.0.2.1:1234", "[::1]:1234", and the address alone where its port is not known. */
function appendRemote(out: Uint8Array, at: number, client: string, port: number): number {
  out[at++] = quote;
  const isBracketed = port > 0 && client.includes(":");
  if (isBracketed) out[at++] = 0x5b;
  at = appendString(out, at, client, bytesMax.name, escapeJson);
  if (isBracketed) out[at++] = 0x5d;
  if (port > 0) {
    out[at++] = colon;
    at = appendInteger(out, at, port);
  }
  out[at] = quote;
  return at + 1;
}

/** Where the query begins, with its question mark, or the target ends. */
function pathEnd({ head, targetStart, targetEnd }: AccessRecord): number {
  let at = targetStart;
  while (at < targetEnd && head[at] !== question) at++;
  return at;
}

/** Behind scheme and authority, where a client names them; -1 where no path follows, as "http://a.test" asks for the root of that host. */
function pathStart({ head, targetStart }: AccessRecord, end: number): number {
  if (targetStart === end || head[targetStart] === slash) return targetStart;
  for (let at = targetStart; at + 2 < end; at++) {
    if (head[at] !== colon || head[at + 1] !== slash || head[at + 2] !== slash) continue;
    let path = at + 3;
    while (path < end && head[path] !== slash) path++;
    return path === end ? -1 : path;
  }
  return targetStart;
}
