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
import { answerChallenge } from "./challenge.ts";
import type { Context } from "./context.ts";
import { answerPreflight, shareResponse } from "./cors.ts";
import { watchBody } from "./egress/bodywatch.ts";
import { hideMember } from "./egress/told.ts";
import type { Exchange } from "./exchange.ts";
import { transformRequest } from "./hooks/gathering.ts";
import { askListenerResponse, askPoolResponse, askRequest } from "./hooks/steps.ts";
import { transformBody } from "./hooks/transforming.ts";
import { mirrorRequest } from "./mirroring.ts";
import { admitRequest, judgeListener, judgePool } from "./ruling.ts";
import { isSentRuled, judgeSent } from "./sentrules.ts";
import type { ListenerSite, PoolSite, RouteSite } from "./site.ts";
import { seekTarget, takeWay } from "./targets/seeking.ts";

export type StepUp = (exchange: Exchange, context: Context) => boolean;
export type StepDown = (exchange: Exchange, context: Context, head: Head) => boolean;

export const stepsUp: readonly StepUp[] = [
  answerChallenge,
  takeWay,
  identify,
  admitRequest,
  answerPreflight,
  authorize,
  askRequest,
  transformRequest,
  findWay,
  lookUp,
  mirrorRequest,
];

export const stepsDown: readonly StepDown[] = [
  hideMember,
  receive,
  judgePool,
  askPoolResponse,
  openBody,
  transformBody,
  closeBody,
  keep,
  watchBody,
  judgeListener,
  askListenerResponse,
  shareResponse,
  judgeSent,
];

/**
 * Where a step would do nothing, whatever comes: it is not taken there. A call that is not known beforehand costs about 15 ns, and
 * most places have use for two of all these steps. A step that is not named here is taken everywhere.
 */
const isIdleUp: ReadonlyMap<StepUp, (listener: ListenerSite) => boolean> = new Map([
  [answerChallenge, ({ challenges }: ListenerSite) => challenges === null],
  [takeWay, ({ plan }: ListenerSite) => plan.proxy === null],
  [identify, ({ plan }: ListenerSite) => plan.auth === null],
  [answerPreflight, ({ cors }: ListenerSite) => cors === null],
  [authorize, ({ plan }: ListenerSite) => plan.auth === null],
  [askRequest, (at: ListenerSite) => at.hooks === null && !at.hasPool(({ hooks }) => hooks !== null)],
  [
    findWay,
    (at: ListenerSite) =>
      at.route.pool !== null && at.plan.proxy === null && !at.hasPool(({ targets }) => targets !== null),
  ],
  [transformRequest, (at: ListenerSite) => at.hooks === null && !at.hasPool(({ hooks }) => hooks !== null)],
  [lookUp, (at: ListenerSite) => !at.hasPool(({ caching }) => caching !== null)],
  [mirrorRequest, (at: ListenerSite) => !at.hasPool(({ mirroring }) => mirroring !== null)],
] as const);

const isIdleDown: ReadonlyMap<StepDown, (listener: ListenerSite, pool: PoolSite) => boolean> = new Map([
  [receive, (_: ListenerSite, { caching }: PoolSite) => caching === null],
  [hideMember, (_: ListenerSite, { targets }: PoolSite) => targets === null || targets.egresses.length === 0],
  [judgePool, (_: ListenerSite, { rules, prefix }: PoolSite) => rules.response === null && prefix === null],
  [askPoolResponse, (_: ListenerSite, { hooks }: PoolSite) => hooks === null],
  [openBody, ({ body }: ListenerSite, pool: PoolSite) => body === null && pool.body === null],
  [transformBody, ({ hooks }: ListenerSite, pool: PoolSite) => hooks === null && pool.hooks === null],
  [
    closeBody,
    ({ body, hooks }: ListenerSite, pool: PoolSite) =>
      body === null && pool.body === null && hooks === null && pool.hooks === null,
  ],
  [keep, (_: ListenerSite, { caching }: PoolSite) => caching === null],
  [
    watchBody,
    (_: ListenerSite, { targets }: PoolSite) =>
      targets === null || targets.egresses.every(({ bodyRules }) => bodyRules.length === 0),
  ],
  [askListenerResponse, ({ hooks }: ListenerSite) => hooks === null],
  [shareResponse, ({ cors }: ListenerSite) => cors === null],
  [
    judgeSent,
    ({ rules }: ListenerSite, pool: PoolSite) => rules.afterResponse === null && pool.rules.afterResponse === null,
  ],
] as const);

/** Where there is nothing but rules to be asked, which is so nearly everywhere: who finds these calls the one step by its name. */
export const plainUp: readonly StepUp[] = [admitRequest];
export const plainDown: readonly StepDown[] = [judgeListener];

// Asked for each request: what makes a closure stands by itself, or each call would make room for what that sees.

export function stairUp(listener: ListenerSite): readonly StepUp[] {
  return listener.stepsUp ?? buildUp(listener);
}

function buildUp(listener: ListenerSite): readonly StepUp[] {
  listener.stepsUp = made(
    stepsUp.filter((step) => isIdleUp.get(step)?.(listener) !== true),
    plainUp,
  );
  return listener.stepsUp;
}

/** `route`: the exchange's in the end, which has a pool. */
export function stairDown(listener: ListenerSite, route: RouteSite): readonly StepDown[] {
  return route.stepsDown ?? buildDown(listener, route);
}

function buildDown(listener: ListenerSite, route: RouteSite): readonly StepDown[] {
  route.stepsDown = made(
    stepsDown.filter((step) => isIdleDown.get(step)?.(listener, route.pool!) !== true),
    plainDown,
  );
  return route.stepsDown;
}

function made<Step>(steps: readonly Step[], plain: readonly Step[]): readonly Step[] {
  return steps.length === plain.length && steps[0] === plain[0] ? plain : steps;
}

/** A response that is shown from the cache takes the listener's steps only: those from this one on. */
export function shownStep(steps: readonly StepDown[]): number {
  return steps.indexOf(judgeListener);
}

/** None of those steps would do anything. Who adds a step there adds its word here. */
export function isPlainDown(exchange: Exchange): boolean {
  const { visit, inquiry, isSecure, listener } = exchange;
  return (
    visit === null &&
    inquiry === null &&
    !isSentRuled(exchange) &&
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
