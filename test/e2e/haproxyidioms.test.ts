// What configurations out there make of stick tables, in the ways that are most frequent, each given to HAProxy and to Sluice: limits
// of requests and connections, tables that stand by themselves, stickiness, marks, limits for each URL.

import { expect, setDefaultTimeout } from "bun:test";
import { app, defaults, get } from "./harness/haproxywords.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Twins } from "./harness/twins.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy"]);

async function statuses(twins: Twins, from: string, requests: readonly string[], port = ""): Promise<number[]> {
  const all: number[] = [];
  for (const request of requests) all.push((await twins.same(request, { from, port })).status);
  return all;
}

async function bodies(twins: Twins, from: string, requests: readonly string[], port = ""): Promise<string> {
  const all: string[] = [];
  for (const request of requests) all.push((await twins.same(request, { from, port })).body);
  return all.join("");
}

function times<T>(count: number, one: T): T[] {
  return Array.from({ length: count }, () => one);
}

/** Until a counter of an entry reads 0 in both. */
async function faded(twins: Twins, table: string, key: string, counter: string): Promise<void> {
  await until(`${counter} of ${key} to fade`, async () => {
    // Ours only then: asked all the time it would say that it is asked too often (admin.rateLimit).
    if ((await twins.haproxyTable(table))[key]?.values[counter] !== 0) return false;
    return (await twins.sluiceTable(table))[key]?.values[counter] === 0;
  });
}

test("requests of an address are limited by their rate, over connections and on one, and pass again when it has faded", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  stick-table type ip size 100k expire 30s store http_req_rate(3s)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 4 }
  default_backend app
${app}`,
  );
  expect(await statuses(twins, "127.0.0.2", times(6, get("/")))).toEqual([200, 200, 200, 200, 429, 429]);
  expect(await statuses(twins, "127.0.0.3", [get("/")])).toEqual([200]);
  await faded(twins, "web", "127.0.0.2", "http_req_rate");
  const kept = await twins.connect({ from: "127.0.0.2" });
  const seen: number[] = [];
  for (const request of times(6, get("/"))) seen.push((await kept.same(request)).status);
  expect(seen).toEqual([200, 200, 200, 200, 429, 429]);
});

test("connections of an address are limited by their rate and by their number", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend rate
  bind 127.0.0.1:{PORT:rate}
  stick-table type ip size 100k expire 30s store conn_rate(3s)
  tcp-request connection track-sc0 src
  tcp-request connection reject if { sc0_conn_rate gt 3 }
  default_backend app
frontend before
  bind 127.0.0.1:{PORT:before}
  stick-table type ip size 100k expire 30s store conn_rate(100s)
  tcp-request connection reject if { src_conn_rate ge 3 }
  tcp-request connection track-sc0 src
  default_backend app
frontend current
  bind 127.0.0.1:{PORT:current}
  stick-table type ip size 100k expire 30s store conn_cur
  tcp-request connection track-sc1 src
  tcp-request connection reject if { sc1_conn_cur gt 2 }
  default_backend app
${app}`,
  );
  const limited = [200, 200, 200, 0, 0];
  expect(await statuses(twins, "127.0.0.2", times(5, get("/")), "rate")).toEqual(limited);
  expect(await statuses(twins, "127.0.0.2", times(5, get("/")), "before")).toEqual(limited);
  await faded(twins, "rate", "127.0.0.2", "conn_rate");
  expect(await statuses(twins, "127.0.0.2", times(5, get("/")), "rate")).toEqual(limited);

  const options = { port: "current", from: "127.0.0.4" };
  const [one, two] = [await twins.connect(options), await twins.connect(options)];
  expect((await one.same(get("/"))).status).toBe(200);
  expect((await two.same(get("/"))).status).toBe(200);
  expect((await twins.same(get("/"), options)).status).toBe(0);
  await one.end();
  await until("one to be gone", async () => {
    const [haproxy, sluice] = [await twins.haproxyTable("current"), await twins.sluiceTable("current")];
    return [haproxy, sluice].every((table) => table["127.0.0.4"]?.values["conn_cur"] === 1);
  });
  expect((await twins.same(get("/"), options)).status).toBe(200);
});

