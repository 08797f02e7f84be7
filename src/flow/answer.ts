// The answers that an exchange is given by us, in place of a server's: a fault, what a rule or a pool says, a redirect. They are
// written here and sent; the connection goes on when the request has been read to its end and the client wants it.

import { type Fault, type FaultCode, fault } from "../base/fault.ts";
import type { Reply } from "../rules/outcome.ts";
import type { ReplyMaker } from "../rules/reply.ts";
import { method } from "../wire/http1/head.ts";
import { challengeOf } from "./authorizing.ts";
import type { Context } from "./context.ts";
import { sharingLines, withoutSharing } from "./cors.ts";
import { traceFields } from "./debugging.ts";
import type { Exchange } from "./exchange.ts";
import { askError } from "./hooks/steps.ts";
import { type ReplyOptions, retryAfterS, writeGivenReply, writeRedirect, writeReply } from "./reply.ts";
import type { Dialect } from "./requester.ts";
import { isSentRuled, judgeOwn } from "./sentrules.ts";

/** Where nothing is passed on: to the same place over https, or there is no way. */
export function redirect(exchange: Exchange, context: Context): void {
  const plan = exchange.listener.plan.redirect;
  if (plan === null) return exchange.fail(fault("no_server"));
  const isRequestDone = exchange.requestBody.isDone;
  const options = begin(exchange, context, isRequestDone, plan.status);
  if (!writeRedirect(context.output, exchange.head, plan, options)) return exchange.fail(fault("bad_host"));
  finish(exchange, context, options, isRequestDone);
}

/** What a client has said in full and in order, though it is not served: it may go on. */
const understood: ReadonlySet<FaultCode> = new Set(["unauthorized", "proxy_unauthorized", "target_denied"]);

/** A fault that has a status. What a client should not have sent is not read on. */
export function refuse(exchange: Exchange, context: Context, what: Fault): void {
  const said = {
    give: (reply: Reply): void => give(exchange, context, reply),
    refuse: (): void => refuseNow(exchange, context, what),
  };
  if (!askError(exchange, context, what, said)) said.refuse();
}

function refuseNow(exchange: Exchange, context: Context, what: Fault): void {
  const isRequestDone = exchange.requestBody.isDone && (what.side !== "downstream" || understood.has(what.code));
  if (exchange.downstream!.dialect !== null) return tell(exchange, exchange.downstream!.dialect, what.status);
  const said = saidFor(exchange, what, what.status);
  if (typeof said === "number") {
    const options = begin(exchange, context, isRequestDone, said);
    const own = said === what.status ? what : { ...what, status: said };
    exchange.responseBytesSent += writeReply(context.output, own, options);
    return finish(exchange, context, options, isRequestDone);
  }
  const reply = said.fill(exchange.visitNow(), backInS(exchange) * 1000);
  const options = begin(exchange, context, isRequestDone, reply.status);
  exchange.responseBytesSent += writeGivenReply(context.output, reply, options);
  finish(exchange, context, options, isRequestDone);
}

/** What a rule, a pool or a ban gives. */
export function give(exchange: Exchange, context: Context, reply: Reply): void {
  const isRequestDone = exchange.requestBody.isDone;
  const { dialect } = exchange.downstream!;
  if (dialect !== null) return tell(exchange, dialect, reply.status);
  const own = withoutSharing(exchange, worded(exchange, reply, exchange.fault));
  const options = begin(exchange, context, isRequestDone, own.status);
  exchange.responseBytesSent += writeGivenReply(context.output, own, options);
  finish(exchange, context, options, isRequestDone);
}

/** In its own words; with that its connection ends. */
function tell(exchange: Exchange, dialect: Dialect, status: number): void {
  const downstream = exchange.downstream!;
  const said = dialect.refused(status, exchange.fault);
  exchange.status = status;
  exchange.isAnswered = true;
  exchange.sendDown(said, 0, said.length);
  exchange.conclude();
  downstream.concluded(false, false);
}

