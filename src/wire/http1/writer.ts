// Where a head is put together before it is sent: one growing buffer that is used again for every head, so that a head and
// the body bytes behind it leave in one write. It knows bytes only; which fields to write is decided above (flow/forwarding.ts).

import { copyBytes } from "../../base/copybytes.ts";
import { ipv4TextMax, putIPv4 } from "../../base/ipv4text.ts";

export class Output {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity: number = 64 * 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  clear(): void {
    this.length = 0;
  }

  /** source[start, end). */
  copy(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.length + size > this.bytes.length) this.#grow(size);
    copyBytes(source, start, end, this.bytes, this.length);
    this.length += size;
  }

  /** There is room for so many bytes more, which may be written to `bytes` from `length` on. */
  reserve(size: number): void {
    if (this.length + size > this.bytes.length) this.#grow(size);
  }

  put(source: Uint8Array): void {
    this.copy(source, 0, source.length);
  }

  /** Characters up to U+00FF, such as an address or a number. */
  latin1(text: string): void {
    if (this.length + text.length > this.bytes.length) this.#grow(text.length);
    const target = this.bytes;
    let at = this.length;
    for (let index = 0; index < text.length; index++) target[at++] = text.charCodeAt(index);
    this.length = at;
  }

  /** The text of an IPv4 address. */
  ipv4(address: number): void {
    if (this.length + ipv4TextMax > this.bytes.length) this.#grow(ipv4TextMax);
    this.length = putIPv4(this.bytes, this.length, address);
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.#grow(1);
    this.bytes[this.length++] = value;
  }

  /** Lower-case hexadecimal, `digits` long, of an unsigned 32-bit number. */
  hex32(value: number, digits: number): void {
    if (this.length + digits > this.bytes.length) this.#grow(digits);
    for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
      const digit = (value >>> shift) & 15;
      this.bytes[this.length++] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    }
  }

  #grow(size: number): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + size));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
