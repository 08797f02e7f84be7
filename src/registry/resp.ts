// Redis' protocol, RESP2 and RESP3, without a socket: bytes come in, values go out. A value that has not come whole is waited for; what
// is no RESP, or larger than we ever ask for, ends the connection. Pushes, which RESP3 has for what nobody asked for, are told apart
// from replies. Texts are UTF-8; what is none in a member is no server either. (redis.io: Redis serialization protocol specification.)

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

/** Of a reply that has not come whole. The largest asked for has 10,000 members three times over. */
const bufferBytesMax = 32 * 1024 * 1024;
const listLengthMax = 1_000_000;
const depthMax = 8;
const unfinished: unique symbol = Symbol("unfinished");

export function commandBytes(words: readonly (string | number)[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join("")}`);
}

export class RespReader {
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;
  #isPush = false;

  /** All values that are whole now. Throws when it is no RESP. */
  read(chunk: Uint8Array): Heard[] {
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#buffer, chunk]);
    if (this.#buffer.length > bufferBytesMax) throw new Error("the answer is too large");
    const heard: Heard[] = [];
    let whole = 0;
    this.#at = 0;
    while (this.#at < this.#buffer.length) {
      this.#isPush = false;
      const value = this.#value(0);
      if (value === unfinished) break;
      whole = this.#at;
      heard.push({ isPush: this.#isPush, value });
    }
    this.#buffer = this.#buffer.subarray(whole);
    return heard;
  }

  #value(depth: number): Reply | typeof unfinished {
    if (depth > depthMax) throw new Error("the answer is nested too deeply");
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
        return this.#bulk(line[0], length(rest));
      case "*":
      case "~":
        return this.#list(length(rest), depth);
      case ">":
        this.#isPush ||= depth === 0;
        return this.#list(length(rest), depth);
      case "%":
        return this.#list(2 * length(rest), depth);
      case "|": {
        // Attributes say something about the value that follows; nothing that we need.
        const attributes = this.#list(2 * length(rest), depth);
        return attributes === unfinished ? unfinished : this.#value(depth);
      }
      default:
        throw new Error("what answers is no Redis");
    }
  }

  #line(): string | typeof unfinished {
    const end = this.#buffer.indexOf("\r\n", this.#at);
    if (end < 0) return unfinished;
    const line = this.#buffer.toString("utf8", this.#at, end);
    this.#at = end + 2;
    return line;
  }

  #bulk(kind: string, bytes: number): Reply | typeof unfinished {
    if (bytes < 0) return null;
    if (this.#buffer.length < this.#at + bytes + 2) return unfinished;
    const text = this.#buffer.toString("utf8", this.#at, this.#at + bytes);
    this.#at += bytes + 2;
    if (kind === "!") return new ReplyError(text);
    // "txt:" before a verbatim text.
    return kind === "=" ? text.slice(4) : text;
  }

  #list(count: number, depth: number): Reply | typeof unfinished {
    if (count < 0) return null;
    const values: Reply[] = [];
    for (let index = 0; index < count; index++) {
      const value = this.#value(depth + 1);
      if (value === unfinished) return unfinished;
      values.push(value);
    }
    return values;
  }
}

function length(digits: string): number {
  const value = /^(-1|\d{1,10})$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(value <= Math.max(listLengthMax, bufferBytesMax))) throw new Error("what answers is no Redis");
  return value;
}
