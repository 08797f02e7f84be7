// The three formats of an access log line. Each writes one record into a buffer that has room for `lineBytesMax` bytes.
// Values of a peer are cut at a limit of their own and escaped, so that no record can take more, and no raw control byte and
// no raw quote reaches a log.

import {
  appendBytes,
  appendInteger,
  appendLatin1,
  appendMilliseconds,
  appendString,
  appendUntrusted,
  ascii,
  type Escape,
  escapeHex,
  escapeJson,
} from "./append.ts";
import type { AccessRecord } from "./record.ts";
import { IsoStamp, LocalStamp } from "./stamp.ts";
import { appendTls, tlsBytesMax } from "./tls.ts";

/** Writes the line at `at`, with its newline; returns the place after it. */
export type LineFormat = (record: AccessRecord, out: Uint8Array, at: number) => number;

/** Longest value, in bytes as received, that is logged; what is longer is cut and ends in "...". */
export const bytesMax = {
  method: 32,
  target: 8192,
  host: 256,
  userAgent: 1024,
  referer: 2048,
  name: 256,
  note: 1024,
} as const;
/** Six bytes for each byte of a value at worst (three for each unit of a string, six again for each), and the keys. */
export const lineBytesMax: number =
  6 * (bytesMax.method + bytesMax.target + bytesMax.host + bytesMax.userAgent + bytesMax.referer) +
  18 * (12 * bytesMax.name + bytesMax.note) +
  tlsBytesMax +
  1024;

const ellipsis = ascii("...");
const newline = 0x0a;
const quote = 0x22;

export function lineFormat(name: "json" | "common" | "combined"): LineFormat {
  if (name === "json") return jsonFormat();
  return commonFormat(name === "combined");
}

function appendCut(
  out: Uint8Array,
  at: number,
  record: AccessRecord,
  start: number,
  end: number,
  max: number,
  escaping: Escape,
): number {
  if (end - start <= max) return appendUntrusted(out, at, record.head, start, end, escaping);
  at = appendUntrusted(out, at, record.head, start, start + max, escaping);
  return appendBytes(out, at, ellipsis);
}

const key = {
  time: ascii('{"time":"'),
  client: ascii('","client":"'),
  method: ascii('","method":"'),
  target: ascii('","target":"'),
  host: ascii('","host":"'),
  version10: ascii('","version":"1.0","status":'),
  version11: ascii('","version":"1.1","status":'),
  version20: ascii('","version":"2.0","status":'),
  duration: ascii(',"duration_ms":'),
  bytesReceived: ascii(',"bytes_received":'),
  bytesSent: ascii(',"bytes_sent":'),
  listener: ascii(',"listener":"'),
  pool: ascii('","pool":"'),
  server: ascii('","server":"'),
  attempts: ascii('","attempts":'),
  requestId: ascii(',"request_id":"'),
  user: ascii(',"user":"'),
  egressPool: ascii(',"egress_pool":"'),
  egressIp: ascii('","egress_ip":"'),
  egressWhy: ascii('","egress_why":"'),
  egressKey: ascii('","egress_key":"'),
  fault: ascii(',"fault":"'),
  cache: ascii(',"cache":"'),
  rule: ascii(',"rule":"'),
  note: ascii(',"note":"'),
  userAgent: ascii(',"user_agent":"'),
  referer: ascii(',"referer":"'),
} as const;

/** One object a line. What every exchange has is always there; request_id, user, egress_*, fault, rule, note, user_agent, referer and TLS only when they hold something. */
function jsonFormat(): LineFormat {
  const stamp = new IsoStamp();
  return (record, out, at) => {
    at = appendBytes(out, at, key.time);
    at = stamp.append(out, at, record.wallMs);
    at = appendBytes(out, at, key.client);
    at = appendString(out, at, record.client, bytesMax.name, escapeJson);
    at = appendBytes(out, at, key.method);
    at = appendCut(out, at, record, record.methodStart, record.methodEnd, bytesMax.method, escapeJson);
    at = appendBytes(out, at, key.target);
    at = appendCut(out, at, record, record.targetStart, record.targetEnd, bytesMax.target, escapeJson);
    at = appendBytes(out, at, key.host);
    at = appendCut(out, at, record, record.hostStart, record.hostEnd, bytesMax.host, escapeJson);
    at = appendBytes(out, at, record.isHttp2 ? key.version20 : record.minor === 0 ? key.version10 : key.version11);
    at = appendInteger(out, at, record.status);
    at = appendBytes(out, at, key.duration);
    at = appendMilliseconds(out, at, record.durationMs);
    at = appendBytes(out, at, key.bytesReceived);
    at = appendInteger(out, at, record.bytesReceived);
    at = appendBytes(out, at, key.bytesSent);
    at = appendInteger(out, at, record.bytesSent);
    at = appendBytes(out, at, key.listener);
    at = appendString(out, at, record.listener, bytesMax.name, escapeJson);
    at = appendBytes(out, at, key.pool);
    at = appendString(out, at, record.pool, bytesMax.name, escapeJson);
    at = appendBytes(out, at, key.server);
    at = appendString(out, at, record.server, bytesMax.name, escapeJson);
    at = appendBytes(out, at, key.attempts);
    at = appendInteger(out, at, record.attempts);
    at = appendOptional(out, at, record);
    if (record.tls !== null) at = appendTls(out, at, record.tls.serverName, record.ja4, record.tls);
    out[at] = 0x7d;
    out[at + 1] = newline;
    return at + 2;
  };
}

