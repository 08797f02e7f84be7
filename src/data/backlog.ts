// How many connections may wait to be accepted. Bun always asks the kernel for 512, which a burst of ten thousand clients
// overflows; listen(2) said again on the same descriptor raises it, up to net.core.somaxconn.

import { dlopen, FFIType } from "bun:ffi";

const backlog = 4096;

type Listen = (descriptor: number, backlog: number) => number;

let listen: Listen | null | undefined;

/** Does nothing where the C library cannot be reached: 512 is what most servers have. */
export function raiseBacklog(listener: object): void {
  const descriptor = "fd" in listener && typeof listener.fd === "number" ? listener.fd : -1;
  if (descriptor < 0) return;
  listen ??= findListen();
  listen?.(descriptor, backlog);
}

function findListen(): Listen | null {
  const names =
    process.platform === "darwin"
      ? ["libSystem.B.dylib"]
      : ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];
  for (const name of names) {
    try {
      const library = dlopen(name, { listen: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } });
      return library.symbols.listen;
    } catch {
      // The next one, or none.
    }
  }
  return null;
}
