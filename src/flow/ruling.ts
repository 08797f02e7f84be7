// What rules decide of an exchange, acted out. Before a server is sought: whether the client is banned, then the rules of the
// listener, then those of each pool that it comes to; before a response goes on: the rules of the pool, then the listener's.
// The exchange knows how to answer and how to end; here it is only told to.

import { fault } from "../base/fault.ts";
import { listenerCell } from "../memory/tally.ts";
import type { Outcome, Reply } from "../rules/outcome.ts";
import type { RuleSet } from "../rules/ruleset.ts";
import type { Head } from "../wire/http1/head.ts";
import { leave } from "./answer.ts";
import { authorize } from "./authorizing.ts";
import type { Context } from "./context.ts";
import type { CookiePrefix } from "./cookieprefix.ts";
import { isPreflight } from "./cors.ts";
import { beginDebugging } from "./debugging.ts";
import { editRequest, editResponse } from "./editing.ts";
import type { Exchange } from "./exchange.ts";
import type { PoolSite } from "./site.ts";
import type { Visit } from "./visit.ts";

/** Pools that hand a request on to each other. A config with a circle is refused; this bounds what no check has seen. */
const turnsMax = 16;

/** Whether it may go on to a server. False: the exchange has been answered or ended, or waits. */
export function admitRequest(exchange: Exchange, context: Context): boolean {
  const { site } = context;
  if (site.debugToken !== null) beginDebugging(exchange, context);
  // Rules may have a say, or entries are to be told of what happens.
  const isJudged = exchange.listener.isRuled || exchange.visit !== null || exchange.downstream!.guest !== null;
  return (!isJudged && site.bans.list.size === 0) || judgeRequest(exchange, context);
}

/** Play all that is before a server. */
function judgeRequest(exchange: Exchange, context: Context): boolean {
  const visit = exchange.visitNow();
  const { bans } = context.site;
  if (bans.list.size > 0) {
    const { octets } = visit;
    const end = octets === null ? -1 : bans.endOf(octets, 0, context.port.wallMs);
    if (end !== -1) {
      refuseBanned(exchange, context, visit, end);
      return false;
    }
  }
  return judgeFrom(exchange.listener.rules.request, exchange, context, visit);
}

/** A hook has sent it to another pool: the rules of that, and of those that they lead to. */
export function judgeOnward(exchange: Exchange, context: Context): boolean {
  return judgeFrom(null, exchange, context, exchange.visitNow());
}

function judgeFrom(first: RuleSet | null, exchange: Exchange, context: Context, visit: Visit): boolean {
  let rules = first;
  let played: PoolSite | null = null;
  for (let turns = 0; turns < turnsMax; turns++) {
    if (rules !== null && !play(rules, exchange, context, visit)) return false;
    const { pool } = exchange.route;
    if (pool === null || pool === played) break;
    played = pool;
    rules = pool.rules.request;
  }
  exchange.route.pool?.prefix?.takeOff(visit, exchange.head);
  if (!visit.edits.isEmpty) editRequest(exchange, context, visit);
  if (visit.refusal !== null) {
    exchange.fail(visit.refusal);
    return false;
  }
  const reply = exchange.route.pool?.reply ?? null;
  if (reply === null || isPreflight(exchange)) return true;
  // It is content like a server's: not for everybody where credentials are asked for.
  if (!authorize(exchange)) return false;
  exchange.give(reply.fill(visit), null);
  return false;
}

/** One set of the request phase. False: it is over. */
function play(rules: RuleSet, exchange: Exchange, context: Context, visit: Visit): boolean {
  const outcome = ask(rules, exchange, visit);
  if (outcome === null) return true;
  visit.ruled = outcome.rule;
  switch (outcome.kind) {
    case "accept":
      return true;
    case "use": {
      const route = exchange.listener.routeTo(outcome.pool);
      if (route !== undefined) {
        exchange.route = route;
        exchange.pool = route.pool!;
      }
      return true;
    }
    case "tarpit":
      visit.note("error", 1);
      exchange.hold(outcome.reply, outcome.forMs);
      return false;
    case "reply":
      if (outcome.isDenial) visit.note("error", 1);
      answer(exchange, outcome);
      return false;
    default:
      close(exchange, context, outcome.kind);
      return false;
  }
}

