// A socket that connects from an address of ours, whose port the system chooses no sooner than it connects
// (IP_BIND_ADDRESS_NO_PORT of ip(7), which holds for IPv6 too). The runtime binds without it: each connection then has a port of that
// address to itself, whomever it leads to, and for a minute after it was closed, so that all targets together have no more of them
// than one has. The runtime is given the descriptor while it connects (dialer.ts). Where there is no such option, or no C
// library, the runtime binds.

import { constants } from "node:os";
import { portsTaken } from "../flow/egress/blame.ts";
import { addressBytes, readAddress } from "../wire/ipaddress.ts";
import { libc, type SocketCalls } from "./libc.ts";

/** Of Linux' <bits/socket.h> and <linux/in.h>. */
const family = { four: 2, six: 10 } as const;
const option = { ip: 0, bindAddressNoPort: 24 } as const;
const one = Int32Array.of(1);

/** struct sockaddr_in and sockaddr_in6, the family in front; what is nowhere written stays zero. */
const sockets4 = { family: family.four, from: new Uint8Array(16), to: new Uint8Array(16) } as const;
const sockets6 = { family: family.six, from: new Uint8Array(28), to: new Uint8Array(28) } as const;
for (const each of [sockets4, sockets6]) each.from[0] = each.to[0] = each.family;
const octets = new Uint8Array(addressBytes);

/** Instead of a descriptor: the runtime is to connect. */
export const byRuntime = -1;
let isRefused = false;

/** The descriptor of a socket that connects, `byRuntime`, or why there can be none. Both addresses are of one family. */
export function connectFrom(source: string, host: string, port: number): number | string {
  const calls = libc()?.sockets ?? null;
  // The number of a zone's interface is the runtime's to find.
  if (calls === null || isRefused || host.includes("%") || source.includes("%")) return byRuntime;
  const { family, from, to } = host.includes(":") ? sockets6 : sockets4;
  if (!write(from, source, 0) || !write(to, host, port)) return byRuntime;
  const descriptor = calls.open(family);
  if (descriptor < 0) return nameOf(-descriptor);
  isRefused = calls.setOption(descriptor, option.ip, option.bindAddressNoPort, one) < 0;
  if (isRefused) {
    calls.close(descriptor);
    return byRuntime;
  }
  const problem = connect(calls, descriptor, from, to);
  if (problem === "") return descriptor;
  calls.close(descriptor);
  return problem;
}

/** For a descriptor that the runtime would not take. */
export function close(descriptor: number): void {
  libc()?.sockets?.close(descriptor);
}

function connect(calls: SocketCalls, descriptor: number, from: Uint8Array, to: Uint8Array): string {
  const bound = calls.bind(descriptor, from);
  if (bound < 0) return nameOf(-bound);
  const connected = calls.connect(descriptor, to);
  if (connected === 0 || connected === -constants.errno.EINPROGRESS) return "";
  // It could be bound: of an address that is here that says that it has no port left.
  return connected === -constants.errno.EADDRNOTAVAIL ? portsTaken : nameOf(-connected);
}

function write(into: Uint8Array, text: string, port: number): boolean {
  if (!readAddress(text, octets)) return false;
  into[2] = port >> 8;
  into[3] = port;
  if (into === sockets6.from || into === sockets6.to) into.set(octets, 8);
  else for (let index = 0; index < 4; index++) into[4 + index] = octets[addressBytes - 4 + index]!;
  return true;
}

const names = new Map<number, string>(Object.entries(constants.errno).map(([name, value]) => [value, name]));

function nameOf(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}
