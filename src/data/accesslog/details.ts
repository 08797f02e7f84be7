// What lines in HAProxy's formats say beyond a record: timers of each phase, bytes with their heads, how it ended, how many connections there
// are. Only logs that have such lines ask for it. One is made once and filled again; numbers that are not known are -1.

import type { DatagramSession } from "../../flow/datagramsession.ts";
import type { Exchange } from "../../flow/exchange.ts";
import type { Guest } from "../../flow/guest.ts";
import type { Stream } from "../../flow/stream.ts";
import type { Visit } from "../../flow/visit.ts";
import { listenerCell, type Totals } from "../../memory/tally.ts";
import { cookieState, exchangeState, streamState } from "./termination.ts";

/** More servers than this are not looked at for how many requests a pool has. */
const countedServersMax = 64;

export class LogDetails {
  /** What the listener is called in lines, and the pool; it is the listener's where that has answered or refused itself. */
  frontend = "";
  backend = "";
  isSecure = false;
  isResumed = false;
  localAddress = "";
  localPort = 0;
  /** What it is called; "" where there is none. */
  server = "";
  /** Resolved. */
  serverHost = "";
  serverPort = 0;
  /** TR, Tw, Tc, Tr: until all of the request's head was there, a server was had, it was connected to, it began to answer. */
  requestMs = -1;
  queueMs = -1;
  connectMs = -1;
  responseMs = -1;
  /** With heads. */
  bytesSent = 0;
  bytesReceived = 0;
  /** -1: no answer could be sent. */
  status = -1;
  /** Who ended it and when, and what became of the cookie. */
  state = "--";
  cookies = "--";
  retries = 0;
  isRedispatched = false;
  /** Its request could not be read. */
  isBad = false;
  /** What was stored was shown. */
  isCached = false;
  connections = 0;
  listenerConnections = 0;
  poolRequests = 0;
  serverRequests = 0;
  /** Where variables of rules are. */
  visit: Visit | null = null;
  guest: Guest | null = null;
}

export function fillExchange(details: LogDetails, exchange: Exchange, totals: Totals | null): void {
  const { attempt, caching, asked, startedMs, sentMs, respondedMs, listener, route } = exchange;
  const { client } = exchange.downstream!;
  const isBad = asked.bytes.length === 0 || asked.methodEnd <= asked.start || isUnread(exchange);
  details.frontend = listener.plan.log?.name ?? listener.plan.name;
  details.backend = isOfListener(exchange, isBad) ? details.frontend : (route.pool?.plan.name ?? details.frontend);
  details.isSecure = exchange.isSecure;
  details.isResumed = client.tls?.isResumed === true;
  details.localAddress = client.localAddress;
  details.localPort = client.localPort;
  details.requestMs = isBad ? -1 : Math.max(0, (attempt.soughtMs === 0 ? startedMs : attempt.soughtMs) - startedMs);
  details.queueMs = attempt.chosenMs === 0 ? -1 : attempt.chosenMs - attempt.soughtMs;
  details.connectMs = attempt.chosenMs === 0 || sentMs === 0 ? -1 : sentMs - attempt.chosenMs;
  details.responseMs = sentMs === 0 || respondedMs === 0 ? -1 : respondedMs - sentMs;
  details.bytesSent = exchange.sentBytes;
  details.bytesReceived = exchange.requestBytes + (isBad ? 0 : asked.end - asked.start);
  details.status = exchange.status === 0 ? -1 : exchange.status;
  details.isBad = isBad;
  details.isCached = caching !== null && caching.shownMs !== 0;
  details.state = exchangeState(exchange, isBad, details.isCached);
  details.cookies = cookieState(exchange);
  fillServer(details, attempt.count, attempt.index, route.pool, listener.plan.slot, totals);
  if (exchange.target !== null) details.server = exchange.serverName;
  details.isRedispatched = isElsewhere(attempt);
  details.visit = exchange.visit;
  details.guest = exchange.downstream!.guest;
}

