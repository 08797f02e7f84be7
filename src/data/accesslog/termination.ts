// How an exchange or a connection ended, in HAProxy's two letters (its configuration manual, 8.5): who ended it, a capital for an end and a small
// letter for a timeout, and what was being done; and two more about the cookie that names a server. docs/ACCESSLOG.md has the table.

import type { Fault, FaultCode } from "../../base/fault.ts";
import type { Exchange } from "../../flow/exchange.ts";
import { stickyCookie } from "../../flow/sticky.ts";

/** A star: what was being done when it happened. */
const states: Partial<Record<FaultCode, string>> = {
  head_timeout: "cR",
  body_timeout: "c*",
  client_stalled: "cD",
  client_idle: "cD",
  client_closed: "C*",
  connect_refused: "SC",
  connect_timeout: "sC",
  tls_refused: "SC",
  name_unresolved: "SC",
  resolve_timeout: "sC",
  source_unusable: "RC",
  hop_refused: "SC",
  hop_unreachable: "SC",
  no_server: "SC",
  queue_full: "SQ",
  queue_timeout: "sQ",
  server_closed: "S*",
  server_reset: "S*",
  truncated_response: "SD",
  response_timeout: "sH",
  read_timeout: "sD",
  server_idle: "sD",
  tunnel_idle: "sD",
  bad_response: "PH",
  http1_required: "PH",
  http1_unspoken: "PH",
  bad_coding: "PD",
  replacement_too_long: "PD",
  tunnels_full: "RC",
  auth_busy: "RR",
  egress_none: "SC",
  egress_paced: "SC",
  egress_unfit: "SC",
  tunnel_expired: "PD",
  tunnel_exhausted: "PD",
  hook_failed: "I*",
  hook_timeout: "I*",
  internal: "I*",
};

/** Answered by us as the config says, and not for want of a server. */
const local = "LR";
const normal = "--";

export function exchangeState(exchange: Exchange, isBad: boolean, isCached: boolean): string {
  const { fault, attempt, sentMs, respondedMs, upgrade } = exchange;
  if (exchange.visit?.ruled?.outcome?.kind === "tarpit") return "PT";
  // A pool that is a reply of 500 or more is one without servers.
  if (fault === null && attempt.count === 0 && exchange.status >= 500 && (exchange.route.pool?.reply ?? null) !== null)
    return "SC";
  if (fault === null) return attempt.count === 0 && !isCached ? local : normal;
  const phase =
    isBad || attempt.soughtMs === 0
      ? "R"
      : phaseOf(attempt.chosenMs > 0, sentMs > 0, respondedMs > 0 || upgrade !== null);
  return stateOf(fault, phase);
}

/** Of a connection that was carried, or a session of datagrams. */
export function streamState(fault: Fault | null, isConnected: boolean, isChosen: boolean): string {
  if (fault === null) return normal;
  return stateOf(fault, phaseOf(isChosen, isConnected, isConnected));
}

function phaseOf(isChosen: boolean, isSent: boolean, isAnswered: boolean): string {
  if (isAnswered) return "D";
  if (isSent) return "H";
  return isChosen ? "C" : "Q";
}

const made = new Map<string, string>();

function stateOf({ code, side }: Fault, phase: string): string {
  const known = states[code];
  if (known !== undefined && known[1] !== "*") return known;
  const who = known === undefined ? (side === "upstream" ? "S" : "P") : known[0]!;
  // A rule that refuses an answer does so before any of it went on.
  const when = known === undefined && phase === "D" ? "H" : phase;
  const key = who + when;
  const same = made.get(key) ?? key;
  made.set(key, same);
  return same;
}

/** The third and the fourth letter: what the client's cookie said, and whether it was given one. */
export function cookieState(exchange: Exchange): string {
  const pool = exchange.route.pool;
  const sticky = pool === null ? null : pool.plan.balance.sticky;
  if (pool === null || sticky === null) return normal;
  if (exchange.attempt.isSticky) return "VN";
  const given = exchange.asked.bytes.length === 0 ? "" : stickyCookie(exchange, sticky);
  const isInserted = exchange.respondedMs > 0;
  if (given === "") return isInserted ? "NI" : "NN";
  const isKnown = pool.backends.byCookie(given) !== -1;
  if (isKnown) return isInserted ? "DI" : "DN";
  return isInserted ? "II" : "IN";
}
