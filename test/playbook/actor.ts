// Someone at the other end of a connection: to a flow it is the line, and notes what it is told; to a test it is a client or a
// server that sends, drains, ends and closes. It holds no bytes, only how many the flow was told are held. That offers are gone on with
// as law 6 of the port has it, it checks.

import type { Line, LineFlow } from "../../src/flow/port.ts";

/** Where it is written down who was told what. */
export interface Notebook {
  note(who: string, what: string): void;
}

/** Latin-1 both ways, so that a test can write any byte. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.subarray(start, end)).toString("latin1");

/** A client or a server at the other end of a connection; to the flow it is the connection. */
export class Actor implements Line {
  readonly name: string;
  flow: LineFlow | null = null;
  heldBytes = 0;
  /** The kernel takes nothing: what is sent is held. */
  isFull = false;
  /** What the kernel, when full, still takes of what is offered. */
  roomBytes = 0;
  takesFiles = true;
  /** What was agreed on by ALPN, with a server that is asked by HTTP/2. */
  alpn?: string;
  /** The descriptors of what it was offered as pages of files, in order. */
  readonly filesTaken: number[] = [];
  /** Left of an offer. */
  #left: Uint8Array | null = null;
  isPaused = false;
  #isEnded = false;
  /** Its flow is being made. */
  #isOpening = false;
  readonly #notes: Notebook;

  get isHolding(): boolean {
    return this.heldBytes > 0;
  }

  constructor(notes: Notebook, name: string) {
    this.#notes = notes;
    this.name = name;
  }

  /** The flow is made, and may end this connection while it is. */
  open(make: () => LineFlow): void {
    this.#isOpening = true;
    const flow = make();
    if (this.#isOpening) this.flow = flow;
    this.#isOpening = false;
  }

  // ---- what the flow says ----

  send(bytes: Uint8Array, start: number, end: number): boolean {
    this.#goOn(bytes, start, end);
    this.#say(`gets ${JSON.stringify(textOf(bytes, start, end)).slice(1, -1)}`);
    if (this.isFull) this.heldBytes += end - start;
    return !this.isFull;
  }

  offer(bytes: Uint8Array, start: number, end: number): number {
    this.#goOn(bytes, start, end);
    const size = end - start;
    const taken = this.heldBytes > 0 ? 0 : this.isFull ? Math.min(this.roomBytes, size) : size;
    if (this.isFull) this.roomBytes -= taken;
    if (taken > 0) this.#say(`gets ${JSON.stringify(textOf(bytes, start, start + taken)).slice(1, -1)}`);
    this.#left = taken < size ? bytes.slice(start + taken, end) : null;
    return taken;
  }

  offerFile(file: number, bytes: Uint8Array, start: number, end: number): number {
    this.filesTaken.push(file);
    return this.offer(bytes, start, end);
  }

  #goOn(bytes: Uint8Array, start: number, end: number): void {
    const left = this.#left;
    this.#left = null;
    if (left !== null && Buffer.compare(bytes.subarray(start, Math.min(end, start + left.length)), left) !== 0)
      throw new Error(`${this.name} is not told what was left of an offer`);
  }

  /** Something that was offered waits for room. */
  get isOffered(): boolean {
    return this.#left !== null;
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.#say("paused");
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.#say("resumed");
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#say("ended");
  }

  destroy(): void {
    this.#say("destroyed");
    this.#let();
  }

  reset(): void {
    this.#say("reset");
    this.#let();
  }

  drop(): void {
    this.#say("dropped");
    this.#let();
  }

  become(flow: LineFlow): void {
    this.flow = flow;
  }

  #let(): void {
    this.flow = null;
    this.#isOpening = false;
  }

  #say(what: string): void {
    if (this.flow === null && !this.#isOpening && this.name.startsWith("client")) what += " after its end";
    this.#notes.note(this.name, what);
  }

  // ---- what happens ----

  sends(text: string): void {
    this.#told().received(bytesOf(text));
  }

  /** The kernel took some of what was held; nothing held, it has room. */
  drains(bytes: number = this.heldBytes): void {
    this.heldBytes -= bytes;
    if (this.heldBytes > 0) return;
    this.isFull = false;
    this.#told().drained();
  }

  /** The kernel took what was held, and takes so much of what is offered, then no more. */
  makesRoom(bytes: number): void {
    this.heldBytes = 0;
    this.roomBytes = bytes;
    this.#told().drained();
  }

  /** The peer's FIN. */
  ends(): void {
    this.#told().ended();
  }

  /** The connection is gone; by default it was reset. */
  closes(isReset: boolean = true): void {
    const flow = this.#told();
    this.flow = null;
    flow.closed(isReset);
  }

  #told(): LineFlow {
    if (this.flow === null) throw new Error(`${this.name} is closed: nothing can happen to it`);
    return this.flow;
  }

  // ---- what is expected ----

  /** This connection is sent these bytes. */
  gets(text: string): string {
    return `${this.name} gets ${JSON.stringify(text).slice(1, -1)}`;
  }

  /** What is done to it: "paused", "resumed", "ended", "destroyed", "reset". */
  is(what: "paused" | "resumed" | "ended" | "destroyed" | "reset"): string {
    return `${this.name} ${what}`;
  }
}