export function fillStream(details: LogDetails, stream: Stream, totals: Totals | null): void {
  const { attempt, client, listener, route, connectedMs, startedMs } = stream;
  details.frontend = listener.plan.log?.name ?? listener.plan.name;
  details.backend = route.pool?.plan.name ?? details.frontend;
  details.isSecure = client.tls !== null;
  details.isResumed = client.tls?.isResumed === true;
  details.localAddress = client.localAddress;
  details.localPort = client.localPort;
  details.requestMs = Math.max(0, (attempt.soughtMs === 0 ? startedMs : attempt.soughtMs) - startedMs);
  details.queueMs = attempt.chosenMs === 0 ? -1 : attempt.chosenMs - attempt.soughtMs;
  details.connectMs = connectedMs === 0 ? -1 : connectedMs - attempt.chosenMs;
  details.responseMs = -1;
  details.bytesSent = stream.bytesDown;
  details.bytesReceived = stream.bytesUp;
  details.status = -1;
  details.isBad = details.isCached = false;
  details.state = streamState(stream.fault, connectedMs > 0, attempt.chosenMs > 0);
  details.cookies = "--";
  fillServer(details, stream.attempts, stream.server, route.pool, listener.plan.slot, totals);
  details.isRedispatched = isElsewhere(attempt);
  // It has been let go of before its line.
  details.connections++;
  details.listenerConnections++;
  details.visit = null;
  details.guest = stream.guest;
}

export function fillSession(details: LogDetails, session: DatagramSession, totals: Totals | null): void {
  const { listener, pool, fault, responses } = session;
  details.frontend = listener.plan.log?.name ?? listener.plan.name;
  details.backend = pool.plan.name;
  details.isSecure = details.isResumed = false;
  const { address } = listener.plan;
  details.localAddress = address.kind === "tcp" ? address.host : "unix";
  details.localPort = address.kind === "tcp" ? address.port : 0;
  details.requestMs = details.queueMs = details.connectMs = 0;
  details.responseMs = -1;
  details.bytesSent = session.bytesDown;
  details.bytesReceived = session.bytesUp;
  details.status = -1;
  details.isBad = details.isCached = false;
  details.state = streamState(fault, responses > 0, true);
  details.cookies = "--";
  fillServer(details, session.attempts, pool.servers.indexOf(session.server), pool, listener.plan.slot, totals);
  details.visit = null;
  details.guest = null;
}

/** Of what `normal: false` leaves a line: what HAProxy's option dontlog-normal does not pass over. */
export function isFailure({ state, retries, status }: LogDetails): boolean {
  if (retries > 0 || status >= 500) return true;
  return !state.startsWith("-") && !state.startsWith("L");
}

type PoolSite = Exchange["pool"];

function fillServer(
  details: LogDetails,
  attempts: number,
  index: number,
  pool: PoolSite | null,
  listener: number,
  totals: Totals | null,
): void {
  const server = pool?.servers[index];
  details.server = server === undefined ? "" : (server.plan.calledId ?? server.plan.name);
  details.retries = Math.max(0, attempts - 1);
  details.isRedispatched = false;
  details.serverHost = server?.plan.address.kind === "tcp" ? server.plan.address.host : "";
  details.serverPort = server?.plan.address.kind === "tcp" ? server.plan.address.port : 0;
  details.connections = details.listenerConnections = details.poolRequests = details.serverRequests = 0;
  if (totals === null) return;
  details.listenerConnections = details.connections = totals.listener(listener, listenerCell.connections);
  if (pool === null || pool.servers.length > countedServersMax) return;
  for (const each of pool.servers) details.poolRequests += totals.active(each.slot);
  if (server !== undefined) details.serverRequests = totals.active(server.slot);
}

/** Another server has refused it. */
function isElsewhere(attempt: Exchange["attempt"]): boolean {
  return attempt.count > 1 && attempt.isChoosy && !attempt.hasTried(attempt.index);
}

/** Before its pool was asked anything. */
function isOfListener({ attempt, listener, visit, fault, route, caching }: Exchange, isBad: boolean): boolean {
  if (isBad || route.pool === null) return true;
  if (attempt.soughtMs > 0 || caching !== null) return false;
  const ruled = visit?.ruled ?? null;
  if (ruled === null || ruled.outcome?.kind === "use") return fault !== null && fault.side === "downstream";
  return listener.plan.rules.request.includes(ruled);
}

/** What came could not be taken for a request: its parts are not shown as those of one. */
function isUnread({ fault, asked }: Exchange): boolean {
  if (fault === null || fault.side !== "downstream") return false;
  return (
    fault.code.startsWith("bad_") ||
    fault.code === "head_timeout" ||
    (fault.code === "client_closed" && asked.end === 0)
  );
}
