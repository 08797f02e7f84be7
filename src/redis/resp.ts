// Redis' protocol, RESP2 and RESP3, without a socket: bytes come in, values go out. A value that has not come whole is waited for, and what
// has come of it is not read again: its time grows with its bytes, in however small pieces they come. What is no RESP, or larger than
// we ever ask for, ends the connection. Pushes, which RESP3 has for what nobody asked for, are told apart from replies. Texts are UTF-8; what is none in a member is no server either. (redis.io: Redis serialization protocol specification.)

/** What Redis says no with. Its first word is a code: "NOPERM", "WRONGTYPE". */
export class ReplyError extends Error {
  override readonly name: string = "ReplyError";

  get code(): string {
    return /^[A-Z0-9]*/.exec(this.message)?.[0] ?? "";
  }
}

/** Maps come as lists of keys and values. */
export type Reply = string | number | boolean | null | ReplyError | readonly Reply[];

export interface Heard {
  readonly isPush: boolean;
  readonly value: Reply;
}

/** Of one reply, with all that is in it. The largest asked for is a set of 10,000 members with all that is known of each. */
const replyBytesMax = 32 * 1024 * 1024;
const replyValuesMax = 1_000_000;
const lineBytesMax = 64 * 1024;
const depthMax = 8;
/** What has come ends in the middle of a value. */
const unfinished: unique symbol = Symbol("unfinished");
/** A list has begun, and its values follow. */
const opened: unique symbol = Symbol("opened");

const [dollar, zero, carriageReturn, lineFeed] = [0x24, 0x30, 0x0d, 0x0a];

interface OpenList {
  readonly kind: "list" | "push" | "attributes";
  readonly values: Reply[];
  readonly length: number;
}

export function commandBytes(words: readonly (string | number)[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join("")}`);
}

export class RespReader {
  /** What has come and is not read, and how much that is. */
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  /** As long as less is held there is nothing to read. */
  #wantedBytes = 0;
  /** Lists that are not at their end, the outermost first. */
  readonly #open: OpenList[] = [];
  /** Of the reply that is not at its end: what is read of it. */
  #readBytes = 0;
  #readValues = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** All values that are whole now. Throws when it is no RESP, and is not to be used any more. */
  read(chunk: Uint8Array): Heard[] {
    this.#chunks.push(Buffer.from(chunk));
    this.#heldBytes += chunk.length;
    if (this.#readBytes + this.#heldBytes > replyBytesMax) throw new Error("the answer is too large");
    if (this.#heldBytes < this.#wantedBytes) return [];
    this.#bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#at = 0;
    this.#wantedBytes = 0;
    const heard: Heard[] = [];
    while (this.#at < this.#bytes.length) {
      const from = this.#at;
      const value = this.#value();
      if (value === unfinished) {
        this.#at = from;
        break;
      }
      this.#readBytes += this.#at - from;
      if (++this.#readValues > replyValuesMax) throw noRedis();
      const whole = value === opened ? this.#closed() : this.#placed(value);
      if (whole !== null) heard.push(whole);
    }
    const rest = this.#bytes.subarray(this.#at);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#heldBytes = rest.length;
    return heard;
  }

  #value(): Reply | typeof unfinished | typeof opened {
    // Most of what sets and tables answer are texts: their lengths are read without making a text of them.
    const bytes = this.#bytes[this.#at] === dollar ? this.#shortLength() : -1;
    if (bytes >= 0) return this.#bulk("$", bytes);
    const line = this.#line();
    if (line === unfinished) return unfinished;
    const rest = line.slice(1);
    switch (line[0]) {
      case "+":
        return rest;
      case "-":
        return new ReplyError(rest);
      case ":":
      case ",":
        return Number(rest);
      case "(":
        return rest;
      case "_":
        return null;
      case "#":
        return rest === "t";
      case "$":
      case "=":
      case "!":
        return this.#bulk(line[0], lengthOf(rest));
      case "*":
      case "~":
        return this.#list("list", lengthOf(rest));
      case ">":
        return this.#list("push", lengthOf(rest));
      case "%":
        return this.#list("list", 2 * lengthOf(rest));
      case "|":
        // They say something about the value that follows; nothing that we need.
        return this.#list("attributes", 2 * lengthOf(rest));
      default:
        throw noRedis();
    }
  }

  /** Of a text of less than ten thousand bytes, whose line is over then; -1: read its line. */
  #shortLength(): number {
    const bytes = this.#bytes;
    let length = 0;
    for (let at = this.#at + 1; at <= this.#at + 5; at++) {
      const byte = bytes[at];
      if (byte === carriageReturn && at > this.#at + 1 && bytes[at + 1] === lineFeed) {
        this.#at = at + 2;
        return length;
      }
      if (byte === undefined || byte < zero || byte > zero + 9) return -1;
      length = length * 10 + byte - zero;
    }
    return -1;
  }

  #line(): string | typeof unfinished {
    const end = this.#bytes.indexOf("\r\n", this.#at);
    if ((end < 0 ? this.#bytes.length : end) - this.#at > lineBytesMax) throw noRedis();
    if (end < 0) return unfinished;
    const line = this.#bytes.toString("utf8", this.#at, end);
    this.#at = end + 2;
    return line;
  }

  #bulk(kind: string, bytes: number): Reply | typeof unfinished {
    if (bytes < 0) return null;
    const end = this.#at + bytes + 2;
    if (this.#bytes.length < end) {
      // Its line is read again, and is short.
      this.#wantedBytes = bytes + 2;
      return unfinished;
    }
    const text = this.#bytes.toString("utf8", this.#at, end - 2);
    this.#at = end;
    if (kind === "!") return new ReplyError(text);
    // "txt:" before a verbatim text.
    return kind === "=" ? text.slice(4) : text;
  }

  #list(kind: OpenList["kind"], length: number): Reply | typeof opened {
    if (length < 0) return null;
    if (this.#open.length > depthMax) throw new Error("the answer is nested too deeply");
    this.#open.push({ kind, values: [], length });
    return opened;
  }

  /** Where it belongs: in the innermost list, or out when there is none. */
  #placed(value: Reply): Heard | null {
    const list = this.#open.at(-1);
    if (list === undefined) return this.#whole({ isPush: false, value });
    list.values.push(value);
    return this.#closed();
  }

  /** Lists that have all their values are values of the lists around them. */
  #closed(): Heard | null {
    for (;;) {
      const list = this.#open.at(-1);
      if (list === undefined || list.values.length < list.length) return null;
      this.#open.pop();
      if (list.kind === "attributes") return null;
      const outer = this.#open.at(-1);
      if (outer === undefined) return this.#whole({ isPush: list.kind === "push", value: list.values });
      outer.values.push(list.values);
    }
  }

  #whole(heard: Heard): Heard {
    this.#readBytes = 0;
    this.#readValues = 0;
    return heard;
  }
}

function lengthOf(digits: string): number {
  const value = /^(-1|\d{1,10})$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(value <= replyBytesMax)) throw noRedis();
  return value;
}

function noRedis(): Error {
  return new Error("what answers is no Redis");
}
