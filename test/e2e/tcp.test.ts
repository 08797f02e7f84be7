// Mode tcp as users have it: connections of any protocol through the real program, to redis and to servers that the test holds
// in its hands.

import { expect, setDefaultTimeout, test } from "bun:test";
import type { Socket } from "bun";
import { StuckListener } from "../runtime/stuck.ts";
import { AccessLog } from "./harness/accesslog.ts";
import { Client } from "./harness/client.ts";
import { Drink, Pour } from "./harness/flood.ts";
import { freePort } from "./harness/port.ts";
import { peakBytes, residentBytes } from "./harness/processes.ts";
import { testWith } from "./harness/program.ts";
import { Redis } from "./harness/redis.ts";
import { Room } from "./harness/room.ts";
import { Server } from "./harness/server.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const testWithRedis = testWith(["redis-server"]);

/** One listener in mode tcp; its port is the config's own. */
function carrying(
  servers: NonNullable<Draft["pools"]>[string]["servers"],
  more: object = {},
  pool: object = {},
): Scene {
  const port = freePort();
  const listener = { listen: `127.0.0.1:${port}`, mode: "tcp", use: "app", ...more } as const;
  return { port, draft: { listeners: { carry: listener }, pools: { app: { servers, ...pool } } } };
}

interface Scene {
  readonly port: number;
  readonly draft: Draft;
}

/** Says who it is, and gives back what it is told. */
function echoing(room: Room, name: string, options: object = {}): Server {
  return new Server(room, { greet: (client) => void client.send(`${name};`), ...options });
}

async function greeted(room: Room, port: number): Promise<[Client, string]> {
  const client = await Client.connect(room, port);
  return [client, (await client.saw(";")).slice(0, -1)];
}

testWithRedis("redis answers ten thousand commands in one go, each in its turn", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const sluice = await Sluice.run(room, ["--mode", "tcp", "--to", redis.address, "--workers", "1"]);
  await until("its mode to be told", () => `${sluice.stdout}${sluice.stderr}`.includes("tcp"));
  const client = await Client.connect(room, sluice.port);
  const numbers = Array.from({ length: 10_000 }, (_, index) => index);
  const expected = numbers.map((index) => `$${String(index).length + 1}\r\nv${index}\r\n`).join("");
  client.send(numbers.map((index) => `SET k${index} v${index}\r\n`).join(""));
  client.send(numbers.map((index) => `GET k${index}\r\n`).join(""));
  await until("all answers", () => client.length >= 50_000 + expected.length);
  expect(client.text === "+OK\r\n".repeat(10_000) + expected).toBe(true);
  await client.send("QUIT\r\n").over();
  client.socket.shutdown();
  await sluice.counted(0, "sluice_connections_active", { listener: "tcp" });
  expect(client.isReset).toBe(false);
  await sluice.counted(1, "sluice_connections_accepted_total", { listener: "tcp" });
});

/** What a client was sent before it was reset: which may be so soon that its connect is already told of it. */
async function resetAt(room: Room, port: number): Promise<string> {
  const client = await Client.connect(room, port).catch((error: Error & { code?: string }) => {
    expect(error.code).toBe("ECONNRESET");
    return null;
  });
  if (client === null) return "";
  client.send("hello");
  await until("the client to be told", () => client.isClosed);
  expect(client.isReset).toBe(true);
  return client.text;
}

