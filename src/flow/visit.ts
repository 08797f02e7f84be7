// One exchange as rules see it: the stage of the request and response phases. It reads the head when it is asked, makes a string
// of a part of it at most once, holds the entries that the request tracks, and gathers what rules change. An exchange has
// one only where rules are played or its client holds entries. What is not the request's own it asks the guest.

import { type Fault, fault } from "../base/fault.ts";
import type { RulePlan } from "../config/plan.ts";
import type { Table, TableEvent } from "../memory/table.ts";
import { field } from "../rules/fields.ts";
import type { Stage, Tracked, Value, World } from "../rules/scene.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Context } from "./context.ts";
import { editRequest, editResponse } from "./editing.ts";
import { Edits, type Part } from "./edits.ts";
import type { Exchange } from "./exchange.ts";
import type { FieldOperation } from "./fieldedits.ts";
import { type Guest, joined, octetsOf, orAbsent } from "./guest.ts";
import {
  cookieList,
  cookieOf,
  fieldCount,
  fieldLines,
  fieldList,
  fieldOf,
  hostOf,
  methodOf,
  parameterList,
  parameterOf,
  pathOf,
  portOf,
  queryOf,
  targetOf,
} from "./headvalues.ts";
import type { HookState } from "./hooks/state.ts";
import { requestIdOf } from "./requestid.ts";
import { RuleHits } from "./rulehits.ts";
import { Trackers } from "./trackers.ts";

export type ResponseKind = "received" | "sent" | "own";

