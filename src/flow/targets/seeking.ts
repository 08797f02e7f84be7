// How a request to a forward proxy comes to the addresses that it may be sent to: which way it takes is said by the form of its
// target (RFC 9112 section 3.2), before rules are asked; behind them the place is read, judged, and looked up, and each address judged once
// more; that very address is dialed, so that a name which leads elsewhere the next time gains nothing. What a client is told
// names no reason, but where it has not said whom it means; the log does.

import { type Fault, type FaultCode, fault, faultTold, faultWith } from "../../base/fault.ts";
import { listenerCell, serverCell } from "../../memory/tally.ts";
import { field } from "../../wire/http1/fields.ts";
import { authorityEnd, authorityStart } from "../../wire/http1/framing.ts";
import { type Head, method } from "../../wire/http1/head.ts";
import { isFullOfTunnels } from "../connect.ts";
import type { Context } from "../context.ts";
import { takeFields, takesEgressFields } from "../egress/asked.ts";
import type { Exchange } from "../exchange.ts";
import { textOf } from "../headvalues.ts";
import type { Resolution } from "../port.ts";
import type { Targets } from "../targets.ts";
import { Lookup, unresolved } from "./lookup.ts";
import { readPlace } from "./place.ts";
import { Target } from "./target.ts";

/**
 * Whether the request is for a proxy: it names its host in its target. Where a listener is a proxy for tunnels only and has a pool of
 * its own, that is a way to write a request for the pool, which any server has to take (RFC 9112 section 3.2.2).
 */
export function isForProxy({ asked, listener, ask }: Exchange): boolean {
  const { proxy } = listener.plan;
  if (proxy === null) return false;
  if (ask !== null && ask.form !== null) return true;
  if (asked.method === method.connect) return true;
  return authorityStart(asked) !== -1 && (proxy.http || listener.routeTo(proxy.pool) === listener.route);
}

/** The step before all others: what names its host goes to the listener's targets, unless rules send it elsewhere. */
export function takeWay(exchange: Exchange, context: Context): boolean {
  const { proxy } = exchange.listener.plan;
  if (proxy !== null && takesEgressFields(exchange.listener)) takeFields(exchange, context);
  if (proxy === null || !isForProxy(exchange)) return true;
  const route = exchange.listener.routeTo(proxy.pool);
  if (route !== undefined) {
    exchange.route = route;
    exchange.pool = route.pool!;
  }
  return true;
}

/** The step that finds the target's addresses. */
export function seekTarget(exchange: Exchange, context: Context, targets: Targets): boolean {
  const { listener, head } = exchange;
  if (isLooping(exchange)) return refuse(exchange, "loop_detected");
  if (exchange.ask !== null && exchange.ask.fault !== null) {
    exchange.fail(exchange.ask.fault);
    return false;
  }
  const target = targetIn(exchange);
  if ("code" in target) {
    exchange.fail(target);
    return false;
  }
  exchange.target = target;
  const { proxy } = listener.plan;
  if (target.isTunnel) {
    if (exchange.downstream!.dialect === null && proxy?.connect === false) return refuse(exchange, "method_refused");
    if (head.isChunked || head.contentLength > 0) {
      exchange.fail(faultTold("bad_content_length", "a CONNECT request has no content"));
      return false;
    }
    if (isFullOfTunnels(exchange, context)) return refuse(exchange, "tunnels_full");
  } else if (proxy?.http === false) return deny(exchange, context, "this proxy is for tunnels only");
  const problem = targets.policy.refusePlace(target.place, target.isTunnel);
  if (problem !== null) return deny(exchange, context, problem);
  target.by = targets.egressFor(target);
  const { octets, addresses } = target.place;
  if (octets !== null) return lead(exchange, context, addresses);
  // Who looks the name up depends on who is to ask for it (egress/lease.ts).
  if (target.by !== null) return true;
  return lookUp(exchange, context);
}

