// What GopherProxy means to do and does not, or does to its users' loss, in its place: servers that leave, a start without refusals, limits
// behind other proxies, counts that add up, long and live responses. Its documented usage is in gopherproxy.test.ts.

import { expect, setDefaultTimeout, test } from "bun:test";
import type { ConfigInput } from "../../src/config/input.ts";
import { Client } from "./harness/client.ts";
import { Gopherproxy } from "./harness/gopherproxy.ts";
import { Origin, ok, write } from "./harness/origin.ts";
import { Asker, type Outcome } from "./harness/outcome.ts";
import { freePort } from "./harness/port.ts";
import { ran } from "./harness/program.ts";
import { Redis } from "./harness/redis.ts";
import { withRedis } from "./harness/rediscache.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const set = "gopher_backends";
const unlimited = { RATE_LIMIT: "off" };

function urlOf({ address }: Origin): string {
  return `http://${address}`;
}

async function asked(
  room: Room,
  proxy: { readonly port: number },
  more: { readonly fields?: string; readonly from?: string } = {},
): Promise<Outcome> {
  const asker = await Asker.connect(room, { port: proxy.port, localAddress: more.from ?? "127.0.0.1" });
  return asker.ask(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more.fields ?? ""}\r\n`);
}

withRedis(
  "when it is ready its servers are known and probed: nothing is answered 503, and the gauge is right at once",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const origins = ["a", "b"].map((name) => new Origin(room, () => ok(name)));
    await redis.ask("SADD", set, ...origins.map(urlOf), `http://127.0.0.1:${freePort()}`);
    const proxy = await Gopherproxy.start(room, redis, unlimited);
    expect(await proxy.metric("active_backends")).toBe(2);
    const statuses = new Set<number>();
    for (let turn = 0; turn < 20; turn++) statuses.add((await asked(room, proxy)).status);
    // One that comes is given nothing before it has been found well.
    await redis.ask("SADD", set, `http://127.0.0.1:${freePort()}`);
    await until("it to be known", () => proxy.said("backend registered").length === 4);
    for (let turn = 0; turn < 20; turn++) statuses.add((await asked(room, proxy)).status);
    expect([...statuses]).toEqual([200]);
    expect(await proxy.metric("active_backends")).toBe(2);
  },
);

withRedis("a server that is taken out of the set gets nothing more, at once, and ends what it has", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const slow = new Origin(room, async () => {
    await released;
    return ok("slow");
  });
  const other = new Origin(room, () => ok("other"));
  await redis.ask("SADD", set, urlOf(slow));
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  const underWay = asked(room, proxy);
  await slow.request(1);
  await redis.ask("SADD", set, urlOf(other));
  await proxy.active(2);
  const beforeMs = performance.now();
  await redis.ask("SREM", set, urlOf(slow));
  await proxy.active(1);
  // Not at the next poll, which is 5 s away: Redis tells of it.
  expect(performance.now() - beforeMs).toBeLessThan(2500);
  expect(await proxy.hasSaid("backend deregistered")).toMatchObject([{ url: urlOf(slow) }]);
  for (let turn = 0; turn < 4; turn++) expect((await asked(room, proxy)).body).toBe("other");
  release();
  expect(await underWay).toMatchObject({ status: 200, body: "slow" });
  await redis.ask("SREM", set, urlOf(other));
  await proxy.active(0);
  expect((await asked(room, proxy)).status).toBe(503);
});

withRedis("while Redis is away its last servers are kept, and when it is back its set counts again", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origins = ["a", "b"].map((name) => new Origin(room, () => ok(name)));
  await redis.ask("SADD", set, urlOf(origins[0]!));
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  await redis.stop();
  await until("that to be told", () => proxy.lines.some(({ msg }) => String(msg).includes("its server is kept")));
  for (let turn = 0; turn < 5; turn++) expect((await asked(room, proxy)).body).toBe("a");
  const again = await Redis.start(room, redis.port);
  await again.ask("SADD", set, urlOf(origins[1]!));
  await until("the other to be asked", async () => (await asked(room, proxy)).body === "b", 20_000);
  // Whoever lost its data is given some seconds in which a sentinel can put back what is up.
  await until("the first to be forgotten", async () => (await proxy.metric("active_backends")) === 1, 20_000);
});

