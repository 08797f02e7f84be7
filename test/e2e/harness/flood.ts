// Bodies far larger than what anyone should hold in memory: written with backpressure by one side, read by the other with long
// pauses, and hashed on the way by both. What is hashed is the body as it stands on the wire, framing included, since Sluice
// passes it on as it is.

import type { Socket } from "bun";

export interface Sink {
  /** Body bytes seen so far. */
  bytes: number;
  readonly hash: Bun.CryptoHasher;
}

const pieceBytes = 65_536;
const block = crypto.getRandomValues(new Uint8Array(pieceBytes));
/** Pieces differ, so that a lost, doubled or swapped one changes the hash. */
const variants = Array.from({ length: 61 }, (_, index) => {
  const piece = Buffer.from(block);
  piece.fill(index + 1, 0, 512);
  return piece;
});
const framed = variants.map((piece) =>
  Buffer.concat([Buffer.from(`${pieceBytes.toString(16)}\r\n`), piece, Buffer.from("\r\n")]),
);

/** Writes `pieces` of 64 kB; to be pumped whenever the socket takes more. */
export class Pour implements Sink {
  readonly hash: Bun.CryptoHasher = new Bun.CryptoHasher("sha256");
  bytes = 0;
  readonly #parts: readonly Buffer[];
  readonly #pieces: number;
  readonly #end: Buffer;
  readonly #rest: { pauseEvery: number; pauseMs: number };
  #piece = 0;
  #unsent: Buffer = Buffer.alloc(0);
  #isPausing = false;

  constructor(pieces: number, isChunked: boolean, rest = { pauseEvery: 0, pauseMs: 0 }) {
    this.#pieces = pieces;
    this.#parts = isChunked ? framed : variants;
    this.#end = Buffer.from(isChunked ? "0\r\n\r\n" : "");
    this.#rest = rest;
  }

  pump(socket: Pick<Socket, "write">): void {
    while (!this.#isPausing) {
      if (this.#unsent.length === 0 && !this.#next(socket)) return;
      const taken = socket.write(this.#unsent);
      if (taken <= 0) return;
      this.#unsent = this.#unsent.subarray(taken);
      if (this.#unsent.length > 0) return;
    }
  }

  #next(socket: Pick<Socket, "write">): boolean {
    if (this.#piece > this.#pieces) return false;
    const { pauseEvery, pauseMs } = this.#rest;
    if (pauseEvery > 0 && this.#piece > 0 && this.#piece % pauseEvery === 0 && this.#piece < this.#pieces) {
      this.#isPausing = true;
      setTimeout(() => {
        this.#isPausing = false;
        this.pump(socket);
      }, pauseMs);
    }
    const piece = this.#piece === this.#pieces ? this.#end : this.#parts[this.#piece % this.#parts.length]!;
    this.#piece++;
    this.hash.update(piece);
    this.bytes += piece.length;
    this.#unsent = piece;
    return piece.length > 0;
  }
}

/** Reads a message, pausing now and then for so long that every buffer on the way fills up. */
export class Drink implements Sink {
  readonly hash: Bun.CryptoHasher = new Bun.CryptoHasher("sha256");
  head = "";
  bytes = 0;
  readonly #pauseEvery: number;
  readonly #pauseMs: number;
  #pauses = 1;
  #held: Buffer | null = Buffer.alloc(0);

  constructor(rest: { pauseEvery: number; pauseMs: number }) {
    this.#pauseEvery = rest.pauseEvery * pieceBytes;
    this.#pauseMs = rest.pauseMs;
  }

  take(socket: Pick<Socket, "pause" | "resume">, bytes: Uint8Array): void {
    if (this.#held !== null) {
      this.#held = Buffer.concat([this.#held, bytes]);
      const end = this.#held.indexOf("\r\n\r\n");
      if (end === -1) return;
      this.head = this.#held.subarray(0, end + 4).toString("latin1");
      bytes = this.#held.subarray(end + 4);
      this.#held = null;
    }
    this.hash.update(bytes);
    this.bytes += bytes.length;
    if (this.#pauseEvery === 0 || this.bytes < this.#pauses * this.#pauseEvery) return;
    this.#pauses++;
    socket.pause();
    setTimeout(() => socket.resume(), this.#pauseMs);
  }
}
