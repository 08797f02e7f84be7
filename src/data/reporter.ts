// From an exchange, or a session that was carried, to a line of the access log: what a worker does when a flow says `report`. It only points
// the log's one record at what the exchange still holds, the request's head above all, and copies nothing: both belong to
// others again when the call returns. How a line is written is the log's business (accesslog/format.ts).

import { formatAddress } from "../base/address.ts";
import { type Fault, fault as faultOf } from "../base/fault.ts";
import type { DatagramSession } from "../flow/datagramsession.ts";
import type { Lease } from "../flow/egress/lease.ts";
import type { Exchange } from "../flow/exchange.ts";
import { requestIdOf } from "../flow/requestid.ts";
import type { Stream } from "../flow/stream.ts";
import { field } from "../wire/http1/fields.ts";
import type { Head } from "../wire/http1/head.ts";
import { fillExchange, fillSession, fillStream, isFailure } from "./accesslog/details.ts";
import type { AccessRecord } from "./accesslog/record.ts";
import type { AccessLog } from "./accesslog.ts";
import { plainAddress } from "./client.ts";

export function logExchange(log: AccessLog, exchange: Exchange, wallMs: number, nowMs: number): void {
  const said = exchange.listener.plan.log;
  if (said?.isOff === true) return;
  const { record } = log;
  record.wallMs = wallMs;
  record.durationMs = nowMs - exchange.startedMs;
  record.client = exchange.clientAddress;
  // As nginx logs it; a client that has had part of an answer was answered.
  record.status = exchange.status === 0 && exchange.fault?.code === "client_closed" ? 499 : exchange.status;
  record.bytesReceived = exchange.requestBytes;
  record.bytesSent = exchange.responseBytesSent;
  record.listener = exchange.listener.plan.name;
  record.pool = exchange.route.pool?.plan.name ?? "";
  record.server = exchange.serverName;
  record.serverVersion = serverVersionOf(exchange);
  record.attempts = exchange.attempt.count;
  record.requestId = requestIdOf(exchange);
  record.user = exchange.user ?? "";
  if (exchange.lease !== null) fillEgress(record, exchange.lease);
  else record.egressPool = record.egressIp = record.egressWhy = record.egressKey = "";
  record.fault = exchange.fault === null ? "" : exchange.fault.code;
  record.cache = exchange.caching === null ? "" : exchange.caching.word;
  const { client, isHttp2 } = exchange.downstream!;
  record.clientPort = exchange.clientAddress === client.address ? client.port : 0;
  record.isHttp2 = isHttp2;
  record.tls = client.tls;
  record.ja4 = client.ja4;
  record.rule = exchange.rule;
  record.note = noteOf(exchange);
  fillHead(record, exchange.asked);
  if (!log.needsDetails(said)) return log.write(said);
  record.asked = exchange.asked;
  fillExchange(log.details, exchange, log.totals);
  log.write(said, isFailure(log.details));
  record.asked = null;
}

/** A tunnel's target is asked for nothing. */
function serverVersionOf({ sentMs, target, upload }: Exchange): string {
  if (sentMs === 0 || target?.isTunnel === true) return "";
  return upload.isHttp2 ? "2.0" : "1.1";
}

export function logStream(log: AccessLog, stream: Stream, wallMs: number): void {
  const said = stream.listener.plan.log;
  if (said?.isOff === true) return;
  const { session: record } = log;
  const { client, fault, connectedMs, startedMs } = stream;
  const pool = stream.route.pool;
  record.kind = "tcp";
  record.wallMs = wallMs;
  record.durationMs = stream.endedMs - startedMs;
  record.connectMs = connectedMs === 0 ? -1 : connectedMs - startedMs;
  record.client = client.address;
  record.clientPort = client.port;
  record.listener = stream.listener.plan.name;
  record.pool = pool === null ? "" : pool.plan.name;
  record.server = pool?.servers[stream.server]?.plan.name ?? "";
  record.attempts = stream.attempts;
  record.bytesReceived = stream.bytesUp;
  record.bytesSent = stream.bytesDown;
  record.fault = fault === null ? "" : fault.code;
  record.status = connectedMs > 0 || fault === null ? 200 : fault.status;
  record.serverName = stream.serverName;
  record.ja4 = stream.ja4;
  record.rule = stream.rule;
  record.note = stream.guest === null ? "" : stream.guest.notes;
  record.tls = client.tls;
  if (!log.needsDetails(said)) return log.writeSession(said);
  fillStream(log.details, stream, log.totals);
  log.writeSession(said, isFailure(log.details));
}

