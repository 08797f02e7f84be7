// Who a request is from, by Basic authentication (RFC 7617). Two steps of the stair: its credentials are looked at first of all, so
// that rules can ask for the user and see those who guess; a request without good ones is refused behind the rules, which have
// counted it by then. Requests to a forward proxy show them in Proxy-Authorization (RFC 9110 section 11.7), which goes no further; others in
// Authorization, which does, for the server may want to know; where the plan says so they may use the former as well. Checking is
// the driver's: a hash takes long, on purpose.

import { fault } from "../base/fault.ts";
import { listenerCell } from "../memory/tally.ts";
import type { Context } from "./context.ts";
import type { Wait } from "./deadline.ts";
import { askOf, userNameOf } from "./egress/asked.ts";
import type { Exchange } from "./exchange.ts";
import { fieldOf } from "./headvalues.ts";
import type { Verdict, VerifyFlow } from "./port.ts";
import { networkOf } from "./targets/lookup.ts";
import { isForProxy } from "./targets/seeking.ts";

/** A hash takes a tenth of a second; a queue of them takes longer. */
const verifyMs = 10_000;

/** First of all: whose the credentials are, if they are good. */
export function identify(exchange: Exchange, context: Context): boolean {
  const { auth } = exchange.listener.plan;
  if (auth === null) return true;
  const { user, ask } = exchange.downstream!;
  if (user !== null) {
    exchange.user = user;
    if (ask !== null) exchange.ask = ask;
    return true;
  }
  const shown = readCredentials(fieldOfCredentials(exchange, auth.takesProxyField));
  if (shown === null) return true;
  const name = isForProxy(exchange) ? takeWishes(exchange, shown.name) : shown.name;
  const verification = new Verification(exchange, context, name);
  const verdict = context.port.verify(auth, name, shown.password, verification);
  if (verdict !== null) return judge(exchange, context, name, verdict);
  exchange.waitFor(verification, verifyMs);
  return false;
}

/** What stands behind the name of a user; answers that. Of who is none of them it is all a name. */
function takeWishes(exchange: Exchange, shown: string): string {
  const wished = userNameOf(exchange.listener, shown);
  if (wished === null || wished.user === "") return shown;
  exchange.ask = askOf(wished, exchange.ask);
  return wished.user;
}

function fieldOfCredentials(exchange: Exchange, takesProxyField: boolean): string | null {
  const { head } = exchange;
  if (isForProxy(exchange)) return fieldOf(head, "proxy-authorization");
  return (takesProxyField ? fieldOf(head, "proxy-authorization") : null) ?? fieldOf(head, "authorization");
}

class Verification implements Wait, VerifyFlow {
  readonly #exchange: Exchange;
  readonly #context: Context;
  readonly #name: string;
  isOver = false;

  constructor(exchange: Exchange, context: Context, name: string) {
    this.#exchange = exchange;
    this.#context = context;
    this.#name = name;
  }

  get asker(): string {
    return networkOf(this.#exchange.clientAddress);
  }

  verified(verdict: Verdict): void {
    if (this.isOver) return;
    this.isOver = true;
    if (judge(this.#exchange, this.#context, this.#name, verdict)) this.#exchange.goOn();
  }

  timedOut(): void {
    this.isOver = true;
    this.#exchange.fail(fault("auth_busy"));
  }

  cancelled(): void {
    this.isOver = true;
  }
}

function judge(exchange: Exchange, context: Context, name: string, verdict: Verdict): boolean {
  if (verdict === "good") exchange.user = name;
  else if (verdict === "bad") context.tally.cells[exchange.listener.row + listenerCell.authFailures]!++;
  else exchange.fail(fault("auth_busy"));
  return verdict !== "busy";
}

/** Behind the rules: without a user it goes no further. */
export function authorize(exchange: Exchange): boolean {
  const { auth, redirect } = exchange.listener.plan;
  if (auth === null || exchange.user !== null) return true;
  // Who is sent on to https is not to show a password before.
  if (redirect !== null && exchange.route.pool === null) return true;
  exchange.fail(fault(isForProxy(exchange) ? "proxy_unauthorized" : "unauthorized"));
  return false;
}

interface Credentials {
  readonly name: string;
  readonly password: Uint8Array;
}

/** Basic, one blank, base64 of name:password; several fields are joined by commas, which base64 does not have. */
export function readCredentials(value: string | null): Credentials | null {
  const found = /^basic +([A-Za-z0-9+/_-]+={0,2})$/i.exec(value ?? "");
  if (found === null) return null;
  const bytes = Uint8Array.from(Buffer.from(found[1]!, "base64"));
  const colon = bytes.indexOf(0x3a);
  if (colon === -1) return null;
  const name = new TextDecoder().decode(bytes.subarray(0, colon));
  return { name, password: bytes.subarray(colon + 1) };
}

/** The field that goes with a 401 or 407 of ours, as a line; "" where there is nothing to ask for. */
export function challengeOf({ fault: what, listener }: Exchange): string {
  const { auth } = listener.plan;
  if (auth === null || what === null) return "";
  const value = `Basic realm="${auth.realm}", charset="UTF-8"\r\n`;
  if (what.code === "proxy_unauthorized") return `Proxy-Authenticate: ${value}`;
  return what.code === "unauthorized" ? `WWW-Authenticate: ${value}` : "";
}
