// Connections of a virtual network. Each is two ends; what is written at one arrives at the other in segments, later, cut
// anywhere, as far as there is room; FIN and RST travel behind the bytes. An end behaves as a raw socket does (see the
// pitfalls in src/data/plain.ts): write takes what fits, close with bytes unread is a RST, bytes for a closed end are answered by
// RST, and a RST may destroy bytes that had arrived but were not read.

import { type Swarm, smallReadBytesMax } from "./swarm.ts";
import { Violation, type World } from "./world.ts";

/** Who holds an end, and hears what happens to it. */
export interface Ears {
  data(bytes: Uint8Array): void;
  writable(): void;
  /** The peer's FIN, while this side may still write. */
  end(): void;
  closed(isReset: boolean): void;
}

/** What a client does with its end. */
export interface Way {
  ears: Ears | null;
  readonly isClosed: boolean;
  write(bytes: Uint8Array, start: number, end: number): number;
  pause(): void;
  resume(): void;
  close(): void;
  reset(): void;
}

export class End implements Way {
  readonly name: string;
  readonly #world: World;
  readonly #swarm: Swarm;
  peer!: End;
  ears: Ears | null = null;
  /** Bytes written here that the peer has not read. */
  #unread = 0;
  /** Arrived and not read. */
  #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  #lastArrivalMs = 0;
  #isUnheard = false;
  #isPaused = false;
  #isReadScheduled = false;
  /** One more read may come until then, though paused: it was under way. */
  #lateUntilMs = 0;
  #wantsRoom = false;
  #isFinArrived = false;
  #isFinTold = false;
  #isShut = false;
  /** A RST has come, and nothing after it counts. */
  #isReset = false;
  isClosed = false;
  readBytes = 0;

  constructor(world: World, swarm: Swarm, name: string) {
    this.#world = world;
    this.#swarm = swarm;
    this.name = name;
  }

