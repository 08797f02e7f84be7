// What must hold of the codec for any bytes: it never throws; however the bytes are cut, the verdict, its reason, the head and
// the end of the body are the same; what is accepted means the same when it is written down again; and the body scanner
// agrees with a model that is too simple to be wrong.

import { Forwarding, type Sender } from "../../src/flow/forwarding.ts";
import { Body } from "../../src/wire/http1/body.ts";
import { requestBody, responseBody } from "../../src/wire/http1/framing.ts";
import { bodyKind, Head, method } from "../../src/wire/http1/head.ts";
import { parsed, parseRequest, parseResponse } from "../../src/wire/http1/reader.ts";
import { Output } from "../../src/wire/http1/writer.ts";
import { makeClient } from "../playbook/client.ts";
import type { Inputs } from "./inputs.ts";

/** Small limits, so that they are met too. */
const headBytesMax = 1_000;
const fieldsMax = 12;

export class Disagreement extends Error {
  override readonly name = "Disagreement";
}

type Parse = typeof parseRequest;

export function checkHead(kind: "request" | "response", inputs: Inputs): void {
  const text = kind === "request" ? inputs.request() : inputs.response();
  const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
  const parse = kind === "request" ? parseRequest : parseResponse;
  const head = new Head(fieldsMax);
  const end = parse(head, bytes, 0, bytes.length, headBytesMax);
  const whole = verdictOf(head, end);
  checkPrefixes(text, bytes, parse, end, whole);
  checkShifted(text, bytes, parse, end, whole);
  if (end < 0) return;
  if (kind === "request") {
    checkRewritten(text, head, whole);
    checkBodyCuts(text, inputs, bytes, end, requestBody(head), head.contentLength);
  } else checkBodyCuts(text, inputs, bytes, end, responseBody(head, method.get), head.contentLength);
}

/** The verdict on a head as one line. */
function verdictOf(head: Head, end: number): string {
  if (end === parsed.more) return "more";
  if (end === parsed.refused) return `refused ${head.fault}`;
  const fields: string[] = [];
  for (let index = 0; index < head.fieldCount; index++) fields.push(fieldOf(head, index).join(": "));
  return JSON.stringify([
    startOf(head),
    fields,
    head.minor,
    head.status,
    head.contentLength,
    head.isChunked,
    head.isContinueExpected,
    head.wantsKeepAlive,
    head.hasUpgrade,
    head.hasTrailers,
    head.hasNominated,
  ]);
}

const textOf = (head: Head, start: number, end: number): string =>
  Buffer.from(head.bytes.subarray(start, end)).toString("latin1");

const startOf = (head: Head): string => textOf(head, head.start, head.fieldsStart);

function fieldOf(head: Head, index: number): [string, string] {
  const at = index * 4;
  return [textOf(head, head.spans[at]!, head.spans[at + 1]!), textOf(head, head.spans[at + 2]!, head.spans[at + 3]!)];
}

/** Byte by byte: nothing is decided that the whole contradicts, and nothing is decided later than it must be. */
function checkPrefixes(text: string, bytes: Uint8Array, parse: Parse, end: number, whole: string): void {
  const head = new Head(fieldsMax);
  for (let length = 0; length <= bytes.length; length++) {
    const next = parse(head, bytes, 0, length, headBytesMax);
    const verdict = verdictOf(head, next);
    if (next === parsed.more && (end < 0 || length < end)) continue;
    if (verdict === whole && next === end) {
      if (end < 0) return;
      continue;
    }
    throw new Disagreement(`${show(text)}: after ${length} bytes ${verdict} (${next}), as a whole ${whole} (${end})`);
  }
}

/** The same bytes elsewhere in a buffer. */
function checkShifted(text: string, bytes: Uint8Array, parse: Parse, end: number, whole: string): void {
  const shift = 37;
  const shifted = new Uint8Array(bytes.length + shift + 5).fill(0x0a);
  shifted.set(bytes, shift);
  const head = new Head(fieldsMax);
  const next = parse(head, shifted, shift, shift + bytes.length, headBytesMax);
  if (verdictOf(head, next) !== whole || (next < 0 ? next : next - shift) !== end)
    throw new Disagreement(`${show(text)}: at another place ${verdictOf(head, next)}, otherwise ${whole}`);
}

