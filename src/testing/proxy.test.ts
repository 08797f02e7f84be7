import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { defineConfig } from "../config/define.ts";
import { TestProxy } from "./proxy.ts";
import { subjectOf } from "./subject.ts";
import type { TestWorld } from "./types.ts";

const open = async (config: object, world: TestWorld = {}): Promise<TestProxy> =>
  TestProxy.open(await subjectOf(config), world);

const shop = defineConfig({
  tables: { clients: { key: "ip", size: "1k", expire: "1m", store: ["http_req_rate(10s)"] } },
  pools: {
    app: { servers: ["one:80", "two:80"], balance: "roundRobin", retries: 1 },
    api: { servers: ["api:80"], cache: true, compress: { minimum: "1b" } },
    off: { reply: { status: 503, body: "off" } },
  },
  listeners: {
    web: {
      listen: ":80",
      use: "app",
      rules: [
        { name: "clients", track: "clients" },
        { name: "fast", if: "clients[src].http_req_rate > 2", deny: 429 },
        { name: "api", if: "path.startsWith('/api/')", use: "api" },
        { name: "off", if: "path == '/off'", use: "off" },
        { name: "away", if: "path == '/away'", reject: true },
        { name: "slow", if: "path == '/slow'", tarpit: "5s" },
      ],
    },
  },
});

test("a request goes through rules to a server of the test, and is told whole", async () => {
  const proxy = await open(shop, { servers: { app: ({ server, path }) => `${server} ${path}` } });
  const answer = await proxy.request({
    method: "POST",
    url: "http://shop.test/x?a=1",
    headers: { "X-A": "b" },
    body: "hé",
  });
  expect(answer).toMatchObject({
    status: 200,
    body: "one:80 /x?a=1",
    ending: "answered",
    pool: "app",
    server: "one:80",
    rule: "",
    fault: "",
    took: 0,
  });
  expect(answer.calls).toMatchObject([{ server: "one:80", pool: "app", method: "POST", path: "/x?a=1", body: "hé" }]);
  expect(answer.calls[0]!.headers).toMatchObject({ host: "shop.test", "x-a": "b" });
  expect(answer.toString()).toContain("one:80: it is its turn");
  expect((await proxy.request("/y")).server).toBe("two:80");
});

test("tables remember, and the clock goes when it is told to", async () => {
  const proxy = await open(shop);
  const statuses = [];
  for (let count = 0; count < 3; count++) statuses.push((await proxy.request("/")).status);
  expect(statuses).toEqual([200, 200, 429]);
  expect((await proxy.request({ url: "/", from: "203.0.113.7" })).status).toBe(200);
  proxy.pass("20s");
  const again = await proxy.request("/");
  expect(again).toMatchObject({ status: 200, rule: "" });
  const denied = [await proxy.request("/"), await proxy.request("/")][1]!;
  expect(denied).toMatchObject({ status: 429, rule: "fast", fault: "denied", pool: "" });
});

test("caches remember, and bodies are shown out of their coding", async () => {
  const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };
  const proxy = await open(shop, { servers: { api: { headers: fresh, body: "hello hello hello" } } });
  const request = { url: "/api/a", headers: { "Accept-Encoding": "gzip" } };
  const first = await proxy.request(request);
  expect(first.headers["content-encoding"]).toBe("gzip");
  expect([first.body, first.calls.length]).toEqual(["hello hello hello", 1]);
  expect(first.cache).toStartWith("fwd=");
  expect(await proxy.request(request)).toMatchObject({ cache: "hit", calls: [], body: "hello hello hello" });
  proxy.pass("2m");
  expect((await proxy.request(request)).calls).toHaveLength(1);
});

describe("servers", () => {
  test("refuse, hang, close and take their time", async () => {
    const proxy = await open(shop, {
      servers: { "one:80": { fails: "refuse" }, "two:80": { after: "250ms", status: 201 } },
    });
    const retried = await proxy.request("/");
    expect(retried).toMatchObject({ status: 201, server: "two:80" });
    expect(retried.took).toBeWithin(250, 400);
    proxy.servers({ app: { fails: "hang" } });
    const late = await proxy.request("/");
    expect(late).toMatchObject({ status: 504, fault: "response_timeout" });
    expect(late.took).toBeWithin(60_000, 61_000);
    proxy.pass("1m");
    proxy.servers({ "*": { fails: "close" } });
    expect(await proxy.request({ method: "POST", url: "/" })).toMatchObject({ status: 502, fault: "server_closed" });
  });

  test("that are down are not asked", async () => {
    const proxy = await open(shop, { servers: { "app/one:80": { down: true } } });
    for (let count = 0; count < 2; count++) expect((await proxy.request("/")).server).toBe("two:80");
    proxy.servers({ app: { down: true } });
    proxy.pass("1m");
    expect(await proxy.request("/")).toMatchObject({ status: 503, fault: "no_server", calls: [] });
  });

  test("answer in a coding of their own, or as JSON", async () => {
    const body = gzipSync("coded");
    const proxy = await open(shop, {
      servers: { "one:80": { headers: { "Content-Encoding": "gzip" }, body }, "two:80": { json: { a: 1 } } },
    });
    expect((await proxy.request({ url: "/", headers: { "Accept-Encoding": "gzip" } })).body).toBe("coded");
    expect(await proxy.request("/")).toMatchObject({
      body: '{"a":1}',
      headers: { "content-type": "application/json" },
    });
  });
});

