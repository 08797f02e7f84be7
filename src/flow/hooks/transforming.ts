// Where transforms take part: a step down, between what opens a body and what closes it (bodies.ts), on the server's side of the cache.
// The pool's comes first. A request for a part is sent without saying so, for of a part nothing can be transformed.

import { type Fault, fault } from "../../base/fault.ts";
import { Head, method } from "../../wire/http1/head.ts";
import { openContent } from "../bodies.ts";
import type { Context } from "../context.ts";
import type { Exchange } from "../exchange.ts";
import { changeResponse, fieldNames, isOneOf } from "../fieldlines.ts";
import { fieldOf } from "../headvalues.ts";
import { errorText, type HookReason, type Hooks } from "../hooks.ts";
import type { HookState } from "./state.ts";
import { stateOf } from "./steps.ts";
import { StreamFilter } from "./streamfilter.ts";
import { charsetOf, type Form, type Transform } from "./transform.ts";
import { type Whole, WholeFilter } from "./wholefilter.ts";

/** Whether its response may be transformed. */
export function isTransforming({ pool, listener }: Exchange): boolean {
  return (
    (pool.hooks !== null && pool.hooks.transform !== null) ||
    (listener.hooks !== null && listener.hooks.transform !== null)
  );
}

/** A step down. */
export function transformBody(exchange: Exchange, context: Context, head: Head): boolean {
  if (!isTransforming(exchange) || exchange.downstream!.isForNobody) return true;
  for (const hooks of [exchange.pool.hooks, exchange.listener.hooks]) {
    const form = hooks?.transform?.formFor(fieldOf(head, "content-type")) ?? null;
    if (form !== null && !apply(exchange, context, head, hooks!, form)) return false;
  }
  return true;
}

function apply(exchange: Exchange, context: Context, head: Head, hooks: Hooks, form: Form): boolean {
  const transform = hooks.transform!;
  const isWhole = form !== "stream";
  // Nothing to transform: not even the end of something.
  if (head.status === 204 || head.status === 304 || head.contentLength === 0) return true;
  if (isWhole && head.contentLength > transform.bytesMax && head.contentLength !== -1) {
    if (hooks.plan.tooLarge === "pass") return true;
    return fail(exchange, hooks, "tooLarge", `${head.contentLength} bytes`);
  }
  const charset = form === "text" ? charsetOf(fieldOf(head, "content-type")) : "utf-8";
  const decoder = decoderFor(charset, true);
  if (decoder === null) return fail(exchange, hooks, "nonsense", `there is no reading text in ${charset}`);
  if (!openContent(exchange, context, head))
    return fail(
      exchange,
      hooks,
      "nonsense",
      `the body of a ${head.status} in ${fieldOf(head, "content-encoding") ?? "no coding"} cannot be opened`,
    );
  exchange.passage.areTrailersLost = true;
  // There is no body, but what is said of it is to be as for one.
  if (exchange.head.method === method.head) {
    exchange.passage.addFilter((sink) => new StreamFilter({ transform: (chunk) => chunk }, hooks, sink));
    return true;
  }
  const state = stateOf(exchange, context);
  // The one head that is read into is not to be written over while the body is on its way.
  if (head === context.responseHead) context.responseHead = new Head(head.fieldsMax);
  state.keepResponse(head);
  if (isWhole) return applyWhole(exchange, context, head, wholeOf(context, state, hooks, form, decoder), charset);
  return applyStream(exchange, state, hooks, transform);
}

function applyStream(exchange: Exchange, state: HookState, hooks: Hooks, transform: Transform): boolean {
  const { functions } = transform;
  try {
    const stream = functions.stream!(state.response, state.request);
    if (typeof stream?.transform !== "function")
      return fail(exchange, hooks, "nonsense", "a stream has a function transform");
    exchange.passage.addFilter((sink) => new StreamFilter(stream, hooks, sink));
    return true;
  } catch (error) {
    return fail(exchange, hooks, "threw", errorText(error));
  }
}

function applyWhole(
  exchange: Exchange,
  context: Context,
  head: Head,
  whole: Omit<Whole, "recoder">,
  charset: string,
): boolean {
  const { passage } = exchange;
  const isUtf8 = charset === "utf-8" || charset === "us-ascii";
  // Of what is no text in that charset the rest is worth more than nothing: for that the body is read once more, and less strictly.
  const recoder = isUtf8 ? null : decoderFor(charset, false);
  passage.addFilter((sink) => new WholeFilter({ ...whole, recoder }, sink));
  passage.holdHead((what) => answerFailure(exchange, whole.hooks, what));
  if (isUtf8) return true;
  const type = fieldOf(head, "content-type")!.replace(/;\s*charset\s*=\s*("[^"]*"|[^\s;]+)/i, "; charset=utf-8");
  const isType = (index: number): boolean => isOneOf(head, index, contentType);
  if (changeResponse(exchange, context, head, isType, `Content-Type: ${type}\r\n`)) return true;
  exchange.failUpstream(fault("bad_response"));
  return false;
}

const contentType = fieldNames("content-type");

function wholeOf(
  context: Context,
  state: HookState,
  hooks: Hooks,
  form: "text" | "json",
  decoder: TextDecoder,
): Omit<Whole, "recoder"> {
  const { functions, bytesMax } = hooks.transform!;
  const { response, request } = state;
  const common = { port: context.port, hooks, bytesMax };
  if (form === "text") {
    const invoke = (bytes: Uint8Array): unknown => functions.text!(decoder.decode(bytes), response, request);
    return { ...common, invoke, read: textBytes };
  }
  const invoke = (bytes: Uint8Array): unknown => {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    const answer = functions.json!(value, response, request);
    if (answer === undefined) return { value };
    if (!isPromise(answer)) return { value: answer };
    return answer.then((later) => ({ value: later === undefined ? value : later }));
  };
  return { ...common, invoke, read: jsonBytes };
}

/** Null: it is no JSON. */
export function parsedBy(text: string): { readonly json: unknown } | null {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return null;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

export function textBytes(value: unknown): Uint8Array | string {
  return typeof value === "string" ? Buffer.from(value, "utf8") : `text must answer a text, not a ${typeof value}`;
}

/** `boxed`: what is to be written as JSON, under value. */
export function jsonBytes(boxed: unknown): Uint8Array | string {
  try {
    const text = JSON.stringify((boxed as { value: unknown }).value) as string | undefined; // Ours: see wholeOf.
    return text === undefined ? "what json has answered cannot be written as JSON" : Buffer.from(text, "utf8");
  } catch (error) {
    return `what json has answered cannot be written as JSON: ${errorText(error)}`;
  }
}

/** Null where the runtime does not know such a text. */
function decoderFor(charset: string, isStrict: boolean): TextDecoder | null {
  try {
    return new TextDecoder(charset as ConstructorParameters<typeof TextDecoder>[0], { fatal: isStrict }); // Throws where it is none.
  } catch {
    return null;
  }
}

/** False: it is answered. */
function fail(exchange: Exchange, hooks: Hooks, reason: HookReason, detail: string): boolean {
  hooks.failed("transformResponse", reason, detail);
  if (hooks.failure === "pass") return true;
  answerFailure(exchange, hooks, fault("hook_failed"));
  return false;
}

function answerFailure(exchange: Exchange, { failure }: Hooks, what: Fault): void {
  if (failure === null || failure === "pass") exchange.fail(what);
  else exchange.give(failure.fill(exchange.visitNow()), what);
}
