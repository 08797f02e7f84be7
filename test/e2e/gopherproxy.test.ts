// GopherProxy's documentation, followed to the letter against a real Redis: three variables start it, servers come from the set that its
// sentinel writes, and what it logs, counts and answers has the names that its dashboards know. What it means to do but does not
// is in gopherproxymended.test.ts.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Gopherproxy } from "./harness/gopherproxy.ts";
import { Origin, ok } from "./harness/origin.ts";
import { Asker, type Outcome } from "./harness/outcome.ts";
import { freePort } from "./harness/port.ts";
import { ran } from "./harness/program.ts";
import { Redis } from "./harness/redis.ts";
import { withRedis } from "./harness/rediscache.ts";
import { Room } from "./harness/room.ts";
import { command } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const set = "gopher_backends";
const unlimited = { RATE_LIMIT: "off" };

function urlOf({ address }: Origin): string {
  return `http://${address}`;
}

/** Each says its own name. */
function originsIn(room: Room, ...names: readonly string[]): Origin[] {
  return names.map((name) => new Origin(room, () => ok(name)));
}

async function register(redis: Redis, ...origins: readonly Origin[]): Promise<void> {
  await redis.ask("SADD", set, ...origins.map(urlOf));
}

/** Over a connection of its own. */
async function asked(room: Room, proxy: Gopherproxy, localAddress = "127.0.0.1"): Promise<Outcome> {
  const asker = await Asker.connect(room, { port: proxy.port, localAddress });
  return asker.ask("GET /a/b?c=d HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n");
}

async function wordsOf(room: Room, proxy: Gopherproxy, count: number): Promise<string[]> {
  const words: string[] = [];
  for (let turn = 0; turn < count; turn++) words.push((await asked(room, proxy)).body);
  return words;
}

withRedis(
  "three variables start it, and requests come to the servers of the set as their clients sent them",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const origin = new Origin(room, () => ok("made of it", "Connection: keep-alive, X-Hop", "X-Hop: 1", "X-Own: 2"));
    await register(redis, origin);
    const proxy = await Gopherproxy.start(room, redis);
    const asker = await Asker.connect(room, { port: proxy.port });
    const answer = await asker.ask(
      "POST /a/b?c=d HTTP/1.1\r\nHost: shop.test\r\nConnection: X-Mine\r\nX-Mine: 1\r\nContent-Length: 4\r\n\r\nbody",
    );
    expect([answer.status, answer.body, answer.fields["x-own"]]).toEqual([200, "made of it", "2"]);
    expect("x-hop" in answer.fields).toBe(false);
    const { method, target, fields, body } = await origin.request(1);
    expect([method, target, body.toString()]).toEqual(["POST", "/a/b?c=d", "body"]);
    expect([fields.get("host"), fields.get("x-forwarded-for"), fields.get("x-mine")]).toEqual([
      ["shop.test"],
      ["127.0.0.1"],
      undefined,
    ]);
  },
);

withRedis(
  "a request is one line of JSON on stdout with the fields that are documented, and a refused one too",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    await register(redis, ...originsIn(room, "a"));
    // Five at once, and none comes back within the test, however slow the machine.
    const limits = { RATE_LIMIT: "2/h", RATE_BURST: "5" };
    const proxy = await Gopherproxy.start(room, redis, { ...limits, VERSION: "1.2.3", COMMIT: "abc" });
    for (let turn = 0; turn < 6; turn++) await asked(room, proxy);
    const lines = await until("the lines", () => {
      const said = proxy.said("request");
      return said.length === 6 ? said : null;
    });
    const [line] = lines;
    expect(Object.keys(line!).slice(0, 8)).toEqual([
      "time",
      "level",
      "msg",
      "method",
      "path",
      "remote_addr",
      "status",
      "duration_ms",
    ]);
    expect(line).toMatchObject({ level: "INFO", method: "GET", path: "/a/b", status: 200 });
    expect(line!["remote_addr"]).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(Number.isInteger(line!["duration_ms"])).toBe(true);
    expect(Number.isNaN(Date.parse(String(line!["time"])))).toBe(false);
    expect(lines.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 429]);
    expect(lines.find(({ status }) => status === 429)).toMatchObject({ fault: "rate_limited" });
    expect(proxy.said("connected to Redis")).toMatchObject([{ addr: redis.address, version: "1.2.3", commit: "abc" }]);
    expect(proxy.said("backend registered")).toHaveLength(1);
    expect(proxy.stderr).toBe("");
  },
);