test("answers of pools, closed connections and tarpits are told as what they are", async () => {
  const proxy = await open(shop);
  expect(await proxy.request("/off")).toMatchObject({ status: 503, body: "off", pool: "off", calls: [] });
  expect(await proxy.request("/away")).toMatchObject({ status: 0, ending: "closed", rule: "away" });
  proxy.pass("1m");
  const slow = await proxy.request("/slow");
  expect(slow).toMatchObject({ rule: "slow", ending: "answered" });
  expect(slow.took).toBeWithin(5000, 5200);
});

test("who is banned is refused", async () => {
  const proxy = await open(shop, { banned: ["203.0.113.7"] });
  expect(await proxy.request({ url: "/", from: "203.0.113.7" })).toMatchObject({ status: 403, fault: "banned" });
  expect(await proxy.request("/")).toMatchObject({ status: 200 });
});

test("hooks are called, at once or later, within their budget", async () => {
  const config = defineConfig({
    hooks: { budget: "100ms" },
    pools: { app: { servers: ["one:80"], transformResponse: { json: (value) => ({ ...value, more: 1 }) } } },
    listeners: {
      web: {
        listen: ":80",
        use: "app",
        onRequest: async ({ path }) => {
          if (path === "/wait") await Bun.sleep(5);
          if (path === "/never") await new Promise(() => {});
          if (path === "/throw") throw new Error("on purpose");
          return path === "/own" ? { status: 204 } : undefined;
        },
      },
    },
  });
  const proxy = await open(config, { servers: { app: { json: { a: 1 } } } });
  expect((await proxy.request("/own")).status).toBe(204);
  expect(await proxy.request("/wait")).toMatchObject({ status: 200, body: '{"a":1,"more":1}' });
  const never = await proxy.request("/never");
  expect(never).toMatchObject({ status: 504, fault: "hook_timeout" });
  expect(never.complaints).toEqual(["onRequest of listener web did not answer in time: 100 ms"]);
  expect((await proxy.request("/throw")).complaints[0]).toContain("on purpose");
});

test("a config that is wrong, or a request that means nothing, is an error that says so", async () => {
  await expect(subjectOf({ listeners: {}, pools: {} })).rejects.toThrow("listeners must hold at least one listener");
  await expect(subjectOf("/nowhere/sluice.toml")).rejects.toThrow("there is no such file");
  const proxy = await open(shop);
  await expect(proxy.request("ht tp://")).rejects.toThrow("url must be");
});

test("the pool's hooks make what is stored, the listener's see each delivery, at once or later", async () => {
  let count = 0;
  const config = defineConfig({
    pools: {
      app: {
        servers: ["one:80"],
        cache: true,
        onResponse: (response) => response.headers.set("x-pool", String(++count)),
        transformResponse: (text) => text.toUpperCase(),
      },
    },
    listeners: {
      web: {
        listen: ":80",
        use: "app",
        onResponse: async (response, { path }) => {
          await Bun.sleep(1);
          response.headers.append("x-web", path);
          if (path === "/late") await new Promise(() => {});
        },
        hooks: { budget: "50ms" },
      },
    },
  });
  const headers = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };
  const proxy = await open(config, { servers: { app: { headers, body: "hello" } } });
  for (const cache of ["fwd=uri-miss", "hit", "hit"])
    expect(await proxy.request("/a")).toMatchObject({
      status: 200,
      body: "HELLO",
      cache,
      headers: { "x-pool": "1", "x-web": "/a" },
    });
  expect(await proxy.request("/late")).toMatchObject({ status: 504, fault: "hook_timeout" });
  expect(await proxy.request("/late")).toMatchObject({ status: 504, fault: "hook_timeout" });
  expect(await proxy.request({ url: "/a", method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  expect(count).toBe(3);
});

test("stale is asked anew in the background through the pool's hooks, and without the listener's", async () => {
  const asked: string[] = [];
  const config = defineConfig({
    pools: {
      app: {
        servers: ["one:80"],
        cache: true,
        onRequest: ({ path }) => void asked.push(`pool ${path}`),
        onResponse: () => void asked.push("pool response"),
      },
    },
    listeners: {
      web: {
        listen: ":80",
        use: "app",
        onRequest: () => void asked.push("web"),
        onResponse: () => void asked.push("web response"),
      },
    },
  });
  const headers = { "Cache-Control": "max-age=1, stale-while-revalidate=60" };
  const proxy = await open(config, { servers: { app: { headers, body: "hello" } } });
  await proxy.request("/a");
  proxy.pass("5s");
  asked.length = 0;
  const stale = await proxy.request("/a");
  expect(stale.body).toBe("hello");
  proxy.pass("1s");
  expect(asked).toEqual(["web", "pool /a", "web response", "pool response"]);
});
