// What the simulated clients and servers understand of HTTP/1.1: a plain parser that shares nothing with src/wire, so that a
// mistake there is not repeated here. It reads what well-behaved peers may be sent and is strict about it: anything odd is a
// violation, for whatever the proxy sends must be beyond doubt.

export interface Message {
  /** The start line's three parts. */
  readonly start: readonly [string, string, string];
  readonly fields: readonly (readonly [string, string])[];
  /** Body bytes without framing. */
  body: Uint8Array;
  trailers: readonly (readonly [string, string])[];
}

export function fieldOf(message: Message, name: string): string | undefined {
  return message.fields.find(([other]) => other.toLowerCase() === name)?.[1];
}

export function valuesOf(message: Message, name: string): string[] {
  return message.fields.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
}

export class Malformed extends Error {
  override readonly name = "Malformed";
}

type Framing = { kind: "none" } | { kind: "length"; length: number } | { kind: "chunked" } | { kind: "close" };

/** Reads messages off a stream, one after the other. */
export class MessageReader {
  #bytes: Buffer = Buffer.alloc(0);
  #isResponse: boolean;
  #message: Message | null = null;
  #framing: Framing = { kind: "none" };
  #parts: Buffer[] = [];
  #bodyBytes = 0;
  /** How a response's body is framed depends on its request's method; asked when a response head is there. */
  methodOf: () => string = () => "GET";
  /** The head of a message is there. */
  onHead: (message: Message) => void = () => {};
  /** Answers whether to go on reading; the message is whole. */
  onMessage: (message: Message) => void = () => {};
  onInterim: (message: Message) => void = () => {};

  constructor(isResponse: boolean) {
    this.#isResponse = isResponse;
  }

  /** Whether bytes of a message have come that is not whole. */
  get isInside(): boolean {
    return this.#message !== null || this.#bytes.length > 0;
  }

  get isHeadSeen(): boolean {
    return this.#message !== null;
  }

  get framing(): Framing["kind"] {
    return this.#framing.kind;
  }

  /** Body bytes of the message under way. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** What is left over, such as a tunnel's first bytes. */
  takeRest(): Uint8Array {
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return rest;
  }

  feed(bytes: Uint8Array): void {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#bytes, bytes]);
    while (this.#step()) {}
  }

  /** The peer's FIN: whether it is the end of a message, or comes between two. */
  end(): boolean {
    if (this.#message !== null && this.#framing.kind === "close") {
      this.#finish();
      return true;
    }
    return !this.isInside;
  }

  #step(): boolean {
    if (this.#message === null) return this.#head();
    switch (this.#framing.kind) {
      case "none":
        return this.#finish();
      case "length": {
        this.#take(Math.min(this.#framing.length - this.#bodyBytes, this.#bytes.length));
        return this.#bodyBytes === this.#framing.length && this.#finish();
      }
      case "close":
        this.#take(this.#bytes.length);
        return false;
      case "chunked":
        return this.#chunk();
    }
  }

  #take(size: number): void {
    this.#parts.push(this.#bytes.subarray(0, size));
    this.#bytes = this.#bytes.subarray(size);
    this.#bodyBytes += size;
  }

  #head(): boolean {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end === -1) return false;
    const lines = this.#bytes.subarray(0, end).toString("latin1").split("\r\n");
    this.#bytes = this.#bytes.subarray(end + 4);
    const message: Message = {
      start: startOf(lines[0]!, this.#isResponse),
      fields: fieldsOf(lines.slice(1)),
      body: new Uint8Array(0),
      trailers: [],
    };
    const status = this.#isResponse ? Number(message.start[1]) : 0;
    if (this.#isResponse && status < 200 && status !== 101) {
      this.onInterim(message);
      return true;
    }
    this.#message = message;
    this.#parts = [];
    this.#bodyBytes = 0;
    this.#framing = framingOf(message, this.#isResponse, this.#isResponse ? this.methodOf() : "", status);
    this.onHead(message);
    return this.#message !== null;
  }

  /** One whole chunk, or the last chunk with its trailers. */
  #chunk(): boolean {
    const lineEnd = this.#bytes.indexOf("\r\n");
    if (lineEnd === -1) return false;
    const size = /^([0-9a-f]+)(?:;.*)?$/i.exec(this.#bytes.subarray(0, lineEnd).toString("latin1"))?.[1];
    if (size === undefined) throw new Malformed("a chunk size");
    const length = Number.parseInt(size, 16);
    if (length === 0) {
      const rest = this.#bytes.subarray(lineEnd + 2);
      const end = rest.subarray(0, 2).toString("latin1") === "\r\n" ? 0 : rest.indexOf("\r\n\r\n") + 2;
      if (end === 1 || rest.length < 2) return false;
      this.#message!.trailers =
        end === 0
          ? []
          : fieldsOf(
              rest
                .subarray(0, end - 2)
                .toString("latin1")
                .split("\r\n"),
            );
      this.#bytes = rest.subarray(end + 2);
      return this.#finish();
    }
    if (this.#bytes.length < lineEnd + 2 + length + 2) return false;
    this.#bytes = this.#bytes.subarray(lineEnd + 2);
    this.#take(length);
    if (this.#bytes.subarray(0, 2).toString("latin1") !== "\r\n") throw new Malformed("the end of a chunk");
    this.#bytes = this.#bytes.subarray(2);
    return true;
  }

  #finish(): boolean {
    const message = this.#message!;
    message.body = Buffer.concat(this.#parts);
    this.#message = null;
    this.#parts = [];
    this.onMessage(message);
    return true;
  }

  /** Drop the message under way: what follows is read as something else (a tunnel). */
  abandon(): void {
    this.#message = null;
  }
}

function startOf(line: string, isResponse: boolean): readonly [string, string, string] {
  const found = isResponse ? /^(HTTP\/1\.1) (\d{3})(?: (.*))?$/.exec(line) : /^(\S+) (\S+) (HTTP\/1\.1)$/.exec(line);
  if (found === null) throw new Malformed(`the start line ${JSON.stringify(line)}`);
  return [found[1]!, found[2]!, found[3] ?? ""];
}

function fieldsOf(lines: readonly string[]): (readonly [string, string])[] {
  return lines.map((line) => {
    const found = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (found === null) throw new Malformed(`the field ${JSON.stringify(line)}`);
    return [found[1]!, found[2]!] as const;
  });
}

function framingOf(message: Message, isResponse: boolean, method: string, status: number): Framing {
  const lengths = valuesOf(message, "content-length");
  const encodings = valuesOf(message, "transfer-encoding");
  if (lengths.length + encodings.length > 1) throw new Malformed("framing said twice");
  if (isResponse && (method === "HEAD" || status === 204 || status === 304 || status === 101)) return { kind: "none" };
  if (encodings.length === 1) {
    if (encodings[0]!.toLowerCase() !== "chunked") throw new Malformed(`the coding ${encodings[0]}`);
    return { kind: "chunked" };
  }
  if (lengths.length === 1) {
    if (!/^\d+$/.test(lengths[0]!)) throw new Malformed(`the length ${lengths[0]}`);
    return { kind: "length", length: Number(lengths[0]) };
  }
  return isResponse ? { kind: "close" } : { kind: "none" };
}

/** Bytes that anyone who knows the seed can make again. */
export function contentOf(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export function digestOf(bytes: Uint8Array): string {
  return `${bytes.length}-${Bun.hash(bytes).toString(16)}`;
}
