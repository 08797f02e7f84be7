// What each alias of HAProxy's writes (config/logformat.ts has their names). Numbers that are not known are -1, as there; a timer is in
// whole milliseconds. A time that a line begins with is that of its beginning, where other formats have the end.

import { appendBytes, appendInteger, appendThreeDigits, ascii } from "./append.ts";
import type { LogDetails } from "./details.ts";
import { appendEscaped, appendName, escapeCapture, escapeRequest } from "./escape.ts";
import type { PartWrite } from "./layout.ts";
import type { AccessRecord } from "./record.ts";
import type { SessionRecord } from "./session.ts";
import { DotStamp, LocalStamp, UtcStamp } from "./stamp.ts";

type Common = AccessRecord | SessionRecord;
type Writers<R> = Readonly<Record<string, PartWrite<R>>>;

const methodMax = 32;
const targetMax = 8192;
const space = 0x20;
const question = 0x3f;
const bad = ascii("<BADREQ>");
const noServer = ascii("<NOSRV>");
const cache = ascii("<CACHE>");
const versions = [ascii("HTTP/1.0"), ascii("HTTP/1.1"), ascii("HTTP/2.0")] as const;
const minus = 0x2d;
const plus = 0x2b;
const tilde = 0x7e;

function appendTimer(out: Uint8Array, at: number, ms: number): number {
  if (ms >= 0) return appendInteger(out, at, Math.floor(ms));
  out[at] = minus;
  out[at + 1] = 0x31;
  return at + 2;
}

const integer =
  (of: (record: Common, details: LogDetails) => number): PartWrite<Common> =>
  (record, details, out, at) =>
    appendInteger(out, at, of(record, details));
const timer =
  (of: (record: Common, details: LogDetails) => number): PartWrite<Common> =>
  (record, details, out, at) =>
    appendTimer(out, at, of(record, details));
const name =
  (of: (record: Common, details: LogDetails) => string): PartWrite<Common> =>
  (record, details, out, at) =>
    appendName(out, at, of(record, details));
/** By a counter of this process. */
function counter(): PartWrite<Common> {
  let count = 0;
  return (_record, _details, out, at) => appendInteger(out, at, count++);
}

const startMs = (record: Common): number => record.wallMs - record.durationMs;

function times(): Writers<Common> {
  const [dotted, local, utc, begun, begunUtc, begunLocal] = [
    ...[new DotStamp(), new LocalStamp(), new UtcStamp()],
    ...[new DotStamp(), new UtcStamp(), new LocalStamp()],
  ] as const;
  const at =
    (stamp: { append(out: Uint8Array, at: number, wallMs: number): number }): PartWrite<Common> =>
    (record, _details, out, place) =>
      stamp.append(out, place, startMs(record));
  return {
    t: at(dotted!),
    tr: at(begun!),
    T: at(utc!),
    trg: at(begunUtc!),
    Tl: at(local!),
    trl: at(begunLocal!),
    Ts: integer((record) => Math.floor(startMs(record) / 1000)),
    ms: (record, _details, out, place) => appendThreeDigits(out, place, Math.floor(startMs(record)) % 1000),
  };
}