  /** So many bytes would be taken now. */
  get roomBytes(): number {
    return Math.max(0, this.#swarm.windowBytes - this.#unread);
  }

  /** How many of the bytes were taken; -1 when the connection is gone. */
  write(bytes: Uint8Array, start: number, end: number): number {
    if (this.#isShut && !this.isClosed) throw new Violation(`${this.name}: written after FIN`);
    if (this.isClosed) return -1;
    const taken = Math.min(end - start, this.roomBytes);
    if (taken < end - start) this.#wantsRoom = true;
    for (let at = start; at < start + taken; ) {
      const size = this.#segmentSize(start + taken - at);
      const segment = bytes.slice(at, at + size);
      this.#unread += size;
      this.#arrive((peer) => peer.#receive(segment));
      at += size;
    }
    return taken;
  }

  #segmentSize(left: number): number {
    const { splits, readBytesMax } = this.#swarm;
    if (readBytesMax > smallReadBytesMax && this.#world.chance(splits ? 0.05 : 0.3))
      return Math.min(left, this.#world.between(1, readBytesMax));
    if (!splits) return Math.min(left, 16 * 1024);
    return Math.min(left, this.#world.chance(0.3) ? this.#world.between(1, 8) : this.#world.between(1, 8192));
  }

  #arrive(what: (peer: End) => void): void {
    const delayMs = this.#swarm.delayMsMax === 0 ? 0.01 : this.#world.skewed(0, this.#swarm.delayMsMax) + 0.01;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#world.nowMs + delayMs);
    this.#world.after(this.#lastArrivalMs - this.#world.nowMs, () => what(this.peer));
  }

  /** Arrived here and not read: a close would be a RST. */
  get arrivedBytes(): number {
    return this.#arrivedBytes;
  }

  /** FIN. */
  shutdown(): void {
    if (this.#isShut || this.isClosed) return;
    this.#isShut = true;
    this.#arrive((peer) => peer.#receiveFin());
    if (this.#isFinTold && this.#swarm.isCloseTold) this.#world.after(0.01, () => this.#tellClosed(false));
  }

  /** Both directions; RST when something is unread. */
  close(): void {
    if (this.isClosed) return;
    if (this.#arrivedBytes > 0) return this.reset();
    const wasShut = this.#isShut;
    this.isClosed = true;
    this.ears = null;
    if (!wasShut) this.#arrive((peer) => peer.#receiveFin());
  }

  reset(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.ears = null;
    this.#sendReset();
  }

  #sendReset(): void {
    // A RST may overtake what is still on its way.
    if (this.#world.chance(0.5)) this.#world.after(0.01, () => this.peer.#receiveReset());
    else this.#arrive((peer) => peer.#receiveReset());
  }

  /** Nobody is there yet to be told: what comes waits in the kernel. */
  expect(): void {
    this.#isUnheard = true;
  }

  listen(ears: Ears): void {
    this.ears = ears;
    this.#isUnheard = false;
    this.#scheduleRead();
  }

  get #isHeldBack(): boolean {
    return this.#isUnheard || (this.#isPaused && this.#world.nowMs >= this.#lateUntilMs);
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    if (this.#swarm.latePause && this.#world.chance(0.4)) this.#lateUntilMs = this.#world.nowMs + 5;
    this.#scheduleRead();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#scheduleRead();
  }

  #receive(segment: Uint8Array): void {
    if (this.isClosed) return this.#sendReset();
    if (this.#isReset) return;
    this.#arrived.push(segment);
    this.#arrivedBytes += segment.length;
    this.#scheduleRead();
  }

  #receiveFin(): void {
    this.#isFinArrived = true;
    if (!this.isClosed) this.#scheduleRead();
  }

  #receiveReset(): void {
    if (this.isClosed || this.#isReset) return;
    this.#isReset = true;
    if (this.#world.chance(0.5) || this.#isPaused) {
      this.#arrived = [];
      this.#arrivedBytes = 0;
    }
    this.#world.after(0.01, () => {
      // What was not read is lost with the connection, unless the reader is asked first.
      if (this.#arrivedBytes > 0 && !this.isClosed) this.ears?.data(this.#takeArrived());
      this.#tellClosed(true);
    });
  }

  #tellClosed(isReset: boolean): void {
    if (this.isClosed) return;
    const { ears } = this;
    this.isClosed = true;
    this.ears = null;
    ears?.closed(isReset);
  }

  #scheduleRead(): void {
    if (this.#isReadScheduled || this.isClosed || this.#isReset) return;
    if (this.#arrivedBytes === 0 && !(this.#isFinArrived && !this.#isFinTold)) return;
    if (this.#isHeldBack) return;
    this.#isReadScheduled = true;
    this.#world.after(this.#world.chance(0.2) ? 1 : 0.01, () => this.#read());
  }

  #read(): void {
    this.#isReadScheduled = false;
    if (this.isClosed || this.#isReset) return;
    if (this.#isHeldBack) return;
    if (this.#isPaused) this.#lateUntilMs = 0;
    if (this.#arrivedBytes > 0) {
      this.ears?.data(this.#takeArrived());
      if (this.isClosed) return;
      return this.#scheduleRead();
    }
    if (!this.#isFinArrived || this.#isFinTold || this.#isPaused) return;
    this.#isFinTold = true;
    if (this.#isShut) return this.#tellClosed(false);
    this.ears?.end();
  }

  /** One read: segments that have come, whole, as many as there is room for; none is longer than that. */
  #takeArrived(): Uint8Array {
    const { readBytesMax } = this.#swarm;
    if (this.#arrived[0]!.length > readBytesMax)
      throw new Violation(`${this.name}: a segment of ${this.#arrived[0]!.length} bytes can never be read`);
    const parts: Uint8Array[] = [];
    let size = 0;
    while (this.#arrived.length > 0 && size + this.#arrived[0]!.length <= readBytesMax) {
      const part = this.#arrived.shift()!;
      parts.push(part);
      size += part.length;
    }
    this.#arrivedBytes -= size;
    this.readBytes += size;
    this.peer.#freed(size);
    return parts.length === 1 ? parts[0]! : new Uint8Array(Buffer.concat(parts));
  }

  #freed(bytes: number): void {
    this.#unread -= bytes;
    if (!this.#wantsRoom || this.isClosed) return;
    this.#wantsRoom = false;
    this.#world.after(0.01, () => {
      if (!this.isClosed) this.ears?.writable();
    });
  }
}

/** A connection: its two ends. */
export function connect(world: World, swarm: Swarm, name: string): [End, End] {
  const near = new End(world, swarm, `${name}.near`);
  const far = new End(world, swarm, `${name}.far`);
  near.peer = far;
  far.peer = near;
  return [near, far];
}