export class Visit implements Stage {
  isDry = false;
  readonly trackers: Trackers = new Trackers();
  /** Of the request's head until that goes on, then of the response's. */
  readonly edits: Edits = new Edits();
  /** The final head of the response, once its rules are played. */
  response: Head | null = null;
  /** What that is: as its server sent it, as it is being sent, or an answer of ours. */
  responseKind: ResponseKind = "received";
  /** Bytes of the response's body a second; 0 is as fast as it comes. */
  bytesPerSecond = 0;
  /** Of the request's body, beside what the limits say; -1: rules say nothing of it. */
  bodyBytesMax = -1;
  /** Why the request as rules have changed it goes no further. */
  refusal: Fault | null = null;
  /** Null until a hook is asked; then for each exchange anew. */
  hooks: HookState | null = null;
  /** What rules have logged, "" without. */
  notes = "";
  /** The rule whose outcome this is. */
  ruled: RulePlan | null = null;
  /** Rules whose conditions held. */
  readonly hits: RuleHits = new RuleHits();
  /** Cookies that the request has without their server's name by now (cookieprefix.ts). */
  readonly bareCookies: string[] = [];
  readonly #exchange: Exchange;
  readonly #context: Context;
  #guest!: Guest;
  #variables: Map<string, Value> | null = null;
  /** Of the client behind trusted proxies. */
  #octets: Uint8Array | null | undefined;
  #path: string | null | undefined;
  #host: string | null | undefined;
  #query: string | null | undefined;

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.#context = context;
  }

  begin(guest: Guest): void {
    this.#guest = guest;
  }

  /** The exchange is over, and will be another. */
  reset(): void {
    this.edits.reset();
    this.response = null;
    this.responseKind = "received";
    this.bytesPerSecond = 0;
    this.bodyBytesMax = -1;
    this.refusal = null;
    this.notes = "";
    this.ruled = null;
    this.hits.count = 0;
    this.bareCookies.length = 0;
    this.hooks?.close();
    this.#variables = null;
    this.#octets = undefined;
    this.forget();
  }

  /** Its rules are played from now on. */
  meet(kind: ResponseKind, response: Head): void {
    this.responseKind = kind;
    this.response = response;
  }

  /** The head has changed. */
  forget(): void {
    this.#path = undefined;
    this.#host = undefined;
    this.#query = undefined;
  }

  get sharedMs(): number {
    return this.#context.port.sharedMs;
  }

  get wallMs(): number {
    return this.#context.port.wallMs;
  }

  get world(): World {
    const { inquiry, listener } = this.#exchange;
    return inquiry === null ? listener.world : inquiry.world;
  }

  random(): number {
    return this.#context.port.random();
  }

  /** The client's address: behind trusted proxies the one that they report. */
  get octets(): Uint8Array | null {
    const { address, clientAddress } = this.#exchange;
    if (clientAddress === address) return this.#guest.octets;
    if (this.#octets === undefined) this.#octets = octetsOf(clientAddress);
    return this.#octets;
  }

  field(number: number, name: string): Value {
    if (number === field.src) return this.octets;
    if (number < field.method) {
      // Of a client behind proxies nobody reports the port.
      if (number === field.srcPort && this.#exchange.clientAddress !== this.#exchange.address) return null;
      return this.#guest.field(number);
    }
    if (number >= field.responseStatus) return this.#answered(number, name);
    if (!this.edits.isEmpty && this.response === null) editRequest(this.#exchange, this.#context, this);
    return this.#asked(number, name);
  }

  #asked(number: number, name: string): Value {
    const { head } = this.#exchange;
    // Of a request that never became whole nothing is known.
    if (head.bytes.length === 0) return null;
    switch (number) {
      case field.method:
        return methodOf(head);
      case field.host:
        if (this.#host === undefined) this.#host = hostOf(head);
        return this.#host;
      case field.port:
        return portOf(head);
      case field.path:
        if (this.#path === undefined) this.#path = pathOf(head);
        return this.#path;
      case field.query:
        return this.#queryOf(head);
      case field.target:
        return targetOf(head);
      case field.version:
        return this.#exchange.downstream!.isHttp2 ? "2.0" : head.minor === 0 ? "1.0" : "1.1";
      case field.header:
        return fieldOf(head, name);
      case field.headerList:
        return fieldList(head, name);
      case field.headerLines:
        return fieldLines(head, name);
      case field.headerCount:
        return fieldCount(head, name);
      case field.cookie:
        return cookieOf(head, name);
      case field.cookieList:
        return cookieList(head, name);
      case field.param: {
        const query = this.#queryOf(head);
        return query === null ? null : parameterOf(query, name);
      }
      case field.paramList: {
        const query = this.#queryOf(head);
        return query === null ? null : parameterList(query, name);
      }
      case field.contentLength:
        return head.contentLength === -1 ? null : head.contentLength;
      case field.user:
        return this.#exchange.user;
      case field.requestId:
        return orAbsent(requestIdOf(this.#exchange));
      default:
        return null;
    }
  }

  #queryOf(head: Head): string | null {
    if (this.#query === undefined) this.#query = queryOf(head);
    return this.#query;
  }

  #answered(number: number, name: string): Value {
    const exchange = this.#exchange;
    const { response, responseKind } = this;
    if (response === null) return null;
    const isOwn = responseKind === "own";
    // The status of what is sent is what rules have made it.
    const isOfHead =
      number <= field.responseHeaderCount && (number > field.responseStatus || responseKind !== "received");
    if (!this.edits.isEmpty && isOfHead) editResponse(exchange, this.#context, this, response);
    switch (number) {
      case field.responseStatus:
        return responseKind === "received" ? exchange.serverStatus : response.status;
      case field.responseHeader:
        return fieldOf(response, name);
      case field.responseHeaderList:
        return fieldList(response, name);
      case field.responseHeaderLines:
        return fieldLines(response, name);
      case field.responseHeaderCount:
        return fieldCount(response, name);
      case field.responseServer:
        return isOwn ? null : orAbsent(exchange.serverName);
      case field.responseDuration:
        return isOwn ? null : exchange.respondedMs - exchange.startedMs;
      default:
        return null;
    }
  }

  variable(name: string): Value {
    const value = this.#variables?.get(name);
    return value === undefined ? this.#guest.variable(name) : value;
  }

  /** The request's own first. */
  tracked(slot: number): Tracked | null {
    return this.trackers.find(slot) ?? this.#guest.trackers.find(slot);
  }

  hit(slot: number): void {
    this.hits.note(slot);
    this.#guest.countHit(slot);
  }

  /** It counts as a request of the entry at once, so that rules behind see it; an entry that the connection holds knows of it. */
  track(slot: number, table: Table): void {
    const nowMs = this.sharedMs;
    const { inquiry } = this.#exchange;
    const held = inquiry === null ? table : inquiry.held(table, nowMs);
    const others = this.#guest.trackers;
    if (this.trackers.count === 0 && others.count === 0) {
      this.trackers.track(slot, held, nowMs, "request");
      return;
    }
    if (this.trackers.track(slot, held, nowMs) === 0 || this.trackers.isSecond(slot)) return;
    const { table: holder, entry } = this.trackers.find(slot)!;
    if (!others.holds(holder, entry)) holder.note(entry, "request", 1, nowMs);
  }

  /** What rules have set for another, which asks the same. */
  takeVariables(from: Visit): void {
    if (from.#variables !== null) this.#variables = new Map(from.#variables);
  }

  setVariable(name: string, value: Value): void {
    this.#variables ??= new Map();
    this.#variables.set(name, value);
  }

  // The connection has been one for long: what is checked when a plan is made says so.
  countSession(): void {}

  editField(operation: FieldOperation, name: string, value: string): void {
    // Nor is anything put in the place of what goes on unbelieved.
    const { isTrusted, isExcepted } = this.#exchange;
    this.edits.editField(operation, name, value, isTrusted || isExcepted);
  }

  replaceField(name: string, by: (value: string) => string): void {
    this.edits.replaceField(name, by);
  }

  rewrite(part: Part, value: string): void {
    if ((part === "status") === (this.response !== null)) this.edits.rewrite(part, value);
  }

  slow(bytesPerSecond: number): void {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** The least that is said holds. A body that is known to be longer by now goes no further. */
  limitBody(bytesMax: number): void {
    const { head, requestBody } = this.#exchange;
    if (this.bodyBytesMax === -1 || bytesMax < this.bodyBytesMax) this.bodyBytesMax = bytesMax;
    if (head.contentLength > bytesMax || requestBody.content > bytesMax) this.refusal ??= fault("body_too_large");
  }

  log(_rule: string, text: string): void {
    this.notes = joined(this.notes, text);
  }

  /** Let go of what the request holds. */
  release(): void {
    if (this.trackers.count > 0) this.trackers.release(this.sharedMs);
  }

  /** Tell the entries that request and connection hold of something, each once. */
  note(event: TableEvent, amount: number): void {
    const { trackers } = this.#guest;
    if (trackers.count === 0 && this.trackers.count === 0) return;
    const nowMs = this.sharedMs;
    trackers.note(event, amount, nowMs);
    this.trackers.note(event, amount, nowMs, trackers);
  }
}
