// The other ends of connections in a test: a client that sends one request and reads its answer, and a server that reads requests and
// answers as the test says. Both take everything at once, and read by the parser that everything here is read by.

import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { fieldText, latin1Of } from "../flow/fieldtext.ts";
import { methodOf, targetOf, textOf } from "../flow/headvalues.ts";
import type { Line, LineFlow } from "../flow/port.ts";
import { reasonOf } from "../flow/reply.ts";
import { Body } from "../wire/http1/body.ts";
import { requestBody, responseBody } from "../wire/http1/framing.ts";
import { bodyKind, Head } from "../wire/http1/head.ts";
import { parseRequest, parseResponse } from "../wire/http1/reader.ts";

const fieldsMax = 1000;
const headBytesMax = 1 << 20;

export type Ending = "closed" | "reset" | "dropped";

/** Takes everything, and keeps it. */
class Peer implements Line {
  flow: LineFlow | null = null;
  ending: Ending | null = null;
  readonly heldBytes = 0;
  readonly isHolding = false;
  readonly takesFiles = false;
  protected bytes: Uint8Array = new Uint8Array(0);

  send(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = Buffer.concat([this.bytes, bytes.subarray(start, end)]);
    this.read();
    return true;
  }

  offer(bytes: Uint8Array, start: number, end: number): number {
    this.send(bytes, start, end);
    return end - start;
  }

  offerFile(_: number, bytes: Uint8Array, start: number, end: number): number {
    return this.offer(bytes, start, end);
  }

  protected read(): void {}

  pause(): void {}
  resume(): void {}

  end(): void {
    this.ending ??= "closed";
    this.read();
  }

  destroy(): void {
    this.end();
  }

  reset(): void {
    this.ending ??= "reset";
  }

  drop(): void {
    this.ending ??= "dropped";
  }
}

export interface Message {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export class ClientPeer extends Peer {
  /** The final answer, once it is whole. */
  answer: Message | null = null;
  readonly #method: number;

  /** `method`: by its number (wire/http1/head.ts). */
  constructor(method: number) {
    super();
    this.#method = method;
  }

  protected override read(): void {
    while (this.answer === null) {
      const { bytes } = this;
      const head = new Head(fieldsMax);
      const next = parseResponse(head, bytes, 0, bytes.length, headBytesMax);
      if (next <= 0) return;
      const kind = head.status < 200 ? bodyKind.none : responseBody(head, this.#method);
      const content = contentOf(kind, head, bytes, next, this.ending === "closed");
      if (content === null) return;
      this.bytes = bytes.subarray(content.end);
      if (head.status >= 200 || head.status === 101)
        this.answer = { status: head.status, headers: headersOf(head), body: content.bytes };
    }
  }
}

export interface ServerMessage {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly number: number;
}

export class ServerPeer extends Peer {
  readonly #asked: (request: ServerMessage) => void;

  constructor(asked: (request: ServerMessage) => void) {
    super();
    this.#asked = asked;
  }

  protected override read(): void {
    for (;;) {
      const { bytes } = this;
      const head = new Head(fieldsMax);
      const next = parseRequest(head, bytes, 0, bytes.length, headBytesMax);
      if (next <= 0) return;
      const content = contentOf(requestBody(head), head, bytes, next, false);
      if (content === null) return;
      this.bytes = bytes.subarray(content.end);
      this.#asked({
        method: methodOf(head) ?? "",
        path: targetOf(head) ?? "",
        headers: headersOf(head),
        body: Buffer.from(content.bytes).toString("utf8"),
        number: head.method,
      });
    }
  }
}

/** A response as its bytes. `method`: HEAD gets no body. */
export function responseBytes(message: Message, isHead: boolean): Uint8Array {
  const { status, headers, body } = message;
  const isBodiless = status === 204 || status === 304;
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${fieldText(value)}\r\n`);
  if (!isBodiless && !names.has("content-length") && !names.has("transfer-encoding"))
    lines.push(`Content-Length: ${body.length}\r\n`);
  const head = Buffer.from(latin1Of(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n${lines.join("")}\r\n`), "latin1");
  return isHead || isBodiless ? head : Buffer.concat([head, body]);
}

/** Null while it is not whole. */
function contentOf(
  kind: number,
  head: Head,
  bytes: Uint8Array,
  start: number,
  isClosed: boolean,
): { readonly bytes: Uint8Array; readonly end: number } | null {
  const pieces: Uint8Array[] = [];
  const body = new Body();
  body.begin(kind as 0, head.contentLength); // Of the kinds of a body, whichever.
  const plain = { add: (from: Uint8Array, at: number, end: number) => void pieces.push(from.slice(at, end)) };
  const end = body.advance(bytes, start, bytes.length, plain);
  if (!body.isDone && !(kind === bodyKind.close && isClosed)) return null;
  return { bytes: Buffer.concat(pieces), end };
}

export function headersOf(head: Head): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index < head.fieldCount; index++) {
    const at = index * 4;
    const name = textOf(head.bytes, head.spans[at]!, head.spans[at + 1]!).toLowerCase();
    const value = textOf(head.bytes, head.spans[at + 2]!, head.spans[at + 3]!);
    headers[name] = !Object.hasOwn(headers, name) ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

/** A body out of its coding, as text; one that does not open is shown as it is. */
export function textOfBody({ headers, body }: Message): string {
  const coding = (headers["content-encoding"] ?? "").toLowerCase();
  const open = Object.hasOwn(openers, coding) ? openers[coding] : undefined;
  try {
    return Buffer.from(open === undefined ? body : open(body)).toString("utf8");
  } catch {
    return Buffer.from(body).toString("utf8");
  }
}

const openers: Readonly<Record<string, (body: Uint8Array) => Uint8Array>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};