withRedis(
  "behind proxies that are trusted each client has a limit of its own, an IPv6 customer one for his network",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const origin = new Origin(room);
    await redis.ask("SADD", set, urlOf(origin));
    // Slow enough that no token comes back within the test.
    const limits = { RATE_LIMIT: "2/h", RATE_BURST: "2" };
    const proxy = await Gopherproxy.start(room, redis, { ...limits, TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8" });
    const statusOf = async (client: string, from = "127.0.0.1"): Promise<number> =>
      (await asked(room, proxy, { fields: `X-Forwarded-For: ${client}\r\n`, from })).status;
    const each = async (clients: readonly string[], from?: string): Promise<number[]> => {
      const statuses: number[] = [];
      for (const client of clients) statuses.push(await statusOf(client, from));
      return statuses;
    };
    expect(await each(["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"])).toEqual([200, 200, 429, 200]);
    expect(await each(["192.0.2.3, 10.1.1.1", "192.0.2.3", "192.0.2.3, 10.2.2.2"])).toEqual([200, 200, 429]);
    expect(await each(["2001:db8:1:1::1", "2001:db8:1:1::2", "2001:db8:1:1:9::", "2001:db8:1:2::1"])).toEqual([
      200, 200, 429, 200,
    ]);
    // A stranger may say what he likes: he is who he is, and servers are told that.
    expect(await each(["192.0.2.5", "192.0.2.6", "192.0.2.7"], "127.0.0.2")).toEqual([200, 200, 429]);
    expect(origin.asked.at(-1)?.fields.get("x-forwarded-for")).toEqual(["127.0.0.2"]);
    expect(origin.asked[3]?.fields.get("x-forwarded-for")).toEqual(["192.0.2.3, 10.1.1.1, 127.0.0.1"]);
  },
);

withRedis(
  "a client that leaves, and a request that makes no sense, are counted neither as processed nor as dropped",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const origin = new Origin(room, ({ target }) => (target === "/never" ? null : ok("a")));
    await redis.ask("SADD", set, urlOf(origin));
    const proxy = await Gopherproxy.start(room, redis, unlimited);
    const client = await Client.connect(room, proxy.port);
    client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    await origin.request(1);
    client.socket.terminate();
    await until("its line", () =>
      proxy.said("request").some(({ path, status }) => path === "/never" && status === 499),
    );
    const asker = await Asker.connect(room, { port: proxy.port });
    expect((await asker.ask("GET / HTTP/1.1\r\n\r\n")).status).toBe(400);
    expect((await asked(room, proxy)).status).toBe(200);
    await proxy.counted(1, 0);
  },
);

withRedis("a response that its server cuts short is dropped, and not processed as well", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origin = new Origin(room, ({ socket }) => {
    write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.");
    socket.end();
    return null;
  });
  await redis.ask("SADD", set, urlOf(origin));
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  expect((await asked(room, proxy)).body).toBe("ten bytes.");
  await proxy.counted(0, 1);
});

withRedis("a client that leaves while it waits is neither processed nor dropped, and its server is told", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  const origin = new Origin(room, ({ target }) => {
    if (target !== "/slow") return ok("quick");
    resolve();
    return null;
  });
  await redis.ask("SADD", set, urlOf(origin));
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  const client = await Client.connect(room, { port: proxy.port });
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  await heard;
  client.socket.end();
  await until("its connection to be over", () => client.isClosed);
  expect((await asked(room, proxy)).body).toBe("quick");
  await proxy.counted(1, 0);
  await until("both to be logged", () => proxy.said("request").length === 2);
  // Each worker writes its own lines, when it likes.
  expect(
    proxy
      .said("request")
      .map((line) => line["status"])
      .sort(),
  ).toEqual([200, 499]);
});

withRedis("what one server does not answer another is asked, and the request is one", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const bad = new Origin(room, ({ socket }) => {
    socket.terminate();
    return null;
  });
  const good = new Origin(room, () => ok("good"));
  await redis.ask("SADD", set, urlOf(bad), urlOf(good));
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  for (let turn = 0; turn < 6; turn++) expect(await asked(room, proxy)).toMatchObject({ status: 200, body: "good" });
  expect(bad.asked.length).toBeGreaterThan(0);
  await proxy.counted(6, 0);
});

