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
    expect(await link.increment("k")).toBeNull();
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
  });
});
