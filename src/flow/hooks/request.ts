// A request as hooks see it. One object for all hooks of an exchange; it reads the head when it is asked. Code that keeps it for
// longer than the exchange lasts, or changes it when no onRequest is asked, gets an error: the exchange may be another's by then.

import type { HookHeaders, HookQuery, HookRequest } from "../../config/hooktypes.ts";
import { method } from "../../wire/http1/head.ts";
import { methodMistake } from "../framedalike.ts";
import { cookieOf, hostOf, methodOf, pathOf, portOf, queryOf } from "../headvalues.ts";
import { requestIdOf } from "../requestid.ts";
import { HeadHeaders, over } from "./headers.ts";
import type { HookState } from "./state.ts";

const { connect } = method;
/** Those that the Fetch standard knows in any case. */
const usualMethods = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);

export class RequestView implements HookRequest {
  readonly #ofTurn: HookState;
  readonly #turn: number;
  #headers: HookHeaders | null = null;
  #vars: Record<string, unknown> | null = null;

  constructor(state: HookState) {
    this.#ofTurn = state;
    this.#turn = state.turn;
  }

  get #state(): HookState {
    if (this.#ofTurn.turn !== this.#turn) throw over();
    return this.#ofTurn;
  }

  get headers(): HookHeaders {
    this.#headers ??= new HeadHeaders(this.#state.requestSource);
    return this.#headers;
  }

  get vars(): Record<string, unknown> {
    this.#vars ??= {};
    return this.#vars;
  }

  get id(): string {
    return requestIdOf(this.#state.exchange);
  }

  get method(): string {
    return methodOf(this.#state.requestHead) ?? "";
  }

  set method(value: string) {
    if (typeof value !== "string") throw new TypeError(`${String(value)} is not the name of a method`);
    const wanted = usual(value);
    const mistake = methodMistake(this.method, wanted);
    if (mistake !== null) throw new TypeError(mistake);
    this.#state.rewriteRequest("method", wanted);
  }

  get scheme(): "http" | "https" {
    return this.secure ? "https" : "http";
  }

  get host(): string {
    return hostOf(this.#state.requestHead) ?? "";
  }

  get path(): string {
    return pathOf(this.#state.requestHead) ?? "";
  }

  set path(value: string) {
    if (this.#state.exchange.head.method === connect) throw new TypeError("a CONNECT has no path");
    if (typeof value !== "string") throw new TypeError(`a path is a text, not ${String(value)}`);
    this.#state.rewriteRequest("path", asciiOf(value));
  }

  get query(): HookQuery {
    return this.#state.query;
  }

  get url(): string {
    const head = this.#state.requestHead;
    const port = portOf(head);
    const query = queryOf(head);
    const path = pathOf(head) ?? "/";
    return `${this.scheme}://${this.host}${port === null ? "" : `:${port}`}${path}${query === null ? "" : `?${query}`}`;
  }

  cookie(name: string): string | null {
    return cookieOf(this.#state.requestHead, String(name));
  }

  get address(): string {
    return this.#state.exchange.clientAddress;
  }

  get secure(): boolean {
    return this.#state.exchange.isSecure;
  }

  get user(): string | null {
    return this.#state.user;
  }

  get startedAt(): number {
    return this.#state.startedAt;
  }

  get listener(): string {
    return this.#state.exchange.listener.plan.name;
  }

  get pool(): string | null {
    return this.#state.wanted?.plan.name ?? this.#state.exchange.route.pool?.plan.name ?? null;
  }

  use(pool: string): void {
    this.#state.use(String(pool));
  }
}

/** Of a client nothing beyond ASCII comes in a target: it is text of the hook's own, and URLs have that as UTF-8. */
function asciiOf(path: string): string {
  return path.replace(/[^\0-\x7f]+/g, (text) => encodeURIComponent(text.toWellFormed()));
}

function usual(name: string): string {
  const upper = name.toUpperCase();
  return usualMethods.has(upper) ? upper : name;
}
