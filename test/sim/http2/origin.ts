// A simulated server that is asked by HTTP/2: it answers each stream as origin.ts answers a request, in frames cut anywhere, with windows that it
// opens late or by little, and in some runs it breaks its word: takes streams back, refuses them, goes away, says what nobody may. What
// the proxy says is judged by serverwire.ts; that a request reaches servers once if it may only once, by the register.

import { block, type Field, indexed, literal } from "../../e2e/harness/http2/fields.ts";
import {
  continuation,
  Flag,
  frame,
  goaway,
  headers,
  padded,
  ping,
  resetStream,
  Setting,
  settings,
  settingsAck,
  Type,
  windowUpdate,
} from "../../e2e/harness/http2/frames.ts";
import { contentOf, digestOf } from "../message.ts";
import type { End } from "../network.ts";
import { bodyOf, type Register, type Request } from "../requests.ts";
import { hasLargeBodies, type OriginFault, type Swarm } from "../swarm.ts";
import { Violation, type World } from "../world.ts";
import { type AskedStream, ServerWire } from "./serverwire.ts";

const windowMax = 2 ** 31 - 1;
const refusedStream = 7;
const internalError = 2;
const http11Required = 13;

/** What is left to be said of one answer. */
interface Answering {
  readonly stream: AskedStream;
  readonly request: Request | null;
  /** What it has content of; null before it begins. */
  body: Uint8Array;
  at: number;
  /** A cut: what is said there, in place of the rest. -1: none. */
  cutAt: number;
  fault: OriginFault | null;
  trailers: readonly Field[];
  /** Heads and the like, each to be said before content. */
  isBegun: boolean;
  isOver: boolean;
}

export class Http2Origin {
  readonly #world: World;
  readonly #swarmNow: () => Swarm;
  readonly #register: Register;
  readonly #end: End;
  readonly #wire: ServerWire;
  readonly #answers: Answering[] = [];
  readonly #queue: Buffer[] = [];
  #queueAt = 0;
  readonly #windowMin: number;
  /** When it has sent DATA last. */
  #dataMs = 0;
  #isGone = false;
  #isLeaving = false;
  /** What it refuses it would answer by HTTP/1.1. */
  readonly #isOlder: boolean;

