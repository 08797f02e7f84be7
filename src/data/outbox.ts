// What lines send in small pieces is not written at once, but when the turn of the event loop that they were sent in is over, one
// after the other. A peer that sleeps is woken by the first write and finds what the others bring before it sleeps again: one
// wake-up, which costs microseconds of whoever writes, in place of one for each; and pieces of one line that follow each other, such
// as a head and its body, are one write. Nothing waits for longer than a turn, nor, in a turn that is long, than `waitMsMax`.

/** A piece that is longer is written at once: what it costs is not the wake-up. */
export const pieceBytesMax: number = 4096;
/** Of all pieces together. */
const bytesMax = 64 * 1024;
const piecesMax = 256;
/** After which those that wait are written before anything else is begun. */
export const waitMsMax: number = 0.5;

export interface Sender {
  /** Write bytes[start, end), and keep what is not taken. It calls nobody. */
  depart(bytes: Uint8Array, start: number, end: number): void;
  /** Its FIN. */
  finish(): void;
}

export class Outbox {
  readonly #bytes: Uint8Array = new Uint8Array(bytesMax);
  readonly #senders: (Sender | null)[] = new Array(piecesMax).fill(null);
  /** Where each piece ends; it begins where the one before it does. */
  readonly #ends: Uint32Array = new Uint32Array(piecesMax);
  #count = 0;
  #size = 0;
  /** Of the first that waits; where none does, later than everything. */
  #sinceMs: number = Number.POSITIVE_INFINITY;
  #finishing: Sender[] = [];
  #isAwaited = false;
  readonly #turnEnded = (): void => this.#end();
  readonly #failed: (error: Error) => void;
  readonly #afterTurn: (call: () => void) => void;

  /** `failed` is told of an error of our own. `afterTurn` calls when all that has come together has been told. */
  constructor(failed: (error: Error) => void, afterTurn: (call: () => void) => void = setImmediate) {
    this.#failed = failed;
    this.#afterTurn = afterTurn;
  }

  /**
   * Keeps a copy of bytes[start, end), to be written soon. False: it is too long, or there is no room left and all that waited has been
   * written; then it is for the sender to write, behind what of its own has waited or is held.
   */
  keep(sender: Sender, bytes: Uint8Array, start: number, end: number, nowMs: number): boolean {
    const size = end - start;
    if (size > pieceBytesMax) return false;
    if (this.#size + size > bytesMax || this.#count === piecesMax) {
      this.flush();
      return false;
    }
    Buffer.prototype.copy.call(bytes, this.#bytes, this.#size, start, end);
    this.#size += size;
    if (this.#count === 0) this.#sinceMs = nowMs;
    // Behind its own last piece: both are one.
    if (this.#count === 0 || this.#senders[this.#count - 1] !== sender) this.#senders[this.#count++] = sender;
    this.#ends[this.#count - 1] = this.#size;
    this.#awaitEnd();
    return true;
  }

  /** Its FIN, once all that has come together has been told: the peer's may be among it, and closing is cheaper. */
  finishLater(sender: Sender): void {
    this.#finishing.push(sender);
    this.#awaitEnd();
  }

  /** What has waited for too long is written. */
  look(nowMs: number): void {
    if (nowMs - this.#sinceMs > waitMsMax) this.flush();
  }

  /** Writes all that waits. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    this.#size = 0;
    this.#sinceMs = Number.POSITIVE_INFINITY;
    let failure: Error | null = null;
    let start = 0;
    for (let index = 0; index < count; index++) {
      const end = this.#ends[index]!;
      const sender = this.#senders[index]!;
      this.#senders[index] = null;
      try {
        sender.depart(this.#bytes, start, end);
      } catch (error) {
        // What others have said goes out all the same, and first: whoever is told may close them, or say more.
        failure = error as Error;
      }
      start = end;
    }
    if (failure !== null) this.#failed(failure);
  }

  #awaitEnd(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#afterTurn(this.#turnEnded);
  }

  #end(): void {
    this.#isAwaited = false;
    this.flush();
    if (this.#finishing.length === 0) return;
    const finishing = this.#finishing;
    this.#finishing = [];
    for (const sender of finishing) {
      try {
        sender.finish();
      } catch (error) {
        this.#failed(error as Error);
      }
    }
  }
}
