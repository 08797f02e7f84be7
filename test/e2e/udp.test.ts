// Mode udp as users have it: the real program, two workers, real servers that answer with their names.

import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { DatagramClient, DatagramServer, freeDatagramPort } from "./harness/datagrams.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

async function servers(room: Room, ...names: string[]): Promise<DatagramServer[]> {
  const all = await Promise.all(names.map((name) => DatagramServer.start(name)));
  room.ending(() => {
    for (const server of all) server.stop();
  });
  return all;
}

async function clients(room: Room, port: number, count: number): Promise<DatagramClient[]> {
  const all = await Promise.all(Array.from({ length: count }, () => DatagramClient.start(port)));
  room.ending(() => {
    for (const client of all) client.stop();
  });
  return all;
}

interface Scene {
  readonly port: number;
  readonly draft: Draft;
}

async function scene(all: readonly DatagramServer[], listener: object = {}, pool: object = {}): Promise<Scene> {
  const port = await freeDatagramPort();
  return {
    port,
    draft: {
      workers: 2,
      listeners: { game: { listen: `127.0.0.1:${port}`, mode: "udp", use: "app", ...listener } },
      pools: { app: { servers: all.map((server) => `127.0.0.1:${server.port}`), ...pool } },
    },
  };
}

test("many clients talk over both workers, each with one server, and each gets its own answers", async () => {
  await using room = new Room();
  const all = await servers(room, "one", "two");
  const { port, draft } = await scene(all);
  const sluice = await Sluice.start(room, draft);
  const asking = await clients(room, port, 40);
  const names = new Set<string>();
  for (const client of asking.keys()) names.add((await asking[client]!.ask(`hello ${client}`)).split(":")[0]!);
  expect(names).toEqual(new Set(["one", "two"]));
  const answers = await Promise.all(asking.map((client, index) => client.ask(`again ${index}`)));
  answers.forEach((answer, index) => {
    const [first] = asking[index]!.got;
    expect(answer).toBe(first!.replace("hello", "again"));
  });
  expect(all[0]!.got.length + all[1]!.got.length).toBe(80);
  // Round robin over both workers, exactly.
  expect(all[0]!.got.length).toBe(40);
  await sluice.counted(40, "sluice_connections_active", { listener: "game" });
  await sluice.counted(40, "sluice_connections_accepted_total", { listener: "game" });
});

test("a server that dies is left at once, and by all when its check fails", async () => {
  await using room = new Room();
  const all = await servers(room, "one", "two");
  const check = { udp: true, send: "?", receive: "?", every: "100ms", timeout: "1s", fall: 1, rise: 1 };
  const { port, draft } = await scene(all, {}, { balance: "first", check });
  const sluice = await Sluice.start(room, draft);
  const [talking, silent] = (await clients(room, port, 2)) as [DatagramClient, DatagramClient];
  expect(await talking.ask("a")).toBe("one:a");
  expect(await silent.ask("a")).toBe("one:a");
  all[0]!.stop();
  await until("the check to fail", async () => (await sluice.server(`127.0.0.1:${all[0]!.port}`)).state === "down");
  expect(await silent.ask("b")).toBe("two:b");
  expect(await talking.ask("b")).toBe("two:b");
  const [late] = (await clients(room, port, 1)) as [DatagramClient];
  expect(await late.ask("c")).toBe("two:c");
});

test("without a check, what a dead server refuses goes to another one", async () => {
  await using room = new Room();
  const all = await servers(room, "one", "two");
  const { port, draft } = await scene(all, {}, { balance: "first" });
  const sluice = await Sluice.start(room, draft);
  all[0]!.stop();
  const [client] = (await clients(room, port, 1)) as [DatagramClient];
  expect(await client.ask("a")).toBe("two:a");
  await sluice.counted(1, "sluice_redispatches_total", { pool: "app" });
});

