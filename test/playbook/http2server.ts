// A server that is asked by HTTP/2 in a conversation with the flows: what it is sent is told in words, a frame a line, and it says frames:
//
//   const play = new Playbook({ server: { isHttp2: true } });
//   client.sends(get);
//   const server = new Answerer(play);
//   server.expect('HEADERS 1 :method=GET … END');
//   server.answers(1, 200, "hi");
//
// Its own code reads and writes the frames (test/e2e/harness/http2), as with playbook/http2.ts for clients.

import { block, type Field, FieldReader } from "../e2e/harness/http2/fields.ts";
import {
  data,
  errorNames,
  Flag,
  type Frame,
  frameOf,
  headBytes,
  headers,
  preface,
  settings,
  settingsAck,
  Type,
} from "../e2e/harness/http2/frames.ts";
import type { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";

const shownMax = 100;

export interface AnswererOptions {
  /** Pairs of its SETTINGS; null: it has not sent them yet. */
  readonly settings?: readonly (readonly [number, number])[] | null;
  /** What was agreed on by ALPN; absent: it is asked in the clear. */
  readonly alpn?: string;
}

export class Answerer {
  readonly play: Playbook;
  readonly actor: Actor;
  #bytes: Buffer = Buffer.alloc(0);
  #prefaceLeft: number = preface.length;
  #block: { frame: Frame; parts: Buffer[] } | null = null;
  readonly #reader = new FieldReader();

  /** It accepts the oldest dial. Its SETTINGS and ours have been said, and acknowledged. */
  constructor(play: Playbook, { settings: pairs = [], alpn }: AnswererOptions = {}) {
    this.play = play;
    this.actor = play.accept((actor) => {
      if (alpn !== undefined) actor.alpn = alpn;
    });
    if (pairs !== null) this.says(settings(...pairs), settingsAck);
  }

  /** In one read. */
  says(...frames: readonly Uint8Array[]): void {
    this.actor.sends(Buffer.concat(frames).toString("latin1"));
  }

  /** A whole answer, in one read. */
  answers(stream: number, status = 200, content = "", fields: readonly Field[] = []): void {
    const head = responseHead(stream, status, fields, content === "");
    this.says(...(content === "" ? [head] : [head, data(stream, content, true)]));
  }

  /** All that was said since the last time, frames to this one in words; our first words and acknowledgements are left out. */
  hears(): string[] {
    const start = `${this.actor.name} gets `;
    return this.play.take().flatMap((line) => {
      if (!line.startsWith(start)) return [line];
      return this.frames(Buffer.from(JSON.parse(`"${line.slice(start.length)}"`) as string, "latin1"));
    });
  }

  expect(...expected: string[]): void {
    const said = this.hears();
    if (said.length === expected.length && said.every((line, index) => line === expected[index])) return;
    throw new Error(
      `said was:\n${said.map((line) => `  ${line}`).join("\n")}\nand not:\n${expected.map((line) => `  ${line}`).join("\n")}`,
    );
  }

  frames(bytes: Buffer): string[] {
    const skipped = Math.min(this.#prefaceLeft, bytes.length);
    this.#prefaceLeft -= skipped;
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(skipped)]);
    const lines: string[] = [];
    for (let frame = frameOf(this.#bytes); frame !== null; frame = frameOf(this.#bytes)) {
      this.#bytes = this.#bytes.subarray(headBytes + frame.payload.length);
      const line = this.#words(frame);
      if (line !== null) lines.push(line);
    }
    return lines;
  }

  #words(frame: Frame): string | null {
    const { type, flags, stream, payload } = frame;
    switch (type) {
      case Type.data:
        return `DATA ${stream}${shown(payload)}${endOf(flags)}`;
      case Type.headers:
        this.#block = { frame, parts: [payload] };
        return this.#endBlock(flags);
      case Type.continuation:
        this.#block!.parts.push(payload);
        return this.#endBlock(flags);
      case Type.settings:
        return null;
      case Type.ping:
        return `PING${(flags & Flag.ack) === 0 ? "" : " ACK"} ${payload.toString("latin1").replaceAll("\0", "0")}`;
      case Type.resetStream:
        return `RST_STREAM ${stream} ${errorNames[payload.readUInt32BE(0)]}`;
      case Type.goaway: {
        const debug = payload.subarray(8).toString("latin1");
        return `GOAWAY ${payload.readUInt32BE(0)} ${errorNames[payload.readUInt32BE(4)]}${debug === "" ? "" : ` ${debug}`}`;
      }
      case Type.windowUpdate:
        // The connection's at its beginning is no news.
        return stream === 0 && payload.readUInt32BE(0) === 4 * 1024 * 1024 - 65_535
          ? null
          : `WINDOW_UPDATE ${stream} ${payload.readUInt32BE(0)}`;
      default:
        throw new Error(`a frame of type ${type}`);
    }
  }

  #endBlock(flags: number): string | null {
    if ((flags & Flag.endHeaders) === 0) return null;
    const { frame, parts } = this.#block!;
    this.#block = null;
    const words = this.#reader
      .read(Buffer.concat(parts))
      .map(([name, value]) => (name.startsWith(":") ? value : `${name}=${value}`));
    return `HEADERS ${frame.stream} ${words.join(" ")}${endOf(frame.flags)}`;
  }
}

export function responseHead(stream: number, status: number, fields: readonly Field[] = [], isEnd = false): Buffer {
  const flags = Flag.endHeaders | (isEnd ? Flag.endStream : 0);
  return headers(stream, block([":status", String(status)], ...fields), flags);
}

/** Trailers: the last of a stream. */
export function trailers(stream: number, ...fields: readonly Field[]): Buffer {
  return headers(stream, block(...fields), Flag.endHeaders | Flag.endStream);
}

const endOf = (flags: number): string => ((flags & Flag.endStream) === 0 ? "" : " END");

function shown(payload: Buffer): string {
  if (payload.length > shownMax) return ` [${payload.length}]`;
  return payload.length === 0 ? "" : ` ${JSON.stringify(payload.toString("latin1"))}`;
}