/** No answer: the connection ends by FIN, by RST, or without a word. */
export function leave(exchange: Exchange, way: "reject" | "reset" | "drop", what: Fault): void {
  const downstream = exchange.downstream!;
  const isRequestDone = exchange.requestBody.isDone;
  exchange.fault = what;
  exchange.status = 0;
  exchange.upstream?.reset();
  exchange.conclude();
  if (way === "reject") downstream.concluded(false, isRequestDone);
  else if (way === "reset") downstream.closeNow(true);
  else downstream.forsake();
}

/** An answer that says nothing but its status has the words that there are for that. */
function worded(exchange: Exchange, reply: Reply, what: Fault | null): Reply {
  if (reply.body !== null || reply.fields.length > 0) return reply;
  const said = saidFor(exchange, what, reply.status);
  if (said === reply.status) return reply;
  const own =
    typeof said === "number" ? { ...reply, status: said, reason: "", retryAfterS: 0 } : said.fill(exchange.visitNow());
  // How long to wait goes with a status that says so, and with the one that it was said with.
  const isWaiting = own.status === reply.status || own.status === 429 || own.status === 503;
  return isWaiting && reply.retryAfterS > 0 ? { ...own, retryAfterS: reply.retryAfterS } : own;
}

/** The status that a client gets where that is given for that fault. */
export function statusGiven(exchange: Exchange, reply: Reply, what: Fault | null): number {
  return worded(exchange, reply, what).status;
}

/**
 * What is answered where we would answer that status: an answer, or a status with our own words. A fault is looked for before its
 * status, where it would have that; a status that is said in place of it may have an answer, which is the last step: two that
 * name each other go no further.
 */
function saidFor(exchange: Exchange, what: Fault | null, status: number): ReplyMaker | number {
  const byFault = what === null || what.status !== status ? undefined : errorOf(exchange, what.code);
  const said = byFault ?? errorOf(exchange, status) ?? status;
  if (typeof said !== "number" || said === status) return said;
  const page = errorOf(exchange, said);
  return page === undefined || typeof page === "number" ? said : page;
}

/** Of the pool, or else of the listener. */
function errorOf({ route, listener }: Exchange, on: number | FaultCode): ReplyMaker | number | undefined {
  return route.pool?.errors?.get(on) ?? listener.errors?.get(on);
}

/** When a server may be there again, or an outbound address; 0: nobody knows. */
function backInS(exchange: Exchange): number {
  const { lease } = exchange;
  if (lease !== null && lease.refusal !== null && lease.retryMs > 0) return Math.ceil(lease.retryMs / 1000);
  // Nobody knows when: an operator has banned them.
  if (lease !== null && lease.refusal === "none") return 0;
  return retryAfterS(exchange.route.pool?.plan.check ?? null);
}

/** Templates are filled in before this: what they ask for may be written into the same output first (editing.ts). */
function begin(exchange: Exchange, context: Context, isRequestDone: boolean, status: number): ReplyOptions {
  context.output.clear();
  exchange.status = status;
  return {
    wallMs: context.port.wallMs,
    retryAfterS: backInS(exchange),
    isClosing: !exchange.isPersistent || !isRequestDone || exchange.downstream!.isLeaving,
    isHead: exchange.head.method === method.head,
    isKeepAliveTold: exchange.head.minor === 0,
    hsts: exchange.isSecure ? exchange.listener.plan.hsts : null,
    challenge: challengeOf(exchange),
    trace:
      (exchange.inquiry === null || isSentRuled(exchange) ? "" : traceFields(exchange, context)) +
      sharingLines(exchange) +
      (exchange.lease === null ? "" : exchange.lease.line),
  };
}

/** The answer stands in the output. */
function finish(exchange: Exchange, context: Context, options: ReplyOptions, isRequestDone: boolean): void {
  const { output } = context;
  const downstream = exchange.downstream!;
  if (isSentRuled(exchange)) judgeOwn(exchange, context);
  exchange.isAnswered = true;
  exchange.sendDown(output.bytes, 0, output.length);
  exchange.conclude();
  downstream.concluded(!options.isClosing, isRequestDone && !exchange.head.wantsKeepAlive);
}