const plain = new Forwarding(
  {
    trusted: [],
    areFieldsBelieved: true,
    except: [],
    xForwardedFor: false,
    xForwardedProto: false,
    xForwardedHost: false,
    forwarded: false,
    via: null,
  },
  null,
  null,
);
const sender: Sender = {
  address: "192.0.2.1",
  isTrusted: false,
  isExcepted: false,
  downstream: null,
  isSecure: false,
  isUpgrade: false,
  serverName: "server:80",
  requestIdIndex: -1,
  requestIdPrefix: "",
  requestIdCount: 0,
  givenFields: 0,
  asked: new Head(1),
  preface: plain.preface(makeClient(), "", false),
};
const dropped =
  /^(?:connection|upgrade|te|keep-alive|proxy-connection|proxy-authorization|x-forwarded-for|x-forwarded-proto|x-forwarded-host|forwarded)$/i;

/** What a server is sent means what the client said; sent through once more, it does not change. */
function checkRewritten(text: string, head: Head, whole: string): void {
  if (head.method === method.connect) return;
  const once = rewritten(head);
  const again = new Head(fieldsMax + 4);
  const end = parseRequest(again, once, 0, once.length, headBytesMax * 2);
  const problem = (what: string): Disagreement =>
    new Disagreement(`${show(text)}: ${what} when passed on as ${show(Buffer.from(once).toString("latin1"))}`);
  if (end !== once.length) throw problem(`is ${end < 0 ? (again.fault ?? "not whole") : "followed by something"}`);
  const words = (of: Head): string => textOf(of, of.start, of.methodEnd);
  if (words(head) !== words(again)) throw problem("has another method");
  if (head.isChunked !== again.isChunked || head.contentLength !== again.contentLength)
    throw problem(`is framed in another way than ${whole}`);
  const nominated = new Set(
    allFields(head)
      .filter(([name]) => name.toLowerCase() === "connection")
      .flatMap(([, value]) => value.toLowerCase().split(/[\s,]+/)),
  );
  const isFraming = (name: string): boolean => /^(?:host|content-length|transfer-encoding)$/i.test(name);
  const kept = allFields(head).filter(
    ([name]) => !dropped.test(name) && (isFraming(name) || !nominated.has(name.toLowerCase())),
  );
  const passed = allFields(again).map((pair) => pair.join(": "));
  // In place of a Host the authority of a target that has one goes on (RFC 9112 section 3.2.2).
  const named = /^https?:\/\/([^/?#]*)/i.exec(textOf(head, head.targetStart, head.targetEnd))?.[1] ?? null;
  for (const [name, value] of kept) {
    const expected = `${name}: ${named !== null && /^host$/i.test(name) ? named : value}`;
    if (!passed.some((each) => each === expected || each === `${name}: ${value}`))
      throw problem(`has lost ${expected}`);
  }
  for (const [name] of allFields(again))
    if (dropped.test(name) && !/^(?:te|connection)$/i.test(name)) throw problem(`has kept ${name}`);
  const twice = rewritten(again);
  if (Buffer.compare(once, twice) !== 0) throw problem("changes again");
}

function allFields(head: Head): [string, string][] {
  return Array.from({ length: head.fieldCount }, (_, index) => fieldOf(head, index));
}

function rewritten(head: Head): Uint8Array {
  const output = new Output();
  plain.writeRequest(output, head, sender);
  return output.bytes.slice(0, output.length);
}

function checkBodyCuts(
  text: string,
  inputs: Inputs,
  bytes: Uint8Array,
  start: number,
  kind: Parameters<Body["begin"]>[0],
  length: number,
): void {
  const whole = follow(bytes, start, [bytes.length], kind, length);
  const pieces = follow(
    bytes,
    start,
    inputs.cuts(bytes.length - start).map((cut) => cut + start),
    kind,
    length,
  );
  if (whole !== pieces) throw new Disagreement(`${show(text)}: the body as a whole ${whole}, in pieces ${pieces}`);
  if (kind !== bodyKind.chunked) return;
  const model = modelOf(Buffer.from(bytes.subarray(start)).toString("latin1"), start);
  if (model !== whole) throw new Disagreement(`${show(text)}: the scanner says ${whole}, the model ${model}`);
}

/** Bodies alone, in chunks. */
export function checkChunks(inputs: Inputs): void {
  const text = inputs.chunked();
  checkBodyCuts(text, inputs, Uint8Array.from(Buffer.from(text, "latin1")), 0, bodyKind.chunked, -1);
}

/** What becomes of a body that is cut at those places: how and where it ends, and the data without framing. */
function follow(
  bytes: Uint8Array,
  start: number,
  cuts: readonly number[],
  kind: Parameters<Body["begin"]>[0],
  length: number,
): string {
  const body = new Body();
  let data = "";
  const plainData = {
    add: (from: Uint8Array, first: number, last: number): void => {
      data += Buffer.from(from.subarray(first, last)).toString("latin1");
    },
  };
  body.begin(kind, length);
  let at = start;
  for (const cut of cuts) {
    if (body.isDone || body.isBad) break;
    const next = body.advance(bytes, at, cut, plainData);
    if (next < at || next > cut) throw new Disagreement(`advance answers ${next} for [${at}, ${cut})`);
    if (next < cut && !body.isDone && !body.isBad) throw new Disagreement("advance stops inside a body");
    at = next;
  }
  if (body.isBad) return "bad";
  return `${body.isDone ? `done at ${at}` : "open"} with ${JSON.stringify(data)}`;
}

/** Chunked framing by regular expressions. */
function modelOf(text: string, start: number): string {
  let at = 0;
  let data = "";
  for (;;) {
    const size = /^([0-9A-Fa-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n/.exec(text.slice(at));
    if (size === null) return isPrefix(text.slice(at), sizePrefix) ? `open with ${JSON.stringify(data)}` : "bad";
    at += size[0].length;
    const length = Number.parseInt(size[1]!, 16);
    if (length === 0) break;
    data += text.slice(at, at + length);
    if (text.length < at + length + 2) {
      const rest = text.slice(at + length);
      return rest === "" || rest === "\r" ? `open with ${JSON.stringify(data)}` : "bad";
    }
    if (text.slice(at + length, at + length + 2) !== "\r\n") return "bad";
    at += length + 2;
  }
  for (;;) {
    const rest = text.slice(at);
    if (rest.startsWith("\r\n")) return `done at ${start + at + 2} with ${JSON.stringify(data)}`;
    const trailer = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t\x20-\x7e\x80-\xff]*\r\n/.exec(rest);
    if (trailer === null) return isPrefix(rest, trailerPrefix) ? `open with ${JSON.stringify(data)}` : "bad";
    if (framing.test(trailer[1]!)) return "bad";
    at += trailer[0].length;
  }
}

const sizePrefix = /^(?:[0-9A-Fa-f]{1,13}(?:;[\t\x20-\x7e\x80-\xff]*)?\r?)?$/;
const trailerPrefix = /^(?:\r|[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?::[\t\x20-\x7e\x80-\xff]*\r?)?)?$/;
/** What may not stand behind a body: what frames and routes, credentials, and what servers are told about clients; "_" is "-". */
const framing =
  /^(?:content[-_]length|transfer[-_]encoding|host|(?:proxy[-_])?authorization|cookie|forwarded|x[-_](?:request[-_]id|real[-_]ip|forwarded[-_](?:for|proto|host|port|prefix|server|scheme|ssl|protocol)))$/i;

function isPrefix(text: string, pattern: RegExp): boolean {
  if (!pattern.test(text)) return false;
  const colon = text.indexOf(":");
  return pattern !== trailerPrefix || colon === -1 || !framing.test(text.slice(0, colon));
}

export function show(text: string): string {
  return JSON.stringify(text);
}
