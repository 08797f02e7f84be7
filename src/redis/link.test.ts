import { afterEach, expect, test } from "bun:test";
import { RedisClient, type Socket } from "bun";
import type { RemoteNews } from "../config/message.ts";
import { failuresMax } from "./breaker.ts";
import { RedisLink, reasonOf } from "./link.ts";

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

/** A link to a port where somebody listens who says this to whatever is asked; "" says nothing. */
function linked(says: string, timeoutMs = 50): { link: RedisLink; told: RemoteNews[]; time: { nowMs: number } } {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        // One answer for each command, as the protocol has it: commands begin with "*".
        const commands =
          Buffer.from(bytes)
            .toString("latin1")
            .split(/\*\d+\r\n/).length - 1;
        if (says !== "") socket.write(says.repeat(commands));
      },
    },
  });
  const told: RemoteNews[] = [];
  const time = { nowMs: 0 };
  const plan = { url: `redis://:secret@127.0.0.1:${server.port}/0`, prefix: "", timeoutMs, connectionsMax: 1 };
  const link = new RedisLink(plan, { nowMs: () => time.nowMs, tell: (news) => told.push(news) });
  opened.push({ close: () => link.close() }, { close: () => server.stop(true) });
  return { link, told, time };
}

test("one that never answers is asked in vain for a bounded time, and then not at all", async () => {
  const { link, told } = linked("");
  for (let tries = 0; tries < failuresMax; tries++) expect(await link.read("c", "k")).toBeNull();
  const beganMs = performance.now();
  for (let tries = 0; tries < 100; tries++) expect(await link.read("c", "k")).toBeNull();
  // A hundred in vain would be five seconds.
  expect(performance.now() - beganMs).toBeLessThan(2_500);
  expect(told).toEqual([
    { address: expect.stringMatching(/^127\.0\.0\.1:\d+$/), news: "away", detail: expect.any(String) },
  ]);
});

test("one that is not there is away as well, and nothing rejects", async () => {
  const told: RemoteNews[] = [];
  const plan = { url: "redis://127.0.0.1:1", prefix: "", timeoutMs: 50, connectionsMax: 2 };
  const link = new RedisLink(plan, { nowMs: () => 0, tell: (news) => told.push(news) });
  opened.push(link);
  for (let tries = 0; tries < 10; tries++) {
    expect(await link.read("c", "k")).toBeNull();
    await link.write("k", new Uint8Array(3), 1000);
    await link.remove(["k"]);
    expect(await link.increment("k", 1)).toBeNull();
  }
  expect(told).toEqual([{ address: "127.0.0.1:1", news: "away", detail: "there is no connection to it" }]);
});

test("what another process has found away is found away at once", async () => {
  const { promise, resolve } = Promise.withResolvers<RemoteNews>();
  const plan = { url: "redis://127.0.0.1:1", prefix: "", timeoutMs: 50, connectionsMax: 1 };
  const link = new RedisLink(plan, { nowMs: () => 0, tell: resolve });
  opened.push(link);
  link.hasten();
  expect((await promise).news).toBe("away");
  expect(link.state.away).not.toBeNull();
});

test("where it is is told without a password", () => {
  for (const [url, address] of [
    ["redis://user:secret@127.0.0.1:1/1", "127.0.0.1:1"],
    ["redis+unix:///run/no/redis.sock", "/run/no/redis.sock"],
  ] as const) {
    const link = new RedisLink(
      { url, prefix: "", timeoutMs: 50, connectionsMax: 1 },
      { nowMs: () => 0, tell: () => {} },
    );
    opened.push(link);
    expect(link.state.address).toBe(address);
  }
});

