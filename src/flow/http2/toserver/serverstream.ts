// A stream to a server (RFC 9113 sections 5 and 8), as an exchange and its Upstream see it: a connection of HTTP/1.1 over which one request
// is asked. What is said to it becomes HEADERS, DATA and trailers; what the server says becomes a head, content in chunks or by its
// length, and trailers (answer.ts). A request that its server has not looked at (REFUSED_STREAM, GOAWAY) is said again over another
// connection, as long as all of it is at hand; where the server takes none, the exchange has it back for another server. Content that the exchange does not take is held, and no window is opened for it.
//
//   join ─ request head ─> content … ─> END_STREAM ┐
//          head ─> content … ─> END_STREAM         ┴─> at rest, for another exchange; RST_STREAM of either side, or its
//                                                      connection's end, closes it

import { type Fault, fault } from "../../../base/fault.ts";
import { Body, type Plain } from "../../../wire/http1/body.ts";
import { requestBody } from "../../../wire/http1/framing.ts";
import { method } from "../../../wire/http1/head.ts";
import { parseRequest } from "../../../wire/http1/reader.ts";
import { Output } from "../../../wire/http1/writer.ts";
import { errorCode, frameBytesMax } from "../../../wire/http2/frame.ts";
import type { FieldSection } from "../../../wire/http2/hpack/fieldsection.ts";
import type { Context } from "../../context.ts";
import type { Line } from "../../port.ts";
import type { Upstream } from "../../upstream.ts";
import { Held } from "../held.ts";
import type { OutgoingStream } from "../outgoing.ts";
import { Answer } from "./answer.ts";
import { Intake } from "./intake.ts";
import { Said } from "./said.ts";
import type { ServerSession } from "./serversession.ts";
import type { Sessions } from "./sessions.ts";
import { mark } from "./streammark.ts";

/** A server that goes, and one that is full; no third one. */
const repeatsMax = 2;
/** Of connections that have answered others: a server that takes few requests for each is asked over as many as it takes. */
const repeatsAnsweredMax = 100;
/** Smaller pieces are copied: what they stand in is used again. */
const smallBytes = 4096;
const largeBytes = 32 * 1024;

export class ServerStream implements Line, Plain, OutgoingStream {
  readonly isShared = true;
  readonly takesFiles = false;
  id = 0;
  sendWindow = 0;
  sentBytes = 0;
  readonly intake: Intake;
  readonly flow: Upstream;
  readonly #sessions: Sessions;
  readonly #context: Context;
  readonly #body: Body = new Body();
  readonly #answer: Answer;
  #session: ServerSession | null = null;
  #marks = 0;
  #openedMs = 0;
  #repeats = 0;
  /** Of the request: what was said, what the windows did not let through, and the lines behind its content. */
  readonly #said: Said = new Said();
  #held: Held | null = null;
  #trailers: Output | null = null;

  constructor(sessions: Sessions, context: Context, flow: Upstream) {
    this.#sessions = sessions;
    this.#context = context;
    this.flow = flow;
    this.#answer = new Answer(context);
    this.intake = new Intake(context.untaken);
  }

  #is(bit: number): boolean {
    return (this.#marks & bit) !== 0;
  }

  // ---- its connection ----

  /** Nobody has been given it yet. */
  get isNew(): boolean {
    return !this.#is(mark.connected);
  }

  get isWanted(): boolean {
    return !this.#is(mark.closed) && this.flow.isWanted;
  }

  /** All was said and heard: it may be another exchange's. */
  get isAtRest(): boolean {
    return this.hasSaidAll && this.hasHeardAll && !this.intake.isHolding && !this.#is(mark.closed);
  }

  /** For the next request. */
  join(session: ServerSession): void {
    this.#session = session;
    this.#marks = mark.connected | mark.recorded;
    this.#repeats = 0;
    this.#said.clear();
    this.#trailers = null;
    this.#open(session);
  }

