// Further counting in tables, as HAProxy does it: of streams in mode tcp, of requests under way at once, of what responses are, and of
// slots that are taken.

import { expect, setDefaultTimeout } from "bun:test";
import { ok } from "./harness/origin.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { type Pair, Twins } from "./harness/twins.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy"]);

const times = `
  timeout connect 5s
  timeout client 20s
  timeout server 20s
`;

function get(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: test\r\n\r\n`;
}

/** Values of a table by key, HAProxy's and Sluice's, once they are the same. */
async function alike(twins: Twins, table: string): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  const valuesOf = async (entries: Promise<Record<string, { values: Readonly<Record<string, number>> }>>) =>
    Object.fromEntries(Object.entries(await entries).map(([key, { values }]) => [key, values]));
  let [haproxy, sluice] = [{}, {}] as Record<string, Readonly<Record<string, number>>>[];
  await until(
    "tables to be alike",
    async () => {
      [haproxy, sluice] = [await valuesOf(twins.haproxyTable(table)), await valuesOf(twins.sluiceTable(table))];
      return Bun.deepEquals(haproxy, sluice);
    },
    10_000,
  ).catch(() => expect(sluice).toEqual(haproxy!));
  return haproxy!;
}

test("streams of mode tcp are counted, limited in number, and let go of", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `defaults
  mode tcp${times}
listen stream
  bind 127.0.0.1:{PORT}
  stick-table type ip size 100 expire 100s store conn_cnt,conn_cur,conn_rate(100s),sess_cnt,bytes_in_cnt,bytes_out_cnt,gpc0
  tcp-request connection track-sc0 src
  tcp-request connection reject if { sc0_conn_cur gt 2 }
  tcp-request content reject if { src 127.0.0.9 } { sc0_inc_gpc0 gt 0 }
  server a {ORIGIN}
`,
    { origins: { "": ({ target }) => ok("x".repeat(Number(target.slice(1)))) } },
  );
  const from = "127.0.0.2";
  const one = await twins.connect({ from });
  expect((await one.same(get("/10"))).status).toBe(200);
  expect((await one.same(get("/100000"))).body.length).toBe(100_000);
  const two = await twins.connect({ from });
  expect((await two.same(get("/1"))).status).toBe(200);
  expect((await twins.same(get("/1"), { from })).status).toBe(0);
  // Bytes are told by HAProxy at the end, by Sluice on the way.
  for (const table of [await twins.haproxyTable("stream"), await twins.sluiceTable("stream")])
    expect(table[from]!.values).toMatchObject({ conn_cnt: 3, conn_cur: 2, sess_cnt: 2 });
  await one.end();
  two.close();
  await until("all to be over", async () => (await alike(twins, "stream"))[from]?.["conn_cur"] === 0);
  expect((await alike(twins, "stream"))[from]!["bytes_out_cnt"]).toBeGreaterThan(100_000);
  expect((await twins.same("", { from: "127.0.0.9" })).end).toBe("fin");
  // Rules for connections and for their content are one phase in Sluice: who is rejected there has not been a session.
  for (const table of [await twins.haproxyTable("stream"), await twins.sluiceTable("stream")])
    expect(table["127.0.0.9"]!.values).toMatchObject({ gpc0: 1, conn_cnt: 1, conn_cur: 0 });
});

test("content rules do not yet count the request that they judge", async () => {
  await using room = new Room();
  const front = (name: string, lines: string): string =>
    `frontend ${name}\n  bind 127.0.0.1:{PORT:${name}}\n  stick-table type ip size 10 expire 100s store http_req_cnt\n  ${lines}\n  default_backend app\n`;
  const twins = await Twins.start(
    room,
    `defaults
  mode http${times}
${front("slot", "tcp-request content track-sc0 src\n  tcp-request content reject if { sc0_http_req_cnt gt 2 }")}
${front("source", "tcp-request content track-sc0 src\n  tcp-request content reject if { src_http_req_cnt gt 2 }")}
${front("above", "tcp-request content reject if { src_http_req_cnt gt 2 }\n  tcp-request content track-sc0 src")}
${front("never", "tcp-request content reject if { src_http_req_cnt lt 0 }\n  tcp-request content track-sc0 src")}
${front("other", "tcp-request content track-sc0 src if { src 127.0.0.9 }\n  tcp-request content reject if { src_http_req_cnt gt 2 }\n  http-request track-sc0 src")}
${front("none", "tcp-request content track-sc0 src if { src 127.0.0.9 }\n  tcp-request content reject if !{ src_http_req_cnt eq 0 }")}
${front("looked", "tcp-request content track-sc0 src\n  tcp-request content reject if { src,table_http_req_cnt(looked) gt 2 }")}
${front("missed", "tcp-request content track-sc0 src if { src 127.0.0.9 }\n  tcp-request content reject if { src,table_http_req_cnt(missed) gt 2 }\n  http-request track-sc0 src")}
${front("behind", "tcp-request content track-sc0 src\n  http-request deny if { sc0_http_req_cnt gt 2 }")}
backend app
  server a {ORIGIN}
`,
    { origins: { "": () => ok("x") } },
  );
  for (const [port, statuses] of Object.entries({
    slot: [200, 200, 200, 0, 0],
    source: [200, 200, 200, 0, 0],
    above: [200, 200, 200, 0, 0],
    never: [200, 200, 200, 200],
    other: [200, 200, 200, 0, 0],
    none: [200, 200, 200, 200],
    looked: [200, 200, 200, 0, 0],
    missed: [200, 200, 200, 0, 0],
    behind: [200, 200, 403, 403, 403],
  })) {
    const seen: number[] = [];
    for (const _ of statuses) seen.push((await twins.same(get("/"), { port, from: "127.0.0.3" })).status);
    expect(seen).toEqual(statuses);
  }
});

test("requests that are under way at once are counted, and limited by their number", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `defaults
  mode http${times}
frontend web
  bind 127.0.0.1:{PORT}
  stick-table type ip size 100 expire 100s store conn_cnt,conn_cur,http_req_cnt
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_conn_cur(0) gt 2 }
  default_backend app
