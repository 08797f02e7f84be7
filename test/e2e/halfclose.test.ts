// How carried connections end: each half on its own, a reset as a reset, silence after its time. One Sluice for all of it, with
// a listener for each kind of silence.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { AccessLog, type Line } from "./harness/accesslog.ts";
import { Client } from "./harness/client.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Server } from "./harness/server.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const ports = { plain: freePort(), client: freePort(), server: freePort(), both: freePort() };
let room: Room;
let log: AccessLog;
let server: Server;
let sluice: Sluice;

beforeAll(async () => {
  room = new Room();
  log = new AccessLog(room);
  server = new Server(room);
  const listener = (port: number, use: string, timeouts: object = {}): object => ({
    listen: `127.0.0.1:${port}`,
    mode: "tcp",
    use,
    timeouts,
  });
  const servers = [server.address];
  sluice = await Sluice.start(room, {
    listeners: {
      plain: listener(ports.plain, "app"),
      client: listener(ports.client, "app", { clientIdle: "800ms" }),
      server: listener(ports.server, "impatient"),
      both: listener(ports.both, "app", { tunnel: "800ms" }),
    } as NonNullable<Parameters<typeof Sluice.start>[1]["listeners"]>,
    pools: { app: { servers }, impatient: { servers, timeouts: { serverIdle: "300ms" } } },
    accessLog: log.config,
  });
});

afterAll(() => room[Symbol.asyncDispose]());

async function pair(port: number = ports.plain): Promise<[client: Client, held: Client]> {
  const count = server.connections.length;
  const client = await Client.connect(room, port);
  return [client, await server.connection(count + 1)];
}

/** The line of the connection that this client had. */
function lineOf(port: number): Promise<Line> {
  return log.line(`the client at port ${port}`, (line) => line.client_port === port);
}

const long = Buffer.alloc(3_000_000, "0123456789abcdef");

test("a client that has ended its half still gets all that the server says, for as long as it likes", async () => {
  const [client, held] = await pair();
  const port = client.socket.localPort;
  client.send("question").socket.shutdown();
  await held.saw("question");
  await until("the server to be told", () => held.isEnded);
  expect([client.isEnded, held.isClosed]).toEqual([false, false]);
  for (const word of ["one;", "two;", "three;"]) {
    held.send(word);
    await client.saw(word);
  }
  held.send(long);
  await until("the long answer", () => client.length === 14 + long.length);
  held.socket.shutdown();
  await client.over();
  expect([client.isReset, held.isReset]).toEqual([false, false]);
  expect(client.bytes.subarray(14).equals(long)).toBe(true);
  const line = await lineOf(port);
  expect([line.bytes_received, line.bytes_sent, line.fault]).toEqual([8, 14 + long.length, undefined]);
});

test("a server that has ended its half is still told all that the client says", async () => {
  const [client, held] = await pair();
  const port = client.socket.localPort;
  held.send("greeting").socket.shutdown();
  await client.saw("greeting");
  await until("the client to be told", () => client.isEnded);
  for (const word of ["one;", "two;"]) {
    client.send(word);
    await held.saw(word);
  }
  client.send(long);
  await until("the long tale", () => held.length === 8 + long.length);
  client.socket.shutdown();
  await held.over();
  expect([client.isReset, held.isReset]).toEqual([false, false]);
  expect((await lineOf(port)).fault).toBeUndefined();
});

test("what was said before an end arrives, though it was not taken when the end came", async () => {
  const [client, held] = await pair();
  client.socket.pause();
  held.send(long.subarray(0, 400_000)).send("last words");
  await until("it to be on its way", () => held.unsentBytes === 0);
  held.socket.shutdown();
  client.socket.resume();
  await client.saw("last words");
  await client.over();
  expect([client.length, client.isReset]).toEqual([400_010, false]);
});

test("a client's reset reaches the server as a reset", async () => {
  const [client, held] = await pair();
  const port = client.socket.localPort;
  held.send("hello");
  await client.saw("hello");
  client.socket.terminate();
  await until("the server to be told", () => held.isClosed);
  expect([held.isReset, held.isEnded]).toEqual([true, false]);
  expect((await lineOf(port)).fault).toBe("client_closed");
});

test("a server's reset reaches the client as a reset", async () => {
  const [client, held] = await pair();
  const port = client.socket.localPort;
  client.send("hello");
  await held.saw("hello");
  held.socket.terminate();
  await until("the client to be told", () => client.isClosed);
  expect([client.isReset, client.isEnded]).toEqual([true, false]);
  expect((await lineOf(port)).fault).toBe("server_reset");
});

test("a reset after an end is still a reset", async () => {
  const [client, held] = await pair();
  client.socket.shutdown();
  await until("the server to be told", () => held.isEnded);
  held.socket.terminate();
  await until("the client to be told", () => client.isClosed);
  expect(client.isReset).toBe(true);
});

test("a silent client is cut off after clientIdle, however much the server says", async () => {
  const [client, held] = await pair(ports.client);
  const port = client.socket.localPort;
  const talking = setInterval(() => held.send("tick"), 20);
  try {
    for (let count = 0; count < 8; count++) {
      client.send("alive");
      await until("a quarter of the time", () => held.text.length === 5 * (count + 1));
      await Bun.sleep(200);
    }
    expect(client.isClosed).toBe(false);
    const sinceMs = performance.now();
    await until("the silence to be over", () => client.isClosed && held.isClosed);
    expect(performance.now() - sinceMs).toBeWithin(400, 2500);
  } finally {
    clearInterval(talking);
  }
  expect((await lineOf(port)).fault).toBe("client_idle");
});

test("a silent server is cut off after serverIdle, however much the client says", async () => {
  const [client, held] = await pair(ports.server);
  const port = client.socket.localPort;
  const sinceMs = performance.now();
  const talking = setInterval(() => client.send("tick"), 20);
  try {
    await until("the silence to be over", () => client.isClosed && held.isClosed);
  } finally {
    clearInterval(talking);
  }
  expect(performance.now() - sinceMs).toBeWithin(250, 2000);
  expect((await lineOf(port)).fault).toBe("server_idle");
});

test("only when both sides are silent does the tunnel timeout end it", async () => {
  const [client, held] = await pair(ports.both);
  const port = client.socket.localPort;
  const sinceMs = performance.now();
  for (let count = 0; count < 8; count++) {
    const [from, to] = count < 4 ? [client, held] : [held, client];
    from.send("x");
    await until("it to arrive", () => to.length === (count % 4) + 1);
    await Bun.sleep(200);
  }
  expect(performance.now() - sinceMs).toBeGreaterThan(1500);
  expect([client.isClosed, held.isClosed]).toEqual([false, false]);
  await until("the silence to be over", () => client.isClosed && held.isClosed);
  expect((await lineOf(port)).fault).toBe("tunnel_idle");
});

test("when all is over nothing is left open", async () => {
  for (const { socket } of server.connections) socket.terminate();
  await sluice.counted(0, "sluice_connections_active");
  expect((await sluice.server(server.address)).active).toBe(0);
});