test("tables of their own are shared by those who name them", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
backend st_src
  stick-table type ip size 100k expire 30s store http_req_rate(100s),http_err_rate(100s)
backend st_conn
  stick-table type ip size 100k expire 30s store conn_cnt,gpc0
frontend one
  bind 127.0.0.1:{PORT:one}
  http-request track-sc0 src table st_src
  http-request track-sc1 src table st_conn
  http-request sc-inc-gpc0(1) if { path /mark }
  http-request deny deny_status 429 if { sc_http_req_rate(0,st_src) gt 3 }
  http-request deny deny_status 403 if { sc_http_err_rate(0) gt 2 }
  default_backend app
frontend two
  bind 127.0.0.1:{PORT:two}
  http-request track-sc2 src table st_src
  http-request deny deny_status 401 if { sc2_get_gpc0(st_conn) gt 0 }
  http-request deny deny_status 410 if { src_conn_cnt(st_conn) ge 2 }
  http-request deny deny_status 425 if { src,table_http_req_rate(st_src) gt 3 }
  default_backend app
${app}`,
  );
  expect(await statuses(twins, "127.0.0.2", times(3, get("/")), "two")).toEqual([200, 200, 200]);
  expect(await statuses(twins, "127.0.0.2", times(2, get("/")), "one")).toEqual([429, 429]);
  expect(await statuses(twins, "127.0.0.2", [get("/")], "two")).toEqual([410]);
  expect(await statuses(twins, "127.0.0.3", [get("/mark")], "one")).toEqual([200]);
  expect(await statuses(twins, "127.0.0.3", times(2, get("/")), "two")).toEqual([401, 401]);
  expect(await statuses(twins, "127.0.0.3", [get("/")], "one")).toEqual([429]);
  expect(await statuses(twins, "127.0.0.4", times(4, get("/")), "two")).toEqual([200, 200, 200, 425]);
});

test("clients stay with a server by their address, a field or a cookie", async () => {
  await using room = new Room();
  const backend = (name: string, stick: string): string => `
frontend ${name}
  bind 127.0.0.1:{PORT:${name}}
  default_backend ${name}_app
backend ${name}_app
  balance roundrobin
  ${stick}
  server a {ORIGIN:a}
  server b {ORIGIN:b}
  server c {ORIGIN:c}
`;
  const twins = await Twins.start(
    room,
    defaults +
      backend("source", "stick-table type ip size 1k expire 30m\n  stick on src") +
      backend("field", "stick-table type string len 64 size 1k expire 30m\n  stick on req.hdr(X-User)") +
      backend("cookie", "stick-table type string size 1k expire 30m\n  stick on req.cook(sid)") +
      backend("lower", "stick-table type string len 64 size 1k expire 30m\n  stick on req.hdr(X-User),lower"),
  );
  expect(await bodies(twins, "127.0.0.2", times(4, get("/")), "source")).toBe("aaaa");
  expect(await bodies(twins, "127.0.0.3", times(4, get("/")), "source")).toBe("bbbb");
  expect(await bodies(twins, "127.0.0.2", times(2, get("/")), "source")).toBe("aa");
  const user = (name: string): string => get("/", `X-User: ${name}`);
  const users = [user("ann"), user("bob"), user("ann"), user("Ann"), user("bob"), user("Ann"), user("ann")];
  expect(await bodies(twins, "127.0.0.2", users, "field")).toBe("abacbca");
  // Who has no key is nobody's.
  expect(await bodies(twins, "127.0.0.2", times(3, get("/")), "field")).toBe("abc");
  expect(await bodies(twins, "127.0.0.2", users, "lower")).toBe("abaabaa");
  const cookie = (name: string): string => get("/", `Cookie: x=y; sid=${name}; z=1`);
  expect(await bodies(twins, "127.0.0.2", [cookie("1"), cookie("2"), cookie("1"), cookie("2")], "cookie")).toBe("abab");
});

test("marks are set and cleared by conditions on the source", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
backend abuse
  stick-table type ip size 1m expire 30m store gpc0,http_req_cnt
frontend web
  bind 127.0.0.1:{PORT}
  acl mark src_inc_gpc0(abuse) gt 0
  acl clear src_clr_gpc0(abuse) ge 0
  acl abuser src_get_gpc0(abuse) gt 0
  acl second src_get_gpc0(abuse) ge 2
  http-request deny deny_status 410 if { path /clear } clear
  http-request deny deny_status 503 if second
  http-request deny deny_status 429 if abuser { path / }
  http-request deny deny_status 403 if { path /wp-login.php } mark
  http-request deny deny_status 401 if { path /twice } mark mark
  default_backend app
${app}`,
  );
  const login = get("/wp-login.php");
  expect(await statuses(twins, "127.0.0.2", [get("/"), login, get("/"), get("/fine"), login, get("/fine")])).toEqual([
    200, 403, 429, 200, 403, 503,
  ]);
  expect(await statuses(twins, "127.0.0.2", [get("/clear"), get("/")])).toEqual([410, 200]);
  expect(await statuses(twins, "127.0.0.3", [get("/twice"), get("/")])).toEqual([401, 503]);
  const values = { "127.0.0.2": 0, "127.0.0.3": 2 };
  for (const table of [await twins.haproxyTable("abuse"), await twins.sluiceTable("abuse")])
    expect(Object.fromEntries(Object.entries(table).map(([key, entry]) => [key, entry.values["gpc0"]]))).toEqual(
      values,
    );
});

test("each URL of each address has its own limit", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  stick-table type binary len 20 size 100k expire 30s store http_req_rate(100s)
  http-request track-sc0 base32+src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 2 }
  default_backend app
${app}`,
  );
  const [a, b] = [get("/a"), get("/b?q=1")];
  expect(await statuses(twins, "127.0.0.2", [a, b, a, b, get("/b?q=2"), a])).toEqual([200, 200, 200, 200, 429, 429]);
  expect(await statuses(twins, "127.0.0.3", [a, b])).toEqual([200, 200]);
  expect((await twins.both(a.replace("test", "other"), { from: "127.0.0.2" })).sluice.status).toBe(200);
  const [haproxy, sluice] = [await twins.haproxyTable("web"), await twins.sluiceTable("web")];
  expect(
    Object.values(sluice)
      .map(({ values }) => values)
      .sort(byRate),
  ).toEqual(
    Object.values(haproxy)
      .map(({ values }) => values)
      .sort(byRate),
  );
});

function byRate(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): number {
  return one["http_req_rate"]! - other["http_req_rate"]!;
}
