// Which worker takes a connection, where it is not to be any of them: on a listener of a plan that says so, all connections of one
// client's address go to the same worker. Workers listen on one port by SO_REUSEPORT, and a program of classic BPF that is attached to it
// tells the kernel which of their sockets it shall be: a hash of the source address (of IPv6 the first 64 bits, which are one site),
// modulo the number of workers. When one of them is away, the kernel chooses by its own hash for those that were its.
// TLS sessions resume in the worker that has issued them; this is what makes them resume with several.

import type { Libc } from "./libc.ts";
import { filterBytes, type Instruction, op } from "./socketfilter.ts";

const socketLevel = 1;
const option = { attach: 51, detach: 68 } as const;
/** Loads from here on are relative to the IP header (linux/filter.h). */
const network = 0xfff0_0000;
/** 2^32 divided by the golden ratio: neighbouring addresses come far apart. */
const golden = 0x9e37_79b1;

export function program(workers: number): Instruction[] {
  return [
    [op.loadByte, network],
    [op.shiftRight, 4],
    [op.jumpIfEqual, 6, 2],
    [op.loadWord, network + 12],
    [op.jump, 4],
    [op.loadWord, network + 8],
    [op.toX, 0],
    [op.loadWord, network + 12],
    [op.xorX, 0],
    [op.multiply, golden],
    [op.shiftRight, 16],
    [op.modulo, workers],
    [op.answer, 0],
  ];
}

/** Of the port that this listener shares, from now on. Linux only; elsewhere nothing happens. */
export function steer(libc: Libc, listener: number, isByClient: boolean, workers: number): void {
  if (process.platform !== "linux") return;
  if (isByClient && workers > 1) libc.attachFilter(listener, socketLevel, option.attach, filterBytes(program(workers)));
  else libc.setOption(listener, socketLevel, option.detach, 0);
}
