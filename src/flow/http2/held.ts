// Content of one stream that waits for room: added at its end, taken from its front, in one piece of memory that grows to twice its size
// when it has to, for a server may send it a byte at a time. How much of it all streams of a connection have together is kept by
// who owns this.

const bytesAtFirst = 1024;
const giveBackBytes = 32 * 1024;

export class Held {
  bytes: Uint8Array;
  /** What waits is bytes[start, end). */
  start = 0;
  end: number;

  /** Of source[start, end). */
  constructor(source: Uint8Array, start: number, end: number) {
    this.bytes = new Uint8Array(Math.max(end - start, bytesAtFirst));
    this.bytes.set(source.subarray(start, end));
    this.end = end - start;
  }

  get length(): number {
    return this.end - this.start;
  }

  add(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.end + size > this.bytes.length) this.#makeRoom(size);
    this.bytes.set(source.subarray(start, end), this.end);
    this.end += size;
  }

  take(size: number): void {
    this.start += size;
  }

  /** Nothing looks at it any more: much memory is given back at once, for the collector would find it late. */
  release(): void {
    if (this.bytes.length >= giveBackBytes) (this.bytes.buffer as ArrayBuffer).transfer(0);
  }

  #makeRoom(size: number): void {
    const { bytes, start, end, length } = this;
    // Half of it at least was taken: there is room in front.
    const isRoomy = length + size <= bytes.length / 2;
    if (isRoomy) bytes.copyWithin(0, start, end);
    else {
      this.bytes = new Uint8Array(Math.max(bytes.length * 2, length + size));
      this.bytes.set(bytes.subarray(start, end));
      if (bytes.length >= giveBackBytes) (bytes.buffer as ArrayBuffer).transfer(0);
    }
    this.start = 0;
    this.end = length;
  }
}
