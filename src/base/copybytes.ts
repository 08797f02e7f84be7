// Copies a range of bytes without making a view of it: by a loop where they are few, as names and values mostly are, and by
// the runtime's own copy where they are many. It knows bytes only.

/** Buffer's native copy takes a range without making a view of it; it works on any Uint8Array. */
const nativeCopy = Buffer.prototype.copy as (
  this: Uint8Array,
  target: Uint8Array,
  at: number,
  start: number,
  end: number,
) => number;

/** Up to here a loop is faster than a call into the runtime. */
const loopBytesMax = 24;

/** source[start, end) to target[at, …), which has room for it. In one and the same array the ranges must not overlap. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  if (end - start > loopBytesMax) nativeCopy.call(source, target, at, start, end);
  else for (let next = start; next < end; next++) target[at++] = source[next]!;
}