withRedis("metrics and health are on their own port, and never on the other", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [origin] = originsIn(room, "the server's own");
  await register(redis, origin!);
  const proxy = await Gopherproxy.start(room, redis);
  expect(await (await fetch(`${proxy.metricsUrl}/healthz`)).text()).toBe("ok\n");
  for (const path of ["/metrics", "/healthz"])
    expect(await (await fetch(`${proxy.url}${path}`)).text()).toBe("the server's own");
  expect((await fetch(`${proxy.metricsUrl}/api/v1/status`)).status).toBe(404);
  await proxy.counted(2, 0);
  const response = await fetch(`${proxy.metricsUrl}/metrics`);
  expect(response.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  const text = await response.text();
  for (const [name, type] of [
    ["processed_requests_total", "counter"],
    ["dropped_requests_total", "counter"],
    ["active_backends", "gauge"],
    ["request_duration_seconds", "histogram"],
  ])
    expect(text).toContain(`# TYPE gopherproxy_${name} ${type}\n`);
  const bounds = [...text.matchAll(/^gopherproxy_request_duration_seconds_bucket\{backend="([^"]*)",le="([^"]*)"\}/gm)];
  expect(bounds.map(([, backend, bound]) => `${backend} ${bound}`)).toEqual(
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, "+Inf"].map((bound) => `${origin!.address} ${bound}`),
  );
  expect(text).toContain(`gopherproxy_request_duration_seconds_count{backend="${origin!.address}"} 2\n`);
});

withRedis("servers take turns exactly, over all workers, and those that are down are passed over", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origins = originsIn(room, "a", "b", "c");
  await register(redis, ...origins);
  await redis.ask("SADD", set, `http://127.0.0.1:${freePort()}`);
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  expect(await proxy.metric("active_backends")).toBe(3);
  const words = await wordsOf(room, proxy, 9);
  expect(words.slice(0, 3).toSorted()).toEqual(["a", "b", "c"]);
  expect(words).toEqual([...words.slice(0, 3), ...words.slice(0, 3), ...words.slice(0, 3)]);
  // At once, and none is lost or counted twice.
  const before = origins.map(({ asked }) => asked.length);
  await Promise.all(Array.from({ length: 99 }, () => asked(room, proxy)));
  expect(origins.map(({ asked }, index) => asked.length - before[index]!)).toEqual([33, 33, 33]);
  await proxy.counted(108, 0);
});

withRedis(
  "an empty set, and one of whose servers none is up, is answered 503 with the words that are documented",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const proxy = await Gopherproxy.start(room, redis, unlimited);
    expect(await asked(room, proxy)).toMatchObject({ status: 503, body: "No healthy backends available\n" });
    await redis.ask("SADD", set, `http://127.0.0.1:${freePort()}`);
    await until("the server to be known", () => proxy.said("backend went down").length === 1);
    expect(await asked(room, proxy)).toMatchObject({ status: 503, body: "No healthy backends available\n" });
    await proxy.counted(0, 2);
    expect(await proxy.metric("active_backends")).toBe(0);
  },
);

withRedis("members that are no server are logged and passed over, and one that stands there twice is one", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [origin] = originsIn(room, "a");
  await register(redis, origin!);
  await redis.ask("SADD", set, "ftp://127.0.0.1:1", "http://", `${urlOf(origin!)}/`);
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  await proxy.active(1);
  expect(await proxy.hasSaid("backend registered")).toEqual([expect.objectContaining({ url: urlOf(origin!) })]);
  const warnings = (): string[] => proxy.lines.filter(({ level }) => level === "WARN").map(({ msg }) => String(msg));
  for (const member of ["ftp://127.0.0.1:1", '"http://"'])
    await until(`a warning of ${member}`, () => warnings().some((warning) => warning.includes(member)));
  expect(await wordsOf(room, proxy, 2)).toEqual(["a", "a"]);
});

withRedis("each client has five requests at once and then two a second, and others have their own", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  await register(redis, ...originsIn(room, "a"));
  const proxy = await Gopherproxy.start(room, redis);
  const [startedMs, statuses] = [performance.now(), [] as number[]];
  let refused: Outcome | null = null;
  for (let turn = 0; turn < 7; turn++) {
    const answer = await asked(room, proxy);
    statuses.push(answer.status);
    if (answer.status === 429) refused ??= answer;
  }
  expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
  // On a machine that is slow a token may have come back meanwhile.
  const backAtMost = Math.floor((performance.now() - startedMs) / 500);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(2 - backAtMost);
  refused ??= await until("a refusal", async () => {
    const answer = await asked(room, proxy);
    return answer.status === 429 ? answer : null;
  });
  expect(refused.body).toBe("Too Many Requests\n");
  expect(Number(refused.fields["retry-after"])).toBeGreaterThan(0);
  expect((await asked(room, proxy, "127.0.0.2")).status).toBe(200);
  await until("a token to come back", async () => (await asked(room, proxy)).status === 200);
});

