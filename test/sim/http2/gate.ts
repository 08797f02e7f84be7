// One connection of HTTP/2 that several simulated clients of HTTP/1.1 share: to each of them it looks like a connection of its own, on which it
// asks without content, one request after the other, and is answered; on the wire each request is a stream beside those of the others.

import { block, type Field } from "../../e2e/harness/http2/fields.ts";
import {
  Flag,
  frame,
  headers,
  preface,
  resetStream,
  Setting,
  settings,
  settingsAck,
  Type,
  windowUpdate,
} from "../../e2e/harness/http2/frames.ts";
import type { Ears, End, Way } from "../network.ts";
import type { World } from "../world.ts";
import { Wire, type WireStream } from "./wire.ts";

const restMs = 500;

/** What one of them has of it. */
class GateWay implements Way {
  ears: Ears | null = null;
  isClosed = false;
  stream: WireStream | null = null;
  isPaused = false;
  #asked = "";
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  write(bytes: Uint8Array, start: number, end: number): number {
    if (this.isClosed) return -1;
    this.#asked += Buffer.from(bytes.subarray(start, end)).toString("latin1");
    const length = this.#asked.indexOf("\r\n\r\n");
    if (length === -1) return end - start;
    const [first, ...lines] = this.#asked.slice(0, length).split("\r\n");
    this.#asked = this.#asked.slice(length + 4);
    const [method, path] = first!.split(" ");
    const fields = lines.map((line): Field => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
    });
    this.#gate.ask(this, method!, path!, fields);
    return end - start;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(): void {
    this.reset();
  }

  reset(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.ears = null;
    this.#gate.left(this);
  }

  /** The connection is gone, or its stream has ended without an answer. */
  lose(): void {
    const { ears } = this;
    if (this.isClosed) return;
    this.isClosed = true;
    this.ears = null;
    ears?.closed(true);
  }

  answer({ status, fields, body, isHead }: WireStream): void {
    const hasBody = !isHead && status !== 204 && status !== 304;
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const length =
      hasBody && !fields.some(([name]) => name === "content-length") ? `content-length: ${body.length}\r\n` : "";
    this.stream = null;
    this.ears?.data(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${lines}${length}\r\n`, "latin1"), body]));
  }
}

export class Gate {
  readonly #world: World;
  readonly #end: End;
  readonly #wire: Wire;
  readonly #ways: Set<GateWay> = new Set();
  #queue: Buffer[] = [];
  /** Nobody may come any more. */
  isClosed = false;

  constructor(world: World, name: string, end: End) {
    this.#world = world;
    this.#end = end;
    this.#wire = new Wire(name, {
      settings: () => this.#say(settingsAck),
      ping: (payload) => this.#say(frame(Type.ping, Flag.ack, 0, payload)),
      ended: (stream) => this.#ended(stream),
      goaway: () => {
        this.isClosed = true;
      },
    });
    end.ears = {
      data: (bytes) => this.#wire.hear(bytes),
      writable: () => this.#say(),
      end: () => {
        this.#lost();
        world.after(1, () => end.close());
      },
      closed: () => this.#lost(),
    };
    const window = world.pick([65_535, 1, world.between(2, 5_000)]);
    this.#wire.set(window);
    this.#say(preface, settings([Setting.initialWindowSize, window]));
    this.#tend();
  }

  open(): GateWay {
    const way = new GateWay(this);
    this.#ways.add(way);
    return way;
  }

  ask(way: GateWay, method: string, path: string, fields: readonly Field[]): void {
    way.stream = this.#wire.opened(method === "HEAD");
    way.stream.isSaid = true;
    const host = fields.find(([name]) => name === "host")![1];
    const own = fields.filter(([name]) => name !== "host");
    const all = block([":method", method], [":scheme", "http"], [":authority", host], [":path", path], ...own);
    this.#say(headers(way.stream.id, all, Flag.endHeaders | Flag.endStream));
  }

  left(way: GateWay): void {
    this.#ways.delete(way);
    const { stream } = way;
    if (stream !== null && !stream.isOver) {
      stream.isTakenBack = true;
      this.#say(resetStream(stream.id));
    }
    if (this.#ways.size > 0) return;
    this.#world.after(this.#world.between(1, restMs), () => {
      if (this.#ways.size > 0 || this.#end.isClosed) return;
      this.isClosed = true;
      this.#end.close();
    });
  }

  #say(...frames: readonly Buffer[]): void {
    this.#queue.push(...frames);
    if (this.#end.isClosed || this.#queue.length === 0) return;
    const bytes = Buffer.concat(this.#queue);
    const taken = this.#end.write(bytes, 0, bytes.length);
    this.#queue = taken < 0 || taken === bytes.length ? [] : [bytes.subarray(taken)];
  }

  /** Opens windows, in time. */
  #tend(): void {
    if (this.#end.isClosed) return;
    const world = this.#world;
    if (this.#wire.receiveWindow < 30_000) this.#widen(this.#wire, 0);
    for (const { stream, isPaused } of this.#ways)
      if (stream !== null && !stream.isOver && !stream.isWhole && !isPaused && stream.receiveWindow < 30_000)
        this.#widen(stream, stream.id);
    world.after(world.between(1, 40), () => this.#tend());
  }

  #widen(owner: { receiveWindow: number }, id: number): void {
    const bytes = this.#world.between(1, 60_000);
    owner.receiveWindow += bytes;
    this.#say(windowUpdate(id, bytes));
  }

  #ended(stream: WireStream): void {
    for (const way of [...this.#ways]) {
      if (way.stream !== stream) continue;
      if (stream.isWhole) return way.answer(stream);
      this.#ways.delete(way);
      return way.lose();
    }
  }

  #lost(): void {
    this.isClosed = true;
    for (const way of [...this.#ways]) way.lose();
    this.#ways.clear();
  }
}