test("what says nothing until later, from the first connection on, is asked then", async () => {
  let isSilent = true;
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        if (!isSilent) answerTo(socket, bytes);
      },
    },
  });
  const time = { nowMs: 0 };
  const plan = { url: `redis://127.0.0.1:${server.port}`, prefix: "", timeoutMs: 20, connectionsMax: 2 };
  const told: RemoteNews[] = [];
  const link = new RedisLink(plan, { nowMs: () => time.nowMs, tell: (news) => told.push(news) });
  opened.push({ close: () => link.close() }, { close: () => server.stop(true) });
  for (let tries = 0; tries < failuresMax; tries++) expect(await link.read("c", "k")).toBeNull();
  isSilent = false;
  let answer: unknown = null;
  for (let tries = 0; tries < 500 && answer === null; tries++) {
    time.nowMs += 500;
    answer = await link.read("c", "k");
    // For the sockets: nothing here says when they have connected.
    if (answer === null) await Bun.sleep(2);
  }
  expect(answer).toEqual({ count: 0, value: null });
  expect(told.map(({ news }) => news)).toEqual(["away", "back"]);
  await link.probe();
  expect(link.state.away).toBeNull();
});

/** One that answers HELLO, and everything else with what is told of its first word. */
function answering(answers: (word: string) => string): { port: number; opened: () => number } {
  let count = 0;
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: () => void count++,
      data(socket, bytes) {
        for (const [, word] of Buffer.from(bytes)
          .toString("latin1")
          .matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g))
          socket.write(word === "HELLO" ? "%0\r\n" : answers(word!));
      },
    },
  });
  opened.push({ close: () => server.stop(true) });
  return { port: server.port, opened: () => count };
}

test("what answers and takes nothing says so in its state, whatever it refuses, until it does all of it", async () => {
  let refusal = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
  const { port } = answering(() => (refusal === "" ? "+OK\r\n" : refusal));
  const told: string[] = [];
  const plan = { url: `redis://127.0.0.1:${port}`, prefix: "", timeoutMs: 1000, connectionsMax: 1 };
  const link = new RedisLink(plan, { nowMs: () => 0, tell: ({ news, detail }) => told.push(`${news} ${detail}`) });
  opened.push(link);
  for (let tries = 0; tries < 500 && told.length === 0; tries++) {
    await link.write("k", new Uint8Array(3), 1000);
    if (told.length === 0) await Bun.sleep(2);
  }
  const full = "its memory is full (maxmemory), and it lets nothing be written";
  expect(link.state).toMatchObject({ away: null, refusal: full });
  expect(await link.remove(["k"])).toBe(false);
  refusal = "";
  await link.write("k", new Uint8Array(3), 1000);
  expect(link.state.refusal).toBe(full);
  expect(await link.remove(["k"])).toBe(true);
  expect(link.state.refusal).toBeNull();
  expect(told).toEqual([`refusing ${full}`, "taking "]);
});

test("a master that has become a replica is left for whoever is at its address, not more often than each 5 s", async () => {
  const { port, opened: connections } = answering(() => "-READONLY You can't write against a read only replica.\r\n");
  const time = { nowMs: 0 };
  const plan = { url: `redis://127.0.0.1:${port}`, prefix: "", timeoutMs: 1000, connectionsMax: 1 };
  const link = new RedisLink(plan, { nowMs: () => time.nowMs, tell: () => {} });
  opened.push(link);
  for (let tries = 0; tries < 500 && link.state.refusal === null; tries++) {
    await link.remove(["k"]);
    if (link.state.refusal === null) await Bun.sleep(2);
  }
  expect(link.state.refusal).toContain("replica");
  const before = connections();
  time.nowMs = 4_999;
  await link.remove(["k"]);
  expect(connections()).toBe(before);
  time.nowMs = 5_000;
  for (let tries = 0; tries < 500 && connections() === before; tries++) {
    await link.remove(["k"]);
    await Bun.sleep(2);
  }
  expect(connections()).toBe(before + 1);
});