function ask(rules: RuleSet, { inquiry }: Exchange, visit: Visit): Outcome | null {
  return inquiry === null ? rules.run(visit) : inquiry.run(rules, visit);
}

function answer(exchange: Exchange, { rule, reply, isDenial }: Outcome & { kind: "reply" }): void {
  const isLimited = rule.outcome !== null && rule.outcome.kind === "limit";
  exchange.give(reply, isDenial ? fault(isLimited ? "rate_limited" : "denied") : null);
}

function close(exchange: Exchange, context: Context, way: "reject" | "reset" | "drop"): void {
  context.tally.cells[exchange.listener.row + listenerCell.refusedRules]!++;
  leave(exchange, way, fault("rejected"));
}

/** The pool's rules, on what its server has said. False: something else was answered. */
export function judgePool(exchange: Exchange, context: Context, head: Head): boolean {
  const { rules, prefix } = exchange.pool;
  return judge(rules.response, prefix, exchange, context, head);
}

/** The listener's, on what the client is to get. */
export function judgeListener(exchange: Exchange, context: Context, head: Head): boolean {
  if (exchange.visit === null) return true;
  noteStatus(exchange);
  return judge(exchange.listener.rules.response, null, exchange, context, head);
}

/** What the server has said counts, whatever rules make of it; a denial of it is no mistake of the client's. */
function noteStatus({ visit, serverStatus }: Exchange): void {
  if (serverStatus >= 400 && serverStatus < 500) visit?.note("error", 1);
  else if (serverStatus >= 500 && serverStatus !== 501 && serverStatus !== 505) visit?.note("failure", 1);
}

function judge(
  rules: RuleSet | null,
  prefix: CookiePrefix | null,
  exchange: Exchange,
  context: Context,
  head: Head,
): boolean {
  if (rules === null && prefix === null) return true;
  const visit = exchange.visitNow();
  visit.meet("received", head);
  if (!playResponse(rules, exchange, context, visit)) return false;
  prefix?.putOn(visit.edits, head, exchange.attempt.index);
  if (!visit.edits.isEmpty) editResponse(exchange, context, visit, head);
  if (visit.refusal === null) {
    exchange.status = head.status;
    return true;
  }
  exchange.fail(visit.refusal);
  return false;
}

/** One set of the response phase; a response cannot be sent elsewhere, or be held. False: it is over. */
function playResponse(rules: RuleSet | null, exchange: Exchange, context: Context, visit: Visit): boolean {
  const outcome = rules === null ? null : ask(rules, exchange, visit);
  if (outcome === null) return true;
  visit.ruled = outcome.rule;
  if (outcome.kind === "accept" || outcome.kind === "use" || outcome.kind === "tarpit") return true;
  // The listener's rules, before which it is noted otherwise, are not asked.
  if (rules !== exchange.listener.rules.response) noteStatus(exchange);
  if (outcome.kind === "reply") answer(exchange, outcome);
  else close(exchange, context, outcome.kind);
  return false;
}

// ---- bans ----

/** `end`: seconds since 1970, 0 is never. */
function refuseBanned(exchange: Exchange, context: Context, visit: Visit, end: number): void {
  const { listener } = exchange;
  context.tally.cells[listener.row + listenerCell.banned]!++;
  if (listener.banned === null) return leave(exchange, "reject", fault("banned"));
  const waitMs = end === 0 ? 0 : end * 1000 - context.port.wallMs;
  const reply = listener.banned.fill(visit, waitMs);
  visit.note("error", 1);
  exchange.give(end === 0 ? withoutRetry(reply) : reply, fault("banned"));
}

/** Who is banned for ever need not come again. */
function withoutRetry(reply: Reply): Reply {
  return { ...reply, retryAfterS: 0 };
}
