// What a hook is given and what it may answer: the types that an editor shows over the functions of a config in TypeScript. Words
// are those of the Fetch standard where it has one; of its objects it asks no more than what is used, so that no editor needs its
// types. flow/hooks makes these objects; docs/HOOKS.md tells when each hook is called.

import type { FaultCode, Side } from "../base/fault.ts";

/** Called with each request that rules have let through, before the cache and before a server is sought. */
export type OnRequest = (request: HookRequest) => Answer | PromiseLike<Answer>;

/** Called with the head of each response: that of a pool before it is stored in a cache, that of a listener at each delivery. */
export type OnResponse = (response: HookResponse, request: HookRequest) => Answer | PromiseLike<Answer>;

/** Called where Sluice itself would answer an error: no server, a timeout, a response that makes no sense. */
export type OnError = (error: HookError, request: HookRequest) => Answer | PromiseLike<Answer>;

/** Called at each try to find a server: one of those given, its index or its name. Nothing leaves it to the pool's policy. */
export type Pick = (servers: readonly PickServer[], request: HookRequest) => PickServer | number | string | Nothing;

/**
 * Called in each worker when another config has taken the place of this one and no exchange uses its hooks any more: the place to
 * stop timers and close connections that its code has begun.
 */
export type OnUnload = () => Nothing | PromiseLike<Nothing>;

// biome-ignore lint/suspicious/noConfusingVoidType: a function that answers nothing is as good as one that answers undefined.
export type Nothing = undefined | void;

/** Nothing: it goes on. */
export type Answer = Reply | StandardResponse | Nothing;

/** As much of a `Response` as is looked at. */
export interface StandardResponse {
  readonly status: number;
  readonly headers: StandardHeaders;
  arrayBuffer(): PromiseLike<ArrayBuffer>;
}

/** As much of `Headers` as is looked at. */
export interface StandardHeaders {
  forEach(each: (value: string, name: string) => void): void;
}

/** An answer in place of a server's. A standard `Response` will do as well. */
export interface Reply {
  /** 200 when absent. */
  readonly status?: number;
  /** A list of values is a field for each: `{ "set-cookie": ["a=1", "b=2"] }`. */
  readonly headers?:
    | Readonly<Record<string, string | number | readonly (string | number)[] | undefined>>
    | readonly (readonly [string, string | number])[]
    | StandardHeaders;
  readonly body?: string | Uint8Array | null;
  /** Instead of a body: it is sent as JSON. */
  readonly json?: unknown;
}

/**
 * Names in any case. What says where a message ends, or is about one connection only, cannot be changed: `set` throws a TypeError. Each
 * character of a value is a byte (Latin-1), as for `fetch`; one beyond U+00FF throws.
 */
export interface HookHeaders extends Iterable<[string, string]> {
  /** All values of that name, joined by ", "; null without. */
  get(name: string): string | null;
  has(name: string): boolean;
  set(name: string, value: string | number): void;
  append(name: string, value: string | number): void;
  delete(name: string): void;
  /** Each Set-Cookie by itself. */
  getSetCookie(): string[];
  /** Names in lower case, in the order in which they came. */
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  forEach(each: (value: string, name: string) => void): void;
}

/** As `URLSearchParams`. */
export interface HookQuery extends Iterable<[string, string]> {
  readonly size: number;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  sort(): void;
  toString(): string;
}

export interface HookRequest {
  /** As in the access log; "" where ids are switched off. */
  readonly id: string;
  /** HEAD, CONNECT and TRACE become no other, and no other becomes one of them: that throws a TypeError, and so does what is no method. */
  method: string;
  /** The whole of it, as the client asked for it: `new URL(request.url)`. */
  readonly url: string;
  readonly scheme: "http" | "https";
  /** In lower case, without port; "" where the request names none. */
  readonly host: string;
  /** With its "/", without the query, as it was encoded. Set: what is beyond ASCII is percent-encoded as UTF-8. */
  path: string;
  /** What is changed in it changes the request. */
  readonly query: HookQuery;
  readonly headers: HookHeaders;
  /** The value of a cookie, null without. */
  cookie(name: string): string | null;
  /** Of the client: behind trusted proxies the one that they report. */
  readonly address: string;
  /** The client came over TLS. */
  readonly secure: boolean;
  /** Whose credentials were good, where `auth` demands some; null without. */
  readonly user: string | null;
  /** When it came, in ms since 1970. */
  readonly startedAt: number;
  readonly listener: string;
  /** Where it goes; null where it goes nowhere. */
  readonly pool: string | null;
  /** For hooks to leave notes to those that are called later for the same request. */
  readonly vars: Record<string, unknown>;
  /** onRequest only: send it to another pool, whose rules and hooks are asked next. The pool must be one of `hooks.use`, or of a rule. */
  use(pool: string): void;
}

