// Where a body ends. The bytes themselves are passed on untouched: this only counts them (RFC 9112 sections 6 and 7.1), and
// refuses chunked framing that could be read in two ways. One object follows one body at a time, cut anywhere.
//
//   size ─ ";" ─> extension          data ─ all of it ─> data CR ─> data LF ─> size
//   size ─ CR ──> size LF ─> data    size 0 ─> trailer line ─ CR ─> end LF ─> done
//
// Chunk sizes: at most 13 hex digits (a double holds them exactly), no white space around them. Extensions and trailers are
// passed on, but bounded: they are where endless bytes could hide.

import { byte, hexValue, isToken, isValue } from "./grammar.ts";
import { type BodyKind, bodyKind } from "./head.ts";

const at = {
  size: 0,
  extension: 1,
  sizeLf: 2,
  data: 3,
  dataCr: 4,
  dataLf: 5,
  trailerStart: 6,
  trailerName: 7,
  trailerValue: 8,
  trailerLf: 9,
  endLf: 10,
} as const;

const sizeDigitsMax = 13;
/** All extensions of one body together. */
export const extensionBytesMax: number = 16 * 1024;
/** The trailer section. */
export const trailerBytesMax: number = 16 * 1024;

export class Body {
  kind: BodyKind = bodyKind.none;
  isDone = true;
  /** The framing is malformed; only chunked bodies can be. */
  isBad = false;
  /** Bytes left of a body with a length, or of the chunk. */
  remaining = 0;
  /** Bytes of content that have come, without what frames them. */
  content = 0;
  #state: number = at.size;
  #digits = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  #nameHash = 0;
  #nameLength = 0;

  begin(kind: BodyKind, length: number): void {
    this.kind = kind;
    this.isDone = kind === bodyKind.none;
    this.isBad = false;
    this.remaining = kind === bodyKind.length ? length : 0;
    this.content = 0;
    this.#state = at.size;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#trailerBytes = 0;
  }

  /** Of a chunked one: content that the chunk it is in has still to bring; -1 between two chunks, null inside of what frames them. */
  get chunkLeft(): number | null {
    if (this.#state === at.data || this.#state === at.dataCr) return this.remaining;
    return this.#state === at.size && this.#digits === 0 ? -1 : null;
  }

  /**
   * Follow the body through bytes[start, end). Answers the index after the last byte that belongs to it; sets `isDone` when it
   * ended there, `isBad` when the framing is malformed. `plain`, if given, is shown the content, without its framing.
   */
  advance(bytes: Uint8Array, start: number, end: number, plain?: Plain): number {
    if (this.kind === bodyKind.chunked) return this.#advanceChunked(bytes, start, end, plain);
    if (this.isDone) return start;
    const taken = this.kind === bodyKind.close ? end - start : Math.min(this.remaining, end - start);
    if (plain !== undefined && taken > 0) plain.add(bytes, start, start + taken);
    this.content += taken;
    if (this.kind === bodyKind.close) return end;
    this.remaining -= taken;
    if (this.remaining === 0) this.isDone = true;
    return start + taken;
  }

  #advanceChunked(bytes: Uint8Array, start: number, end: number, plain: Plain | undefined): number {
    let next = start;
    while (next < end && !this.isDone && !this.isBad) {
      if (this.#state === at.size && this.#digits === 0) {
        const passed = this.#passWhole(bytes, next, end, plain);
        if (passed > next) {
          next = passed;
          continue;
        }
      }
      if (this.#state === at.data) {
        const taken = Math.min(this.remaining, end - next);
        plain?.add(bytes, next, next + taken);
        this.content += taken;
        this.remaining -= taken;
        next += taken;
        if (this.remaining === 0) this.#state = at.dataCr;
      } else if (this.#state < at.trailerStart) {
        this.#chunkByte(bytes[next++]!);
      } else {
        plain?.trailer?.(bytes[next]!);
        this.#trailerByte(bytes[next++]!);
      }
    }
    return next;
  }

