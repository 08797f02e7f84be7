// Clients that go from one pool to another, with one sticky cookie or one table for both: each pool's server stays theirs. Whole
// configs, Sluice's own and HAProxy's, against servers of the test; a client is a jar with one cookie.

import { describe, expect, test } from "bun:test";
import { tried } from "../../src/config/foreign/haproxy/translated.fixture.ts";
import { TestProxy } from "../../src/testing/proxy.ts";
import { subjectOf } from "../../src/testing/subject.ts";

type Pools = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Pools are asked by their names as paths; what is no such path is the first's. */
const configOf = (pools: Pools): object => ({
  tables: { seen: { key: "ip", store: ["server_id"] } },
  listeners: {
    web: {
      listen: ":80",
      use: Object.keys(pools)[0],
      rules: Object.keys(pools).map((use) => ({ if: `path == '/${use}'`, use })),
    },
  },
  pools,
});

interface Visits {
  /** "/pool" of each request becomes the server that it came to. */
  readonly servers: readonly string[];
  /** What each answer set the cookie to; "" for nothing. */
  readonly cookies: readonly string[];
}

async function visit(config: object, paths: readonly string[], cookie = "", from = "192.0.2.1"): Promise<Visits> {
  return visitAt(await TestProxy.open(await subjectOf(config), {}), paths, cookie, from);
}

async function visitAt(proxy: TestProxy, paths: readonly string[], cookie: string, from: string): Promise<Visits> {
  const servers: string[] = [];
  const cookies: string[] = [];
  let jar = cookie;
  for (const url of paths) {
    const answer = await proxy.request({ url, from, ...(jar === "" ? {} : { headers: { Cookie: `S=${jar}` } }) });
    const set = /^S=([^;]*)/.exec(String(answer.headers["set-cookie"] ?? ""))?.[1] ?? "";
    if (set !== "") jar = set;
    servers.push(answer.server);
    cookies.push(set);
  }
  return { servers, cookies };
}

const turns = ["/app", "/api", "/app", "/api", "/app", "/api"];
const three = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"];
const others = ["10.0.1.1:80", "10.0.1.2:80", "10.0.1.3:80"];
/** So that what no cookie leads anywhere shows. */
const turned = { balance: "roundRobin" };

describe("a cookie of two pools", () => {
  test("leads to one server, where both have it", async () => {
    const config = configOf({
      app: { servers: three, sticky: "S", ...turned },
      api: { servers: three.toReversed(), sticky: "S", ...turned },
    });
    const { servers, cookies } = await visit(config, turns);
    expect(new Set(servers)).toEqual(new Set(["10.0.0.1:80"]));
    expect(cookies.filter((cookie) => cookie !== "")).toHaveLength(1);
  });

  test("has room for a server of each, where they have others", async () => {
    const config = configOf({
      app: { servers: three, sticky: "S", ...turned },
      api: { servers: others, sticky: "S", ...turned },
    });
    const { servers, cookies } = await visit(config, turns);
    expect(servers).toEqual(["10.0.0.1:80", "10.0.1.1:80", "10.0.0.1:80", "10.0.1.1:80", "10.0.0.1:80", "10.0.1.1:80"]);
    expect(cookies[1]).toMatch(/^[\w-]{11}\|[\w-]{11}$/);
    expect(cookies.slice(2)).toEqual(["", "", "", ""]);
  });

  test("gives a client whose server is down another of the same pool, for good", async () => {
    const pools = { app: three.slice(0, 2), api: three.slice(1) };
    const config = configOf({
      app: { servers: pools.app, sticky: "S", ...turned },
      api: { servers: pools.api, sticky: "S", ...turned },
    });
    const proxy = await TestProxy.open(await subjectOf(config), {});
    const before = await visitAt(proxy, ["/app", "/api"], "", "192.0.2.1");
    expect(before.servers).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    proxy.servers({ "app/10.0.0.1:80": { down: true } });
    const during = await visitAt(proxy, ["/app", "/app"], before.cookies[1]!, "192.0.2.1");
    expect(during.servers).toEqual(["10.0.0.2:80", "10.0.0.2:80"]);
    expect(during.cookies).toEqual([expect.stringMatching(/^[\w-]{11}$/), ""]);
    proxy.servers({ "app/10.0.0.1:80": { down: false } });
    const after = await visitAt(proxy, ["/app", "/api"], during.cookies[0]!, "192.0.2.1");
    expect(after).toEqual({ servers: ["10.0.0.2:80", "10.0.0.2:80"], cookies: ["", ""] });
  });

  test("leads to the server that the operator calls the same", async () => {
    const named = (hosts: readonly string[]): object[] =>
      hosts.map((address, index) => ({ address, cookie: `m${index}` }));
    const config = configOf({
      app: { servers: named(three), sticky: "S", ...turned },
      api: { servers: named(others), sticky: "S", ...turned },
    });
    const { servers, cookies } = await visit(config, turns);
    expect(servers).toEqual(["10.0.0.1:80", "10.0.1.1:80", "10.0.0.1:80", "10.0.1.1:80", "10.0.0.1:80", "10.0.1.1:80"]);
    expect(cookies).toEqual(["m0", "", "", "", "", ""]);
    // HAProxy has dates behind the word, with maxidle and maxlife.
    expect((await visit(config, turns.slice(0, 2), "m2|XLvMS|XLvMR")).servers).toEqual(["10.0.0.3:80", "10.0.1.3:80"]);
  });

  test("still leads where it led before another pool had it", async () => {
    const alone = configOf({ api: { servers: three, sticky: "S", ...turned } });
    const [held = ""] = (await visit(alone, ["/api", "/api"])).cookies;
    const both = configOf({
      app: { servers: others, sticky: "S", ...turned },
      api: { servers: three, sticky: "S", ...turned },
    });
    const { servers, cookies } = await visit(both, ["/x", "/api", "/app", "/api"], held);
    expect(servers).toEqual(["10.0.1.1:80", "10.0.0.1:80", "10.0.1.1:80", "10.0.0.1:80"]);
    expect(cookies).toEqual([expect.stringMatching(new RegExp(`\\|${held}$`)), "", "", ""]);
  });
});

