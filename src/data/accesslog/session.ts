// The line of a connection that was carried (mode tcp) or of a session of datagrams (mode udp): the record, and how the three
// formats write it. Common and combined have no place for most of it; there "TCP" or "UDP" stands for the method, what the
// client asked for by SNI, or else the listener, for the target, and the status is as nginx logs one: 200 once a server had it.

import type { ClientTls } from "../../flow/port.ts";
import {
  appendBytes,
  appendInteger,
  appendLatin1,
  appendMilliseconds,
  appendString,
  ascii,
  escapeHex,
  escapeJson,
} from "./append.ts";
import { IsoStamp, LocalStamp } from "./stamp.ts";
import { appendTls } from "./tls.ts";

export class SessionRecord {
  kind: "tcp" | "udp" = "tcp";
  /** Wall clock at the end. */
  wallMs = 0;
  durationMs = 0;
  /** From the beginning to when a server had it; -1 when none had. */
  connectMs = -1;
  client = "";
  clientPort = 0;
  /** Names from the configuration; "" where it came to none. */
  listener = "";
  pool = "";
  server = "";
  attempts = 0;
  /** From the client, and to it. */
  bytesReceived = 0;
  bytesSent = 0;
  /** Code of the fault that ended it, or "". */
  fault = "";
  /** The rule whose outcome it is, and what rules have logged; "" without. */
  rule = "";
  note = "";
  /** For common and combined. */
  status = 0;
  /** SNI, of a handshake of our own or of one that passed through. */
  serverName = "";
  ja4 = "";
  tls: ClientTls | null = null;
}

/** Writes the line at `at`, with its newline; returns the place after it. Takes less room than an exchange's. */
export type SessionFormat = (record: SessionRecord, out: Uint8Array, at: number) => number;

export function sessionFormat(name: "json" | "common" | "combined"): SessionFormat {
  return name === "json" ? jsonFormat() : commonFormat(name === "combined");
}

const nameMax = 256;
const noteMax = 1024;
const quote = 0x22;
const newline = 0x0a;

const key = {
  time: ascii('{"time":"'),
  tcp: ascii('","kind":"tcp","client":"'),
  udp: ascii('","kind":"udp","client":"'),
  clientPort: ascii('","client_port":'),
  duration: ascii(',"duration_ms":'),
  connect: ascii(',"connect_ms":'),
  bytesReceived: ascii(',"bytes_received":'),
  bytesSent: ascii(',"bytes_sent":'),
  listener: ascii(',"listener":"'),
  pool: ascii('","pool":"'),
  server: ascii('","server":"'),
  attempts: ascii('","attempts":'),
  fault: ascii(',"fault":"'),
  rule: ascii(',"rule":"'),
  note: ascii(',"note":"'),
} as const;

/** `connect_ms`, `fault`, `rule`, `note` and what TLS has shown only when there is any. */
function jsonFormat(): SessionFormat {
  const stamp = new IsoStamp();
  return (record, out, at) => {
    at = appendBytes(out, at, key.time);
    at = stamp.append(out, at, record.wallMs);
    at = appendBytes(out, at, record.kind === "tcp" ? key.tcp : key.udp);
    at = appendString(out, at, record.client, nameMax, escapeJson);
    at = appendBytes(out, at, key.clientPort);
    at = appendInteger(out, at, record.clientPort);
    at = appendBytes(out, at, key.duration);
    at = appendMilliseconds(out, at, record.durationMs);
    if (record.connectMs >= 0) {
      at = appendBytes(out, at, key.connect);
      at = appendMilliseconds(out, at, record.connectMs);
    }
    at = appendBytes(out, at, key.bytesReceived);
    at = appendInteger(out, at, record.bytesReceived);
    at = appendBytes(out, at, key.bytesSent);
    at = appendInteger(out, at, record.bytesSent);
    at = appendBytes(out, at, key.listener);
    at = appendString(out, at, record.listener, nameMax, escapeJson);
    at = appendBytes(out, at, key.pool);
    at = appendString(out, at, record.pool, nameMax, escapeJson);
    at = appendBytes(out, at, key.server);
    at = appendString(out, at, record.server, nameMax, escapeJson);
    at = appendBytes(out, at, key.attempts);
    at = appendInteger(out, at, record.attempts);
    if (record.fault !== "") {
      at = appendBytes(out, at, key.fault);
      at = appendString(out, at, record.fault, nameMax, escapeJson);
      out[at++] = quote;
    }
    if (record.rule !== "") {
      at = appendBytes(out, at, key.rule);
      at = appendString(out, at, record.rule, nameMax, escapeJson);
      out[at++] = quote;
    }
    if (record.note !== "") {
      at = appendBytes(out, at, key.note);
      at = appendLatin1(out, at, record.note, noteMax, escapeJson);
      out[at++] = quote;
    }
    at = appendTls(out, at, record.serverName, record.ja4, record.tls);
    out[at] = 0x7d;
    out[at + 1] = newline;
    return at + 2;
  };
}

const word = {
  identity: ascii(" - - ["),
  tcp: ascii('] "TCP '),
  udp: ascii('] "UDP '),
  afterTarget: ascii('" '),
  noFields: ascii(' "-" "-"'),
} as const;

function commonFormat(isCombined: boolean): SessionFormat {
  const stamp = new LocalStamp();
  return (record, out, at) => {
    at = appendString(out, at, record.client, nameMax, escapeHex);
    at = appendBytes(out, at, word.identity);
    at = stamp.append(out, at, record.wallMs);
    at = appendBytes(out, at, record.kind === "tcp" ? word.tcp : word.udp);
    at = appendString(out, at, record.serverName === "" ? record.listener : record.serverName, nameMax, escapeHex);
    at = appendBytes(out, at, word.afterTarget);
    at = appendInteger(out, at, record.status);
    out[at++] = 0x20;
    at = appendInteger(out, at, record.bytesSent);
    if (isCombined) at = appendBytes(out, at, word.noFields);
    out[at] = newline;
    return at + 1;
  };
}
