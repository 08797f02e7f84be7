// The few things that Bun does not offer and the C library does: a longer backlog, accepting only with bytes there, looking at
// bytes without taking them, taking no more than so many, sending past a TLS session that has failed, sending from a file, options
// of sockets, making one that is bound without a port, datagrams on sockets of the file system and many of them at once, and memory
// for a part of a file before it is touched. Descriptors are Bun's and stay Bun's: none is closed here but those that
// Bun has not been given yet, and nothing blocks. Null where the library cannot be reached.

import { dlopen, FFIType, type Pointer, ptr, read } from "bun:ffi";

export interface Libc {
  listen(descriptor: number, backlog: number): number;
  /** Copies what has come into `into` and leaves it there. 0: a FIN and nothing before it. Negative: nothing yet, or an error. */
  peek(descriptor: number, into: Uint8Array): number;
  /** Takes `count` bytes that have come, into `into`. */
  take(descriptor: number, into: Uint8Array, count: number): number;
  send(descriptor: number, bytes: Uint8Array): number;
  /** Linux: bytes [start, start + count) of a file to a socket, as its pages. Answers how many; negative: no room, or an error. */
  sendFile(descriptor: number, file: number, start: number, count: number): number;
  /**
   * Linux: room for bytes [start, start + count) of a file: zeros, where nothing stands yet. False: the file system has none. True where
   * that cannot be asked for.
   */
  reserve(descriptor: number, start: number, count: number): boolean;
  /** Linux: connections are accepted once their first bytes have come, or after a few seconds. */
  deferAccept(listener: number, isDeferred: boolean): void;
  /** One whose value is an int. 0, or -1 where the system does not allow it. */
  setOption(descriptor: number, level: number, name: number, value: number): number;
  /** One whose value is a struct sock_fprog: a count of instructions of eight bytes, and where they are. */
  attachFilter(descriptor: number, level: number, name: number, instructions: Uint8Array): void;
  /** Null but on Linux. */
  readonly sockets: SocketCalls | null;
}

/** The calls that make a connection, as the system has them, except that an error is answered as its number below zero. */
export interface SocketCalls {
  /** A socket of TCP that does not block and is not inherited. */
  open(family: number): number;
  setOption(descriptor: number, level: number, name: number, value: Int32Array): number;
  /** `address`: a struct sockaddr, whole. */
  bind(descriptor: number, address: Uint8Array): number;
  connect(descriptor: number, address: Uint8Array): number;
  close(descriptor: number): void;
  /** A socket of datagrams that does not block and is not inherited. */
  openDatagrams(family: number): number;
  /** `messages`: `count` times a struct mmsghdr, of 64 bytes each. Answers how many were sent. */
  sendMany(descriptor: number, messages: Uint8Array, count: number): number;
  /** What has gone wrong with what was sent before (SO_ERROR), which it then forgets; 0: nothing. */
  takeError(descriptor: number): number;
}

const isLinux = process.platform === "linux";
const flag = { peek: 0x2, dontWait: isLinux ? 0x40 : 0x80, noSignal: isLinux ? 0x4000 : 0x80000 } as const;
const tcp = { level: 6, deferAccept: 9, deferS: 4 } as const;

const signatures = {
  listen: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  recv: { args: [FFIType.i32, FFIType.ptr, FFIType.u64_fast, FFIType.i32], returns: FFIType.i64_fast },
  send: { args: [FFIType.i32, FFIType.ptr, FFIType.u64_fast, FFIType.i32], returns: FFIType.i64_fast },
  sendfile: { args: [FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u64_fast], returns: FFIType.i64_fast },
  setsockopt: {
    args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32],
    returns: FFIType.i32,
  },
} as const;

/** By itself, for other systems do not have it. Answers the error itself, not by errno. */
const reserveSignatures = {
  posix_fallocate: { args: [FFIType.i32, FFIType.i64_fast, FFIType.i64_fast], returns: FFIType.i32 },
} as const;
const fault = { interrupted: 4, unsupported: [22, 38, 95] } as const;
/** A signal in the middle of it takes back what it has done. */
const reserveAtOnceBytes = 4 * 2 ** 20;
const interruptionsMax = 1000;

/** SOCK_STREAM with SOCK_CLOEXEC and SOCK_NONBLOCK, of Linux on x64 and arm64. */
const streamKind = 0x1 | 0x80000 | 0x800;
/** SOCK_DGRAM with the same. */
const datagramKind = 0x2 | 0x80000 | 0x800;
const errorOption = { level: 1, name: 4 } as const;

