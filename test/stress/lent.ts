// Bytes of a mapped file that the kernel holds as pages, as a socket does that was given them by sendfile: in a pipe, to be looked at
// when it suits the test. Linux only.

import { dlopen, FFIType } from "bun:ffi";
import { closeSync } from "node:fs";

const signatures = {
  pipe: { args: [FFIType.ptr], returns: FFIType.i32 },
  splice: {
    args: [FFIType.i32, FFIType.ptr, FFIType.i32, FFIType.ptr, FFIType.u64_fast, FFIType.u32],
    returns: FFIType.i64_fast,
  },
  read: { args: [FFIType.i32, FFIType.ptr, FFIType.u64_fast], returns: FFIType.i64_fast },
} as const;
type System = ReturnType<typeof dlopen<typeof signatures>>["symbols"];
let opened: System | null = null;

/** Only where something is lent: other systems have no splice. */
function system(): System {
  opened ??= dlopen("libc.so.6", signatures).symbols;
  return opened;
}

export class Lent {
  readonly #ends = new Int32Array(2);
  readonly #size: number;

  /** As many bytes from `start` on as a pipe holds, at most `count`. */
  constructor(file: number, start: number, count: number) {
    if (system().pipe(this.#ends) !== 0) throw new Error("there is no pipe to be had");
    const offset = new BigInt64Array([BigInt(start)]);
    this.#size = Number(system().splice(file, offset, this.#ends[1]!, null, count, 0));
    if (this.#size <= 0) throw new Error("nothing was lent");
  }

  /** What is read of them now, once. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    for (let at = 0; at < bytes.length; ) {
      const count = Number(system().read(this.#ends[0]!, bytes.subarray(at), bytes.length - at));
      if (count <= 0) throw new Error("what was lent cannot be read");
      at += count;
    }
    for (const end of this.#ends) closeSync(end);
    return bytes;
  }
}
