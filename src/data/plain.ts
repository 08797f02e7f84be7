// The door to the world for plain TCP and unix sockets: Bun's raw sockets on one side, the words of flow/port.ts on the other.
// It holds the bytes that the kernel did not take, keeps the laws of the port, and decides nothing. What is sent in small pieces leaves by
// the outbox (outbox.ts) at the end of a turn; whatever would overtake it, or asks what the kernel has taken, has it leave first.
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
import type { Outbox, Sender } from "./outbox.ts";
import { largeReadBytes, settle, takeBack } from "./reads.ts";
import type { HaltedLine, Turns } from "./turns.ts";

/** What a line needs of its driver. */
export interface LineDriver {
  readonly nowMs: number;
  readonly outbox: Outbox;
  readonly turns: Turns;
}

/**
 * After a read of so much a line is not read again in this turn. The runtime reads 512 kB at most, and after a read of nearly that reads on:
 * ten times, or for as long as there is more where hardly anybody else has something to say. It stops where the line is paused.
 */
const greedyReadBytes = 256 * 1024;

/** Bits of a line's state. */
const bit = {
  paused: 1,
  ending: 2,
  /** The flow has bytes left that it has offered. */
  awaited: 4,
  lost: 8,
  /** Something waits in the outbox. */
  posted: 16,
  /** Our FIN has gone out. */
  finished: 32,
  /** Not to be read in this turn, whatever the flow says. */
  halted: 64,
} as const;

export class PlainLine implements Line, Sender, HaltedLine {
  // Six fields are a line of memory: with thousands of connections none of these is at hand.
  flow: LineFlow | null = null;
  readonly #socket: Socket<PlainLine>;
  readonly #driver: LineDriver;
  #state = 0;
  #held: Uint8Array | null = null;
  readonly #system: Libc | null;

  /** `system`: null where bytes must not go past the runtime to the socket. */
  constructor(socket: Socket<PlainLine>, driver: LineDriver, system: Libc | null = libc()) {
    this.#socket = socket;
    this.#driver = driver;
    this.#system = system;
  }

  get takesFiles(): boolean {
    return this.#system !== null;
  }

  get heldBytes(): number {
    this.#settle();
    return this.#held === null ? 0 : this.#held.length;
  }

  get isHolding(): boolean {
    return this.#held !== null;
  }