withRedis("a server that fails is 502 with the words that are documented, dropped and never processed", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origin = new Origin(room, ({ socket }) => {
    socket.terminate();
    return null;
  });
  await register(redis, origin);
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  const asker = await Asker.connect(room, { port: proxy.port });
  const answer = await asker.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  expect(answer).toMatchObject({ status: 502, body: "Backend unavailable\n" });
  await proxy.counted(0, 1);
  const [line] = await until("its line in the log", () =>
    proxy.said("request").length === 1 ? proxy.said("request") : null,
  );
  expect(line).toMatchObject({ level: "ERROR", status: 502, bytes: 20, fault: "server_closed" });
  expect(line).toMatchObject({ backend: `127.0.0.1:${origin.port}` });
});

withRedis("a server that goes away and comes back is told once each, with its address", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const port = freePort();
  const origins = [new Origin(room, () => ok("a"), { port }), ...originsIn(room, "b")];
  await register(redis, ...origins);
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  await proxy.active(2);
  origins[0]!.stop();
  const url = `http://127.0.0.1:${port}`;
  await until("it to be down", () => proxy.said("backend went down").length === 1, 20_000);
  expect(proxy.said("backend went down")).toMatchObject([{ level: "WARN", url }]);
  await proxy.active(1);
  expect(await wordsOf(room, proxy, 3)).toEqual(["b", "b", "b"]);
  new Origin(room, () => ok("a"), { port });
  await until("it to be back", () => proxy.said("backend recovered").length === 1, 20_000);
  expect(proxy.said("backend recovered")).toMatchObject([{ level: "INFO", url }]);
  await proxy.active(2);
});

withRedis("a signal lets what is under way end, says so, and ends it with 0", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const origin = new Origin(room, async () => {
    await released;
    return ok("whole");
  });
  await register(redis, origin);
  const proxy = await Gopherproxy.start(room, redis);
  const answer = asked(room, proxy);
  await origin.request(1);
  proxy.child.kill("SIGTERM");
  await until("it to drain", async () => (await proxy.health("/readyz")) === 503);
  expect(await proxy.health("/healthz")).toBe(200);
  release();
  expect(await answer).toMatchObject({ status: 200, body: "whole" });
  expect(await proxy.exited()).toBe(0);
  expect(proxy.lines.at(-1)).toMatchObject({ level: "INFO", msg: "stopped cleanly" });
});

test("without a Redis at the start it says so and ends with 1", async () => {
  await using room = new Room();
  const place = `127.0.0.1:${freePort()}`;
  const proxy = new Gopherproxy(room, place);
  expect(await proxy.exited()).toBe(1);
  expect(proxy.lines).toMatchObject([{ level: "ERROR", msg: "cannot reach Redis at startup", addr: place }]);
});

test("values that are wrong are all told by their variables, without a password, with exit code 2", async () => {
  await using room = new Room();
  const proxy = new Gopherproxy(room, "http://:secret@redis:1", { PROXY_PORT: "http", TRUSTED_PROXIES: "gateway" });
  expect(await proxy.exited()).toBe(2);
  for (const name of ["REDIS_URL must be host:port", "PROXY_PORT must be a port", "TRUSTED_PROXIES must be"])
    await says(proxy, name);
  expect(proxy.stderr).not.toContain("secret");
});

test("its help names each variable with its default, and convert knows its .env", async () => {
  await using room = new Room();
  const { out } = await ran([...command, "gopherproxy", "--help"]);
  for (const word of ["REDIS_URL", "localhost:16379", "PROXY_PORT", "8080", "METRICS_PORT", "2112", "RATE_LIMIT"])
    expect(out).toContain(word);
  const path = room.write(".env", "REDIS_URL=redis:6379\nPROXY_PORT=\n");
  const converted = await ran([...command, "convert", path]);
  expect([converted.code, converted.out.includes("redis: redis://redis:6379")]).toEqual([0, true]);
});