export interface HookResponse {
  /** 204, 205 and 304 have no body: to set one where there is a body, or another where there is none, throws a TypeError. Answer `{ status: 204 }` instead. */
  status: number;
  readonly headers: HookHeaders;
  /** host:port of the server that gave it; "" where none did, as from a cache. */
  readonly server: string;
}

export interface HookError {
  /** One of docs/FAULTS.md, such as "connect_refused". */
  readonly code: FaultCode;
  /** Who is at fault. */
  readonly side: Side;
  /** What would be answered. */
  readonly status: number;
  readonly detail: string;
  /** host:port of the server that was tried last; "" where none was. */
  readonly server: string;
}

/** A server of the pool, as it is now. */
export interface PickServer {
  readonly name: string;
  readonly index: number;
  /** It may be picked: neither down nor draining, ejected, full, or tried before for this request. */
  readonly up: boolean;
  /** Its share now, slow start applied. */
  readonly weight: number;
  readonly backup: boolean;
  /** Requests under way there, from all workers. */
  readonly active: number;
  /** The most it takes at once; 0 is no limit. */
  readonly maxConnections: number;
  /** How long its answers take, in ms, as this worker sees it; 0 while nothing is known, or the pool does not measure (peakEwma). */
  readonly latency: number;
}

/** Makes other bodies of those of responses, once for what a cache stores. A function alone is `text`. */
export interface TransformResponse {
  /** Media types that it is for, such as "text/html" or "text/*"; absent: what `json` or `text` can read, for `stream` all. */
  readonly types?: readonly string[];
  /** Instead of `hooks.maxBody`: a size such as "256kb". */
  readonly maxBody?: string;
  /** The whole body. Nothing: it stays as it is. */
  text?(text: string, response: HookResponse, request: HookRequest): BodyText | PromiseLike<BodyText>;
  /** The whole body, parsed; what is answered is written as JSON. Nothing: the value itself is, with what was changed in it. */
  json?(value: Json, response: HookResponse, request: HookRequest): unknown;
  /** Called once for each body; what it answers is given each piece as it comes. */
  stream?(response: HookResponse, request: HookRequest): BodyStream;
}

/** Makes other bodies of those of requests, before a server is sought. A function alone is `text`. */
export interface TransformRequest {
  /** Media types that it is for; absent: what `json` or `text` can read. */
  readonly types?: readonly string[];
  /** Instead of `hooks.maxBody`: a size such as "256kb". */
  readonly maxBody?: string;
  /** The whole body. Nothing: it stays as it is. */
  text?(text: string, request: HookRequest): BodyText | PromiseLike<BodyText>;
  /** The whole body, parsed; what is answered is written as JSON. Nothing: the value itself is, with what was changed in it. */
  json?(value: Json, request: HookRequest): unknown;
}

/** Whatever JSON.parse gives, which is any: only the operator knows what stands in it, and may annotate it. */
export type Json = ReturnType<typeof JSON.parse>;

export type BodyText = string | Nothing;

export interface BodyStream {
  /** What goes on in place of the piece; nothing: for now, nothing. */
  transform(chunk: Uint8Array): Uint8Array | null | Nothing;
  /** That was all: what is still to be said. */
  flush?(): Uint8Array | null | Nothing;
}

export type TransformText = NonNullable<TransformResponse["text"]>;

/** Hooks that listeners and pools have. */
export interface Hooks {
  /** Called with each request that rules have let through: edit it, or answer it. */
  onRequest?: OnRequest | undefined;
  /** Called with the head of each response: edit it, or answer something else. */
  onResponse?: OnResponse | undefined;
  /** Called where Sluice itself would answer an error: answer something else. */
  onError?: OnError | undefined;
  /** Makes other bodies of those of requests, whole ones. */
  transformRequest?:
    | TransformRequest
    | ((text: string, request: HookRequest) => BodyText | PromiseLike<BodyText>)
    | undefined;
  /** Makes other bodies of those of responses. */
  transformResponse?: TransformResponse | TransformText | undefined;
}

export interface PoolHooks extends Hooks {
  /** Called to choose a server, in place of the pool's policy. */
  pick?: Pick | undefined;
}