  get isPaused(): boolean {
    return (this.#state & bit.paused) !== 0;
  }

  /** The peer has refused what was sent to it: whatever the socket says of how it ended, it was no FIN. */
  get isLost(): boolean {
    return (this.#state & bit.lost) !== 0;
  }

  send(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#held !== null) {
      this.#hold(bytes, start, end);
      return false;
    }
    if (this.#post(bytes, start, end)) return true;
    if (this.#held === null) return this.#write(bytes, start, end);
    this.#hold(bytes, start, end);
    return false;
  }

  offer(bytes: Uint8Array, start: number, end: number): number {
    // What is held goes first, and is followed by `drained`.
    if (this.#held !== null) return 0;
    const size = end - start;
    if (this.#post(bytes, start, end)) {
      this.#state &= ~bit.awaited;
      return size;
    }
    if (this.#held !== null) return 0;
    const taken = this.#socket.write(bytes, start, size);
    this.#set(bit.awaited, taken >= 0 && taken < size);
    if (taken >= 0) return taken;
    this.#lose();
    return size;
  }

  /** What the system does not take goes on as an offer: that tells of room again, and of a peer that is gone. */
  offerFile(file: number, bytes: Uint8Array, start: number, end: number): number {
    this.#settle();
    const descriptor = this.#held === null && this.#system !== null ? descriptorOf(this.#socket) : -1;
    const sent = descriptor < 0 ? 0 : Math.max(this.#system!.sendFile(descriptor, file, start, end - start), 0);
    if (sent < end - start) return sent + this.offer(bytes, start + sent, end);
    this.#set(bit.awaited, false);
    return sent;
  }

  pause(): void {
    if ((this.#state & bit.paused) !== 0) return;
    this.#state |= bit.paused;
    if ((this.#state & bit.halted) === 0) this.#socket.pause();
  }

  resume(): void {
    if ((this.#state & bit.paused) === 0) return;
    this.#state &= ~bit.paused;
    if ((this.#state & bit.halted) === 0) this.#socket.resume();
  }

  /** Much was read: others first. */
  halt(): void {
    if (this.flow === null || (this.#state & bit.halted) !== 0) return;
    this.#state |= bit.halted;
    if (!this.isPaused) this.#socket.pause();
    this.#driver.turns.halt(this);
  }

  /** Another line carries what comes from now on (TLS), and it alone is paused and resumed. */
  handOver(): void {
    this.#state |= bit.halted;
  }

  /** It is its turn again. */
  goOn(): void {
    this.#state &= ~bit.halted;
    if (this.flow !== null && !this.isPaused) this.#socket.resume();
  }

  become(flow: LineFlow): void {
    this.flow = flow;
  }

  end(): void {
    if ((this.#state & bit.ending) !== 0) return;
    this.#state |= bit.ending;
    if (this.#held === null) this.#driver.outbox.finishLater(this);
  }

  /** The FIN that `end` has asked for, unless the connection has been closed since. */
  finish(): void {
    this.#settle();
    if (this.flow !== null && this.#held === null) this.#shut();
  }

  destroy(): void {
    this.#settle();
    // A FIN after only some of the bytes would let the peer take them for all.
    if (this.#held !== null || (this.#state & bit.awaited) !== 0) return this.reset();
    this.flow = null;
    this.close(this.#socket);
  }

  protected close(socket: Socket<PlainLine>): void {
    socket.close();
  }

  reset(): void {
    this.#settle();
    this.flow = null;
    this.#forget();
    this.#socket.terminate();
  }

  drop(): void {
    this.#settle();
    this.flow = null;
    this.#forget();
    forsake(this.#socket);
    this.#socket.terminate();
  }

  /** The socket is closed, or as good as: the flow that has to be told, if any. */
  release(): LineFlow | null {
    const { flow } = this;
    this.flow = null;
    this.#forget();
    return flow;
  }

  /** The kernel has room again. Answers whether the flow is to be told. */
  flush(): boolean {
    const held = this.#held;
    if (held === null) {
      const isAwaited = (this.#state & bit.awaited) !== 0;
      this.#state &= ~bit.awaited;
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
    takeBack(held);
    if ((this.#state & bit.ending) !== 0) this.#shut();
    return true;
  }

  /** What has waited in the outbox. The socket may have been closed meanwhile, which takes nothing. */
  depart(bytes: Uint8Array, start: number, end: number): void {
    this.#state &= ~bit.posted;
    if (this.#held !== null) this.#hold(bytes, start, end);
    else this.#write(bytes, start, end);
  }

  /** False: it is to be written now, behind what has waited. */
  #post(bytes: Uint8Array, start: number, end: number): boolean {
    const { outbox, nowMs } = this.#driver;
    const isPosted = outbox.keep(this, bytes, start, end, nowMs);
    if (isPosted) this.#state |= bit.posted;
    else this.#settle();
    return isPosted;
  }

  /** Nothing waits any more. */
  #settle(): void {
    if ((this.#state & bit.posted) !== 0) this.#driver.outbox.flush();
  }

  #write(bytes: Uint8Array, start: number, end: number): boolean {
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

  #shut(): void {
    if ((this.#state & bit.finished) !== 0) return;
    this.#state |= bit.finished;
    this.#socket.shutdown();
  }

  #set(one: number, isSet: boolean): void {
    if (isSet) this.#state |= one;
    else this.#state &= ~one;
  }

  #lose(): void {
    // After a FIN of our own a failed write says nothing about the peer.
    if ((this.#state & bit.finished) === 0) this.#state |= bit.lost;
    this.#forget();
  }

  /** What is held has nowhere to go. The collector would find it late: one that reads slowly and leaves has 250 kB of it. */
  #forget(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    takeBack(held);
  }

  #hold(bytes: Uint8Array, start: number, end: number): void {
    const former = this.#held;
    const held = new Uint8Array((former?.length ?? 0) + end - start);
    if (former !== null) held.set(former);
    held.set(bytes.subarray(start, end), former?.length ?? 0);
    this.#held = held;
    if (former !== null) takeBack(former);
  }
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
      if (driver.spent === null && bytes.length < largeReadBytes) return;
      if (bytes.length >= greedyReadBytes) socket.data.halt();
      settle(driver, bytes);
    },
    drain(socket) {
      const line = socket.data;
      if (line.flow === null || !line.flush()) return;
      driver.refresh();
      line.flow.drained();
      if (driver.spent !== null) settle(driver, null);
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
      // What was said before it went well.
      driver.outbox.flush();
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
