// Where request bodies are transformed: a step up, behind onRequest. The body is read to its end before a server is sought, out of its
// framing, for it is given to the hook whole; what that makes of it becomes the body of a request with a new length, which is read by
// the strict parser like any other. A client that waits to be told to go on (100) is told so by us. Longer bodies than the config allows
// are 413, or go on as they are where their length is told.

import { fault } from "../../base/fault.ts";
import { Body } from "../../wire/http1/body.ts";
import { requestBody } from "../../wire/http1/framing.ts";
import { bodyKind } from "../../wire/http1/head.ts";
import { parseRequest } from "../../wire/http1/reader.ts";
import type { Context } from "../context.ts";
import type { Wait } from "../deadline.ts";
import { otherHead } from "../editing.ts";
import type { Exchange } from "../exchange.ts";
import { copyFields, fieldNames, isOneOf } from "../fieldlines.ts";
import { fieldOf } from "../headvalues.ts";
import type { Hooks } from "../hooks.ts";
import { call } from "./call.ts";
import { stateOf } from "./steps.ts";
import { charsetOf, type Form } from "./transform.ts";
import { jsonBytes, parsedBy, textBytes } from "./transforming.ts";

const hook = "transformRequest";
const continueLine = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");
/** Of the former body, and of how it came. */
const ofBody = fieldNames(
  "content-length",
  "transfer-encoding",
  "expect",
  "content-md5",
  "content-digest",
  "digest",
  "trailer",
);

/** A step up. */
export function transformRequest(exchange: Exchange, context: Context): boolean {
  const { listener, route } = exchange;
  const isAny = listener.hooks?.requestTransform != null || route.pool?.hooks?.requestTransform != null;
  if (!isAny || requestBody(exchange.head) === bodyKind.none || !exchange.downstream!.isOfClient) return true;
  const type = fieldOf(exchange.head, "content-type");
  const meant: Meant[] = [listener.hooks, route.pool?.hooks ?? null].flatMap((hooks) => {
    const form = hooks?.requestTransform?.formFor(type) ?? null;
    return form === null ? [] : [{ hooks: hooks!, form }];
  });
  if (meant.length === 0) return true;
  const isCoded = !/^(?:identity)?$/i.test(fieldOf(exchange.head, "content-encoding") ?? "");
  const isStrange = meant.some(({ form }) => form === "text") && !/^(?:utf-?8|us-ascii)$/.test(charsetOf(type));
  if (isCoded || isStrange) {
    exchange.give(unsupported, null);
    return false;
  }
  const bytesMax = Math.min(...meant.map(({ hooks }) => hooks.requestTransform!.bytesMax));
  if (exchange.head.contentLength > bytesMax) {
    return isLetBy(exchange, meant);
  }
  return new Gathering(exchange, context, meant, bytesMax).begin();
}

/** By its length it is too large. False: it is answered. */
function isLetBy(exchange: Exchange, meant: readonly Meant[]): boolean {
  const length = exchange.head.contentLength;
  const strict = meant.filter(({ hooks }) => hooks.plan.tooLarge === "fail");
  const refusing = strict.find(({ hooks }) => hooks.failure !== "pass");
  if (refusing !== undefined) return tooLarge(exchange, refusing.hooks, length);
  for (const { hooks } of strict) hooks.failed(hook, "tooLarge", `${length} bytes`);
  return true;
}

function tooLarge(exchange: Exchange, hooks: Hooks, length: number): false {
  hooks.failed(hook, "tooLarge", `${length} bytes`);
  exchange.fail(fault("body_too_large"));
  return false;
}

interface Meant {
  readonly hooks: Hooks;
  readonly form: Form;
}

export class Gathering implements Wait {
  readonly #exchange: Exchange;
  readonly #context: Context;
  readonly #meant: readonly Meant[];
  readonly #bytesMax: number;
  /** Follows what `requestBody` follows, and shows the content. */
  readonly #body: Body = new Body();
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(exchange: Exchange, context: Context, meant: readonly Meant[], bytesMax: number) {
    this.#exchange = exchange;
    this.#context = context;
    this.#meant = meant;
    this.#bytesMax = bytesMax;
  }

