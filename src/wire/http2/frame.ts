// The frames of HTTP/2 as numbers (RFC 9113 sections 4.1, 5.4, 6 and 7), and how they are written. A frame is nine bytes, length, type,
// flags and stream, and then its payload; what is written here goes behind what already stands in an output, so that many frames
// leave in one write.

import type { Output } from "../http1/writer.ts";

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Bits; which of them mean something depends on the type. */
export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  /** RFC 9218 section 2.1. */
  noRfc7540Priorities: 9,
} as const;

export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const;

export const frameHeaderBytes = 9;
/** SETTINGS_MAX_FRAME_SIZE as it is unless somebody says otherwise; we neither take nor send larger ones. */
export const frameBytesMax = 16384;
/** The flow-control window that streams and connections begin with. */
export const initialWindowBytes = 65535;
/** 2^31-1. */
export const windowBytesMax = 0x7fffffff;

/** What a client says first (section 3.4). */
export const connectionPreface: Uint8Array = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export function putFrameHeader(output: Output, length: number, type: number, flags: number, stream: number): void {
  output.byte(length >>> 16);
  output.byte((length >>> 8) & 255);
  output.byte(length & 255);
  output.byte(type);
  output.byte(flags);
  putUint32(output, stream);
}

/** Of the frame that was written from output.bytes[at] on. */
export function setFrameLength({ bytes }: Output, at: number, length: number): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = (length >>> 8) & 255;
  bytes[at + 2] = length & 255;
}

export function putUint32(output: Output, value: number): void {
  output.byte(value >>> 24);
  output.byte((value >>> 16) & 255);
  output.byte((value >>> 8) & 255);
  output.byte(value & 255);
}

export function putRstStream(output: Output, stream: number, code: number): void {
  putFrameHeader(output, 4, frameType.rstStream, 0, stream);
  putUint32(output, code);
}

export function putWindowUpdate(output: Output, stream: number, increment: number): void {
  putFrameHeader(output, 4, frameType.windowUpdate, 0, stream);
  putUint32(output, increment);
}

/** Pairs of a setting and its value. */
export function putSettings(output: Output, settings: readonly (readonly [number, number])[]): void {
  putFrameHeader(output, settings.length * 6, frameType.settings, 0, 0);
  for (const [name, value] of settings) {
    output.byte(name >>> 8);
    output.byte(name & 255);
    putUint32(output, value);
  }
}

/** `debug`: what went wrong, in ASCII. */
export function putGoaway(output: Output, lastStream: number, code: number, debug: string): void {
  putFrameHeader(output, 8 + debug.length, frameType.goaway, 0, 0);
  putUint32(output, lastStream);
  putUint32(output, code);
  output.latin1(debug);
}

/**
 * The frame that was written from output.bytes[at] on has its payload behind it, of whatever length: its length is set, and a header
 * block that is longer than a frame may be goes on in CONTINUATION frames.
 */
export function closeHeaders(output: Output, at: number, stream: number): void {
  const length = output.length - at - frameHeaderBytes;
  if (length > frameBytesMax) return splitHeaders(output, at, stream);
  setFrameLength(output, at, length);
  output.bytes[at + 4]! |= flag.endHeaders;
}

function splitHeaders(output: Output, at: number, stream: number): void {
  const flags = output.bytes[at + 4]!;
  const block = output.bytes.slice(at + frameHeaderBytes, output.length);
  output.length = at;
  for (let start = 0; start < block.length; start += frameBytesMax) {
    const end = Math.min(start + frameBytesMax, block.length);
    const isLast = end === block.length ? flag.endHeaders : 0;
    if (start === 0) putFrameHeader(output, end - start, frameType.headers, flags | isLast, stream);
    else putFrameHeader(output, end - start, frameType.continuation, isLast, stream);
    output.copy(block, start, end);
  }
}
