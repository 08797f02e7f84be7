// What came of a request, as its client sees it: the answer, if there was one, and what became of the connection. Read off a raw
// connection, so that an end without an answer, a reset and a silence are outcomes like any other.

import { Client, type Place } from "./client.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

export interface Outcome {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly reason: string;
  /** By lowercase name; values of one name are joined by ", ". */
  readonly fields: Readonly<Record<string, string>>;
  /** As the client is to understand it: chunks are opened. */
  readonly body: string;
  /** Of the connection after it: still open, ended in order, reset, or open with nothing said in all the time that was given. */
  readonly end: "open" | "fin" | "rst" | "silent";
  /** From the request to the last byte of the answer, or to the end. */
  readonly elapsedMs: number;
}

export interface Asking {
  /** How long nothing may come before that is taken as silence. */
  readonly patienceMs?: number;
  /** After an answer that leaves the connection open: wait for its end all the same. */
  readonly isEndAwaited?: boolean;
}

const patienceMsUsual = 10_000;

/** One connection, on which requests can follow each other. */
export class Asker {
  readonly client: Client;
  #read = 0;

  private constructor(client: Client) {
    this.client = client;
  }

  static async connect(room: Room, place: Place): Promise<Asker> {
    return new Asker(await Client.connect(room, place));
  }

  async ask(
    request: string | Uint8Array,
    { patienceMs = patienceMsUsual, isEndAwaited }: Asking = {},
  ): Promise<Outcome> {
    const { client } = this;
    const startedMs = performance.now();
    const isHead = typeof request === "string" && request.startsWith("HEAD ");
    if (request.length > 0) client.send(request);
    let answer: Answer | null = null;
    await until(
      "an answer",
      () => {
        answer = readAnswer(client.bytes.subarray(this.#read), isHead, isOver(client));
        return answer !== null || isOver(client);
      },
      patienceMs,
    ).catch(() => {});
    const elapsedMs = performance.now() - startedMs;
    if (answer === null) {
      const end = isOver(client) ? endOf(client) : "silent";
      return { status: 0, reason: "", fields: {}, body: client.text.slice(this.#read), end, elapsedMs };
    }
    const { size, isLast, ...seen }: Answer = answer;
    this.#read += size;
    if (isLast || isEndAwaited)
      await until("the end of the connection", () => isOver(client), patienceMs).catch(() => {});
    return { ...seen, end: isOver(client) ? endOf(client) : "open", elapsedMs };
  }

  close(): void {
    this.client.socket.terminate();
  }

  /** In order: our half ends, and so will theirs. */
  async end(): Promise<void> {
    this.client.socket.end();
    await until("the connection to be closed", () => this.client.isClosed);
  }
}

function isOver(client: Client): boolean {
  return client.isEnded || client.isClosed;
}

/** A connection that was reset before it was written to is closed without an error; only a FIN is told as an end. */
function endOf(client: Client): "fin" | "rst" {
  return client.isEnded ? "fin" : "rst";
}

interface Answer extends Pick<Outcome, "status" | "reason" | "fields" | "body"> {
  /** Bytes of it, and whether it says that the connection ends with it. */
  readonly size: number;
  readonly isLast: boolean;
}

/** Null as long as it is not whole. */
export function readAnswer(bytes: Buffer, isHead: boolean, isEnded: boolean): Answer | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [line = "", ...lines] = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  const [, minor = "1", written = "0", reason = ""] = /^HTTP\/1\.([01]) (\d{3}) ?(.*)$/.exec(line) ?? [];
  const status = Number(written);
  const start = headEnd + 4;
  if (status >= 100 && status < 200 && status !== 101) {
    const next = readAnswer(bytes.subarray(start), isHead, isEnded);
    return next === null ? null : { ...next, size: next.size + start };
  }
  const fields: Record<string, string> = {};
  for (const field of lines) {
    const colon = field.indexOf(":");
    const [name, value] = [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    fields[name] = name in fields ? `${fields[name]}, ${value}` : value;
  }
  const connection = (fields["connection"] ?? "").toLowerCase();
  const isKept = minor === "1" ? connection !== "close" : connection === "keep-alive";
  const common = { status, reason, fields };
  if (isHead || status === 101 || status === 204 || status === 304)
    return { ...common, body: "", size: start, isLast: !isKept && status !== 101 };
  const rest = bytes.subarray(start);
  if (fields["transfer-encoding"] === "chunked") {
    const opened = openChunks(rest);
    if (opened !== null) return { ...common, body: opened.body, size: start + opened.size, isLast: !isKept };
  } else if (fields["content-length"] !== undefined) {
    const size = Number(fields["content-length"]);
    const body = rest.subarray(0, size).toString("latin1");
    if (rest.length >= size) return { ...common, body, size: start + size, isLast: !isKept };
  }
  // Without a length it ends with the connection; with one that was not reached, it was cut off.
  return isEnded ? { ...common, body: rest.toString("latin1"), size: bytes.length, isLast: true } : null;
}

function openChunks(bytes: Buffer): { readonly body: string; readonly size: number } | null {
  let body = "";
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString("latin1"), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return null;
    // Trailers, if any, are of no interest here.
    const end = size === 0 ? bytes.indexOf("\r\n", start) : -1;
    if (size === 0 && end === start) return { body, size: end + 2 };
    if (size === 0) {
      const last = bytes.indexOf("\r\n\r\n", start);
      return last === -1 ? null : { body, size: last + 4 };
    }
    body += bytes.subarray(start, start + size).toString("latin1");
    at = start + size + 2;
  }
}
