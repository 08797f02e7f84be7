// Frames of HTTP/2 as bytes (RFC 9113, sections 4 and 6), for a client that has to be able to say anything wrong: whatever a field
// holds is written as it is given, and lengths may lie. Nothing here is shared with the proxy, so that no mistake is made twice.

export const Type = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** END_STREAM of DATA and HEADERS has the bit of ACK of SETTINGS and PING. */
export const Flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

export const Setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** By number, RFC 9113, section 7. */
export const errorNames: readonly string[] = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
export const headBytes = 9;
export const none: Buffer = Buffer.alloc(0);

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** `length`: what the frame says of itself, where that is not the truth. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = none,
  length: number = payload.length,
): Buffer {
  const bytes = Buffer.alloc(headBytes + payload.length);
  bytes.writeUIntBE(length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream >>> 0, 5);
  bytes.set(payload, headBytes);
  return bytes;
}

/** The first whole frame; null when there is none. */
export function frameOf(bytes: Buffer): Frame | null {
  if (bytes.length < headBytes) return null;
  const length = bytes.readUIntBE(0, 3);
  if (bytes.length < headBytes + length) return null;
  const payload = Buffer.from(bytes.subarray(headBytes, headBytes + length));
  return { type: bytes[3]!, flags: bytes[4]!, stream: bytes.readUInt32BE(5) & 0x7fff_ffff, payload };
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0, 0);
  return bytes;
}

export function settings(...values: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.concat(values.map(([id, value]) => Buffer.concat([Buffer.from([id >> 8, id]), word(value)])));
  return frame(Type.settings, 0, 0, payload);
}

export const settingsAck: Buffer = frame(Type.settings, Flag.ack, 0);

/** A whole header block in one frame, without END_STREAM unless it is said. */
export function headers(stream: number, block: Uint8Array, flags: number = Flag.endHeaders): Buffer {
  return frame(Type.headers, flags, stream, block);
}

export function continuation(stream: number, block: Uint8Array, flags: number = Flag.endHeaders): Buffer {
  return frame(Type.continuation, flags, stream, block);
}

export function data(stream: number, bytes: Uint8Array | string, isLast = false): Buffer {
  return frame(Type.data, isLast ? Flag.endStream : 0, stream, Buffer.from(bytes as string));
}

/** `padLength` is written as it is said, whatever padding follows. */
export function padded(content: Uint8Array, padLength: number, padding: number = padLength): Buffer {
  return Buffer.concat([Buffer.from([padLength]), content, Buffer.alloc(padding)]);
}

export function priority(stream: number, on: number, weight = 15): Buffer {
  return frame(Type.priority, 0, stream, Buffer.concat([word(on), Buffer.from([weight])]));
}

export function resetStream(stream: number, code = 8): Buffer {
  return frame(Type.resetStream, 0, stream, word(code));
}

export function ping(text = "12345678", flags = 0): Buffer {
  return frame(Type.ping, flags, 0, Buffer.from(text));
}

export function goaway(lastStream: number, code = 0): Buffer {
  return frame(Type.goaway, 0, 0, Buffer.concat([word(lastStream), word(code)]));
}

export function windowUpdate(stream: number, increment: number): Buffer {
  return frame(Type.windowUpdate, 0, stream, word(increment));
}