/** Both sides pour at once and drink with long pauses; what a worker has grown by meanwhile, in MB. */
async function flooded(room: Room, pieces: number, isSecure: boolean): Promise<number> {
  const rest = { pauseEvery: 100, pauseMs: 120 };
  const [up, down] = [new Pour(pieces, false), new Pour(pieces, false)];
  const [upDrink, downDrink] = [new Drink(rest), new Drink(rest)];
  const port = freePort();
  const begin = (socket: Socket, pour: Pour): void => {
    socket.write("\r\n\r\n");
    pour.pump(socket);
  };
  const own = isSecure ? put(room, "one", authorityIn(room).issue(["DNS:one.test"])) : null;
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port,
    ...(own === null ? {} : { tls: own }),
    socket: {
      open: (socket) => begin(socket, down),
      drain: (socket) => down.pump(socket),
      data: (socket, bytes) => upDrink.take(socket, bytes),
      error: () => {},
    },
  });
  room.ending(() => server.stop(true));
  const scene = carrying(
    [`127.0.0.1:${port}`],
    isSecure ? { tls: { certificates: "one.crt" } } : {},
    isSecure ? { tls: { ca: "ca.pem", serverName: "one.test" } } : {},
  );
  const sluice = await Sluice.start(room, scene.draft);
  const [worker] = await sluice.workers();
  const beforeBytes = residentBytes(worker!);
  const client = await Bun.connect({
    hostname: "127.0.0.1",
    port: scene.port,
    ...(isSecure ? { tls: { rejectUnauthorized: false } } : {}),
    socket: {
      open: (socket) => begin(socket, up),
      drain: (socket) => up.pump(socket),
      data: (socket, bytes) => downDrink.take(socket, bytes),
      error: () => {},
    },
  });
  room.ending(() => client.terminate());
  const bytes = pieces * 65_536;
  await until("all to arrive", () => upDrink.bytes === bytes && downDrink.bytes === bytes, 20_000);
  expect(upDrink.hash.digest("hex")).toBe(up.hash.digest("hex"));
  expect(downDrink.hash.digest("hex")).toBe(down.hash.digest("hex"));
  return (peakBytes(worker!) - beforeBytes) / 2 ** 20;
}

test("fifty megabytes go both ways at once between slow readers, whole, and no worker holds them", async () => {
  await using room = new Room();
  expect(await flooded(room, 800, false)).toBeLessThan(56);
});

testWith(["openssl"])("the same over TLS on both sides", async () => {
  await using room = new Room();
  expect(await flooded(room, 800, true)).toBeLessThan(56);
});

test("a server that refuses, and one that does not answer, are passed over for one that does", async () => {
  await using room = new Room();
  const log = new AccessLog(room);
  const good = echoing(room, "good");
  await using silent = await StuckListener.start();
  const servers = [`127.0.0.1:${freePort()}`, `127.0.0.1:${silent.port}`, good.address];
  const scene = carrying(servers, {}, { balance: "first", timeouts: { connect: "300ms" } });
  const sluice = await Sluice.start(room, { ...scene.draft, accessLog: log.config });
  const [client, name] = await greeted(room, scene.port);
  expect(name).toBe("good");
  client.socket.shutdown();
  good.connections[0]!.socket.shutdown();
  const line = await log.line("the connection", () => true);
  expect(line).toMatchObject({ attempts: 3, server: good.address, kind: "tcp", client: "127.0.0.1", bytes_sent: 5 });
  expect(line.connect_ms!).toBeGreaterThanOrEqual(300);
  expect(line.fault).toBeUndefined();
  await sluice.counted(2, "sluice_redispatches_total", { pool: "app" });
});

test("with no server to be had the client is closed by a reset, at once or when the connect has run out of time", async () => {
  await using room = new Room();
  const log = new AccessLog(room);
  await using stuck = await StuckListener.start();
  const [refused, silent] = [freePort(), stuck.port].map((port) => carrying([`127.0.0.1:${port}`])) as [Scene, Scene];
  await Sluice.start(room, {
    timeouts: { connect: "200ms" },
    listeners: {
      refused: { ...refused.draft.listeners!["carry"]!, use: "refused" },
      silent: { ...silent.draft.listeners!["carry"]!, use: "silent" },
    },
    pools: { refused: refused.draft.pools!["app"]!, silent: { ...silent.draft.pools!["app"]!, retries: 0 } },
    accessLog: log.config,
  });
  for (const { port } of [refused, silent]) {
    expect(await resetAt(room, port)).toBe("");
  }
  expect((await log.line("a refusal", ({ pool }) => pool === "refused")).fault).toBe("connect_refused");
  expect((await log.line("a silence", ({ pool }) => pool === "silent")).fault).toBe("connect_timeout");
});

test("a server takes as many connections as it may, and the next waits for its turn", async () => {
  await using room = new Room();
  const log = new AccessLog(room);
  const server = echoing(room, "only");
  const scene = carrying(
    [{ address: server.address, maxConnections: 2 }],
    {},
    { queue: { length: 1, timeout: "10s" } },
  );
  const sluice = await Sluice.start(room, { ...scene.draft, accessLog: log.config });
  const [first] = await greeted(room, scene.port);
  await greeted(room, scene.port);
  const waiting = await Client.connect(room, scene.port);
  waiting.send("early");
  await sluice.counted(1, "sluice_pool_queued_requests", { pool: "app" });
  expect(await resetAt(room, scene.port)).toBe("");
  expect((await log.line("a refusal", ({ fault }) => fault !== undefined)).fault).toBe("queue_full");
  expect([waiting.length, server.connections.length]).toEqual([0, 2]);
  first.socket.terminate();
  await waiting.saw("only;");
  // What it said while it waited was not lost.
  await (await server.connection(3)).saw("early");
});