function lookUp(exchange: Exchange, context: Context): boolean {
  const lookup = new Lookup(exchange, (resolution) => {
    if (resolution === null) exchange.fail(fault("resolve_timeout"));
    else if (found(exchange, context, resolution)) exchange.goOn();
  });
  const resolution = context.port.resolve(exchange.target!.place.host, lookup);
  if (resolution !== null) return found(exchange, context, resolution);
  exchange.waitFor(lookup, exchange.pool.plan.targets!.resolveMs);
  return false;
}

function found(exchange: Exchange, context: Context, resolution: Resolution): boolean {
  if (resolution.addresses.length > 0) return lead(exchange, context, resolution.addresses);
  exchange.target!.problem = resolution.problem;
  exchange.fail(unresolved(resolution));
  return false;
}

/** The addresses that pass are those that are tried. */
function lead(exchange: Exchange, context: Context, addresses: readonly string[]): boolean {
  const target = exchange.target!;
  const judged = exchange.pool.targets!.policy.judge(target.place, addresses);
  if (judged.passed.length === 0) return deny(exchange, context, judged.refused);
  target.judged = judged;
  target.lead(judged.inTurn);
  return true;
}

export function deny(exchange: Exchange, context: Context, problem: string): false {
  context.tally.cells[exchange.listener.row + listenerCell.targetsDenied]!++;
  exchange.target!.problem = `${exchange.target!.name} denied: ${problem}`;
  exchange.fail(faultWith("target_denied", problem));
  return false;
}

function refuse(exchange: Exchange, code: FaultCode): false {
  exchange.fail(fault(code));
  return false;
}

/** An address has refused, and the target has another. False: it has none, and the attempt is to know. */
export function tryNextAddress(exchange: Exchange, context: Context, what: Fault): boolean {
  const { target, pool } = exchange;
  if (target === null || what.retry !== "elsewhere" || !target.goOn()) return false;
  context.tally.cells[pool.servers[0]!.row + serverCell.connectFailures]!++;
  exchange.connect(pool.servers[0]!, true);
  return true;
}

/** What the request names, or why it names nothing. Where rules have set another Host, that is meant. */
function targetIn(exchange: Exchange): Target | Fault {
  const { asked, head } = exchange;
  const form = exchange.ask?.form ?? null;
  if (form !== null) {
    const place = readPlace(authorityOf(head), form === "https" ? 443 : 80);
    return place === null ? fault("bad_target") : new Target(place, form === "https", false);
  }
  if (asked.method === method.connect) {
    const place = readPlace(textOf(head.bytes, head.targetStart, head.targetEnd), 0);
    return place === null ? fault("bad_target") : new Target(place, false, true);
  }
  const start = authorityStart(asked);
  if (start === -1) {
    const isByFields = exchange.listener.plan.proxy?.fields === true;
    return isByFields ? faultTold("no_target", "X-Egress-Host is missing") : fault("no_target");
  }
  const isSecure = start - asked.targetStart === "https://".length;
  const place = readPlace(authorityOf(head), isSecure ? 443 : 80);
  return place === null ? fault("bad_target") : new Target(place, isSecure, false);
}

function authorityOf(head: Head): string {
  const start = authorityStart(head);
  if (start !== -1) return textOf(head.bytes, start, authorityEnd(head, start));
  const at = head.hostIndex * 4;
  return head.hostIndex === -1 ? "" : textOf(head.bytes, head.spans[at + 2]!, head.spans[at + 3]!);
}

/** It bears our mark: we have sent it, and got it back. */
function isLooping({ listener, asked }: Exchange): boolean {
  const { loopMark } = listener.forwarding;
  if (loopMark === "") return false;
  for (let index = 0; index < asked.fieldCount; index++) {
    if (asked.ids[index] !== field.via) continue;
    const at = index * 4;
    if (textOf(asked.bytes, asked.spans[at + 2]!, asked.spans[at + 3]!).includes(loopMark)) return true;
  }
  return false;
}