  #open(session: ServerSession): void {
    this.id = 0;
    this.sendWindow = session.outgoing.streamWindow;
    this.intake.reset();
    this.#answer.reset();
  }

  /** The connection that it waited for stands, or has room. */
  joined(session: ServerSession): void {
    if (this.isNew) {
      this.join(session);
      return this.flow.connected(this);
    }
    this.#session = session;
    this.#marks &= ~(mark.homeless | mark.begun);
    this.#open(session);
    this.#say(this.#said.bytes, 0, this.#said.length);
    if (this.#said.isTooLong) this.#forgetSaid();
    if (this.#held === null && this.#is(mark.awaited)) this.#postpone();
    session.outgoing.flushUnlessGathering();
  }

  /** It speaks HTTP/1.1, and is the exchange's alone. */
  cede(line: Line): void {
    line.become!(this.flow);
    this.flow.connected(line);
  }

  /** It stands for this one alone, by HTTP/1.1, as the server wants it: what was said is said again as it was, and the rest goes over it. */
  moved(line: Line): void {
    const { bytes, length } = this.#said;
    const hasRoom = line.send(bytes, 0, length) && this.#is(mark.awaited);
    if (this.#is(mark.paused)) line.pause();
    this.#close();
    if (hasRoom) this.flow.drained();
  }

  refused(what: Fault): void {
    if (!this.isNew) this.#giveBack(what);
    else if (this.isWanted) this.flow.refused(what);
  }

  // ---- what the exchange says ----

  get heldBytes(): number {
    const held = this.#held === null ? 0 : this.#held.length;
    return this.#is(mark.homeless) ? held + this.#said.length : held;
  }

  get isHolding(): boolean {
    return this.heldBytes > 0;
  }

  /** Heads are whole. False: content is held, for its window or the connection's is used up, or it waits for another. */
  send(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#is(mark.closed | mark.doomed)) return true;
    // What has nowhere to go is kept whatever it is: no more is asked for.
    const isKept = this.#said.hasRoomFor(end - start) || this.#is(mark.homeless);
    if (this.#is(mark.recorded) && isKept) this.#said.copy(bytes, start, end);
    else if (this.#is(mark.recorded)) this.#forgetSaid();
    if (this.#is(mark.homeless)) {
      this.#marks |= mark.awaited;
      return false;
    }
    this.#say(bytes, start, end);
    this.#session?.outgoing.flushUnlessGathering();
    if (this.#held === null) return true;
    this.#marks |= mark.awaited;
    return false;
  }

  offer(bytes: Uint8Array, start: number, end: number): number {
    this.send(bytes, start, end);
    return end - start;
  }

  offerFile(_file: number, bytes: Uint8Array, start: number, end: number): number {
    return this.offer(bytes, start, end);
  }

  #forgetSaid(): void {
    this.#marks &= ~mark.recorded;
    this.#said.forget();
  }

  #say(bytes: Uint8Array, start: number, end: number): void {
    let next = start;
    if (!this.#is(mark.begun)) next = this.#sayHead(bytes, start, end);
    if (next < end && !this.#is(mark.ending)) this.#body.advance(bytes, next, end, this);
    if (this.#is(mark.doomed | mark.ending)) return;
    if (this.#body.isBad) this.#doom();
    else if (this.#body.isDone) this.#finish();
  }

  /** Answers the index behind the head. */
  #sayHead(bytes: Uint8Array, start: number, end: number): number {
    const { requestHead } = this.#context.http2;
    const session = this.#session!;
    const next = parseRequest(requestHead, bytes, start, end, Number.MAX_SAFE_INTEGER);
    if (next < 0) {
      this.#doom();
      return end;
    }
    this.#body.begin(requestBody(requestHead), requestHead.contentLength);
    this.#marks |= mark.begun;
    const id = session.open(this);
    const isLast = this.#body.isDone;
    this.#openedMs = this.#context.port.nowMs;
    this.#answer.begin(requestHead.method === method.head, requestHead.hasTrailers);
    if (!session.outgoing.sendRequest(id, requestHead, session.isSecure, isLast)) {
      session.remove(this);
      this.#doom();
      return end;
    }
    if (isLast) this.#marks |= mark.ending | mark.ended;
    return next;
  }

  /** Said by the body: content, out of its framing. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const session = this.#session;
    // The server has no use for more of it.
    if (session === null) return;
    const { outgoing } = session;
    let next = start;
    if (this.#held === null)
      for (let room = outgoing.roomFor(this); next < end && room > 0; room = outgoing.roomFor(this)) {
        const size = Math.min(room, end - next, frameBytesMax);
        outgoing.sendData(this, bytes, next, next + size);
        next += size;
      }
    if (next === end) return;
    if (this.#held === null) this.#held = new Held(bytes, next, end);
    else this.#held.add(bytes, next, end);
    outgoing.enqueue(this);
  }

  /** Said by the body: a byte of the trailer section. */
  trailer(value: number): void {
    this.#trailers ??= new Output(256);
    this.#trailers.byte(value);
  }

  /** The request is whole: END_STREAM, behind what is held. */
  #finish(): void {
    this.#marks |= mark.ending;
    const session = this.#session;
    if (this.#held !== null || session === null) return;
    this.#marks |= mark.ended;
    session.outgoing.sendEnd(this.id, this.#trailers);
    if (this.hasHeardAll) session.remove(this);
  }

  get hasSaidAll(): boolean {
    return this.#is(mark.ended);
  }

  // ---- room ----

  pump(): void {
    this.#marks &= ~mark.queued;
    const held = this.#held;
    const session = this.#session;
    if (held === null || session === null || this.#is(mark.closed)) return;
    const { outgoing } = session;
    const size = Math.min(held.length, outgoing.roomFor(this), frameBytesMax);
    if (size === 0) return;
    outgoing.sendData(this, held.bytes, held.start, held.start + size);
    held.take(size);
    if (held.length > 0) return outgoing.enqueue(this);
    this.#letGo();
    if (this.#is(mark.ending)) this.#finish();
    else if (this.#is(mark.awaited)) this.#postpone();
  }

  #letGo(): void {
    this.#held?.release();
    this.#held = null;
  }

  get isWanting(): boolean {
    return !this.#is(mark.queued | mark.closed) && this.#held !== null;
  }

  noteQueued(): boolean {
    if (this.#is(mark.queued)) return false;
    this.#marks |= mark.queued;
    return true;
  }

  // ---- what the server says ----

  get isAnswering(): boolean {
    return this.#answer.isAnswering;
  }

  get hasHeardAll(): boolean {
    return this.#answer.isWhole;
  }

  /** A field section: of an interim head, the head, or the trailers. */
  head(fields: FieldSection, isEndStream: boolean): void {
    const session = this.#session!;
    session.hasAnswered = true;
    if (this.#is(mark.recorded)) this.#forgetSaid();
    if (!this.#answer.head(fields, isEndStream)) session.incoming.broken(this.id, errorCode.protocolError);
  }

  content(bytes: Uint8Array, start: number, end: number): void {
    const session = this.#session!;
    this.intake.came(end - start);
    session.incoming.came(end - start);
    if (!this.#answer.content(bytes, start, end)) session.incoming.broken(this.id, errorCode.protocolError);
  }

  endContent(): void {
    if (!this.#answer.end()) this.#session!.incoming.broken(this.id, errorCode.protocolError);
  }

  /** What is framing counts for its window as well. */
  padded(bytes: number): void {
    this.#allow(this.intake.take(bytes));
  }

  /** What has come of it in one read stands in the kit. */
  pass(): void {
    const { http2 } = this.#context;
    const { told } = http2;
    const { length } = told;
    if (this.#is(mark.closed)) return told.clear();
    if (this.#isHeldBack || this.intake.isHolding) {
      this.intake.keep(told.bytes, length);
      told.clear();
      if (!this.#isHeldBack) this.#give();
      return;
    }
    if (length === 0) return;
    this.#take();
    const isCopied = this.#answer.takeHeadTold() || length < smallBytes;
    const bytes = isCopied ? told.bytes.slice(0, length) : told.bytes.subarray(0, length);
    told.clear();
    const isSpent = this.#tell(bytes);
    // Somebody has it still.
    if (!isCopied && !isSpent) http2.told = new Output();
    else if (isCopied && isSpent && length >= largeBytes) (bytes.buffer as ArrayBuffer).transfer(0);
  }

  get #isHeldBack(): boolean {
    return this.#is(mark.paused) || this.#answer.isWithheld;
  }

  /** What was held. */
  #give(): void {
    const held = this.intake.release()!;
    this.#take();
    if (this.#tell(held.bytes.subarray(held.start, held.end))) held.release();
  }

  /** It may be over, or another exchange's, when this returns. True: nobody looks at the bytes any more. */
  #tell(bytes: Uint8Array): boolean {
    const { port } = this.#context;
    this.flow.received(bytes);
    const isSpent = port.spent === bytes;
    // What was read is not of their connection.
    if (isSpent) port.spent = null;
    return isSpent;
  }

  #take(): void {
    if (!this.hasHeardAll) this.#allow(this.intake.take());
  }

  /** The server may send so much more. */
  #allow(bytes: number): void {
    if (bytes === 0 || this.#session === null) return;
    this.#session.outgoing.windowUpdate(this.id, bytes);
    this.#session.outgoing.flushUnlessGathering();
  }

  pause(): void {
    this.#marks |= mark.paused;
  }

  resume(): void {
    if (!this.#is(mark.paused)) return;
    this.#marks &= ~mark.paused;
    if (this.intake.isHolding) this.#postpone();
  }

  // ---- what is told later ----

  #postpone(): void {
    if (this.#is(mark.postponed | mark.closed)) return;
    this.#marks |= mark.postponed;
    this.#sessions.postpone(this);
  }

  goOn(): void {
    this.#marks &= ~mark.postponed;
    if (this.#is(mark.closed)) return;
    if (this.#is(mark.doomed)) return this.lose(true);
    if (this.#is(mark.awaited) && this.#held === null && !this.#is(mark.homeless)) {
      this.#marks &= ~mark.awaited;
      this.flow.drained();
    }
    if (this.intake.isHolding && !this.#is(mark.closed) && !this.#isHeldBack) this.#give();
  }

  // ---- the end ----

  /** The server has not looked at it: it is said again over another connection, if all of it is at hand. */
  unprocessed(): void {
    const { hasAnswered, preface } = this.#session!;
    if (!this.#is(mark.recorded) || !this.flow.isWanted) return this.lose();
    if (this.#repeats++ >= (hasAnswered ? repeatsAnsweredMax : repeatsMax)) return this.#giveBack(null);
    this.#leave();
    this.#sessions.seek(this, preface);
  }

  /** Not to this server any more. Null: it answers, and does not take this. */
  #giveBack(what: Fault | null): void {
    if (!this.#is(mark.recorded) || !this.flow.isWanted) return this.lose();
    this.#session = null;
    this.flow.givenBack(this.#said.bodyBehind(this.#context.http2.requestHead), what);
  }

  /** The server answers it by HTTP/1.1 alone (RFC 9113 section 7): so it is asked again, if all of it is at hand. */
  outdated(preface: Uint8Array | null): void {
    if (!this.#is(mark.recorded) || !this.flow.isWanted || !this.#sessions.speaksHttp1) return this.lose(true);
    this.#leave();
    this.#sessions.redial(this, preface);
  }

  /** Its connection goes on without it. */
  #leave(): void {
    this.#session = null;
    this.#letGo();
    this.#trailers = null;
    this.#marks = (this.#marks & ~(mark.ending | mark.ended)) | mark.homeless;
  }

  /** It has ended before it was over, with its connection or, `isTakenBack`, without. */
  lose(isTakenBack = false): void {
    if (this.#is(mark.closed)) return;
    // It has answered, and has no use for the rest of what is asked.
    if (this.hasHeardAll) {
      this.#session = null;
      this.#letGo();
      this.#marks |= mark.ending;
      if (this.#is(mark.awaited)) this.#postpone();
      return;
    }
    this.#close();
    if (isTakenBack) this.flow.takenBack();
    else this.flow.closed(true);
  }

  /** What it has said is against the rules. */
  malformed(): void {
    this.fail(fault("bad_response"));
  }

  fail(what: Fault): void {
    if (this.#is(mark.closed) || this.hasHeardAll) return this.lose();
    this.#session = null;
    this.flow.broken(what);
  }

  /** We cannot say it: whoever says it is told when nobody is in the middle of anything. */
  #doom(): void {
    this.#marks |= mark.doomed;
    this.#postpone();
  }

  end(): void {}
  reset(): void {
    this.destroy();
  }
  drop(): void {
    this.destroy();
  }

  /** The exchange has no further use for it: the server hears so unless it has said all itself, and been told all. */
  destroy(): void {
    const session = this.#session;
    const isUnderWay = session !== null && this.#is(mark.begun) && !(this.hasSaidAll && this.hasHeardAll);
    const isAnswering = this.isAnswering;
    this.#close();
    if (!isUnderWay || session.streams.get(this.id) !== this) return;
    session.outgoing.reset(this.id, errorCode.cancel);
    session.remove(this);
    if (!isAnswering) session.suspect(this.#openedMs);
    session.outgoing.flushUnlessGathering();
  }

  #close(): void {
    this.#marks |= mark.closed;
    this.#letGo();
    this.intake.release();
    this.#session = null;
    this.#trailers = null;
    if (this.#said.bytes.length > 0) this.#forgetSaid();
  }
}
