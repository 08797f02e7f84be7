// What is written into Redis for a stored response, and read again: a fixed part of numbers, then the bytes, each with its length.
// What others have written there, or half written, is read as nothing; nothing here throws.
//
//   0  magic "SLC2"    4  kind (1 whole, 2 vary)    8  epoch    16 ...

import type { CacheFacts } from "../memory/cache.ts";
import type { RemoteFound } from "../memory/remotecache.ts";

const magic = 0x32_43_4c_53;
const kinds = { whole: 1, vary: 2 } as const;
/** magic, kind, epoch. */
const prefixBytes = 16;
/** status, flags, reason, etagStart, etagEnd as 32 bits, then six times as doubles. */
const factsBytes = 5 * 4 + 4 + 6 * 8;
const lengthsBytes = 5 * 4;
const wholeBytes = prefixBytes + factsBytes + lengthsBytes;
/** generation, length of the key's first part, length of the names. */
const varyBytes = prefixBytes + 8 + 2 * 4;
/** Field names as RFC 9110 section 5.1 has them, in lower case, with ", " between them. No more than a list in a cache has. */
const namesPattern = /^[!#$%&'*+.^_`|~0-9a-z-]+(?:, [!#$%&'*+.^_`|~0-9a-z-]+)*$/;
const namesBytesMax = 1024;

export interface WholeParts {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
  readonly facts: CacheFacts;
  readonly head: Uint8Array;
  readonly tags: Uint8Array;
  readonly bodyBytes: number;
}

/** The value, with room for the body at its end: `bodyAt`. */
export function writeWhole(parts: WholeParts, epoch: number): { bytes: Uint8Array; bodyAt: number } {
  const { first, second, facts, head, tags, bodyBytes } = parts;
  const bodyAt = wholeBytes + first.length + second.length + head.length + tags.length;
  const bytes = new Uint8Array(bodyAt + bodyBytes);
  const view = begin(bytes, kinds.whole, epoch);
  const numbers = [facts.status, facts.flags, facts.reason, facts.etagStart, facts.etagEnd];
  for (const [index, value] of numbers.entries()) view.setUint32(prefixBytes + index * 4, value, true);
  for (const [index, value] of timesOf(facts).entries()) view.setFloat64(prefixBytes + 24 + index * 8, value, true);
  let at = wholeBytes;
  for (const [index, part] of [first, second, head, tags].entries()) {
    view.setUint32(prefixBytes + factsBytes + index * 4, part.length, true);
    bytes.set(part, at);
    at += part.length;
  }
  view.setUint32(prefixBytes + factsBytes + 16, bodyBytes, true);
  return { bytes, bodyAt };
}

/** `generation`: what the keys of its variants are made of. */
export function writeVary(first: Uint8Array, names: Uint8Array, generation: number, epoch: number): Uint8Array {
  const bytes = new Uint8Array(varyBytes + first.length + names.length);
  const view = begin(bytes, kinds.vary, epoch);
  view.setFloat64(prefixBytes, generation, true);
  view.setUint32(prefixBytes + 8, first.length, true);
  view.setUint32(prefixBytes + 12, names.length, true);
  bytes.set(first, varyBytes);
  bytes.set(names, varyBytes + first.length);
  return bytes;
}

export type Read =
  | { readonly found: Extract<RemoteFound, { kind: "whole" }>; readonly generation: null }
  | { readonly found: Extract<RemoteFound, { kind: "vary" }>; readonly generation: number };

/** Null for what is of another epoch, under another key, or no value of ours. */
export function readValue(bytes: Uint8Array, first: Uint8Array, second: Uint8Array, epoch: number): Read | null {
  if (bytes.length < prefixBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== magic || view.getFloat64(8, true) !== epoch) return null;
  const kind = view.getUint32(4, true);
  if (kind === kinds.vary) return readVary(bytes, view, first);
  return kind === kinds.whole ? readWhole(bytes, view, first, second) : null;
}

function readWhole(bytes: Uint8Array, view: DataView, first: Uint8Array, second: Uint8Array): Read | null {
  if (bytes.length < wholeBytes) return null;
  const lengths = Array.from({ length: 5 }, (_, index) => view.getUint32(prefixBytes + factsBytes + index * 4, true));
  if (lengths.reduce((sum, length) => sum + length, wholeBytes) !== bytes.length) return null;
  let at = wholeBytes;
  const [ownFirst, ownSecond, head, tags, body] = lengths.map((length) => bytes.subarray(at, (at += length)));
  if (!isEqual(ownFirst!, first) || !isEqual(ownSecond!, second)) return null;
  const facts = factsIn(view, body!.length);
  if (facts === null || facts.etagEnd > head!.length || facts.etagStart > facts.etagEnd) return null;
  return { found: { kind: "whole", facts, head: head!, tags: tags!, body: body! }, generation: null };
}

function readVary(bytes: Uint8Array, view: DataView, first: Uint8Array): Read | null {
  if (bytes.length < varyBytes) return null;
  const namesAt = varyBytes + view.getUint32(prefixBytes + 8, true);
  if (namesAt + view.getUint32(prefixBytes + 12, true) !== bytes.length) return null;
  if (!isEqual(bytes.subarray(varyBytes, namesAt), first)) return null;
  const names = bytes.subarray(namesAt);
  if (names.length > namesBytesMax || !namesPattern.test(Buffer.from(names).toString("latin1"))) return null;
  return { found: { kind: "vary", names }, generation: view.getFloat64(prefixBytes, true) };
}

function factsIn(view: DataView, bodyBytes: number): CacheFacts | null {
  const number = (index: number): number => view.getUint32(prefixBytes + index * 4, true);
  const time = (index: number): number => view.getFloat64(prefixBytes + 24 + index * 8, true);
  for (let index = 0; index < 6; index++) if (!Number.isFinite(time(index))) return null;
  return {
    status: number(0),
    flags: number(1),
    reason: number(2),
    etagStart: number(3),
    etagEnd: number(4),
    bornMs: time(0),
    storedMs: time(1),
    freshForMs: time(2),
    staleWhileRevalidateMs: time(3),
    staleIfErrorMs: time(4),
    lastModifiedMs: time(5),
    bodyBytes,
  };
}

function timesOf(facts: CacheFacts): number[] {
  const { bornMs, storedMs, freshForMs, staleWhileRevalidateMs, staleIfErrorMs, lastModifiedMs } = facts;
  return [bornMs, storedMs, freshForMs, staleWhileRevalidateMs, staleIfErrorMs, lastModifiedMs];
}

function begin(bytes: Uint8Array, kind: number, epoch: number): DataView {
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, kind, true);
  view.setFloat64(8, epoch, true);
  return view;
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && Buffer.compare(one, other) === 0;
}
