// A simulated client that speaks HTTP/2: it opens its streams at any time, sends content as far as windows allow, opens windows of its
// own late, by little, or changes them under way, takes streams back, pings, goes away. For each request it must get what a client of
// HTTP/1.1 gets (answer.ts), or see that its stream has ended otherwise; what it hears on the wire is judged by wire.ts.

import { block, type Field, huffman, indexed, integer, literal } from "../../e2e/harness/http2/fields.ts";
import {
  continuation,
  Flag,
  frame,
  goaway,
  headers,
  padded,
  ping,
  preface,
  priority,
  resetStream,
  Setting,
  settings,
  settingsAck,
  Type,
  windowUpdate,
} from "../../e2e/harness/http2/frames.ts";
import { judgeAnswer } from "../answer.ts";
import { fieldOf, type Message } from "../message.ts";
import type { End } from "../network.ts";
import type { Request } from "../requests.ts";
import type { Swarm } from "../swarm.ts";
import { Violation, type World } from "../world.ts";
import { Wire, type WireStream } from "./wire.ts";

const windowMax = 2 ** 31 - 1;
const leftByClient = new Set(["connection", "host", "transfer-encoding", "x-hop", "expect"]);

interface Asked {
  readonly request: Request;
  readonly stream: WireStream;
  /** Of its content, what was sent. */
  at: number;
  isJudged: boolean;
}

export class Http2Client {
  readonly name: string;
  readonly #world: World;
  readonly #swarm: Swarm;
  readonly #end: End;
  readonly #isStrict: boolean;
  readonly #wire: Wire;
  readonly #left: Request[];
  readonly #asked: Asked[] = [];
  readonly #all: readonly Request[];
  readonly #queue: Buffer[] = [];
  #queueAt = 0;
  /** Below so much it opens windows further. */
  readonly #windowMin: number;
  /** It opens them as soon as something has come. */
  readonly #isEager: boolean;
  readonly #dripBytes: number;
  #isWaiting = false;
  /** When it has sent DATA last. */
  #dataMs = 0;
  #hasShut = false;
  #isGoing = false;
  #isGone = false;
  answered = 0;
  isDone = false;