  constructor(world: World, swarmNow: () => Swarm, register: Register, end: End) {
    this.#world = world;
    this.#swarmNow = swarmNow;
    this.#register = register;
    this.#end = end;
    this.#windowMin = world.pick([1, 1000, 20_000, 100_000]);
    this.#isOlder = world.chance(0.05);
    this.#wire = new ServerWire(end.name, {
      settings: () => this.#say(settingsAck),
      ping: (payload) => this.#say(frame(Type.ping, Flag.ack, 0, payload)),
      asked: (stream) => this.#asked(stream),
      whole: (stream) => this.#whole(stream),
      cancelled: (stream) => this.#forget(stream),
      widened: () => this.#pump(),
    });
    end.ears = {
      data: (bytes) => this.#data(bytes),
      writable: () => this.#pump(),
      end: () => {
        this.#judgeWindow();
        this.#stop();
        world.after(world.skewed(0, 50), () => end.close());
      },
      closed: () => this.#stop(),
    };
    if (this.#isBad("closeAtOnce")) world.after(world.skewed(0, 50), () => this.#quit());
    this.#begin();
  }

  get #swarm(): Swarm {
    return this.#swarmNow();
  }

  get #isCalm(): boolean {
    return this.#swarm.originBad.length === 0;
  }

  #isBad(which: OriginFault): boolean {
    return this.#swarm.originBad.includes(which) && this.#world.chance(this.#swarm.originBadShare / 4);
  }

  #begin(): void {
    const world = this.#world;
    const window = world.pick([null, null, 0, 1, world.between(2, 2_000), 200_000, 2 ** 30]);
    const streamsMax = world.pick([null, 100, 1, world.between(2, 10)]);
    this.#wire.set(window, streamsMax);
    const pairs: (readonly [number, number])[] = [];
    if (window !== null) pairs.push([Setting.initialWindowSize, window]);
    if (streamsMax !== null) pairs.push([Setting.maxConcurrentStreams, streamsMax]);
    this.#say(settings(...pairs));
    if (world.chance(0.5)) this.#widen(0, world.between(1, 1_000_000));
    this.#tend();
    for (let times = world.chance(0.5) ? world.between(1, 5) : 0; times > 0; times--)
      world.after(world.skewed(0, 3_000), () => this.#sayOdd());
  }

  // ---- what it says ----

  #say(bytes: Buffer): void {
    if (this.#isGone || this.#end.isClosed) return;
    this.#queue.push(bytes);
    this.#pump();
  }

  #pump(): void {
    while (!this.#end.isClosed && !this.#isGone) {
      const bytes = this.#queue[0] ?? this.#nextContent();
      if (bytes === null) return;
      if (this.#queue.length === 0) this.#queue.push(bytes);
      const taken = this.#end.write(bytes, this.#queueAt, bytes.length);
      if (taken < 0) return;
      this.#queueAt += taken;
      if (this.#queueAt < bytes.length) return;
      this.#queue.shift();
      this.#queueAt = 0;
    }
  }

  /** DATA of any stream that has some, and room for it; or what stands at its cut, or its end. */
  #nextContent(): Buffer | null {
    const world = this.#world;
    const ready = this.#answers.filter((answer) => {
      if (!answer.isBegun || answer.isOver) return false;
      if (answer.at === this.#stopOf(answer)) return answer.fault !== "stall" || answer.cutAt === -1;
      return answer.stream.sendWindow > 300 && this.#wire.sendWindow > 300;
    });
    if (ready.length === 0) return null;
    const answer = world.pick(ready);
    const { stream } = answer;
    const stop = this.#stopOf(answer);
    if (answer.at === stop && answer.cutAt !== -1) return this.#cut(answer);
    const room = Math.min(stream.sendWindow, this.#wire.sendWindow, 16_384) - 257;
    const size = Math.max(0, Math.min(stop - answer.at, world.chance(0.3) ? world.between(1, 100) : room, room));
    const content = Buffer.from(answer.body.subarray(answer.at, answer.at + size));
    const isPadded = size > 0 && world.chance(0.1);
    const payload = isPadded ? padded(content, world.between(0, 255)) : content;
    answer.at += size;
    this.#dataMs = world.nowMs;
    stream.sendWindow -= payload.length;
    this.#wire.sendWindow -= payload.length;
    const isWhole = answer.at === answer.body.length && answer.cutAt === -1;
    if (isWhole && answer.trailers.length > 0 && size === 0) {
      this.#over(answer);
      return headers(stream.id, block(...answer.trailers), Flag.endHeaders | Flag.endStream);
    }
    const isLast = isWhole && answer.trailers.length === 0 && (size === 0 || world.chance(0.6));
    if (isLast) this.#over(answer);
    return frame(Type.data, (isLast ? Flag.endStream : 0) | (isPadded ? Flag.padded : 0), stream.id, payload);
  }

  #stopOf({ body, cutAt }: Answering): number {
    return cutAt === -1 ? body.length : cutAt;
  }

  #over(answer: Answering): void {
    answer.isOver = true;
    answer.stream.isAnswered = true;
    this.#answers.splice(this.#answers.indexOf(answer), 1);
    // Whoever was told in time closes by itself.
    if (this.#isLeaving && !this.#isCalm && this.#answers.length === 0)
      this.#world.after(this.#world.skewed(0, 100), () => this.#quit(false));
  }

  /** Windows that are nearly used up are opened again, now and then. */
  #tend(): void {
    const world = this.#world;
    if (this.#isGone || this.#end.isClosed) return;
    if (this.#wire.receiveWindow < this.#windowMin) this.#widen(0, world.between(1, 60_000));
    for (const stream of this.#wire.streams.values())
      if (!stream.isSaid && !stream.isOver && stream.receiveWindow < this.#windowMin)
        this.#widen(stream.id, world.between(1, 40_000) - Math.min(0, stream.receiveWindow));
    world.after(world.between(1, this.#isCalm ? 10 : 100), () => this.#tend());
  }

  #widen(id: number, bytes: number): void {
    const owner = id === 0 ? this.#wire : this.#wire.streams.get(id)!;
    if (owner.receiveWindow + bytes > windowMax / 2) return;
    owner.receiveWindow += bytes;
    this.#say(windowUpdate(id, bytes));
  }

  /** What is allowed at any time. */
  #sayOdd(): void {
    const world = this.#world;
    if (this.#isGone || this.#end.isClosed) return;
    switch (world.between(0, 4)) {
      case 0: {
        const text = String(world.between(10_000_000, 99_999_999));
        this.#wire.pinged(text);
        return this.#say(ping(text));
      }
      case 1: {
        const window = world.chance(0.5) ? world.skewed(0, 2_000) : world.between(0, 200_000);
        this.#wire.set(window, null);
        return this.#say(settings([Setting.initialWindowSize, window]));
      }
      case 2:
        return this.#say(frame(77, 255, world.between(0, 9), Buffer.from("not known")));
      case 3: {
        const streamsMax = world.between(1, 100);
        this.#wire.set(null, streamsMax);
        return this.#say(settings([Setting.maxConcurrentStreams, streamsMax]));
      }
      default:
        return this.#leave();
    }
  }

  /** What was asked until now is answered, and nothing after that; those who are told so in time lose nothing. */
  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#world.note(this.#end.name, "goes");
    const isHard = !this.#isCalm && this.#world.chance(0.5);
    // What it has looked at is not above it.
    const looked = [...this.#wire.streams.values()].findLast(({ request }) => request !== null)?.id ?? 0;
    const last = isHard ? looked : windowMax;
    this.#say(goaway(last));
    if (isHard) this.#wire.lastServed = last;
  }

  // ---- what it hears ----

  #data(bytes: Uint8Array): void {
    if (this.#isGone) return;
    this.#wire.hear(bytes);
    this.#pump();
    if (!this.#swarm.originSlow || !this.#world.chance(0.3) || this.#end.isClosed) return;
    this.#end.pause();
    this.#world.after(this.#world.between(1, 100), () => this.#end.resume());
  }

  #asked(stream: AskedStream): void {
    const world = this.#world;
    // It cannot know better: our word may still be on its way.
    const isCrowded = !this.#isCalm && this.#wire.isCrowded;
    if (isCrowded || (!this.#isCalm && world.chance(0.1))) return this.#refuse(stream);
    if (stream.field(":path") === "/flood") return this.#answerFlood(stream);
    // A stranger's: its head was fine, and what is wrong comes behind it.
    if (stream.field("x-id") === undefined && stream.field(":path") === "/") return;
    const request = this.#register.arrived(stream.field("x-id"));
    stream.request = request;
    world.note(this.#end.name, `has ${request.id} as ${stream.id}`);
    if (stream.field(":method") !== request.method || stream.field(":path") !== request.target)
      throw new Violation(`${request.id} became ${stream.field(":method")} ${stream.field(":path")}`);
    if (stream.field(":authority") !== "sim.test") throw new Violation(`${request.id} came with another host`);
    const { originBad, originBadShare } = this.#swarm;
    stream.fault = originBad.length > 0 && world.chance(originBadShare) ? world.pick(originBad) : null;
    if (stream.fault === "early" || stream.fault === "earlyClose" || world.chance(0.05)) this.#answer(stream, request);
    else if (request.isContinueExpected) this.#say(headers(stream.id, block([":status", "100"]), Flag.endHeaders));
  }

  /** To a client that asks and asks and reads nothing. */
  #answerFlood(stream: AskedStream): void {
    stream.isAnswering = true;
    const content = Buffer.from("f".repeat(6000));
    const answer = { stream, request: null, body: content, at: 0, cutAt: -1, fault: null, trailers: [] };
    this.#answers.push({ ...answer, isBegun: true, isOver: false });
    this.#say(headers(stream.id, block([":status", "200"]), Flag.endHeaders));
  }

  #refuse(stream: AskedStream): void {
    this.#world.note(this.#end.name, `refuses ${stream.id}`);
    stream.isReset = true;
    this.#say(resetStream(stream.id, this.#isOlder ? http11Required : refusedStream));
  }

  #whole(stream: AskedStream): void {
    const { request } = stream;
    if (request === null || stream.isReset) return;
    if (digestOf(stream.body) !== request.bodyDigest)
      throw new Violation(`${request.id} arrived with another body, ${stream.body.length} of ${request.body.length}`);
    if (!stream.isAnswering) this.#answer(stream, request);
  }

  #forget(stream: AskedStream): void {
    const answer = this.#answers.find((each) => each.stream === stream);
    if (answer !== undefined) this.#over(answer);
  }

  // ---- answers ----

  #answer(stream: AskedStream, request: Request): void {
    const world = this.#world;
    stream.isAnswering = true;
    const fault = stream.fault;
    const answer: Answering = {
      stream,
      request,
      body: none,
      at: 0,
      cutAt: -1,
      fault,
      trailers: [],
      isBegun: false,
      isOver: false,
    };
    this.#answers.push(answer);
    world.after(world.skewed(0, 100), () => {
      if (!answer.isOver && !this.#isGone) this.#begins(answer);
    });
  }

  #begins(answer: Answering): void {
    const world = this.#world;
    const { stream, fault } = answer;
    const request = answer.request!;
    if (fault !== null && this.#breaks(answer, fault)) return;
    for (let hints = world.chance(0.2) ? world.between(1, 3) : 0; hints > 0; hints--)
      this.#say(headers(stream.id, block([":status", "103"], ["link", "</a>"]), Flag.endHeaders));
    const status = world.chance(0.9) ? 200 : world.pick([204, 304, 404, 500]);
    const isBodiless = request.method === "HEAD" || status === 204 || status === 304;
    const seed = world.prng.u32();
    const largeShare = hasLargeBodies(this.#swarm) ? 0.3 : 0.1;
    const content = bodyOf(this.#swarm, seed, world.skewed(0, world.chance(largeShare) ? 400_000 : 5_000));
    const fields: Field[] = [
      [":status", String(status)],
      ["x-echo-id", request.id],
      ["x-body", `${seed}-${content.length}`],
    ];
    if (this.#swarm.isRewriting) fields.push(["content-type", "text/plain"]);
    if (stream.isSaid) fields.push(["x-digest", request.bodyDigest]);
    if (status !== 204 && world.chance(0.5)) fields.push(["content-length", String(content.length)]);
    answer.body = isBodiless ? none : content;
    if (!isBodiless && world.chance(0.3)) answer.trailers = [["x-trailer", "kept"]];
    if (fault === "truncate" || fault === "reset" || fault === "stall")
      answer.cutAt = world.between(0, answer.body.length);
    else if (fault === "extraBytes") answer.cutAt = answer.body.length;
    const isAll = answer.body.length === 0 && answer.cutAt === -1 && answer.trailers.length === 0 && world.chance(0.5);
    this.#sayHead(stream.id, fields, isAll);
    answer.isBegun = true;
    if (isAll) this.#over(answer);
    else this.#pump();
  }

  #sayHead(id: number, fields: readonly Field[], isLast: boolean): void {
    const world = this.#world;
    const written = fields.map(([name, value]) => (world.chance(0.3) ? indexed(name, value) : literal(name, value)));
    const bytes = Buffer.concat(written);
    const last = isLast ? Flag.endStream : 0;
    if (world.chance(0.8)) return this.#say(headers(id, bytes, Flag.endHeaders | last));
    const middle = world.between(0, bytes.length);
    this.#say(Buffer.concat([headers(id, bytes.subarray(0, middle), last), continuation(id, bytes.subarray(middle))]));
  }

  /** In place of an answer; false when there is one. */
  #breaks(answer: Answering, fault: OriginFault): boolean {
    const world = this.#world;
    const { id } = answer.stream;
    this.#wire.isWronged = true;
    switch (fault) {
      case "silent":
        return true;
      case "closeAfterRequest":
        this.#over(answer);
        answer.stream.isReset = true;
        if (world.chance(0.5)) this.#quit();
        else this.#say(resetStream(id, internalError));
        return true;
      case "garbage":
        this.#say(Buffer.from(contentOf(world.prng.u32(), world.between(9, 100))));
        return true;
      case "badFraming":
        this.#sayHead(id, world.pick(badHeads), false);
        return true;
      case "interimFlood":
        for (let count = 0; count < 100; count++) this.#say(headers(id, block([":status", "102"]), Flag.endHeaders));
        return true;
      case "unaskedUpgrade":
        this.#sayHead(id, [[":status", "101"]], false);
        return true;
      case "closeAfterSome":
        this.#leave();
        return answer.isOver;
      default:
        return false;
    }
  }

  /** Part of the content was said. */
  #cut(answer: Answering): Buffer {
    const { stream, fault, body } = answer;
    this.#over(answer);
    stream.isReset = true;
    if (fault === "extraBytes" && body.length > 0)
      return Buffer.concat([frame(Type.data, Flag.endStream, stream.id), frame(Type.data, Flag.endStream, stream.id)]);
    if (fault === "reset") this.#world.after(0.01, () => this.#quit());
    return resetStream(stream.id, internalError);
  }

  /** Nothing is on its way: what was sent has been taken, and is given back. */
  #judgeWindow(): void {
    const isQuiet = this.#queue.length === 0 && this.#world.nowMs - this.#dataMs > 1_000;
    if (isQuiet && !this.#isGone && this.#wire.sendWindow <= this.#wire.sendWindowMin)
      throw new Violation(`${this.#end.name}: ${this.#wire.sendWindow} bytes of its window were not given back`);
  }

  #quit(isHard = true): void {
    if (this.#isGone || this.#end.isClosed) return;
    this.#stop();
    if (isHard && this.#world.chance(0.5)) this.#end.reset();
    else this.#end.close();
  }

  #stop(): void {
    this.#isGone = true;
    this.#answers.length = 0;
    this.#queue.length = 0;
  }
}

const none = new Uint8Array(0);
const badHeads: readonly (readonly Field[])[] = [
  [["x", "y"]],
  [[":status", "2000"]],
  [
    [":status", "200"],
    [":status", "200"],
  ],
  [
    [":status", "200"],
    ["X-Capital", "y"],
  ],
  [
    [":status", "200"],
    ["connection", "close"],
  ],
  [
    [":status", "200"],
    ["x", "a\r\nb: c"],
  ],
  [
    [":status", "200"],
    ["content-length", "1"],
    ["content-length", "2"],
  ],
];