test("one that takes nothing is read from while another connection to it is made, and if none can be", async () => {
  let isOpenToNew = true;
  let count = 0;
  const held: Socket[] = [];
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        count++;
        held.push(socket);
      },
      data(socket, bytes) {
        if (!isOpenToNew && socket !== held[0]) return;
        if (bytes.includes("DEL")) socket.write("-READONLY You can't write against a read only replica.\r\n");
        else answerTo(socket, bytes);
      },
    },
  });
  const time = { nowMs: 0 };
  const plan = { url: `redis://127.0.0.1:${server.port}`, prefix: "", timeoutMs: 500, connectionsMax: 1 };
  const link = new RedisLink(plan, { nowMs: () => time.nowMs, tell: () => {} });
  opened.push({ close: () => link.close() }, { close: () => server.stop(true) });
  for (let tries = 0; tries < 500 && link.state.refusal === null; tries++) {
    await link.remove(["k"]);
    if (link.state.refusal === null) await Bun.sleep(2);
  }
  // Nobody answers what is new: the connection that is there goes on, whatever is asked at that moment.
  isOpenToNew = false;
  time.nowMs = 5_000;
  await link.remove(["k"]);
  for (let tries = 0; tries < 20; tries++) expect(await link.read("c", "k")).not.toBeNull();
  for (let tries = 0; tries < 500 && count === 1; tries++) await Bun.sleep(2);
  for (let tries = 0; tries < 20; tries++) expect(await link.read("c", "k")).not.toBeNull();
  expect([count, link.state.away]).toEqual([2, null]);
  // The next one that can be made takes its place.
  isOpenToNew = true;
  time.nowMs = 10_000;
  for (let tries = 0; tries < 500 && (held[0]!.readyState === 1 || count === 2); tries++) {
    await link.remove(["k"]);
    await Bun.sleep(2);
  }
  expect(held[0]!.readyState).not.toBe(1);
  expect(await link.read("c", "k")).not.toBeNull();
});

test("why it is away is told anew where it is for another reason: it listens by now, and refuses the password", async () => {
  const former = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const { port } = former;
  former.stop(true);
  const plan = { url: `redis://:secret@127.0.0.1:${port}`, prefix: "", timeoutMs: 50, connectionsMax: 1 };
  const told: string[] = [];
  const link = new RedisLink(plan, {
    nowMs: () => 0,
    tell: ({ news, detail }) => told.push(`${news} ${detail}`),
  });
  opened.push(link);
  for (let tries = 0; tries < failuresMax; tries++) await link.probe();
  await link.diagnose();
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port,
    socket: { data: (socket) => void socket.write("-WRONGPASS invalid username-password pair\r\n") },
  });
  opened.push({ close: () => server.stop(true) });
  await link.diagnose();
  expect(told).toEqual([
    "away there is no connection to it",
    "away connection refused",
    "away it knows no such user or password",
  ]);
  expect(link.state.away?.reason).toBe("it knows no such user or password");
});

/** As an empty Redis would, command by command: HELLO, GETRANGE, STRLEN. */
function answerTo(socket: Socket, bytes: Uint8Array): void {
  for (const [name] of Buffer.from(bytes)
    .toString("latin1")
    .matchAll(/HELLO|GETRANGE|STRLEN/g))
    socket.write({ HELLO: "%0\r\n", GETRANGE: "$0\r\n\r\n", STRLEN: ":0\r\n" }[name as "HELLO"]);
}

test("one that lets nobody in is told as that", async () => {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (socket) => void socket.write("-WRONGPASS invalid username-password pair\r\n") },
  });
  const options = { autoReconnect: true, enableOfflineQueue: false };
  const client = new RedisClient(`redis://:secret@127.0.0.1:${server.port}/0`, options);
  opened.push(client, { close: () => server.stop(true) });
  await client.connect().catch(() => {});
  const error = await client.get("k").then(
    () => new Error("it is let in"),
    (reason: Error) => reason,
  );
  expect(reasonOf(error)).toBe("it ends connections: are user, password and database right?");
});

test("a probe finds out how it stands with it, and why and for how long it has been away", async () => {
  const { link, time } = linked("");
  expect(link.state.away).toBeNull();
  for (let tries = 0; tries < failuresMax; tries++) await link.probe();
  time.nowMs += 400;
  expect(link.state).toEqual({
    address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    away: { forMs: 400, reason: expect.any(String) },
    refusal: null,
  });
});
