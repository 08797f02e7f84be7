// Reads the answers of one keep-alive connection, one at a time, as far as a generator of load must: the status, where the answer
// ends (RFC 9112 section 6), and whether the connection goes on. Not the proxy's own codec: a mistake there would hide itself. Bodies are
// counted, not kept. What is not an answer, or comes without having been asked for, throws.

const headBytesMax = 64 * 1024;
const lineBytesMax = 4096;

type State = "head" | "counted" | "toEnd" | "size" | "chunk" | "chunkEnd" | "trailers" | "done";

export class AnswerReader {
  status = 0;
  bodyBytes = 0;
  /** The connection ends with this answer. */
  isLast = false;
  /** Of the answer under way something has come. */
  hasBegun = false;
  #state: State = "done";
  #left = 0;
  #line = "";
  #head: Buffer | null = null;

  /** For the next answer. */
  expect(): void {
    this.status = this.bodyBytes = this.#left = 0;
    this.isLast = this.hasBegun = false;
    this.#line = "";
    this.#head = null;
    this.#state = "head";
  }

  /** Whether the answer is whole now. */
  take(bytes: Buffer): boolean {
    if (this.#state === "done") throw new Error("bytes that nobody asked for");
    this.hasBegun = true;
    let at = 0;
    while (at < bytes.length && !this.#isDone()) {
      if (this.#state === "head") at = this.#takeHead(bytes, at);
      else if (this.#state === "counted" || this.#state === "chunk") at = this.#takeCounted(bytes, at);
      else if (this.#state === "toEnd") {
        this.bodyBytes += bytes.length - at;
        at = bytes.length;
      } else at = this.#takeLine(bytes, at);
    }
    if (at < bytes.length) throw new Error("bytes behind the end of an answer");
    return this.#isDone();
  }

  /** The peer has ended the connection: whether the answer is whole by that. */
  end(): boolean {
    const isWhole = this.#state === "toEnd";
    this.#state = "done";
    return isWhole;
  }

  #isDone(): boolean {
    return this.#state === "done";
  }

  #takeHead(bytes: Buffer, at: number): number {
    const held = this.#head === null ? bytes.subarray(at) : Buffer.concat([this.#head, bytes.subarray(at)]);
    const end = held.indexOf("\r\n\r\n");
    if (end === -1) {
      if (held.length > headBytesMax) throw new Error("a head without an end");
      this.#head = held;
      return bytes.length;
    }
    const used = end + 4 - (this.#head?.length ?? 0);
    this.#head = null;
    this.#readHead(held.toString("latin1", 0, end));
    return at + used;
  }

  #readHead(head: string): void {
    const start = /^HTTP\/1\.([01]) (\d{3})(?:[ \r]|$)/.exec(head);
    if (start === null) throw new Error(`no answer of HTTP/1: ${JSON.stringify(head.slice(0, 40))}`);
    const status = Number(start[2]);
    // 100 and 103 come before the answer.
    if (status < 200) return;
    this.status = status;
    const field = (name: string): string => new RegExp(`\\r\\n${name}:([^\\r]*)`, "i").exec(head)?.[1] ?? "";
    const connection = field("connection");
    this.isLast = start[1] === "0" ? !/keep-alive/i.test(connection) : /\bclose\b/i.test(connection);
    if (status === 204 || status === 304) this.#state = "done";
    else if (/chunked/i.test(field("transfer-encoding"))) this.#state = "size";
    else this.#length(field("content-length").trim());
  }

  #length(text: string): void {
    if (text === "") {
      this.#state = "toEnd";
      this.isLast = true;
      return;
    }
    if (!/^\d{1,15}$/.test(text)) throw new Error(`a length that is none: ${text}`);
    this.#left = Number(text);
    this.#state = this.#left === 0 ? "done" : "counted";
  }

  #takeCounted(bytes: Buffer, at: number): number {
    const taken = Math.min(this.#left, bytes.length - at);
    this.#left -= taken;
    this.bodyBytes += taken;
    if (this.#left === 0) this.#state = this.#state === "chunk" ? "chunkEnd" : "done";
    return at + taken;
  }

  /** Sizes of chunks, their ends, and trailers. */
  #takeLine(bytes: Buffer, at: number): number {
    const feed = bytes.indexOf(10, at);
    const end = feed === -1 ? bytes.length : feed + 1;
    this.#line += bytes.toString("latin1", at, end);
    if (this.#line.length > lineBytesMax) throw new Error("a line without an end");
    if (feed === -1) return end;
    const line = this.#line.replace(/\r?\n$/, "");
    this.#line = "";
    if (this.#state === "size") {
      const size = /^([0-9a-f]{1,8})[ \t]*(?:;|$)/i.exec(line)?.[1];
      if (size === undefined) throw new Error(`a chunk without a size: ${JSON.stringify(line.slice(0, 40))}`);
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? "trailers" : "chunk";
    } else if (this.#state === "chunkEnd") {
      if (line !== "") throw new Error("a chunk longer than its size");
      this.#state = "size";
    } else if (line === "") this.#state = "done";
    return end;
  }
}