/** By themselves, for other systems name the place of errno otherwise, and a name that is missing fails all. */
const socketSignatures = {
  socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  setsockopt: signatures.setsockopt,
  bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  connect: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  close: { args: [FFIType.i32], returns: FFIType.i32 },
  sendmmsg: { args: [FFIType.i32, FFIType.ptr, FFIType.u32, FFIType.i32], returns: FFIType.i32 },
  getsockopt: {
    args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.ptr],
    returns: FFIType.i32,
  },
  __errno_location: { args: [], returns: FFIType.ptr },
} as const;

let found: Libc | null | undefined;

export function libc(): Libc | null {
  if (found === undefined) found = find();
  return found;
}

function find(): Libc | null {
  const names =
    process.platform === "darwin"
      ? ["libSystem.B.dylib"]
      : ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];
  for (const name of names) {
    try {
      return wrap(dlopen(name, signatures).symbols, isLinux ? socketCalls(name) : null, reserveCall(name));
    } catch {
      // The next one, or none.
    }
  }
  return null;
}

type Reserving = Libc["reserve"];

function reserveCall(name: string): Reserving {
  if (!isLinux) return () => true;
  const { posix_fallocate } = dlopen(name, reserveSignatures).symbols;
  const reserve = (descriptor: number, start: number, count: number): boolean => {
    let error: number = fault.interrupted;
    for (let tries = 0; error === fault.interrupted && tries < interruptionsMax; tries++)
      error = posix_fallocate(descriptor, start, count);
    return error === 0 || fault.unsupported.some((each) => each === error);
  };
  return (descriptor, start, count) => {
    for (let at = start; at < start + count; at += reserveAtOnceBytes)
      if (!reserve(descriptor, at, Math.min(reserveAtOnceBytes, start + count - at))) return false;
    return true;
  };
}

function socketCalls(name: string): SocketCalls | null {
  try {
    const c = dlopen(name, socketSignatures).symbols;
    // Of this thread, for as long as it lives.
    const errno = c.__errno_location() as Pointer;
    const pending = new Int32Array(1);
    const pendingSize = new Int32Array(1);
    const answer = (result: number): number => (result < 0 ? -Math.max(read.i32(errno, 0), 1) : result);
    return {
      open: (family) => answer(c.socket(family, streamKind, 0)),
      setOption: (descriptor, level, name, value) =>
        answer(c.setsockopt(descriptor, level, name, value, value.byteLength)),
      bind: (descriptor, address) => answer(c.bind(descriptor, address, address.length)),
      connect: (descriptor, address) => answer(c.connect(descriptor, address, address.length)),
      close: (descriptor) => void c.close(descriptor),
      openDatagrams: (family) => answer(c.socket(family, datagramKind, 0)),
      sendMany: (descriptor, messages, count) =>
        answer(c.sendmmsg(descriptor, messages, count, flag.dontWait | flag.noSignal)),
      takeError: (descriptor) => {
        pending[0] = 0;
        pendingSize[0] = 4;
        const result = c.getsockopt(descriptor, errorOption.level, errorOption.name, pending, pendingSize);
        return result < 0 ? 0 : pending[0];
      },
    };
  } catch {
    return null;
  }
}

function wrap(
  symbols: ReturnType<typeof dlopen<typeof signatures>>["symbols"],
  sockets: SocketCalls | null,
  reserve: Reserving,
): Libc {
  /** An off_t, its lower half first: sendfile leaves there how far it has come. */
  const offset = new Uint32Array(2);
  return {
    sockets,
    reserve,
    listen: symbols.listen,
    peek: (descriptor, into) => Number(symbols.recv(descriptor, into, into.length, flag.peek | flag.dontWait)),
    take: (descriptor, into, count) => Number(symbols.recv(descriptor, into, count, flag.dontWait)),
    send: (descriptor, bytes) => Number(symbols.send(descriptor, bytes, bytes.length, flag.dontWait | flag.noSignal)),
    sendFile: (descriptor, file, start, count) => {
      if (!isLinux) return -1;
      offset[0] = start >>> 0;
      offset[1] = start / 2 ** 32;
      return Number(symbols.sendfile(descriptor, file, offset, count));
    },
    deferAccept: (listener, isDeferred) => {
      if (!isLinux) return;
      symbols.setsockopt(listener, tcp.level, tcp.deferAccept, new Int32Array([isDeferred ? tcp.deferS : 0]), 4);
    },
    setOption: (descriptor, level, name, value) =>
      symbols.setsockopt(descriptor, level, name, new Int32Array([value]), 4),
    attachFilter: (descriptor, level, name, instructions) => {
      const program = new Uint8Array(16);
      const view = new DataView(program.buffer);
      view.setUint16(0, instructions.length / 8, true);
      view.setBigUint64(8, BigInt(ptr(instructions)), true);
      symbols.setsockopt(descriptor, level, name, program, program.length);
    },
  };
}
