// The door to the world for plain TCP and unix sockets: Bun's raw sockets on one side, the words of flow/port.ts on the other.
// It holds the bytes that the kernel did not take, keeps the laws of the port, and decides nothing.
// Raw sockets: `write` never buffers; `close()` closes the descriptor at once and calls the handler `close` inside the call, as
// `end()` does, which costs a system call more; `shutdown()` sends a FIN only; `terminate()` sends a RST; `drain` may come with
// nothing queued. A write that fails takes the socket's error away: what the peer's RST would have told comes as `end` after
// it. test/runtime holds the runtime to all of this.

import type { Socket, SocketHandler } from "bun";
import type { Line, LineFlow } from "../flow/port.ts";
import { descriptorOf } from "./backlog.ts";
import type { Driver } from "./driver.ts";
import { type Libc, libc } from "./libc.ts";
import { forsake } from "./oblivion.ts";

export class PlainLine implements Line {
  // In the order of how often they are asked for: with thousands of connections none of these is at hand.
  flow: LineFlow | null = null;
  readonly #socket: Socket<PlainLine>;
  #held: Uint8Array | null = null;
  #isPaused = false;
  #isEnding = false;
  /** The flow has bytes left that it has offered. */
  #isAwaited = false;
  #isLost = false;
  readonly #system: Libc | null;

  /** `system`: null where bytes must not go past the runtime to the socket. */
  constructor(socket: Socket<PlainLine>, system: Libc | null = libc()) {
    this.#socket = socket;
    this.#system = system;
  }

  get takesFiles(): boolean {
    return this.#system !== null;
  }

  get heldBytes(): number {
    return this.#held === null ? 0 : this.#held.length;
  }

  /** The peer has refused what was sent to it: whatever the socket says of how it ended, it was no FIN. */
  get isLost(): boolean {
    return this.#isLost;
  }