test("a question and an answer a session: each may go to another server, and the log has a line for each", async () => {
  await using room = new Room();
  const all = await servers(room, "one", "two");
  const path = room.path("access.log");
  const { port, draft } = await scene(all, { udp: { maxRequests: 1, maxResponses: 1 } });
  await Sluice.start(room, { ...draft, accessLog: { path, format: "json", flush: "10ms" } });
  const [client] = (await clients(room, port, 1)) as [DatagramClient];
  const answers: string[] = [];
  for (const text of ["a", "b", "c", "d"]) answers.push(await client.ask(text));
  expect(answers.toSorted()).toEqual(["one:a", "one:c", "two:b", "two:d"]);
  const lines = await until("four lines in the log", () => {
    const found = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
    return found.length >= 4 && found;
  });
  expect(lines.map((line) => JSON.parse(line) as object)).toHaveLength(4);
  expect(JSON.parse(lines[0]!)).toMatchObject({ client: "127.0.0.1", listener: "game", pool: "app", attempts: 1 });
});

test("sessions outlive a reload that takes their listener, and a listener that stays keeps all", async () => {
  await using room = new Room();
  const all = await servers(room, "one", "two");
  const { port, draft } = await scene(all);
  const sluice = await Sluice.start(room, draft);
  const asking = await clients(room, port, 10);
  const before = await Promise.all(asking.map((client) => client.ask("a")));
  await sluice.reload({ ...draft, drainTimeout: "5s" });
  expect(await Promise.all(asking.map((client) => client.ask("a")))).toEqual(before);
  const other = { listen: `127.0.0.1:${await freeDatagramPort()}`, mode: "udp", use: "app" } as const;
  await sluice.reload({ ...draft, listeners: { other } });
  expect(await Promise.all(asking.map((client) => client.ask("a")))).toEqual(before);
  // And back: sessions that are left are no reason to call the port taken.
  await sluice.reload(draft);
  expect(await Promise.all(asking.map((client) => client.ask("a")))).toEqual(before);
});

test("a drain ends when sessions have been silent for a while, and cuts what is left", async () => {
  await using room = new Room();
  const { port, draft } = await scene(await servers(room, "one"));
  const sluice = await Sluice.start(room, { ...draft, drainTimeout: "4s" });
  const [client] = (await clients(room, port, 1)) as [DatagramClient];
  await client.ask("a");
  sluice.child.kill("SIGTERM");
  await until("the listener to close", async () => /drain/i.test(sluice.stderr));
  expect(await client.ask("b")).toBe("one:b");
  expect(await sluice.exited()).toBe(0);
});

test("a port that another process has is told before anything starts; the TCP port of that number is another one", async () => {
  await using room = new Room();
  const all = await servers(room, "one");
  const taken = await DatagramServer.start("taken", await freeDatagramPort());
  room.ending(() => taken.stop());
  const { draft } = await scene(all, { listen: `127.0.0.1:${taken.port}` });
  const sluice = await Sluice.start(room, draft, { isAwaited: false });
  expect(await sluice.exited()).toBe(1);
  await says(sluice, `cannot listen on 127.0.0.1:${taken.port} (udp): the address is in use`);
  const port = freePort();
  const both = await scene(all, { listen: `127.0.0.1:${port}` });
  const web = { listen: `127.0.0.1:${port}`, mode: "tcp", use: "web" } as const;
  const running = await Sluice.start(room, {
    ...both.draft,
    listeners: { ...both.draft.listeners, web },
    pools: { ...both.draft.pools, web: { servers: ["127.0.0.1:1"] } },
  });
  const [client] = (await clients(room, port, 1)) as [DatagramClient];
  expect(await client.ask("a")).toBe("one:a");
  expect(running.stderr).not.toContain("cannot listen");
});

test("with more clients than half of the descriptors those who came first are served, and one line says what is wrong", async () => {
  await using room = new Room();
  const all = await servers(room, "one");
  const { port, draft } = await scene(all);
  // 48 are for what is no connection.
  const prefix = ["bash", "-c", 'ulimit -n 128; exec "$@"', "bash"];
  const sluice = await Sluice.start(room, { ...draft, workers: 1 }, { prefix });
  const crowd = await clients(room, port, 120);
  for (const client of crowd) client.send("hello");
  const said =
    "worker 0 holds as many UDP sessions as half of the files that it may open, and drops datagrams of new clients";
  await says(sluice, said);
  await until("all to be served or refused", async () => {
    const served = crowd.filter(({ got }) => got.length > 0).length;
    return served === 40 && served + (await sluice.metric("sluice_connections_refused_total")) === crowd.length;
  });
  expect(await crowd.find(({ got }) => got.length > 0)!.ask("again")).toBe("one:again");
  expect(sluice.stderr.split(said).length - 1).toBe(1);
});
