// Where hooks are asked: steps of the stair (stair.ts), and where a fault would be answered (answer.ts). A listener or pool without
// hooks costs a look at that.

import type { Fault } from "../../base/fault.ts";
import type { HookError } from "../../config/hooktypes.ts";
import type { Reply } from "../../rules/outcome.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Context } from "../context.ts";
import { editRequest, editResponse } from "../editing.ts";
import type { Exchange } from "../exchange.ts";
import type { Hooks } from "../hooks.ts";
import { judgeOnward } from "../ruling.ts";
import { type Call, call } from "./call.ts";
import { HookState } from "./state.ts";

/** Made when a first hook is asked, and used again. */
export function stateOf(exchange: Exchange, context: Context): HookState {
  const visit = exchange.visitNow();
  const state = (visit.hooks ??= new HookState(exchange, context, visit));
  state.isOpen = true;
  return state;
}

// ---- requests ----

/** A step up: the listener's onRequest, then that of each pool that the request comes to. */
export function askRequest(exchange: Exchange, context: Context): boolean {
  const { listener, route } = exchange;
  const isAny = listener.hooks !== null || (route.pool !== null && route.pool.hooks !== null);
  return !isAny || !exchange.downstream!.isOfClient || askNext(exchange, context, stateOf(exchange, context));
}

function askNext(exchange: Exchange, context: Context, state: HookState): boolean {
  for (let hooks = state.nextHooks(); hooks !== null; hooks = state.nextHooks())
    if (!askOne(exchange, context, state, hooks)) return false;
  return true;
}

function askOne(exchange: Exchange, context: Context, state: HookState, hooks: Hooks): boolean {
  const visit = exchange.visitNow();
  visit.response = null;
  state.editing = "request";
  const sequel = {
    take: (reply: Reply | null): boolean => tookRequest(exchange, context, state, reply),
    goOn: (): void => {
      if (askNext(exchange, context, state)) exchange.goOn();
    },
  };
  const what: Call = { exchange, context, state, hooks, hook: "onRequest", sequel };
  return call(what, () => hooks.functions.onRequest!(state.request));
}

function tookRequest(exchange: Exchange, context: Context, state: HookState, reply: Reply | null): boolean {
  const visit = exchange.visitNow();
  if (reply !== null) {
    exchange.give(reply, null);
    return false;
  }
  if (!visit.edits.isEmpty) editRequest(exchange, context, visit);
  if (visit.refusal !== null) {
    exchange.fail(visit.refusal);
    return false;
  }
  const route = state.wantedRoute;
  state.wantedRoute = null;
  if (route === null || route === exchange.route) return true;
  exchange.route = route;
  exchange.pool = route.pool!;
  return judgeOnward(exchange, context);
}

// ---- responses ----

/** A step down, before the response is stored. */
export function askPoolResponse(exchange: Exchange, context: Context, head: Head): boolean {
  const { hooks } = exchange.pool;
  if (exchange.downstream!.isForNobody) return true;
  return hooks === null || hooks.functions.onResponse === undefined || askResponse(exchange, context, head, hooks);
}

/** A step down, for each answer. */
export function askListenerResponse(exchange: Exchange, context: Context, head: Head): boolean {
  const { hooks } = exchange.listener;
  if (hooks === null || hooks.functions.onResponse === undefined || !exchange.downstream!.isOfClient) return true;
  return askResponse(exchange, context, head, hooks);
}

function askResponse(exchange: Exchange, context: Context, head: Head, hooks: Hooks): boolean {
  const state = stateOf(exchange, context);
  const visit = exchange.visitNow();
  visit.response = head;
  state.beginResponse(head);
  const sequel = {
    take: (reply: Reply | null): boolean => {
      if (reply !== null) {
        exchange.give(reply, null);
        return false;
      }
      if (!visit.edits.isEmpty) editResponse(exchange, context, visit, head);
      if (visit.refusal === null) {
        exchange.status = head.status;
        return true;
      }
      exchange.fail(visit.refusal);
      return false;
    },
    goOn: (): void => exchange.goOn(),
  };
  const what: Call = { exchange, context, state, hooks, hook: "onResponse", sequel };
  return call(what, () => hooks.functions.onResponse!(state.response, state.request));
}

// ---- errors ----

/** How a fault is answered with or without a hook's word. */
export interface Refusing {
  give(reply: Reply): void;
  /** As if there were no hook. */
  refuse(): void;
}

/** True: it is answered, or will be. A request that has not become whole is nothing to ask about. */
export function askError(exchange: Exchange, context: Context, what: Fault, refusing: Refusing): boolean {
  const { listener, route, head, downstream } = exchange;
  const asked = [route.pool?.hooks ?? null, listener.hooks].filter((hooks) => hooks?.functions.onError !== undefined);
  if (asked.length === 0 || head.bytes.length === 0 || head.fault !== null || !downstream!.isOfClient) return false;
  const state = stateOf(exchange, context);
  if (state.isErrorAsked) return false;
  state.isErrorAsked = true;
  // Whatever it waited for, a place at a server too, it waits for no longer.
  const { wait } = exchange;
  exchange.wait = null;
  wait?.cancelled();
  exchange.attempt.end();
  exchange.descent.reset();
  const { code, side, status, detail } = what;
  const error: HookError = { code, side, status, detail, server: exchange.serverName };
  if (askNextError(exchange, context, state, asked as Hooks[], error, refusing)) refusing.refuse();
  return true;
}

/** True: nobody had an answer. */
function askNextError(
  exchange: Exchange,
  context: Context,
  state: HookState,
  asked: readonly Hooks[],
  error: HookError,
  refusing: Refusing,
): boolean {
  const [hooks, ...others] = asked;
  if (hooks === undefined) return true;
  const onward = (): boolean => askNextError(exchange, context, state, others, error, refusing);
  const sequel = {
    take: (reply: Reply | null): boolean => {
      if (reply === null) return onward();
      exchange.wait = null;
      refusing.give(reply);
      return false;
    },
    goOn: (): void => {
      exchange.wait = null;
      refusing.refuse();
    },
    failed: onward,
  };
  return call({ exchange, context, state, hooks, hook: "onError", sequel }, () =>
    hooks.functions.onError!(error, state.request),
  );
}
