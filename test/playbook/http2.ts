// A client that speaks HTTP/2 in a conversation with the flows: it says frames, and what it is sent is told in words, a frame a line:
//
//   const caller = new Caller(play);
//   caller.asks(1, "/");
//   caller.expect("dial one:80");
//   play.accept().sends(ok("hi"));
//   caller.expect("HEADERS 1 200 content-length=2", 'DATA 1 "hi" END', "report 200");
//
// Frames are read and written by the tests' own code (test/e2e/harness/http2), which shares nothing with the proxy's.

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
  Type,
} from "../e2e/harness/http2/frames.ts";
import type { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import { makeClient, makeClientTls } from "./client.ts";

const shownMax = 100;

/** Streams end with the request's head unless a body follows. */
export interface Asking {
  readonly method?: string;
  readonly fields?: readonly Field[];
  readonly isOpen?: boolean;
}

export function head(
  stream: number,
  path: string,
  { method = "GET", fields = [], isOpen = false }: Asking = {},
): Buffer {
  const own: Field[] = [[":method", method]];
  if (method === "CONNECT") own.push([":authority", path]);
  else own.push([":scheme", "https"], [":authority", "a"], [":path", path]);
  return headers(stream, block(...own, ...fields), Flag.endHeaders | (isOpen ? 0 : Flag.endStream));
}

export interface CallerOptions {
  readonly isKnown?: boolean;
  readonly window?: number;
  /** What it asks for by SNI. */
  readonly serverName?: string;
}

export class Caller {
  readonly play: Playbook;
  readonly actor: Actor;
  /** How often something was sent to it. */
  sends = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #block: { frame: Frame; parts: Buffer[] } | null = null;
  readonly #reader = new FieldReader();

  /** Its SETTINGS and ours have been said. `address`: by agreement (ALPN) unless that is null. */
  constructor(play: Playbook, { isKnown = true, window = -1, serverName = "" }: CallerOptions = {}) {
    this.play = play;
    this.actor = play.connect(
      isKnown ? makeClient("192.0.2.1", { tls: makeClientTls({ alpn: "h2", serverName }) }) : "192.0.2.1",
    );
    const send = this.actor.send.bind(this.actor);
    this.actor.send = (bytes, start, end) => {
      this.sends++;
      return send(bytes, start, end);
    };
    this.says(preface, window === -1 ? settings() : settings([4, window]));
    this.hears();
    this.sends = 0;
  }

  /** In one read. */
  says(...frames: readonly Uint8Array[]): void {
    this.actor.sends(Buffer.concat(frames).toString("latin1"));
  }

  asks(stream: number, path = "/", asking: Asking = {}): void {
    this.says(head(stream, path, asking));
  }

  sendsData(stream: number, bytes: Uint8Array | string, isLast = false): void {
    this.says(data(stream, bytes, isLast));
  }

  /** All that was said since the last time, frames to this one in words. */
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

  /** What bytes that were sent to it say. */
  frames(bytes: Buffer): string[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const lines: string[] = [];
    for (let frame = frameOf(this.#bytes); frame !== null; frame = frameOf(this.#bytes)) {
      this.#bytes = this.#bytes.subarray(headBytes + frame.payload.length);
      const line = this.#words(frame);
      if (line !== null) lines.push(line);
    }
    return lines;
  }

  /** Null: more of it is to come. */
  #words(frame: Frame): string | null {
    const { type, flags, stream, payload } = frame;
    const ack = (flags & Flag.ack) === 0 ? "" : " ACK";
    switch (type) {
      case Type.data:
        return `DATA ${stream}${shown(payload)}${endOf(flags)}`;
      case Type.headers:
        this.#block = { frame, parts: [payload] };
        return this.#endBlock(flags);
      case Type.continuation:
        this.#block!.parts.push(payload);
        return this.#endBlock(flags);
      case Type.settings: {
        const pairs = Array.from({ length: payload.length / 6 }, (_, index) =>
          payload.subarray(index * 6, index * 6 + 6),
        );
        return `SETTINGS${ack}${pairs.map((pair) => ` ${pair.readUInt16BE(0)}=${pair.readUInt32BE(2)}`).join("")}`;
      }
      case Type.ping:
        return `PING${ack} ${payload.toString("latin1").replaceAll("\0", "0")}`;
      case Type.resetStream:
        return `RST_STREAM ${stream} ${errorNames[payload.readUInt32BE(0)]}`;
      case Type.goaway: {
        const debug = payload.subarray(8).toString("latin1");
        const last = payload.readUInt32BE(0) === 2 ** 31 - 1 ? "all" : payload.readUInt32BE(0);
        return `GOAWAY ${last} ${errorNames[payload.readUInt32BE(4)]}${debug === "" ? "" : ` ${debug}`}`;
      }
      case Type.windowUpdate:
        return `WINDOW_UPDATE ${stream} ${payload.readUInt32BE(0)}`;
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
      .map(([name, value]) => (name === ":status" ? value : `${name}=${value}`));
    return `HEADERS ${frame.stream} ${words.join(" ")}${endOf(frame.flags)}`;
  }
}

const endOf = (flags: number): string => ((flags & Flag.endStream) === 0 ? "" : " END");

function shown(payload: Buffer): string {
  if (payload.length > shownMax) return ` [${payload.length}]`;
  return payload.length === 0 ? "" : ` ${JSON.stringify(payload.toString("latin1"))}`;
}