  send(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#held !== null) {
      this.#hold(bytes, start, end);
      return false;
    }
    const size = end - start;
    const taken = this.#socket.write(bytes, start, size);
    if (taken === size) return true;
    // Closed: the close is on its way to the flow, the bytes have nowhere to go.
    if (taken < 0) {
      this.#lose();
      return true;
    }
    this.#hold(bytes, start + taken, end);
    return false;
  }

  offer(bytes: Uint8Array, start: number, end: number): number {
    // What is held goes first, and is followed by `drained`.
    if (this.#held !== null) return 0;
    const size = end - start;
    const taken = this.#socket.write(bytes, start, size);
    this.#isAwaited = taken >= 0 && taken < size;
    if (taken >= 0) return taken;
    this.#lose();
    return size;
  }

  /** What the system does not take goes on as an offer: that tells of room again, and of a peer that is gone. */
  offerFile(file: number, bytes: Uint8Array, start: number, end: number): number {
    const descriptor = this.#held === null && this.#system !== null ? descriptorOf(this.#socket) : -1;
    const sent = descriptor < 0 ? 0 : Math.max(this.#system!.sendFile(descriptor, file, start, end - start), 0);
    if (sent < end - start) return sent + this.offer(bytes, start + sent, end);
    this.#isAwaited = false;
    return sent;
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.#held === null) finishLater(this);
  }

  /** The FIN that `end` has asked for, unless the connection has been closed since. */
  finish(): void {
    if (this.flow !== null && this.#held === null) this.#socket.shutdown();
  }

  destroy(): void {
    // A FIN after only some of the bytes would let the peer take them for all.
    if (this.#held !== null || this.#isAwaited) return this.reset();
    this.flow = null;
    this.close(this.#socket);
  }

  protected close(socket: Socket<PlainLine>): void {
    socket.close();
  }

  reset(): void {
    this.flow = null;
    this.#held = null;
    this.#socket.terminate();
  }

  drop(): void {
    this.flow = null;
    this.#held = null;
    forsake(this.#socket);
    this.#socket.terminate();
  }

  /** The socket is closed, or as good as: the flow that has to be told, if any. */
  release(): LineFlow | null {
    const { flow } = this;
    this.flow = null;
    this.#held = null;
    return flow;
  }

  /** The kernel has room again. Answers whether the flow is to be told. */
  flush(): boolean {
    const held = this.#held;
    if (held === null) {
      const isAwaited = this.#isAwaited;
      this.#isAwaited = false;
      return isAwaited;
    }
    const taken = this.#socket.write(held, 0, held.length);
    if (taken < 0) {
      this.#lose();
      return false;
    }
    if (taken < held.length) {
      this.#held = held.subarray(taken);
      return false;
    }
    this.#held = null;
    if (this.#isEnding) this.#socket.shutdown();
    return true;
  }

  #lose(): void {
    // After a FIN of our own a failed write says nothing about the peer; behind what is held the FIN has not gone out.
    if (!this.#isEnding || this.#held !== null) this.#isLost = true;
    this.#held = null;
  }

  #hold(bytes: Uint8Array, start: number, end: number): void {
    const former = this.#held;
    const held = new Uint8Array((former?.length ?? 0) + end - start);
    if (former !== null) held.set(former);
    held.set(bytes.subarray(start, end), former?.length ?? 0);
    this.#held = held;
  }
}

/** Lines that are to send a FIN once all that has come together has been told: the peer's may be among it, and closing is cheaper. */
let finishing: PlainLine[] = [];

function finishLater(line: PlainLine): void {
  if (finishing.push(line) === 1) setImmediate(finishAll);
}

function finishAll(): void {
  const lines = finishing;
  finishing = [];
  for (const line of lines) line.finish();
}

/** Reads are copies outside of the collector's own heap; small ones are no burden to it. */
const largeReadBytes = 32 * 1024;
const collectEveryBytes = 16 * 1024 * 1024;
let uncollectedBytes = 0;

/**
 * Asks for a collection, in the background, once so many bytes came in large reads. Left to itself the collector lets hundreds
 * of MB pile up while a large body passes on a busy machine; asked like this, bodies of any length cost less memory and no time.
 */
function noteRead(size: number): void {
  if (size < largeReadBytes) return;
  uncollectedBytes += size;
  if (uncollectedBytes < collectEveryBytes) return;
  uncollectedBytes = 0;
  Bun.gc(false);
}

/** Handlers for sockets whose `data` is their line. `opened` makes the line; one set for each side keeps calls monomorphic. */
export function plainHandlers(driver: Driver, opened: (socket: Socket<PlainLine>) => void): SocketHandler<PlainLine> {
  const handlers: SocketHandler<PlainLine, "uint8array"> = {
    binaryType: "uint8array",
    open: opened,
    data(socket, bytes) {
      const flow = socket.data.flow;
      if (flow === null) return;
      driver.refresh();
      flow.received(bytes);
      noteRead(bytes.length);
    },
    drain(socket) {
      const line = socket.data;
      if (line.flow === null || !line.flush()) return;
      driver.refresh();
      line.flow.drained();
    },
    end(socket) {
      const line = socket.data;
      if (line.flow === null) {
        // Told to no one, yet half of the connection would stay.
        socket.end();
        return;
      }
      driver.refresh();
      if (!line.isLost) return line.flow.ended();
      const flow = line.release();
      socket.terminate();
      flow?.closed(true);
    },
    close(socket, error) {
      const line = socket.data;
      const flow = line.release();
      if (flow === null) return;
      driver.refresh();
      flow.closed(line.isLost || (error !== undefined && error !== null));
    },
    error(socket, error) {
      // A throw inside one of the handlers above: ours, not the peer's. The socket would stay open; a drain, which a failure
      // begins, would end it as if all were well.
      const flow = socket.data.release();
      socket.terminate();
      try {
        // What it holds besides (another connection, its place among those that a drain waits for) is to be let go.
        flow?.closed(true);
      } catch {
        // It has failed before, and that is what has to be told.
      }
      driver.failed(error);
    },
  };
  // Bun's types know only handlers of Buffers; `binaryType` says what these are given.
  return handlers as unknown as SocketHandler<PlainLine>;
}