backend app
  server a {ORIGIN}
`,
    {
      origins: {
        "": async ({ target }) => {
          if (target === "/wait") await released;
          return ok(target);
        },
      },
    },
  );
  const pairs: Pair[] = [];
  const waiting: Promise<unknown>[] = [];
  for (let count = 1; count <= 2; count++) {
    const pair = await twins.connect();
    pairs.push(pair);
    waiting.push(pair.same(get("/wait")));
    await until("the request to be counted", async () => {
      const tables = [await twins.haproxyTable("web"), await twins.sluiceTable("web")];
      return tables.every((table) => table["127.0.0.1"]?.values["conn_cur"] === count);
    });
  }
  expect((await twins.same(get("/"))).status).toBe(429);
  release();
  await Promise.all(waiting);
  expect((await twins.same(get("/"))).status).toBe(200);
  for (const pair of pairs) expect((await pair.same(get("/"))).status).toBe(200);
  expect((await alike(twins, "web"))["127.0.0.1"]).toEqual({ conn_cnt: 6, conn_cur: 0, http_req_cnt: 6 });
});

let release: () => void = () => {};
const released = new Promise<void>((resolve) => {
  release = resolve;
});

test("what a response is can be counted, and leads to a denial of what comes next", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `defaults
  mode http${times}
frontend web
  bind 127.0.0.1:{PORT}
  stick-table type ip size 100 expire 100s store gpc0,gpc1,gpt0,http_err_cnt
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc0_get_gpc0 ge 2 }
  http-response sc-inc-gpc0(0) if { status 404 }
  http-response sc-inc-gpc1(0) if { res.hdr(x-mark) -m found }
  http-response sc-set-gpt0(0) int(7) if { status 500:599 }
  default_backend app
backend app
  http-response set-header X-Mark 1 if { status 401 }
  server a {ORIGIN}
`,
    {
      origins: {
        "": ({ target }) => `HTTP/1.1 ${target.slice(1)} X\r\nContent-Length: 0\r\n\r\n`,
      },
    },
  );
  const seen: number[] = [];
  for (const status of [200, 404, 401, 500, 404, 200]) seen.push((await twins.same(get(`/${status}`))).status);
  expect(seen).toEqual([200, 404, 401, 500, 404, 429]);
  expect((await alike(twins, "web"))["127.0.0.1"]).toEqual({ gpc0: 2, gpc1: 1, gpt0: 7, http_err_cnt: 4 });
});

test("a slot that the connection has taken is not the request's", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `defaults
  mode http${times}
backend st
  stick-table type ip size 100 expire 100s store conn_cnt,conn_cur,sess_cnt,http_req_cnt,http_err_cnt,http_fail_cnt
backend keys
  stick-table type string size 100 expire 100s store conn_cnt,conn_cur,sess_cnt,http_req_cnt,http_err_cnt,http_fail_cnt
frontend web
  bind 127.0.0.1:{PORT}
  tcp-request connection track-sc0 src table st if { src 127.0.0.2 127.0.0.3 }
  http-request track-sc0 req.hdr(host) table keys
  http-request track-sc1 src table st if { src 127.0.0.4 }
  default_backend app
backend app
  http-request track-sc0 src table st
  http-request track-sc2 path table keys
  server a {ORIGIN}
`,
    { origins: { "": ({ target }) => `HTTP/1.1 ${target.slice(1)} X\r\nContent-Length: 0\r\n\r\n` } },
  );
  for (const last of [2, 3, 4, 5])
    for (const target of ["/200", "/404", "/500"]) await twins.same(get(target), { from: `127.0.0.${last}` });
  const kept = await twins.connect({ from: "127.0.0.2" });
  for (const target of ["/200", "/404", "/500"]) await kept.same(get(target));
  kept.close();
  expect(Object.keys(await alike(twins, "st")).sort()).toEqual(["127.0.0.2", "127.0.0.3", "127.0.0.4"]);
  expect((await alike(twins, "keys"))["test"]!["http_req_cnt"]).toBe(6);
});