export function logDatagrams(log: AccessLog, session: DatagramSession, wallMs: number, nowMs: number): void {
  const said = session.listener.plan.log;
  if (said?.isOff === true) return;
  const { session: record } = log;
  const { fault } = session;
  record.kind = "udp";
  record.wallMs = wallMs;
  record.durationMs = nowMs - session.startedMs;
  record.connectMs = -1;
  record.client = plainAddress(session.address);
  record.clientPort = session.port;
  record.listener = session.listener.plan.name;
  record.pool = session.pool.plan.name;
  record.server = session.serverName;
  record.attempts = session.attempts;
  record.bytesReceived = session.bytesUp;
  record.bytesSent = session.bytesDown;
  record.fault = fault === null ? "" : fault.code;
  record.status = session.responses > 0 || fault === null ? 200 : fault.status;
  record.serverName = record.ja4 = record.rule = record.note = "";
  record.tls = null;
  if (!log.needsDetails(said)) return log.writeSession(said);
  fillSession(log.details, session, log.totals);
  log.writeSession(said, isFailure(log.details));
}

/** What rules have logged, and behind it why the target of a forward proxy was refused, or what was wrong. */
function noteOf({ visit, target, fault, lease }: Exchange): string {
  const notes = visit === null ? "" : visit.notes;
  const told = fault === null ? "" : explained(fault, lease);
  const problem = target === null || target.problem === "" ? told : target.problem;
  return notes !== "" && problem !== "" ? `${notes}; ${problem}` : notes + problem;
}

/** "" where its code says it all. */
function explained({ code, detail, isTold }: Fault, lease: Lease | null): string {
  const door = lease?.member?.door;
  if ((code === "connect_refused" || code === "connect_timeout") && door !== undefined && door.kind !== "source")
    return `it was the connection to ${formatAddress({ ...door, kind: "tcp" })}, not to the target`;
  const isOfHop = code === "hop_refused" || code === "hop_unreachable" || code === "source_unusable";
  return isTold === true || (isOfHop && detail !== faultOf(code).detail) ? detail : "";
}

function fillEgress(record: AccessRecord, { site, member, why, refusal, wish }: Lease): void {
  record.egressPool = site.plan.name;
  record.egressIp = member === null ? "" : member.id;
  record.egressWhy = refusal ?? why;
  record.egressKey = wish.key;
}

function fillHead(record: AccessRecord, head: Head): void {
  // A head that never became whole has no bytes, and places that were those of another.
  const isKnown = head.bytes.length > 0;
  record.head = head.bytes;
  record.minor = head.minor;
  record.methodStart = isKnown ? head.start : 0;
  record.methodEnd = isKnown ? head.methodEnd : 0;
  record.targetStart = isKnown ? head.targetStart : 0;
  record.targetEnd = isKnown ? head.targetEnd : 0;
  record.hostStart = record.hostEnd = 0;
  record.userAgentStart = record.userAgentEnd = 0;
  record.refererStart = record.refererEnd = 0;
  for (let index = 0; index < head.fieldCount; index++) {
    const start = head.spans[index * 4 + 2]!;
    const end = head.spans[index * 4 + 3]!;
    switch (head.ids[index]) {
      case field.host:
        record.hostStart = start;
        record.hostEnd = end;
        break;
      case field.userAgent:
        record.userAgentStart = start;
        record.userAgentEnd = end;
        break;
      case field.referer:
        record.refererStart = start;
        record.refererEnd = end;
        break;
    }
  }
}
