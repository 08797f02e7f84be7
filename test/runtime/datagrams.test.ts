// What src/data/datagramsocket.ts says of the runtime's UDP sockets and no documentation does. When one of these fails after an
// upgrade of the runtime, that file and what it is used for have to be looked at again.

import { expect, test } from "bun:test";
import type { udp } from "bun";
import { until } from "../e2e/harness/wait.ts";

const host = "127.0.0.1";

/** Options that the types do not know. */
function open(options: object): Promise<udp.Socket<"buffer">> {
  return Bun.udpSocket<"buffer">(options as udp.SocketOptions<"buffer">);
}

async function deadPort(): Promise<number> {
  const socket = await open({ hostname: host, port: 0 });
  const { port } = socket;
  socket.close();
  return port;
}

test("a socket is open when udpSocket returns, and what fails throws", async () => {
  const opening = open({ hostname: host, port: 0 });
  expect(Bun.peek.status(opening)).toBe("fulfilled");
  (await opening).close();
  // 192.0.2.0/24 is reserved for documentation (RFC 5737).
  expect(() => open({ hostname: "192.0.2.1", port: 0 })).toThrow("EADDRNOTAVAIL");
});

test("flags: 4 is SO_REUSEPORT", async () => {
  const one = await open({ hostname: host, port: 0, flags: 4 });
  const two = await open({ hostname: host, port: one.port, flags: 4 });
  expect(two.port).toBe(one.port);
  expect(() => open({ hostname: host, port: one.port })).toThrow("EADDRINUSE");
  one.close();
  two.close();
});

test("a descriptor is shown", async () => {
  const socket = await open({ hostname: host, port: 0 });
  expect("fd" in socket && typeof socket.fd === "number" && socket.fd > 2).toBe(true);
  socket.close();
});

test("error is told the error alone; the next send throws what an earlier datagram has met", async () => {
  const told: unknown[][] = [];
  const socket = await Bun.udpSocket({
    hostname: host,
    connect: { hostname: host, port: await deadPort() },
    socket: { error: (...all: unknown[]) => void told.push(all) },
  });
  socket.send("a");
  expect(() => socket.send("b")).toThrow("ECONNREFUSED");
  await until("the error", () => told.length > 0);
  expect(told[0]).toHaveLength(1);
  expect(told[0]![0]).toMatchObject({ code: "ECONNREFUSED" });
  expect(socket.closed).toBe(false);
  socket.close();
});

test("a socket that closes in the middle of a batch is told nothing more", async () => {
  const got: string[] = [];
  const socket = await Bun.udpSocket({
    hostname: host,
    socket: {
      data(self, bytes) {
        got.push(bytes.toString());
        self.close();
      },
    },
  });
  const from = await Bun.udpSocket({ hostname: host, connect: { hostname: host, port: socket.port } });
  from.sendMany(["1", "2", "3"]);
  await until("a datagram", () => got.length > 0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(got).toEqual(["1"]);
  from.close();
});

test("what data is told are copies, each of its own length", async () => {
  const got: Uint8Array[] = [];
  const socket = await Bun.udpSocket({ hostname: host, socket: { data: (_, bytes) => void got.push(bytes) } });
  const from = await Bun.udpSocket({ hostname: host, connect: { hostname: host, port: socket.port } });
  from.sendMany(["one", "", "three"]);
  await until("all", () => got.length === 3);
  expect(got.map((bytes) => Buffer.from(bytes).toString())).toEqual(["one", "", "three"]);
  expect(got.map((bytes) => bytes.buffer.byteLength)).toEqual([3, 0, 5]);
  from.close();
  socket.close();
});

test.if(process.platform === "linux")("a socket that is connected to a client gets what that one sends", async () => {
  const got: string[] = [];
  const hear = (name: string): object => ({ data: (_: unknown, bytes: Buffer) => void got.push(`${name} ${bytes}`) });
  const listener = await open({ hostname: host, port: 0, flags: 4, socket: hear("listener") });
  const client = await Bun.udpSocket({ hostname: host, connect: { hostname: host, port: listener.port } });
  const connect = { hostname: host, port: client.port };
  const own = await open({ hostname: host, port: listener.port, flags: 4, connect, socket: hear("own") });
  const other = await Bun.udpSocket({ hostname: host, connect: { hostname: host, port: listener.port } });
  client.send("a");
  other.send("b");
  await until("both", () => got.length === 2);
  expect(got.toSorted()).toEqual(["listener b", "own a"]);
  for (const socket of [listener, client, own, other]) socket.close();
});
