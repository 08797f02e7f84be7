// A listener that is about to close. What the kernel has accepted and no worker has taken yet is reset when its socket closes, though
// the client was told that it is connected and has asked. So new handshakes are kept out first, by a filter of the socket that drops
// their SYN; what was there is taken; then it closes. Who was kept out asks again after a second, as TCP does: by then another worker,
// or the next Sluice, has the port, or nobody.

import type { Libc } from "./libc.ts";
import { filterBytes, type Instruction, op } from "./socketfilter.ts";

/** For how long what was accepted, and handshakes that were begun, are waited for. */
export const leavingMs = 20;

const socketLevel = 1;
const attachFilter = 26;
const tcp = { flags: 13, syn: 0x02, ack: 0x10 } as const;

/** The kernel has it begin at the TCP header. Connections that are accepted have it too, and none of them sees another SYN. */
const noHandshakes: readonly Instruction[] = [
  [op.loadByte, tcp.flags],
  [op.and, tcp.syn | tcp.ack],
  [op.jumpIfEqual, tcp.syn, 1],
  [op.answerValue, 0xffff_ffff],
  [op.answerValue, 0],
];

/** Linux only; elsewhere nothing happens, and whoever comes in the meantime is served. */
export function keepOut(libc: Libc, listener: number): void {
  if (process.platform === "linux") libc.attachFilter(listener, socketLevel, attachFilter, filterBytes(noHandshakes));
}