describe("a table of two pools", () => {
  const stick = { table: "seen" };

  test("leads to one server, where both have it", async () => {
    const config = configOf({
      app: { servers: three, stick, ...turned },
      api: { servers: three.toReversed(), stick, ...turned },
    });
    const proxy = await TestProxy.open(await subjectOf(config), {});
    for (const [from, server] of [
      ["192.0.2.1", "10.0.0.1:80"],
      ["192.0.2.2", "10.0.0.2:80"],
    ] as const)
      expect(new Set((await visitAt(proxy, turns, "", from)).servers)).toEqual(new Set([server]));
  });

  test("leads to the server that the operator calls the same, and may only be looked into", async () => {
    const named = (hosts: readonly string[]): object[] => hosts.map((address, index) => ({ address, id: `m${index}` }));
    const pools = (api: object): object =>
      configOf({
        app: { servers: named(three), stick, ...turned },
        api: { servers: named(others), stick: { ...stick, ...api }, ...turned },
      });
    const apart = ["/api", "/api", "/app", "/api"];
    expect((await visit(pools({}), apart)).servers).toEqual([
      "10.0.1.1:80",
      "10.0.1.1:80",
      "10.0.0.1:80",
      "10.0.1.1:80",
    ]);
    expect((await visit(pools({ store: false }), apart)).servers).toEqual([
      "10.0.1.1:80",
      "10.0.1.2:80",
      "10.0.0.1:80",
      "10.0.1.1:80",
    ]);
  });
});

/** `app` has servers s1 to s3 on 10.0.0.1 to 3, `api` on 10.0.1.1 to 3. */
const haproxy = (ofApp: string, ofApi: string, words: (index: number) => string = () => ""): object => {
  const backend = (name: string, net: number, lines: string): string =>
    [
      `backend ${name}`,
      " balance roundrobin",
      lines,
      ...[1, 2, 3].map((index) => ` server s${index} 10.0.${net}.${index}:80 ${words(index)}`),
    ].join("\n");
  const { input, told } = tried(`defaults
 mode http
 timeout connect 1s
 timeout client 1s
 timeout server 1s
frontend web
 bind :80
 use_backend api if { path /api }
 default_backend app
${backend("app", 0, ofApp)}
${backend("api", 1, ofApi)}
`);
  expect(told.filter((line) => !/indirect|nocache/.test(line))).toEqual([]);
  return input;
};

test("cookie words of haproxy.cfg are what they are in HAProxy", async () => {
  const cookie = " cookie S insert indirect nocache";
  const config = haproxy(cookie, cookie, (index) => `cookie w${index}`);
  const both = ["10.0.0.1:80", "10.0.1.1:80", "10.0.0.1:80", "10.0.1.1:80", "10.0.0.1:80", "10.0.1.1:80"];
  expect(await visit(config, turns)).toEqual({ servers: both, cookies: ["w1", "", "", "", "", ""] });
  expect((await visit(config, ["/app", "/api"], "w3")).servers).toEqual(["10.0.0.3:80", "10.0.1.3:80"]);
});

test("a stick table of haproxy.cfg knows servers by their names", async () => {
  const table = " stick-table type ip size 1k expire 30m\n stick on src";
  const both = ["10.0.0.1:80", "10.0.1.1:80", "10.0.0.1:80", "10.0.1.1:80", "10.0.0.1:80", "10.0.1.1:80"];
  expect((await visit(haproxy(" stick on src table api", table), turns)).servers).toEqual(both);
  const matched = await visit(haproxy(table, " stick match src table app"), ["/api", "/api", "/app", "/api", "/api"]);
  expect(matched.servers).toEqual(["10.0.1.1:80", "10.0.1.2:80", "10.0.0.1:80", "10.0.1.1:80", "10.0.1.1:80"]);
});