function common(machine: string): Writers<Common> {
  const process_ = String(process.pid);
  return {
    ...times(),
    ci: name((record) => record.client),
    cp: integer((record) => record.clientPort),
    fi: name((_, details) => details.localAddress),
    fp: integer((_, details) => details.localPort),
    si: name((_, details) => details.serverHost),
    sp: integer((_, details) => details.serverPort),
    f: name((_, details) => details.frontend),
    ft: (_record, details, out, at) => {
      at = appendName(out, at, details.frontend);
      if (details.isSecure) out[at++] = tilde;
      return at;
    },
    b: name((_, details) => details.backend),
    s: (_record, details, out, at) => {
      if (details.server !== "") return appendName(out, at, details.server);
      return appendBytes(out, at, details.isCached ? cache : noServer);
    },
    H: name(() => machine),
    pid: name(() => process_),
    TR: timer((_, details) => details.requestMs),
    Tq: timer((_, details) => details.requestMs),
    Tw: timer((_, details) => details.queueMs),
    Tc: timer((_, details) => details.connectMs),
    Tr: timer((_, details) => details.responseMs),
    Ta: timer((record) => record.durationMs),
    Tt: timer((record) => record.durationMs),
    Tu: timer((record) => record.durationMs),
    Th: timer(() => 0),
    Ti: timer(() => 0),
    Td: timer(({ durationMs }, { requestMs, queueMs, connectMs, responseMs }) =>
      responseMs < 0 ? -1 : durationMs - requestMs - queueMs - connectMs - responseMs,
    ),
    ST: timer((_, details) => details.status),
    B: integer((_, details) => details.bytesSent),
    U: integer((_, details) => details.bytesReceived),
    ts: name((_, details) => details.state),
    tsc: (_record, details, out, at) => appendName(out, appendName(out, at, details.state), details.cookies),
    ac: integer((_, details) => details.connections),
    fc: integer((_, details) => details.listenerConnections),
    bc: integer((_, details) => details.poolRequests),
    sc: integer((_, details) => details.serverRequests),
    rc: (_record, { retries, isRedispatched }, out, at) => {
      if (isRedispatched) out[at++] = plus;
      return appendInteger(out, at, retries);
    },
    sq: integer(() => 0),
    bq: integer(() => 0),
    lc: counter(),
    rt: counter(),
    sslv: (record, _details, out, at) => (record.tls === null ? at : appendName(out, at, `TLSv${record.tls.version}`)),
    sslc: (record, _details, out, at) => (record.tls === null ? at : appendName(out, at, record.tls.cipher)),
  };
}

/** Of an exchange. What is missing here is "-": captured cookies (CC, CS) are not kept. */
export function aliasWriters(machine: string): Writers<AccessRecord> {
  return {
    ...common(machine),
    ID: (record, _details, out, at) => appendEscaped(out, at, record.requestId, 256, escapeCapture),
    r: (record, { isBad }, out, at) => {
      if (isBad) return appendBytes(out, at, bad);
      at = appendPlace(out, at, record, record.methodStart, record.methodEnd, methodMax);
      out[at++] = space;
      at = appendTarget(out, at, record);
      out[at++] = space;
      return appendBytes(out, at, versionOf(record));
    },
    HM: orBad((record, out, at) => appendPlace(out, at, record, record.methodStart, record.methodEnd, methodMax)),
    HU: orBad((record, out, at) => appendTarget(out, at, record)),
    HP: orBad((record, out, at) => appendPath(out, at, record)),
    HPO: orBad((record, out, at) => appendPath(out, at, record)),
    HQ: orBad((record, out, at) => appendPlace(out, at, record, queryStart(record), record.targetEnd, targetMax)),
    HV: orBad((record, out, at) => appendBytes(out, at, versionOf(record))),
  };
}

export function sessionAliases(machine: string): Writers<SessionRecord> {
  return common(machine);
}

function orBad(write: (record: AccessRecord, out: Uint8Array, at: number) => number): PartWrite<AccessRecord> {
  return (record, { isBad }, out, at) => (isBad ? appendBytes(out, at, bad) : write(record, out, at));
}

function versionOf({ isHttp2, minor }: AccessRecord): Uint8Array {
  return versions[isHttp2 ? 2 : minor === 0 ? 0 : 1];
}

function appendPlace(
  out: Uint8Array,
  at: number,
  { head }: AccessRecord,
  start: number,
  end: number,
  max: number,
): number {
  return escapeRequest(out, at, head, start, Math.min(end, start + max));
}

/** Of HTTP/2 with scheme and authority in front, as HAProxy has it. */
function appendTarget(out: Uint8Array, at: number, record: AccessRecord): number {
  const { head, targetStart, targetEnd, hostStart, hostEnd } = record;
  if (record.isHttp2 && head[targetStart] === 0x2f && hostEnd > hostStart) {
    at = appendBytes(out, at, record.tls === null ? scheme.http : scheme.https);
    at = appendPlace(out, at, record, hostStart, hostEnd, 256);
  }
  return appendPlace(out, at, record, targetStart, targetEnd, targetMax);
}

const scheme = { http: ascii("http://"), https: ascii("https://") } as const;

function queryStart({ head, targetStart, targetEnd }: AccessRecord): number {
  let at = targetStart;
  while (at < targetEnd && head[at] !== question) at++;
  return at;
}

function appendPath(out: Uint8Array, at: number, record: AccessRecord): number {
  return appendPlace(out, at, record, record.targetStart, queryStart(record), targetMax);
}