  constructor(world: World, swarm: Swarm, name: string, end: End, requests: Request[], isStrict: boolean) {
    this.#world = world;
    this.#swarm = swarm;
    this.name = name;
    this.#end = end;
    this.#isStrict = isStrict;
    this.#left = requests;
    this.#all = [...requests];
    this.#isEager = world.chance(0.5);
    this.#windowMin = world.pick([1, 1000, 20_000, 100_000]);
    this.#dripBytes = swarm.clientSlow && world.chance(0.4) ? world.between(isStrict ? 500 : 100, 2000) : 0;
    this.#wire = new Wire(name, {
      settings: () => this.#say(settingsAck),
      ping: (payload) => {
        // Who does not answer is told to go all the same.
        if (this.#isStrict || this.#world.chance(0.8)) this.#say(frame(Type.ping, Flag.ack, 0, payload));
      },
      ended: (stream) => this.#streamEnded(stream),
      goaway: (lastStream) => this.#toldToGo(lastStream),
    });
    end.ears = {
      data: (bytes) => this.#data(bytes),
      writable: () => this.#pump(),
      end: () => this.#ended(),
      closed: (isReset) => this.#closed(isReset),
    };
    this.#begin();
    if (!isStrict) this.#misbehave();
  }

  #begin(): void {
    const world = this.#world;
    const window = world.pick([null, null, 0, 1, world.between(2, 2_000), 200_000, windowMax]);
    this.#wire.set(window);
    const said = window === null ? [] : [[Setting.initialWindowSize, window] as const];
    const more = world.chance(0.5) ? [[Setting.enablePush, 0] as const, [Setting.headerTableSize, 0] as const] : [];
    this.#say(Buffer.concat([preface, settings(...more, ...said)]));
    if (world.chance(0.5)) this.#widen(0, world.between(1, 1_000_000));
    this.#tend();
    this.#openSome();
    for (let times = world.chance(0.5) ? world.between(1, 5) : 0; times > 0; times--)
      world.after(world.skewed(0, 3_000), () => this.#sayOdd());
  }

  // ---- what it says ----

  #say(bytes: Buffer): void {
    if (this.#isGone || this.#hasShut || this.#end.isClosed) return;
    this.#queue.push(bytes);
    this.#pump();
  }

  /** What waits, then content, as far as the connection takes it. */
  #pump(): void {
    while (!this.#isWaiting && !this.#end.isClosed && !this.#isGone && !this.#hasShut) {
      const bytes = this.#queue[0] ?? this.#nextData();
      if (bytes === null) return;
      if (this.#queue.length === 0) this.#queue.push(bytes);
      const wanted = bytes.length - this.#queueAt;
      const size = this.#dripBytes > 0 ? Math.min(wanted, this.#dripBytes) : wanted;
      const taken = this.#end.write(bytes, this.#queueAt, this.#queueAt + size);
      if (taken < 0) return;
      this.#queueAt += taken;
      const isAll = this.#queueAt === bytes.length;
      if (isAll) {
        this.#queue.shift();
        this.#queueAt = 0;
      }
      if (this.#dripBytes > 0) this.#rest();
      else if (!isAll) return;
    }
  }

  #rest(): void {
    this.#isWaiting = true;
    this.#world.after(this.#world.between(1, 50), () => {
      this.#isWaiting = false;
      this.#pump();
    });
  }

  /** DATA of any stream that has some, and room for it. */
  #nextData(): Buffer | null {
    const world = this.#world;
    const ready = this.#asked.filter(({ stream, request, at }) => {
      if (stream.isSaid || stream.isOver) return false;
      return at === request.body.length || (stream.sendWindow > 300 && this.#wire.sendWindow > 300);
    });
    if (ready.length === 0) return null;
    const asked = world.pick(ready);
    const { stream, request } = asked;
    const left = request.body.length - asked.at;
    const room = Math.min(stream.sendWindow, this.#wire.sendWindow, 16_384) - 257;
    const size = Math.max(0, Math.min(left, world.chance(0.3) ? world.between(1, 100) : room, room));
    const content = Buffer.from(request.body.subarray(asked.at, asked.at + size));
    const isPadded = size > 0 && world.chance(0.1);
    const payload = isPadded ? padded(content, world.between(0, 255)) : content;
    asked.at += size;
    this.#dataMs = world.nowMs;
    stream.sendWindow -= payload.length;
    this.#wire.sendWindow -= payload.length;
    const isWhole = asked.at === request.body.length;
    // The end may come by itself, in an empty frame or with trailers.
    const isLast = isWhole && (size === 0 || world.chance(0.6));
    stream.isSaid = isLast;
    if (isLast && size === 0 && request.framing === "chunked" && world.chance(0.4))
      return headers(stream.id, block(["x-trailer", "kept"]), Flag.endHeaders | Flag.endStream);
    const flags = (isLast ? Flag.endStream : 0) | (isPadded ? Flag.padded : 0);
    return frame(Type.data, flags, stream.id, payload);
  }

  /** Windows that are nearly used up are opened again, now and then. */
  #tend(): void {
    const world = this.#world;
    if (this.isDone || this.#isGone || this.#end.isClosed) return;
    if (this.#wire.receiveWindow < this.#windowMin) this.#widen(0, world.between(1, 60_000));
    for (const { stream } of this.#asked)
      if (!stream.isWhole && !stream.isOver && stream.receiveWindow < this.#windowMin)
        this.#widen(stream.id, world.between(1, 40_000) - Math.min(0, stream.receiveWindow));
    world.after(world.between(1, 100), () => this.#tend());
  }

  #widen(id: number, bytes: number): void {
    const owner = id === 0 ? this.#wire : this.#wire.streams.get(id)!;
    if (owner.receiveWindow + bytes > windowMax / 2) return;
    if (this.#hasShut || this.#isGone) return;
    owner.receiveWindow += bytes;
    this.#say(windowUpdate(id, bytes));
  }

  /** As many requests as may be under way, or fewer. */
  #openSome(): void {
    const world = this.#world;
    const { streamsMax, isLeaving } = this.#wire;
    if (this.#hasShut || this.#isGone || isLeaving) return;
    // Nothing has been promised before SETTINGS have come.
    let room = (streamsMax ?? 1) - this.#asked.filter(({ stream }) => !stream.isOver).length;
    while (room-- > 0 && this.#left.length > 0 && world.chance(0.7)) this.#open(this.#left.shift()!);
    if (this.#left.length > 0) world.after(world.skewed(1, 200), () => this.#openSome());
    else if (this.#swarm.clientHalfCloses && world.chance(0.3)) this.#shutWhenSaid();
  }

  #open(request: Request): void {
    const world = this.#world;
    const stream = this.#wire.opened(request.method === "HEAD");
    this.#world.note(this.name, `opens ${stream.id}: ${request.method} ${request.id}`);
    const isWhole = request.framing === "none" || (request.body.length === 0 && world.chance(0.5));
    stream.isSaid = isWhole;
    this.#asked.push({ request, stream, at: 0, isJudged: false });
    const bytes = Buffer.concat(this.#fields(request).map((field) => this.#field(field)));
    const last = isWhole ? Flag.endStream : 0;
    if (world.chance(0.8)) return this.#say(headers(stream.id, bytes, Flag.endHeaders | last));
    const middle = world.between(0, bytes.length);
    const second = world.between(middle, bytes.length);
    this.#say(
      Buffer.concat([
        headers(stream.id, bytes.subarray(0, middle), last),
        continuation(stream.id, bytes.subarray(middle, second), 0),
        continuation(stream.id, bytes.subarray(second)),
      ]),
    );
  }

  #fields(request: Request): Field[] {
    const lines = request.head.split("\r\n").slice(1, -2);
    const own = lines.map((line): Field => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
    });
    return [
      [":method", request.method],
      [":scheme", "https"],
      [":authority", "sim.test"],
      [":path", request.target],
      ...own.filter(([name]) => !leftByClient.has(name)),
    ];
  }

  #field([name, value]: Field): Buffer {
    const world = this.#world;
    if (name === ":method" && value === "GET") return integer(2, 7, 0x80);
    const way = world.between(0, 3);
    if (way === 0) return indexed(name, value);
    if (way === 1 && value.length < 100) return Buffer.concat([Buffer.from([0x10]), huffman(name), huffman(value)]);
    return literal(name, value);
  }

  /** What is allowed at any time. */
  #sayOdd(): void {
    const world = this.#world;
    if (this.isDone || this.#isGone || this.#hasShut) return;
    const open = this.#asked.filter(({ stream }) => !stream.isOver);
    switch (world.between(0, 5)) {
      case 0: {
        const text = String(world.between(10_000_000, 99_999_999));
        this.#wire.pinged(text);
        return this.#say(ping(text));
      }
      case 1: {
        const window = world.chance(0.5) ? world.skewed(0, 2_000) : world.between(0, 200_000);
        this.#wire.set(window);
        return this.#say(settings([Setting.initialWindowSize, window]));
      }
      case 2:
        return this.#say(priority(this.#wire.lastStream + 2, 0));
      case 3:
        return this.#say(frame(77, 255, world.between(0, 9), Buffer.from("not known")));
      case 4:
        return this.#say(goaway(0));
      default: {
        if (this.#isStrict || !this.#swarm.clientAborts || open.length === 0) return;
        const { stream, request } = world.pick(open);
        world.note(this.name, `takes ${stream.id} back: ${request.id}`);
        stream.isTakenBack = true;
        this.#say(resetStream(stream.id, world.pick([0, 8])));
        return this.#maybeLeave();
      }
    }
  }

  /** Nothing more will be asked, though all that was is waited for. */
  #shutWhenSaid(): void {
    if (this.#isGone || this.#end.isClosed || this.#hasShut) return;
    const isSaid = this.#queue.length === 0 && this.#asked.every(({ stream }) => stream.isSaid || stream.isOver);
    // Windows cannot be opened any more.
    const isOpen =
      this.#asked.every(({ stream }) => stream.receiveWindow > 1_000_000) && this.#wire.receiveWindow > 9_000_000;
    if (!isSaid || (this.#isStrict && !isOpen)) {
      if (!this.isDone) this.#world.after(50, () => this.#shutWhenSaid());
      return;
    }
    this.#world.note(this.name, "ends its half");
    this.#hasShut = true;
    this.#end.shutdown();
  }

  #misbehave(): void {
    const { clientAborts, clientVanishes, clientStalls } = this.#swarm;
    const world = this.#world;
    if (clientAborts && world.chance(0.3))
      world.after(world.skewed(0, 3_000), () => {
        world.note(this.name, "aborts");
        if (this.#end.isClosed) return;
        if (world.chance(0.5)) this.#end.reset();
        else this.#end.close();
        this.#stop();
      });
    if (clientVanishes && world.chance(0.3))
      world.after(world.skewed(0, 2_000), () => {
        world.note(this.name, "vanishes");
        this.#end.pause();
        this.#end.ears = null;
        this.#stop();
      });
    if (clientStalls && world.chance(0.5))
      world.after(world.skewed(0, 1_000), () => {
        if (this.#end.isClosed) return;
        this.#end.pause();
        world.after(world.skewed(10, 20_000), () => this.#end.resume());
      });
  }

  // ---- what it hears ----

  #data(bytes: Uint8Array): void {
    this.#wire.hear(bytes);
    if (this.#isEager) {
      if (this.#wire.receiveWindow < 1_000_000) this.#widen(0, 1_000_000);
      for (const { stream } of this.#asked)
        if (!stream.isWhole && !stream.isOver && stream.receiveWindow < 100_000) this.#widen(stream.id, 400_000);
    }
    this.#pump();
    if (!this.#swarm.clientSlow || !this.#world.chance(0.3) || this.#end.isClosed) return;
    this.#end.pause();
    this.#world.after(this.#world.between(1, 100), () => this.#end.resume());
  }

  #streamEnded(stream: WireStream): void {
    const asked = this.#asked.find((each) => each.stream === stream)!;
    if (stream.reset !== null)
      this.#world.note(this.name, `sees ${stream.id} reset by ${stream.reset}: ${asked.request.id}`);
    if (!asked.isJudged) {
      asked.isJudged = true;
      if (stream.isWhole) this.#judge(asked);
      else {
        // Where a connection logs in, HTTP/2 does not serve.
        const isOtherwise = this.#swarm.logins && stream.reset === "HTTP_1_1_REQUIRED";
        if (this.#isStrict && !isOtherwise)
          throw new Violation(`${this.name}: ${asked.request.id} is reset by ${stream.reset} though nothing is wrong`);
      }
    }
    this.#maybeLeave();
  }

  #judge({ request, stream }: Asked): void {
    this.answered++;
    const { status, fields, body, trailers } = stream;
    const message: Message = { start: ["HTTP/2", String(status), ""], fields, body: new Uint8Array(body), trailers };
    judgeAnswer(this.#world, this.#swarm, this.name, request, message, this.#isStrict);
    if (fieldOf(message, "x-echo-id") !== undefined && request.arrivals === 0)
      throw new Violation(`${this.name}: ${request.id} was answered and has reached no server`);
  }

  #toldToGo(lastStream: number): void {
    this.#world.note(this.name, `told to go after ${lastStream}`);
    if (this.#isStrict && lastStream < this.#wire.lastStream)
      throw new Violation(
        `${this.name}: told to go after ${lastStream} of ${this.#wire.lastStream} though nothing is wrong`,
      );
    this.#isGoing = true;
    for (const asked of this.#asked)
      if (asked.stream.id > lastStream && !asked.stream.isOver) {
        asked.stream.isTakenBack = true;
        if (asked.request.arrivals > 0)
          throw new Violation(`${this.name}: ${asked.request.id} is behind a GOAWAY and has reached a server`);
      }
    this.#maybeLeave();
  }

  /** Nothing is left to be waited for. */
  #maybeLeave(): void {
    if (this.isDone || (this.#left.length > 0 && !this.#isGoing)) return;
    if (this.#asked.some(({ stream }) => !stream.isOver)) return;
    this.isDone = true;
    // Some wait until they are told to go.
    if (this.#hasShut || this.#world.chance(0.3)) return;
    this.#world.after(this.#world.skewed(0, 50), () => {
      if (!this.#end.isClosed) this.#end.close();
      this.#isGone = true;
    });
  }

  #ended(): void {
    this.#world.note(this.name, "sees FIN");
    if (this.#wire.isInside) throw new Violation(`${this.name}: a FIN inside of a frame`);
    this.#judgeWindow();
    this.#finish();
    this.#world.after(this.#world.skewed(0, 100), () => this.#end.close());
  }

  /** Nothing is on its way and nothing under way: what was sent has been taken, and is given back. */
  #judgeWindow(): void {
    const isQuiet = this.isDone && this.#queue.length === 0 && this.#world.nowMs - this.#dataMs > 5_000;
    if (isQuiet && this.#wire.sendWindow <= this.#wire.sendWindowMin)
      throw new Violation(
        `${this.name}: ${this.#wire.sendWindow} bytes of the connection's window were not given back`,
      );
  }

  #closed(isReset: boolean): void {
    this.#world.note(this.name, `sees close${isReset ? " by reset" : ""}`);
    this.#finish();
  }

  #finish(): void {
    const isCut = this.#asked.some(({ stream }) => !stream.isOver) || (this.#left.length > 0 && !this.#isGoing);
    if (this.#isStrict && isCut && !this.isDone)
      throw new Violation(`${this.name}: ${this.answered} of ${this.#all.length} answered though nothing is wrong`);
    this.#stop();
  }

  #stop(): void {
    this.#isGone = true;
    this.isDone = true;
  }

  /** At the end of all: whatever was answered, or had reached a server, was reported once. */
  judgeReports(): void {
    for (const { request, isJudged, stream } of this.#asked) {
      const isKnown = request.arrivals > 0 || (isJudged && stream.isWhole);
      if (isKnown && request.reports !== 1) throw new Violation(`${request.id} was reported ${request.reports} times`);
    }
  }
}
