// The hash that keys of lists are found by: FNV-1a (Fowler, Noll, Vo), from the last byte to the first, so that while a host name
// is read once the hash of every domain that it lies in comes by. Its high bits are stirred at the end, for they choose the slot.
// Whoever asks cannot add keys to a list, so collisions that are made on purpose find only what happens to stand there.

const basis = 0x811c9dc5 | 0;
const prime = 0x01000193;

/** Of no bytes; not yet stirred. */
export const noBytesHash: number = basis;

/** One byte more in front. */
export function withByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, prime);
}

/** Unsigned. */
export function stirred(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function hashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = basis;
  for (let at = end - 1; at >= start; at--) hash = withByte(hash, bytes[at]!);
  return stirred(hash);
}

/** Slots for so many keys: a quarter stays free, so that what is not there is found out soon. */
export function slotsFor(keys: number): number {
  return keys === 0 ? 0 : Math.ceil(keys / 0.75) + 1;
}

/** The slot that a search begins at. */
export function firstSlot(hash: number, slots: number): number {
  return Math.floor((hash / 0x1_0000_0000) * slots);
}
