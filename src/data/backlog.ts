// How many connections may wait to be accepted. Bun always asks the kernel for 512, which a burst of ten thousand clients
// overflows; listen(2) said again on the same descriptor raises it, up to net.core.somaxconn.

import { libc } from "./libc.ts";

const backlog = 4096;

/** Does nothing where the C library cannot be reached: 512 is what most servers have. */
export function raiseBacklog(listener: object): void {
  const descriptor = descriptorOf(listener);
  if (descriptor >= 0) libc()?.listen(descriptor, backlog);
}

/** Bun's sockets and listeners have an `fd` that its types do not tell of. -1 without. */
export function descriptorOf(socket: object): number {
  return "fd" in socket && typeof socket.fd === "number" ? socket.fd : -1;
}
