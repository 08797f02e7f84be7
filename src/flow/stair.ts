// What an exchange goes through, in order: up, from a request's head to where its server is sought, and down, from a response's head
// to where that goes to the client. Each step answers whether to go on to the next at once. One that does not has answered the
// client, has ended the exchange, or has it wait (`Exchange.waitFor`), and then the step says `Exchange.goOn` in time.
//
// The pool's steps come before the cache, on the server's side of it, and are taken once for what is stored; the listener's come
// behind it, and are taken for each answer.

import type { Head } from "../wire/http1/head.ts";
import { redirect } from "./answer.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { admitRequest, judgeListener, judgePool } from "./ruling.ts";

export type StepUp = (exchange: Exchange, context: Context) => boolean;
export type StepDown = (exchange: Exchange, context: Context, head: Head) => boolean;

export const stepsUp: readonly StepUp[] = [admitRequest, findWay];

export const stepsDown: readonly StepDown[] = [judgePool, judgeListener];

/** Where nothing is passed on, there is an answer. */
function findWay(exchange: Exchange, context: Context): boolean {
  if (exchange.route.pool !== null) return true;
  redirect(exchange, context);
  return false;
}
