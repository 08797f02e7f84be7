// What may follow the addresses of a PROXY header of version 2: types, lengths and values (2.2 of the specification). None of
// them is needed here, so they are only skipped; but they must fit, for a header whose parts contradict each other was not
// written by who we think, and a checksum must be right (2.2.3). Looks at what has come, and never waits to refuse.

const tlvHeadBytes = 3;
const checksumType = 0x03;
const checksumBytes = 4;

/**
 * Whether the TLVs from `start` on, of which the bytes before `end` have come, fill their block exactly. A checksum among them
 * must be there once, and is compared when the header is whole.
 */
export function areTlvsRight(
  bytes: Uint8Array,
  start: number,
  blockEnd: number,
  headerStart: number,
  end: number,
): boolean {
  if (!isTlvRoom(blockEnd - start)) return false;
  const here = Math.min(end, blockEnd);
  let checksumAt = -1;
  for (let at = start; at < here; ) {
    const isChecksum = bytes[at] === checksumType;
    const room = blockEnd - at - tlvHeadBytes;
    if (isChecksum && checksumAt !== -1) return false;
    if (at + 1 >= here) return true;
    if (bytes[at + 1]! << 8 > room || (isChecksum && bytes[at + 1] !== 0)) return false;
    if (at + 2 >= here) return true;
    const length = word16(bytes, at + 1);
    if (length > room || !isTlvRoom(room - length) || (isChecksum && length !== checksumBytes)) return false;
    if (isChecksum) checksumAt = at + tlvHeadBytes;
    at += tlvHeadBytes + length;
  }
  return checksumAt === -1 || end < blockEnd || isChecksumRight(bytes, headerStart, blockEnd, checksumAt);
}

/** CRC32C of the header, in which the checksum counts as zeros (2.2.3). */
function isChecksumRight(bytes: Uint8Array, start: number, end: number, checksumAt: number): boolean {
  let sum = -1;
  for (let at = start; at < end; at++) {
    const octet = at >= checksumAt && at < checksumAt + checksumBytes ? 0 : bytes[at]!;
    sum = (sum >>> 8) ^ checksumTable[(sum ^ octet) & 0xff]!;
  }
  const said = (word16(bytes, checksumAt) << 16) | word16(bytes, checksumAt + 2);
  return ~sum === said;
}

/** Castagnoli's polynomial, bits reversed (RFC 4960 appendix B). */
const checksumTable: Int32Array = Int32Array.from({ length: 256 }, (_, octet) => {
  let sum = octet;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
  return sum;
});

function isTlvRoom(length: number): boolean {
  return length === 0 || length >= tlvHeadBytes;
}

function word16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
