// The clock that all processes of this machine share: milliseconds of the system's monotonic clock, modulo 2^32. Tables are
// written to by many processes and outlive them, so they cannot count by a process' own clock, and the wall clock may be set.
// The system is asked once; from then on the process' own clock, which runs at the same pace, goes on from there.

import { dlopen, FFIType } from "bun:ffi";

const isDarwin = process.platform === "darwin";
/** CLOCK_MONOTONIC. */
const monotonic = isDarwin ? 6 : 1;
const libraries = isDarwin
  ? ["libSystem.B.dylib"]
  : ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

/** Null where the C library cannot be reached. */
function systemMs(): number | null {
  for (const library of libraries) {
    try {
      const { symbols } = dlopen(library, {
        clock_gettime: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
      });
      const time = new BigInt64Array(2);
      if (symbols.clock_gettime(monotonic, time) === 0) return Number(time[0]) * 1000 + Number(time[1]) / 1e6;
    } catch {
      // The next one, or none.
    }
  }
  return null;
}

/** Answers the clock. Without the C library it goes by the wall clock as it stands now, which is as good until that is set. */
export function sharedClock(): () => number {
  const offsetMs = (systemMs() ?? Date.now()) - performance.now();
  return () => (performance.now() + offsetMs) >>> 0;
}