function appendOptional(out: Uint8Array, at: number, record: AccessRecord): number {
  if (record.requestId !== "") {
    at = appendBytes(out, at, key.requestId);
    at = appendString(out, at, record.requestId, bytesMax.name, escapeJson);
    out[at++] = quote;
  }
  if (record.user !== "") {
    at = appendBytes(out, at, key.user);
    at = appendString(out, at, record.user, bytesMax.name, escapeJson);
    out[at++] = quote;
  }
  if (record.egressPool !== "") at = appendEgress(out, at, record);
  if (record.fault !== "") {
    at = appendBytes(out, at, key.fault);
    at = appendString(out, at, record.fault, bytesMax.name, escapeJson);
    out[at++] = quote;
  }
  if (record.cache !== "") {
    at = appendBytes(out, at, key.cache);
    at = appendString(out, at, record.cache, bytesMax.name, escapeJson);
    out[at++] = quote;
  }
  if (record.rule !== "") {
    at = appendBytes(out, at, key.rule);
    at = appendString(out, at, record.rule, bytesMax.name, escapeJson);
    out[at++] = quote;
  }
  if (record.note !== "") {
    at = appendBytes(out, at, key.note);
    at = appendLatin1(out, at, record.note, bytesMax.note, escapeJson);
    out[at++] = quote;
  }
  if (record.userAgentEnd > record.userAgentStart) {
    at = appendBytes(out, at, key.userAgent);
    at = appendCut(out, at, record, record.userAgentStart, record.userAgentEnd, bytesMax.userAgent, escapeJson);
    out[at++] = quote;
  }
  if (record.refererEnd > record.refererStart) {
    at = appendBytes(out, at, key.referer);
    at = appendCut(out, at, record, record.refererStart, record.refererEnd, bytesMax.referer, escapeJson);
    out[at++] = quote;
  }
  return at;
}

function appendEgress(out: Uint8Array, at: number, record: AccessRecord): number {
  at = appendBytes(out, at, key.egressPool);
  at = appendString(out, at, record.egressPool, bytesMax.name, escapeJson);
  if (record.egressIp !== "") {
    at = appendBytes(out, at, key.egressIp);
    at = appendString(out, at, record.egressIp, bytesMax.name, escapeJson);
  }
  at = appendBytes(out, at, key.egressWhy);
  at = appendString(out, at, record.egressWhy, bytesMax.name, escapeJson);
  if (record.egressKey !== "") {
    at = appendBytes(out, at, key.egressKey);
    at = appendString(out, at, record.egressKey, bytesMax.name, escapeJson);
  }
  out[at++] = quote;
  return at;
}

const word = {
  identity: ascii(" - "),
  anonymous: ascii("- ["),
  named: ascii(" ["),
  request: ascii('] "'),
  http10: ascii(' HTTP/1.0" '),
  http11: ascii(' HTTP/1.1" '),
  http20: ascii(' HTTP/2.0" '),
  noRequest: ascii('-" '),
  referer: ascii(' "'),
  userAgent: ascii('" "'),
} as const;

/** The Common Log Format of the NCSA server, with Referer and User-Agent after it when `isCombined`. */
function commonFormat(isCombined: boolean): LineFormat {
  const stamp = new LocalStamp();
  return (record, out, at) => {
    at = appendString(out, at, record.client, bytesMax.name, escapeHex);
    at = appendBytes(out, at, word.identity);
    if (record.user === "") at = appendBytes(out, at, word.anonymous);
    else {
      at = appendString(out, at, record.user, bytesMax.name, escapeHex);
      at = appendBytes(out, at, word.named);
    }
    at = stamp.append(out, at, record.wallMs);
    at = appendBytes(out, at, word.request);
    if (record.methodEnd > record.methodStart) {
      at = appendCut(out, at, record, record.methodStart, record.methodEnd, bytesMax.method, escapeHex);
      out[at++] = 0x20;
      at = appendCut(out, at, record, record.targetStart, record.targetEnd, bytesMax.target, escapeHex);
      at = appendBytes(out, at, record.isHttp2 ? word.http20 : record.minor === 0 ? word.http10 : word.http11);
    } else {
      at = appendBytes(out, at, word.noRequest);
    }
    at = appendInteger(out, at, record.status);
    out[at++] = 0x20;
    at = appendInteger(out, at, record.bytesSent);
    if (isCombined) {
      at = appendBytes(out, at, word.referer);
      at = appendOrDash(out, at, record, record.refererStart, record.refererEnd, bytesMax.referer);
      at = appendBytes(out, at, word.userAgent);
      at = appendOrDash(out, at, record, record.userAgentStart, record.userAgentEnd, bytesMax.userAgent);
      out[at++] = quote;
    }
    out[at] = newline;
    return at + 1;
  };
}

function appendOrDash(
  out: Uint8Array,
  at: number,
  record: AccessRecord,
  start: number,
  end: number,
  max: number,
): number {
  if (end > start) return appendCut(out, at, record, start, end, max, escapeHex);
  out[at] = 0x2d;
  return at + 1;
}