test("unix sockets on both sides", async () => {
  await using room = new Room();
  const server = echoing(room, "unix", { unix: room.path("server.sock") });
  const { draft } = carrying([server.address], { listen: `unix:${room.path("front.sock")}` });
  await Sluice.start(room, { ...draft, workers: 2 });
  const client = await Client.connect(room, { unix: room.path("front.sock") });
  await client.saw("unix;");
  client.send("hello").socket.shutdown();
  const other = await server.connection(1);
  await other.saw("hello");
  await other.over();
});

test("IPv6 on both sides, and IPv4 clients of a listener for all addresses", async () => {
  await using room = new Room();
  const log = new AccessLog(room);
  const server = echoing(room, "six", { hostname: "::1" });
  const port = freePort();
  const { draft } = carrying([server.address], { listen: `:${port}` });
  await Sluice.start(room, { ...draft, accessLog: log.config });
  for (const hostname of ["::1", "127.0.0.1"]) {
    const client = await Client.connect(room, { hostname, port });
    await client.saw("six;");
    client.socket.terminate();
    await log.line(`a client at ${hostname}`, (line) => line.client === hostname && line.server === server.address);
  }
});

test("servers see the source address that the config says, of the pool or of their own", async () => {
  await using room = new Room();
  const seen: string[] = [];
  const greet = (client: Client): void => {
    seen.push(client.socket.remoteAddress);
    client.send("here;");
  };
  const [one, two] = [new Server(room, { greet }), new Server(room, { greet })];
  const servers = [one.address, { address: two.address, source: "127.0.0.10" }];
  const scene = carrying(servers, {}, { source: "127.0.0.9", balance: "roundRobin" });
  await Sluice.start(room, scene.draft);
  for (let count = 0; count < 2; count++) await greeted(room, scene.port);
  expect(seen.toSorted()).toEqual(["127.0.0.10", "127.0.0.9"]);
});

test("connections live on over reloads that take their server and their listener, and drain waits for them", async () => {
  await using room = new Room();
  const [one, two] = [echoing(room, "one"), echoing(room, "two")];
  const scene = carrying([one.address]);
  const other = carrying([two.address]);
  const sluice = await Sluice.start(room, { ...scene.draft, workers: 2 });
  const [client] = await greeted(room, scene.port);
  const held = one.connections[0]!;
  const talk = async (text: string): Promise<void> => {
    client.send(text);
    await held.saw(text);
    held.send(text);
    await client.saw(text);
  };
  await talk("before");
  await sluice.reload({ ...scene.draft, workers: 2, pools: other.draft.pools });
  await talk("another pool");
  expect((await greeted(room, scene.port))[1]).toBe("two");
  await sluice.reload({ ...other.draft, workers: 2, drainTimeout: "20s" });
  await talk("another listener");
  await expect(Client.connect(room, scene.port)).rejects.toThrow();
  sluice.child.kill("SIGTERM");
  await until("the drain to begin", () => /drain/i.test(sluice.stderr));
  await talk("draining");
  client.socket.shutdown();
  await held.over();
  held.socket.shutdown();
  for (const { socket } of two.connections) socket.shutdown();
  await client.over();
  expect(client.isReset).toBe(false);
});

test("what a drain must wait for too long is cut, by a reset on both sides", async () => {
  await using room = new Room();
  const server = echoing(room, "only");
  const log = new AccessLog(room);
  const scene = carrying([server.address]);
  const sluice = await Sluice.start(room, { ...scene.draft, drainTimeout: "100ms", accessLog: log.config });
  const [client] = await greeted(room, scene.port);
  sluice.child.kill("SIGTERM");
  expect(await sluice.exited()).toBe(0);
  await until("both to be told", () => client.isClosed && server.connections[0]!.isClosed);
  expect([client.isReset, server.connections[0]!.isReset]).toEqual([true, true]);
  expect((await log.line("the cut", () => true)).fault).toBe("draining");
});
