// Range (RFC 9110 section 14): which bytes of a whole a request asks for. Only the unit "bytes"; what is not understood is no
// range, and the whole is sent. Many ranges, and ranges that overlap, are the whole too: asked for by nobody in earnest, they
// are how a small request makes a huge answer (section 17.15). A range is [start, end) of the body.

import { byte } from "../wire/http1/grammar.ts";

export const rangeOutcome = {
  /** 200: no range, or none that is worth it. */
  whole: 0,
  /** 206 */
  partial: 1,
  /** 416: none of them touches the body (section 15.5.17). */
  unsatisfiable: 2,
} as const;

/** More are the whole. Readers of PDF files ask for about ten. */
const rangesMax = 16;

export class Ranges {
  count = 0;
  readonly starts: Float64Array = new Float64Array(rangesMax);
  readonly ends: Float64Array = new Float64Array(rangesMax);

  /** The value in bytes[start, end) for a body of that length. */
  read(bytes: Uint8Array, start: number, end: number, bodyBytes: number): number {
    this.count = 0;
    let at = unitEnd(bytes, start, end);
    if (at === -1) return rangeOutcome.whole;
    let specs = 0;
    while (at < end) {
      const octet = bytes[at]!;
      if (octet === byte.comma || octet === byte.space || octet === byte.tab) {
        at++;
        continue;
      }
      at = this.#readSpec(bytes, at, end, bodyBytes);
      if (at === -1 || ++specs > rangesMax) return rangeOutcome.whole;
    }
    if (specs === 0) return rangeOutcome.whole;
    if (this.count === 0) return rangeOutcome.unsatisfiable;
    return this.count > 1 && !this.#isApart() ? rangeOutcome.whole : rangeOutcome.partial;
  }

  /** int-range = first-pos "-" [ last-pos ]; suffix-range = "-" suffix-length. Where it ends, -1 for what is none. */
  #readSpec(bytes: Uint8Array, at: number, end: number, bodyBytes: number): number {
    const firstEnd = digitsEnd(bytes, at, end);
    if (firstEnd === end || bytes[firstEnd] !== dash) return -1;
    const lastEnd = digitsEnd(bytes, firstEnd + 1, end);
    const hasFirst = firstEnd > at;
    const hasLast = lastEnd > firstEnd + 1;
    if (!hasFirst && !hasLast) return -1;
    const first = number(bytes, at, firstEnd);
    const last = number(bytes, firstEnd + 1, lastEnd);
    if (hasFirst && hasLast && last < first) return -1;
    let next = lastEnd;
    while (next < end && (bytes[next] === byte.space || bytes[next] === byte.tab)) next++;
    if (next < end && bytes[next] !== byte.comma) return -1;
    if (!hasFirst) this.#add(Math.max(0, bodyBytes - last), bodyBytes);
    else this.#add(first, hasLast ? Math.min(last + 1, bodyBytes) : bodyBytes);
    return next;
  }

  /** What touches nothing of the body does not count. */
  #add(start: number, end: number): void {
    if (start >= end || this.count === rangesMax) return;
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }

  /** No two share a byte. */
  #isApart(): boolean {
    for (let one = 0; one < this.count; one++)
      for (let other = 0; other < one; other++)
        if (this.starts[one]! < this.ends[other]! && this.starts[other]! < this.ends[one]!) return false;
    return true;
  }
}

const dash = 0x2d;
const unit = new TextEncoder().encode("bytes");

/** Behind "bytes=", in any case (section 14.1); -1 for another unit. */
function unitEnd(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= unit.length || bytes[start + unit.length] !== 0x3d) return -1;
  for (let at = 0; at < unit.length; at++) if ((bytes[start + at]! | 0x20) !== unit[at]) return -1;
  return start + unit.length + 1;
}

function digitsEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++;
  return at;
}

/** Larger than any body is large enough. */
function number(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = Math.min(value * 10 + bytes[at]! - 0x30, Number.MAX_SAFE_INTEGER - 1);
  return value;
}