withRedis("events come when they are sent, and WebSockets pass both ways", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("no", { status: 400 })),
    websocket: { message: (socket, text) => void socket.send(`${text} back`) },
  });
  room.ending(() => server.stop(true));
  await redis.ask("SADD", set, `http://127.0.0.1:${server.port}`);
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/`);
  const heard = Promise.withResolvers<unknown>();
  socket.onopen = () => socket.send("there and");
  socket.onmessage = ({ data }) => heard.resolve(data);
  socket.onerror = () => heard.reject(new Error("the WebSocket failed"));
  expect(await heard.promise).toBe("there and back");
  const closed = new Promise((resolve) => {
    socket.onclose = resolve;
  });
  socket.close();
  await closed;
  await redis.ask("DEL", set);
  await proxy.active(0);

  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const origin = new Origin(room, async ({ socket: events }) => {
    write(events, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    write(events, "9\r\ndata: 1\n\n\r\n");
    await released;
    return "9\r\ndata: 2\n\n\r\n0\r\n\r\n";
  });
  await redis.ask("SADD", set, urlOf(origin));
  await proxy.active(1);
  const client = await Client.connect(room, proxy.port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("the first event", () => client.text.includes("data: 1"));
  expect(client.text).not.toContain("data: 2");
  release();
  await until("the second", () => client.text.includes("data: 2"));
  await proxy.counted(2, 0);
});

withRedis("a response may last longer than any of its times, as long as it goes on", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const bytes = 18;
  const origin = new Origin(room, async ({ socket }) => {
    write(socket, `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`);
    for (let sent = 0; sent < bytes; sent++) {
      await Bun.sleep(150); // Its slowness is what the test is about: together three times of what each silence may last.
      write(socket, "x");
    }
    return null;
  });
  await redis.ask("SADD", set, urlOf(origin));
  // The same config with every time that bounds a request made short.
  const [port, metricsPort, adminPort] = [freePort(), freePort(), freePort()];
  const path = room.write(".env", `REDIS_URL=${redis.address}\nPROXY_PORT=${port}\nMETRICS_PORT=${metricsPort}\n`);
  const { out } = await ran([...command, "convert", path, "--to", "json"]);
  const config = JSON.parse(out) as ConfigInput; // What convert prints is one.
  config.admin = { listen: `127.0.0.1:${adminPort}` };
  config.timeouts = { read: "900ms", response: "900ms" };
  config.listeners["proxy"]!.timeouts = { head: "900ms", read: "900ms", idle: "900ms" };
  config.pools!["backends"]!.timeouts = { connect: "900ms", response: "900ms", read: "900ms" };
  const sluice = await Sluice.of(room, room.write("sluice.json", JSON.stringify(config)), port, adminPort);
  expect(await asked(room, sluice)).toMatchObject({ status: 200, body: "x".repeat(bytes) });
});

withRedis("with the sentinel beside it, servers come and go by themselves", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origins = ["a", "b"].map((name) => new Origin(room, () => ok(name)));
  const sentinel = Bun.spawn([...command, "sentinel", "--every", "200ms", "--lease", "2s"], {
    env: { ...process.env, REDIS_URL: redis.address, SENTINEL_TARGETS: origins.map(({ address }) => address).join() },
    stdio: ["ignore", "ignore", "inherit"],
  });
  room.ending(async () => {
    sentinel.kill("SIGTERM");
    await sentinel.exited;
  });
  const proxy = await Gopherproxy.start(room, redis, unlimited);
  await proxy.active(2);
  origins[0]!.stop();
  await until("it to be taken out", () => proxy.said("backend deregistered").length === 1);
  for (let turn = 0; turn < 3; turn++) expect((await asked(room, proxy)).body).toBe("b");
});

test("that the usual port of the admin interface is taken is no reason not to start", async () => {
  await using room = new Room();
  if (Bun.which("redis-server") === null) return;
  const redis = await Redis.start(room);
  const metricsPort = freePort();
  try {
    const taken = Bun.listen({ hostname: "127.0.0.1", port: metricsPort + 1, socket: { data() {} } });
    room.ending(() => taken.stop(true));
  } catch {
    // Whoever has it has taken it.
  }
  const proxy = new Gopherproxy(room, redis.address, { METRICS_PORT: String(metricsPort) });
  await until("it to start", () => proxy.said("started").length === 1, 20_000);
  const { admin } = proxy.said("started")[0] as { admin?: string };
  expect((await fetch(`http://${admin}/api/v1/status`)).status).toBe(200); // What the log says is how the commands find it.
});
