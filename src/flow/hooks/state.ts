// What one exchange has of hooks: the objects that its hooks are given, what may be changed now, and which of its hooks have been
// asked. It belongs to the exchange's visit and serves one exchange after the other. The objects that hooks are given are made for one and
// know its turn: one that a hook has kept is dead from then on, for they ask for the state's turn before all else.

import type { Head } from "../../wire/http1/head.ts";
import type { Context } from "../context.ts";
import { editRequest, editResponse } from "../editing.ts";
import type { Exchange } from "../exchange.ts";
import type { FieldOperation } from "../fieldedits.ts";
import { queryOf } from "../headvalues.ts";
import type { Hooks } from "../hooks.ts";
import type { PoolSite, RouteSite } from "../site.ts";
import type { Visit } from "../visit.ts";
import type { HeadersSource } from "./headers.ts";
import { RequestView } from "./request.ts";
import { ResponseView } from "./response.ts";

/** Pools whose hooks send a request on to each other. */
const turnsMax = 16;

export class HookState {
  readonly exchange: Exchange;
  readonly requestSource: HeadersSource;
  readonly responseSource: HeadersSource;
  /** Which head may be changed now. */
  editing: "request" | "response" | null = null;
  /** Where `use` wants it. */
  wantedRoute: RouteSite | null = null;
  isErrorAsked = false;
  /** How many exchanges it was there for. */
  turn = 0;
  isOpen = false;
  readonly #context: Context;
  readonly #visit: Visit;
  #request: RequestView | null = null;
  #response: ResponseView | null = null;
  #responseHead: Head | null = null;
  #isResponseKept = false;
  #query: URLSearchParams | null = null;
  #queryText = "";
  #isListenerAsked = false;
  #pool: PoolSite | null = null;
  #turns = 0;

  constructor(exchange: Exchange, context: Context, visit: Visit) {
    this.exchange = exchange;
    this.#context = context;
    this.#visit = visit;
    this.requestSource = new FieldsOf(this, "request");
    this.responseSource = new FieldsOf(this, "response");
  }

  /** The exchange is over, and will be another. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.turn++;
    this.editing = null;
    this.wantedRoute = null;
    this.isErrorAsked = false;
    this.#request = null;
    this.#response = null;
    this.#responseHead = null;
    this.#isResponseKept = false;
    this.#query = null;
    this.#queryText = "";
    this.#isListenerAsked = false;
    this.#pool = null;
    this.#turns = 0;
  }

  get request(): RequestView {
    this.#request ??= new RequestView(this);
    return this.#request;
  }

  get startedAt(): number {
    const { port } = this.#context;
    return port.wallMs - (port.nowMs - this.exchange.startedMs);
  }

  get user(): string | null {
    return this.exchange.user;
  }

  // ---- the request ----

  get requestHead(): Head {
    const { exchange } = this;
    if (this.editing === "request") {
      this.#noteQuery();
      if (!this.#visit.edits.isEmpty) editRequest(exchange, this.#context, this.#visit);
    }
    return exchange.head;
  }

  editField(of: "request" | "response", operation: FieldOperation, name: string, value: string): void {
    this.#check(of);
    this.#visit.editField(operation, name, value);
  }

  rewriteRequest(part: "method" | "path", value: string): void {
    this.#check("request");
    this.#visit.rewrite(part, value);
  }

  /** One for each hook that asks. */
  get query(): URLSearchParams {
    if (this.#query === null) {
      this.#query = new URLSearchParams(queryOf(this.requestHead) ?? "");
      this.#queryText = this.#query.toString();
    }
    return this.#query;
  }

  #noteQuery(): void {
    const text = this.#query?.toString() ?? this.#queryText;
    if (text === this.#queryText) return;
    this.#queryText = text;
    this.#visit.rewrite("query", text);
  }

  get wanted(): PoolSite | null {
    return this.wantedRoute?.pool ?? null;
  }

  use(pool: string): void {
    this.#check("request");
    const { listener } = this.exchange;
    const route = listener.routeNamed(pool);
    if (route === undefined)
      throw new Error(`there is no way from listener ${listener.plan.name} to a pool ${pool}: name it in hooks.use`);
    this.wantedRoute = route;
  }

  // ---- the response ----

  get response(): ResponseView {
    this.#response ??= new ResponseView(this);
    return this.#response;
  }

  /** For as long as the exchange lasts: nobody else will read into it. */
  keepResponse(head: Head): void {
    this.#responseHead = head;
    this.#isResponseKept = true;
  }

  beginResponse(head: Head): void {
    this.#responseHead = head;
    this.editing = "response";
  }

  get responseHead(): Head {
    const { exchange } = this;
    const head = this.#responseHead;
    if (head === null) throw new Error("the response can be read while onResponse or a transform is asked");
    if (this.editing === "response" && !this.#visit.edits.isEmpty)
      editResponse(exchange, this.#context, this.#visit, head);
    return head;
  }

  rewriteStatus(status: number): void {
    this.#check("response");
    this.#visit.rewrite("status", String(status));
  }

  // ---- the course of things ----

  #check(head: "request" | "response"): void {
    if (this.editing === head) return;
    const when = head === "request" ? "onRequest" : "onResponse";
    throw new Error(`the ${head} has gone on: it can be changed while ${when} is asked`);
  }

  /** The hook has answered well: what it has changed is gathered. */
  finish(): void {
    if (this.editing === "request") this.#noteQuery();
    this.#end();
  }

  /** The hook has failed: what it has changed and nobody has seen is dropped. */
  drop(): void {
    this.wantedRoute = null;
    this.#visit.edits.clear();
    this.#end();
  }

  #end(): void {
    if (this.editing === "response" && !this.#isResponseKept) this.#responseHead = null;
    this.editing = null;
    this.#query = null;
    this.#queryText = "";
  }

  /** Whose onRequest is to be asked next: the listener's, then that of each pool that it comes to. Null: all were. */
  nextHooks(): Hooks | null {
    const { listener, route } = this.exchange;
    if (!this.#isListenerAsked) {
      this.#isListenerAsked = true;
      if (listener.hooks?.functions.onRequest !== undefined) return listener.hooks;
    }
    const { pool } = route;
    if (pool === null || pool === this.#pool || this.#turns++ >= turnsMax) return null;
    this.#pool = pool;
    return pool.hooks?.functions.onRequest === undefined ? null : pool.hooks;
  }
}

/** The fields of one of the heads, as HeadHeaders asks for them. */
class FieldsOf implements HeadersSource {
  readonly #state: HookState;
  readonly #of: "request" | "response";

  constructor(state: HookState, of: "request" | "response") {
    this.#state = state;
    this.#of = of;
  }

  get turn(): number {
    return this.#state.turn;
  }

  get head(): Head {
    return this.#of === "request" ? this.#state.requestHead : this.#state.responseHead;
  }

  editField(operation: FieldOperation, name: string, value: string): void {
    this.#state.editField(this.#of, operation, name, value);
  }
}
