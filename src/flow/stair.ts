// What an exchange goes through, in order: up, from a request's head to where its server is sought, and down, from a response's head
// to where that goes to the client. Each step answers whether to go on to the next at once. One that does not has answered the
// client, has ended the exchange, or has it wait (`Exchange.waitFor`), and then the step says `Exchange.goOn` in time.
//
// The pool's steps come before the cache, on the server's side of it, and are taken once for what is stored; the listener's come
// behind it, and are taken for each answer.

import { fault } from "../base/fault.ts";
import { type Head, method } from "../wire/http1/head.ts";
import { redirect } from "./answer.ts";
import { authorize, identify } from "./authorizing.ts";
import { closeBody, openBody } from "./bodies.ts";
import { Caching } from "./caching.ts";
import type { Context } from "./context.ts";
import { answerPreflight, shareResponse } from "./cors.ts";
import type { Exchange } from "./exchange.ts";
import { askListenerResponse, askPoolResponse, askRequest } from "./hooks/steps.ts";
import { transformBody } from "./hooks/transforming.ts";
import { mirrorRequest } from "./mirroring.ts";
import { admitRequest, judgeListener, judgePool } from "./ruling.ts";
import { seekTarget, takeWay } from "./targets/seeking.ts";

export type StepUp = (exchange: Exchange, context: Context) => boolean;
export type StepDown = (exchange: Exchange, context: Context, head: Head) => boolean;

export const stepsUp: readonly StepUp[] = [
  takeWay,
  identify,
  admitRequest,
  answerPreflight,
  authorize,
  askRequest,
  findWay,
  lookUp,
  mirrorRequest,
];

export const stepsDown: readonly StepDown[] = [
  receive,
  judgePool,
  askPoolResponse,
  openBody,
  transformBody,
  closeBody,
  keep,
  judgeListener,
  askListenerResponse,
  shareResponse,
];

/** A response that is shown from the cache takes the listener's steps only: those from this one on. */
export const shownSteps: number = stepsDown.indexOf(judgeListener);

/** None of those steps would do anything. Who adds a step there adds its word here. */
export function isPlainDown({ visit, inquiry, isSecure, listener }: Exchange): boolean {
  return (
    visit === null &&
    inquiry === null &&
    listener.hooks === null &&
    listener.cors === null &&
    !(isSecure && listener.plan.hsts !== null)
  );
}

/** The pool's cache may have the answer. */
function lookUp(exchange: Exchange, context: Context): boolean {
  const { caching } = exchange.pool;
  return caching === null || Caching.of(exchange, context, caching).lookup.begin();
}

/** An answer to what the cache has asked, or an error that it has something better for. */
function receive({ caching }: Exchange, _context: Context, head: Head): boolean {
  return caching === null || caching.received(head);
}

/** From here on the cache stores what the client gets. */
function keep({ caching }: Exchange, _context: Context, head: Head): boolean {
  if (caching !== null) caching.keep(head);
  return true;
}

/** Where nothing is passed on, there is an answer; a forward proxy looks for what its client has named. */
function findWay(exchange: Exchange, context: Context): boolean {
  const { pool } = exchange.route;
  if (pool === null) {
    redirect(exchange, context);
    return false;
  }
  if (pool.targets !== null) return seekTarget(exchange, context, pool.targets);
  if (exchange.head.method !== method.connect) return true;
  exchange.fail(fault("method_refused"));
  return false;
}
