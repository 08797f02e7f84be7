// One keep-alive connection of a user, from one source address; opened when it is first needed. One request at a time. A
// connection that the peer has closed while it was kept is opened anew, and a request that finds it closing is sent once more,
// as k6's client does: that race is HTTP's own (RFC 9112 section 9.5), no failure of the proxy.

import type { Socket } from "bun";
import { AnswerReader } from "./answer.ts";
import type { Tally } from "./tally.ts";

export interface Target {
  readonly hostname: string;
  readonly port: number;
  /** The bytes of a request: all are alike. */
  readonly request: Uint8Array;
}

/** Told of the end of a request, whatever it is. */
export type Told = () => void;

export class Line {
  readonly #target: Target;
  readonly #tally: Tally;
  readonly #source: string;
  readonly #told: Told;
  readonly #reader = new AnswerReader();
  #socket: Socket<Line> | null = null;
  #isConnecting = false;
  #isAsked = false;
  /** The connection has carried an answer before. */
  #isUsed = false;
  #isAgain = false;
  #startedMs = 0;

  /** `source` is "" for whatever the system takes. */
  constructor(target: Target, tally: Tally, source: string, told: Told) {
    this.#target = target;
    this.#tally = tally;
    this.#source = source;
    this.#told = told;
  }

  ask(): void {
    this.#isAsked = true;
    this.#isAgain = false;
    this.#send();
  }

  /** A request without a whole answer since then has failed. */
  timeOut(sinceMs: number): void {
    if (this.#isAsked && this.#startedMs < sinceMs) this.#fail("timeout");
  }

  close(): void {
    this.#isAsked = false;
    this.#drop();
  }

  #send(): void {
    this.#startedMs = performance.now();
    if (this.#socket === null) return this.#connect();
    this.#reader.expect();
    const { request } = this.#target;
    // A request fits into the buffer of a socket that has nothing to send; one that does not take it is closing.
    if (this.#socket.write(request) !== request.length) return this.#broken("closed");
    this.#tally.sentBytes += request.length;
  }

  #connect(): void {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    const { hostname, port } = this.#target;
    const connecting = Bun.connect<Line>({
      hostname,
      port,
      // Bun's types leave localAddress out.
      ...(this.#source === "" ? {} : { localAddress: this.#source }),
      data: this,
      socket: handlers,
    });
    connecting.catch((error: unknown) => this.refused(error));
  }

  opened(socket: Socket<Line>): void {
    this.#isConnecting = false;
    // Its user has gone, or its time was over.
    if (!this.#isAsked) return void socket.end();
    this.#tally.connecting.record((performance.now() - this.#startedMs) * 1000);
    this.#socket = socket;
    this.#isUsed = false;
    this.#send();
  }

  refused(error: unknown): void {
    this.#isConnecting = false;
    if (this.#isAsked) this.#fail(reasonOf(error));
  }

  received(socket: Socket<Line>, bytes: Buffer): void {
    if (socket !== this.#socket) return;
    this.#tally.receivedBytes += bytes.length;
    // Nobody has asked: a server that closes may say why (408). The connection is no good any more.
    if (!this.#isAsked) {
      this.#tally.renewed++;
      return this.#drop();
    }
    let isWhole: boolean;
    try {
      isWhole = this.#reader.take(bytes);
    } catch (error) {
      return this.#fail((error as Error).message);
    }
    if (isWhole) this.#answered();
  }

  ended(socket: Socket<Line>, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    if (!this.#isAsked) this.#tally.renewed++;
    else if (reason === "closed" && this.#reader.end()) this.#answered();
    else this.#broken(reason);
  }

  #answered(): void {
    const { status, bodyBytes, isLast } = this.#reader;
    this.#isAsked = false;
    this.#isUsed = true;
    this.#tally.answered(status, (performance.now() - this.#startedMs) * 1000, bodyBytes);
    if (isLast) this.#drop();
    this.#told();
  }

  #broken(reason: string): void {
    if (!this.#isUsed || this.#isAgain || this.#reader.hasBegun) return this.#fail(reason);
    this.#tally.renewed++;
    this.#isAgain = true;
    this.#drop();
    this.#send();
  }

  #fail(reason: string): void {
    this.#isAsked = false;
    this.#drop();
    this.#tally.failed(reason);
    this.#told();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.end();
  }
}

const handlers = {
  open: (socket: Socket<Line>): void => socket.data.opened(socket),
  data: (socket: Socket<Line>, bytes: Buffer): void => socket.data.received(socket, bytes),
  close: (socket: Socket<Line>): void => socket.data.ended(socket, "closed"),
  error: (socket: Socket<Line>, error: Error): void => socket.data.ended(socket, reasonOf(error)),
  // Told by the promise too.
  connectError: (): void => {},
};

function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message : String(error);
}