  /** The index behind all chunks that stand whole at `start`, but for those that are framed in an uncommon or a wrong way, and the last. */
  #passWhole(bytes: Uint8Array, start: number, end: number, plain: Plain | undefined): number {
    let next = start;
    for (;;) {
      const digitsEnd = Math.min(end, next + sizeDigitsMax);
      let index = next;
      let size = 0;
      for (; index < digitsEnd; index++) {
        const digit = hexValue[bytes[index]!]!;
        if (digit === 255) break;
        size = size * 16 + digit;
      }
      const dataStart = index + 2;
      const dataEnd = dataStart + size;
      // Without a digit there is no size either.
      if (size === 0 || dataEnd + 2 > end || bytes[index] !== byte.cr || bytes[index + 1] !== byte.lf) return next;
      if (bytes[dataEnd] !== byte.cr || bytes[dataEnd + 1] !== byte.lf) return next;
      plain?.add(bytes, dataStart, dataEnd);
      this.content += size;
      next = dataEnd + 2;
    }
  }

  #chunkByte(value: number): void {
    switch (this.#state) {
      case at.size: {
        const digit = hexValue[value]!;
        if (digit !== 255 && this.#digits < sizeDigitsMax) {
          this.#digits++;
          this.remaining = this.remaining * 16 + digit;
        } else if (this.#digits > 0 && value === byte.cr) this.#state = at.sizeLf;
        else if (this.#digits > 0 && value === byte.semicolon) this.#state = at.extension;
        else this.isBad = true;
        return;
      }
      case at.extension:
        if (value === byte.cr) this.#state = at.sizeLf;
        else if (isValue[value] === 0 || ++this.#extensionBytes > extensionBytesMax) this.isBad = true;
        return;
      case at.sizeLf:
        if (value !== byte.lf) this.isBad = true;
        this.#digits = 0;
        this.#state = this.remaining === 0 ? at.trailerStart : at.data;
        return;
      case at.dataCr:
        if (value !== byte.cr) this.isBad = true;
        this.#state = at.dataLf;
        return;
      default:
        if (value !== byte.lf) this.isBad = true;
        this.#state = at.size;
    }
  }

  #trailerByte(value: number): void {
    if (++this.#trailerBytes > trailerBytesMax) this.isBad = true;
    switch (this.#state) {
      case at.trailerStart:
        this.#nameHash = hashStart;
        this.#nameLength = 0;
        if (value === byte.cr) this.#state = at.endLf;
        else if (isToken[value] === 0) this.isBad = true;
        else {
          this.#noteName(value);
          this.#state = at.trailerName;
        }
        return;
      case at.trailerName:
        if (isToken[value] !== 0) this.#noteName(value);
        else if (value === byte.colon && !this.#isFramingName()) this.#state = at.trailerValue;
        else this.isBad = true;
        return;
      case at.trailerValue:
        if (value === byte.cr) this.#state = at.trailerLf;
        else if (isValue[value] === 0) this.isBad = true;
        return;
      case at.trailerLf:
        if (value !== byte.lf) this.isBad = true;
        this.#state = at.trailerStart;
        return;
      default:
        if (value !== byte.lf) this.isBad = true;
        else this.isDone = true;
    }
  }

  #noteName(value: number): void {
    this.#nameHash = hashStep(this.#nameHash, value);
    this.#nameLength++;
  }

  /** RFC 9110 6.5.1: fields that frame or route a message have no place in trailers; who merges them would be deceived. */
  #isFramingName(): boolean {
    return framingNames.some(([length, hash]) => length === this.#nameLength && hash === this.#nameHash);
  }
}

/** Collects chunk data for a peer that does not know chunked (HTTP/1.0, HTTP/2). */
export interface Plain {
  add(bytes: Uint8Array, start: number, end: number): void;
  /** A byte of the trailer section, the empty line behind it included. */
  trailer?(value: number): void;
}

const hashStart = 0x811c9dc5 | 0;
const hashStep = (hash: number, value: number): number => Math.imul(hash ^ (value | 0x20), 0x01000193);
const hashOf = (name: string): number =>
  [...name].reduce((hash, letter) => hashStep(hash, letter.charCodeAt(0)), hashStart);
const framingNames: readonly (readonly [number, number])[] = [
  ...["content-length", "content_length", "transfer-encoding", "transfer_encoding", "host"],
  // What servers are told about clients, and credentials: what was taken out of the head must not come behind the body.
  ...["authorization", "proxy-authorization", "proxy_authorization", "cookie", "forwarded"],
  ...[
    "x-request-id",
    "x_request-id",
    "x-request_id",
    "x_request_id",
    "x-real-ip",
    "x_real-ip",
    "x-real_ip",
    "x_real_ip",
  ],
  ...["for", "proto", "host", "port", "prefix", "server", "scheme", "ssl", "protocol"].flatMap((what) =>
    ["x-forwarded-", "x_forwarded-", "x-forwarded_", "x_forwarded_"].map((start) => start + what),
  ),
].map((name) => [name.length, hashOf(name)]);
