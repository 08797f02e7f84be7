// UDP sockets of the runtime, with what has to be known about them (test/runtime/datagrams.test.ts keeps watch):
//  - Opening one is over when `udpSocket` returns: its promise is fulfilled by then, or it has thrown.
//  - `flags: 4` is SO_REUSEPORT, by which all workers listen on one port; the kernel deals clients out by a hash of both
//    addresses, and prefers a socket that is connected to the client. The types know nothing of it.
//  - A socket without `hostname` is an IPv4 one, whatever it shall be connected to.
//  - ICMP errors are told to `error(error)`, and one of them makes the next `send` throw, whomever that was for. Wanted on a
//    session's own socket; on a listener it would let a client that is gone cost another one its answer, and is turned off.
//  - `send` is false when the kernel has no room, throws EMSGSIZE for what is too long, and never holds anything back.

import type { udp } from "bun";
import { libc } from "./libc.ts";

export type ListeningSocket = udp.Socket<"buffer">;
export type ConnectedSocket = udp.ConnectedSocket<"buffer">;

/** `error` is told the error alone, unlike what the runtime's types say. */
export interface SocketHandlers {
  data(bytes: Uint8Array, port: number, address: string, isTruncated: boolean): void;
  error(error: unknown): void;
}

const reusePort = 4;
/** Bursts wait here while a worker is busy; the system's own 208 kB hold some 300 datagrams of 200 bytes, with what the kernel adds. */
const receiveBufferBytes = 4 * 1024 * 1024;

/** Throws when the address cannot be had. */
export function listenDatagrams(host: string, port: number, handlers: SocketHandlers): ListeningSocket {
  // Bun's types leave flags out of what udpSocket takes.
  const options = { hostname: host, port, flags: reusePort, socket: handlersOf(handlers) };
  const socket = opened(Bun.udpSocket<"buffer">(options as udp.SocketOptions<"buffer">));
  tune(socket);
  return socket;
}

/** A socket for one peer. `local` is the address that it comes from; "" leaves it to the system. */
export function connectDatagrams(
  local: { readonly host: string; readonly port: number },
  peer: { readonly host: string; readonly port: number },
  handlers: SocketHandlers,
): ConnectedSocket {
  const options = {
    hostname: local.host || (peer.host.includes(":") ? "::" : "0.0.0.0"),
    ...(local.port !== 0 && { port: local.port, flags: reusePort }),
    connect: { hostname: peer.host, port: peer.port },
    socket: handlersOf(handlers),
  };
  // Bun's types take this for options of a socket that is not connected.
  return opened(Bun.udpSocket<"buffer">(options as udp.SocketOptions<"buffer">)) as unknown as ConnectedSocket;
}

function handlersOf(handlers: SocketHandlers): object {
  return {
    data: (_socket: unknown, bytes: Uint8Array, port: number, address: string, flags: udp.ReceiveFlags) =>
      handlers.data(bytes, port, address, flags.truncated),
    error: (error: unknown) => handlers.error(error),
  };
}

function opened<Socket extends { close(): void }>(promise: Promise<Socket>): Socket {
  const result = Bun.peek(promise);
  if (!(result instanceof Promise)) return result;
  // Never seen; a session cannot wait for it.
  promise.then(
    (socket) => socket.close(),
    () => {},
  );
  throw new Error("the runtime did not open a UDP socket at once");
}

/** Of Linux' <bits/socket.h>, <netinet/in.h> and <netinet6/in6.h>. */
const option = { solSocket: 1, receiveBuffer: 8, ip: 0, ipErrors: 11, ipv6: 41, ipv6Errors: 25 } as const;

/** Does nothing where the C library cannot be reached: `send` is tried twice then, and bursts may be lost. */
function tune(socket: object): void {
  const descriptor = "fd" in socket && typeof socket.fd === "number" ? socket.fd : -1;
  if (descriptor < 0 || process.platform !== "linux") return;
  const c = libc();
  c?.setOption(descriptor, option.ip, option.ipErrors, 0);
  c?.setOption(descriptor, option.ipv6, option.ipv6Errors, 0);
  c?.setOption(descriptor, option.solSocket, option.receiveBuffer, receiveBufferBytes);
}

/** Errors that say that nobody is there, or no way: ICMP's, a firewall's, and those of a network that is down. */
const refusals = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "ENOPROTOOPT",
  "EACCES",
  "EPERM",
]);

export function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message : String(error);
}

export function isRefusal(error: unknown): boolean {
  return refusals.has(codeOf(error));
}
