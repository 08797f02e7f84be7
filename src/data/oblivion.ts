// How a connection is forgotten so that the peer hears nothing: neither FIN nor RST, as if the network had swallowed us. On Linux
// a socket under repair (TCP_REPAIR, tcp(7)) is closed without a packet; that takes CAP_NET_ADMIN. Without the right the
// RST that closing sends is given a life of one hop, so that it dies at the first router, as HAProxy's silent-drop does; a
// peer in the same network still hears it. What the peer sends later is answered by the kernel, which knows no such connection.

import { descriptorOf } from "./backlog.ts";
import { type Libc, libc } from "./libc.ts";

const isLinux = process.platform === "linux";
const tcp = { level: 6, repair: 19 } as const;
const ip = { level: 0, ttl: isLinux ? 2 : 4 } as const;
const ipv6 = { level: 41, hops: isLinux ? 16 : 4 } as const;

/** To be said before the socket is closed by a RST. */
export function forsake(socket: object, system: Libc | null = libc()): void {
  const descriptor = descriptorOf(socket);
  if (system === null || descriptor === -1) return;
  if (isLinux && system.setOption(descriptor, tcp.level, tcp.repair, 1) === 0) return;
  // One of the two is not for this socket, and fails.
  system.setOption(descriptor, ip.level, ip.ttl, 1);
  system.setOption(descriptor, ipv6.level, ipv6.hops, 1);
}
