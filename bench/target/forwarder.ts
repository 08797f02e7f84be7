// The least that a TCP proxy can do on this runtime: bytes from one socket to the other, with backpressure and half-close, no
// balancing, no counting, no timeouts. Started as a process of its own it is the floor that mode tcp is measured against.
// Usage: bun bench/target/forwarder.ts PORT ORIGIN_PORT

import { freePort } from "../../test/e2e/harness/port.ts";
import { type Starter, start } from "../target.ts";

export const startForwarder: Starter = (options) => {
  const port = freePort();
  const args = [import.meta.path, String(port), String(options.originPort)];
  return start("bare forwarder", process.execPath, args, port, options);
};

interface End {
  other: Bun.Socket<End> | null;
  held: Uint8Array[];
  isEnding: boolean;
}

function send(socket: Bun.Socket<End>, bytes: Uint8Array): boolean {
  const { held } = socket.data;
  const taken = held.length > 0 ? 0 : Math.max(0, socket.write(bytes));
  if (taken === bytes.length) return true;
  held.push(bytes.subarray(taken));
  return false;
}

function flush(socket: Bun.Socket<End>): void {
  const { held, other, isEnding } = socket.data;
  while (held.length > 0) {
    const taken = Math.max(0, socket.write(held[0]!));
    if (taken < held[0]!.length) {
      held[0] = held[0]!.subarray(taken);
      return;
    }
    held.shift();
  }
  if (isEnding) socket.shutdown();
  other?.resume();
}

function forward(port: number, originPort: number): void {
  const handlers: Bun.SocketHandler<End> = {
    data(socket, bytes) {
      if (socket.data.other !== null && !send(socket.data.other, bytes)) socket.pause();
    },
    drain: flush,
    end(socket) {
      const { other } = socket.data;
      if (other === null) return;
      other.data.isEnding = true;
      if (other.data.held.length === 0) other.shutdown();
    },
    close(socket) {
      socket.data?.other?.end();
    },
  };
  const upstream: Bun.SocketHandler<End> = {
    ...handlers,
    open(socket) {
      const client = socket.data.other!;
      client.data.other = socket;
      client.resume();
    },
  };
  Bun.listen<End>({
    hostname: "127.0.0.1",
    port,
    allowHalfOpen: true,
    socket: {
      ...handlers,
      open(socket) {
        socket.data = { other: null, held: [], isEnding: false };
        socket.pause();
        const data: End = { other: socket, held: [], isEnding: false };
        Bun.connect<End>({
          hostname: "127.0.0.1",
          port: originPort,
          allowHalfOpen: true,
          data,
          socket: upstream,
        }).catch(() => socket.end());
      },
    },
  });
}

if (import.meta.main) forward(...(process.argv.slice(2).map(Number) as [number, number]));
