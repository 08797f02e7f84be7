// Content of servers' streams that is held because those whose it is do not take it, of all connections of a worker. While there is too much
// of it, connections are not told that what comes was taken; as soon as there is less, those that wait for that are.

/** Each stream's window bounds what it holds; this many bytes are held before connections' windows do. */
export const untakenBytesMax: number = 64 * 1024 * 1024;

/** A connection that has withheld that content was taken. */
export interface Withholding {
  relieved(): void;
}

export class Untaken {
  #bytes = 0;
  #waiting: Withholding[] = [];

  get bytes(): number {
    return this.#bytes;
  }

  get isTooMuch(): boolean {
    return this.#bytes > untakenBytesMax;
  }

  /** Told when there is room again: once. */
  enlist(connection: Withholding): void {
    this.#waiting.push(connection);
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  take(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#waiting.length === 0 || this.#bytes * 2 > untakenBytesMax) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const connection of waiting) connection.relieved();
  }
}