  /** Whether it is all there and made at once. */
  begin(): boolean {
    const exchange = this.#exchange;
    const { head, bodyStart, bodyEnd } = exchange;
    this.#body.begin(requestBody(head), head.contentLength);
    this.#body.advance(head.bytes, bodyStart, bodyEnd, this);
    if (this.#isTooLong()) return false;
    if (exchange.requestBody.isDone) return this.#transform(0);
    exchange.upload.gathering = this;
    exchange.waitFor(this, exchange.listener.plan.timeouts.readMs);
    if (head.isContinueExpected) exchange.sendDown(continueLine, 0, continueLine.length);
    exchange.downstream!.resumeBody();
    return false;
  }

  /** Said by the bodies. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#pieces.push(bytes.slice(start, end));
    this.#length += end - start;
  }

  /** Said by the upload: more has come. */
  more(bytes: Uint8Array, start: number, end: number): void {
    const exchange = this.#exchange;
    this.#body.advance(bytes, start, end, this);
    if (this.#isTooLong()) return;
    exchange.arm(exchange.listener.plan.timeouts.readMs);
  }

  /** Said by the connection, when those bytes are the request's alone. It may all be over when this returns. */
  settle(): void {
    const exchange = this.#exchange;
    if (!exchange.requestBody.isDone) return;
    exchange.upload.gathering = null;
    if (this.#transform(0)) exchange.goOn();
  }

  #isTooLong(): boolean {
    if (this.#length <= this.#bytesMax) return false;
    this.#exchange.upload.gathering = null;
    tooLarge(this.#exchange, this.#meant[0]!.hooks, this.#length);
    return true;
  }

  timedOut(): void {
    this.#exchange.upload.gathering = null;
    this.#exchange.fail(fault("body_timeout"));
  }

  cancelled(): void {
    this.#exchange.upload.gathering = null;
  }

  // ---- it is whole ----

  /** The hooks from that one on. */
  #transform(index: number): boolean {
    const exchange = this.#exchange;
    const meant = this.#meant[index];
    if (meant === undefined) return this.#replace();
    const { hooks, form } = meant;
    const state = stateOf(exchange, this.#context);
    const content = textIn(this.#gathered());
    const value = content === null || form === "text" ? content : parsedBy(content);
    // What the client says of its own body is wrong.
    if (value === null) {
      exchange.give(unreadable, null);
      return false;
    }
    const { text, json } = hooks.requestTransform!.functions;
    const input = form === "json" ? (value as { readonly json: unknown }).json : value; // Boxed by parsedBy.
    const invoke = (): unknown =>
      form === "json"
        ? json!(input, state.request as never, state.request)
        : text!(input as string, state.request as never, state.request);
    const receive = (answer: unknown): string | null => {
      if (answer === undefined && form === "text") return null;
      const bytes = form === "json" ? jsonBytes({ value: answer === undefined ? input : answer }) : textBytes(answer);
      if (typeof bytes === "string") return bytes;
      this.#pieces = [bytes];
      this.#length = bytes.length;
      return null;
    };
    const sequel = {
      take: () => this.#transform(index + 1),
      goOn: () => exchange.goOn(),
    };
    return call({ exchange, context: this.#context, state, hooks, hook, sequel, receive }, invoke);
  }

  /** The request anew, with that body. False: it is over. */
  #replace(): boolean {
    const exchange = this.#exchange;
    const { output } = this.#context;
    const former = exchange.head;
    const body = this.#gathered();
    output.clear();
    copyFields(output, former, (index) => isOneOf(former, index, ofBody), `Content-Length: ${body.length}\r\n`);
    const headBytes = output.length;
    const bytes = new Uint8Array(headBytes + body.length);
    bytes.set(output.bytes.subarray(0, headBytes));
    bytes.set(body, headBytes);
    const head = former === exchange.asked ? otherHead(exchange) : former;
    head.isHostFree = former.isHostFree;
    exchange.head = head;
    if (parseRequest(head, bytes, 0, bytes.length, bytes.length) !== headBytes) {
      exchange.fail(fault(head.fault ?? "bad_field"));
      return false;
    }
    exchange.bodyStart = headBytes;
    exchange.bodyEnd = bytes.length;
    exchange.requestBody.begin(requestBody(head), head.contentLength);
    exchange.requestBody.advance(bytes, headBytes, bytes.length);
    const { forwarding } = exchange.listener;
    if (forwarding.requestId !== null) exchange.requestIdIndex = forwarding.findRequestId(head);
    exchange.visit?.forget();
    return true;
  }

  #gathered(): Uint8Array {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }
}

const unreadable = {
  status: 400,
  reason: "",
  fields: [],
  body: "400 Bad Request: the body of the request is not what its Content-Type says\n",
  retryAfterS: 0,
};

const unsupported = {
  ...unreadable,
  status: 415,
  body: "415 Unsupported Media Type: the body of the request must be UTF-8, in no coding\n",
};

/** Null where it is no UTF-8. */
function textIn(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
