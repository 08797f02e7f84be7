// Stick tables of HAProxy and of Sluice after the same traffic: the same keys with the same counters, and the limits that are
// most often made of them.

import { expect, setDefaultTimeout } from "bun:test";
import { defaults, get } from "./harness/haproxywords.ts";
import { ok } from "./harness/origin.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { type Pair, type TableEntry, Twins } from "./harness/twins.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy"]);

type Values = Readonly<Record<string, Readonly<Record<string, number>>>>;

function values(entries: Record<string, TableEntry>): Values {
  return Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, entry.values]));
}

/** Bytes are of another form in HAProxy: about as many. */
function isAbout(one: number, other: number): boolean {
  return Math.abs(one - other) <= 60 + Math.max(one, other) * 0.1;
}

/** Until both tables are alike; counters of bytes with a margin, and not those of one key. Answers HAProxy's. */
async function alike(twins: Twins, table: string, byteless = ""): Promise<Values> {
  let found: { haproxy: Values; sluice: Values } | null = null;
  const isAlike = async (): Promise<boolean> => {
    const [haproxy, sluice] = [await twins.haproxyTable(table), await twins.sluiceTable(table)];
    const [left, right] = [values(haproxy), structuredClone(values(sluice)) as Record<string, Record<string, number>>];
    for (const [key, mine] of Object.entries(right))
      for (const [name, value] of Object.entries(mine)) {
        const theirs = left[key]?.[name];
        if (name.startsWith("bytes_") && theirs !== undefined && (key === byteless || isAbout(theirs, value)))
          mine[name] = theirs;
      }
    found = { haproxy: left, sluice: right };
    return Bun.deepEquals(left, right);
  };
  await until("tables to be alike", isAlike, 10_000).catch(() => expect(found!.sluice).toEqual(found!.haproxy));
  return found!.haproxy;
}

const every =
  "gpc0,gpc1,gpt0,conn_cnt,conn_cur,conn_rate(100s),sess_cnt,sess_rate(100s),http_req_cnt,http_req_rate(100s)," +
  "http_err_cnt,http_err_rate(100s),http_fail_cnt,http_fail_rate(100s),bytes_in_cnt,bytes_in_rate(100s)," +
  "bytes_out_cnt,bytes_out_rate(100s)";

const status = ({ target }: { readonly target: string }): Uint8Array | string => {
  const code = /^\/(\d{3})$/.exec(target)?.[1];
  return code === undefined
    ? ok(target.startsWith("/big") ? "x".repeat(20_000) : "ok")
    : `HTTP/1.1 ${code} Whatever\r\nContent-Length: 0\r\n\r\n`;
};

for (const [phase, track] of [
  ["connection", "tcp-request connection track-sc0 src"],
  ["session", "tcp-request session track-sc0 src"],
  ["content", "tcp-request content track-sc0 src"],
  ["request", "http-request track-sc0 src"],
])
  test(`all counters of what is tracked by the ${phase}`, async () => {
    await using room = new Room();
    const twins = await Twins.start(
      room,
      `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  stick-table type ip size 100 expire 100s store ${every}
  ${track}
  http-request sc-inc-gpc0(0) if { path_beg /inc }
  http-request sc-inc-gpc1(0) if { path_beg /inc }
  http-request sc-set-gpt0(0) 7 if { path_beg /tag }
  http-request deny if { path /denied }
  http-request deny deny_status 429 if { path /many }
  http-request return status 404 content-type text/plain string gone if { path /gone }
  http-request redirect location /else if { path /moved }
  http-request reject if { path /rejected }
  timeout tarpit 50ms
  http-request tarpit if { path /tarpit }
  default_backend app
backend app
  server a {ORIGIN}
`,
      { origins: { "": status } },
    );
    const ask = async (from: string, ...targets: readonly string[]): Promise<void> => {
      for (const target of targets) await twins.same(get(target), { from });
    };
    await ask("127.0.0.2", "/", "/", "/big");
    await ask("127.0.0.3", "/200", "/204", "/301", "/304", "/400", "/401", "/404", "/499");
    await ask("127.0.0.4", "/500", "/501", "/502", "/503", "/504", "/505", "/599");
    await ask("127.0.0.5", "/inc", "/inc", "/tag");
    await ask("127.0.0.6", "/denied", "/many");
    await ask("127.0.0.7", "/gone");
    await ask("127.0.0.8", "/moved");
    await ask("127.0.0.9", "/rejected");
    await ask("127.0.0.10", "/tarpit");
    // Several requests on one connection.
    const kept = await twins.connect({ from: "127.0.0.11" });
    for (const target of ["/", "/404", "/500", "/inc", "/denied"]) await kept.same(get(target));
    const open = await alike(twins, "web");
    expect(open["127.0.0.2"]!["bytes_out_cnt"]).toBeGreaterThan(20_000);
    kept.close();
    const closed = await alike(twins, "web");
    expect(closed["127.0.0.11"]!["conn_cur"]).toBe(0);
    // What is no request at all: Sluice counts the bytes of its answer too.
    expect((await twins.same("what is this?\r\n\r\n", { from: "127.0.0.12" })).status).toBe(400);
    await alike(twins, "web", "127.0.0.12");
  });

test("what goes wrong behind the proxy counts as a failure, or as nothing, as in HAProxy", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
  retries 0
  timeout http-request 400ms
frontend web
  bind 127.0.0.1:{PORT}
  stick-table type ip size 100 expire 100s store ${every}
  http-request track-sc0 src
  use_backend refused if { path /refused }
  use_backend empty if { path /empty }
  use_backend slow if { path /slow }
  default_backend app
backend app
  server a {ORIGIN}
backend slow
  timeout server 200ms
  server a {ORIGIN}
backend refused
  server a {CLOSED}
backend empty
`,
    {
      origins: {
        "": ({ target, socket }) => {
          if (target === "/slow") return null;
          if (target === "/garbage") return "what is this?\r\n\r\n";
          socket.end();
          return null;
        },
      },
    },
  );
  const outcomes: string[] = [];
  for (const [index, target] of ["/garbage", "/closed", "/slow", "/empty"].entries())
    outcomes.push(`${target} ${(await twins.same(get(target), { from: `127.0.0.${index + 2}` })).status}`);
  expect(outcomes).toEqual(["/garbage 502", "/closed 502", "/slow 504", "/empty 503"]);
  expect((await twins.same(get("/refused"), { from: "127.0.0.10" })).status).toBe(503);
  // A head that never ends.
  await twins.same("GET / HTTP/1.1\r\nHost: test\r\n", { from: "127.0.0.20" });
  await alike(twins, "web");
});

test("clients that leave early, or are too slow, count as HAProxy counts them", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
  timeout http-request 2s
  timeout http-keep-alive 2s
  # Connections on which nothing is said are nothing to Sluice.
  option http-ignore-probes
frontend web
  bind 127.0.0.1:{PORT}
  stick-table type ip size 100 expire 100s store conn_cnt,conn_cur,sess_cnt,http_req_cnt,http_err_cnt,http_fail_cnt
  tcp-request connection track-sc0 src
  default_backend app
backend app
  server a {ORIGIN}
`,
    { origins: { "": ({ target }) => (target === "/never" ? null : ok("ok")) } },
  );
  const half = "GET / HTTP/1.1\r\nHost: te";
  const leavings: Record<string, (pair: Pair) => Promise<unknown>> = {
    FIN: (pair) => pair.end(),
    RST: async (pair) => pair.close(),
    waiting: (pair) => pair.both("", { isEndAwaited: true }),
  };
  const beginnings: Record<string, (pair: Pair) => Promise<unknown>> = {
    nothing: async () => {},
    "half a head": async (pair) => pair.send(half),
    "an answer": (pair) => pair.same(get("/")),
    "an answer and half a head": async (pair) => {
      await pair.same(get("/"));
      pair.send(half);
    },
  };
  const counted: Record<string, string> = {};
  let last = 1;
  const play = async (
    name: string,
    begin: (pair: Pair) => Promise<unknown>,
    leave: (pair: Pair) => Promise<unknown>,
  ) => {
    const from = `127.0.1.${last++}`;
    const pair = await twins.connect({ from });
    await tracked(twins, from, 1);
    await begin(pair);
    await leave(pair);
    pair.close();
    await tracked(twins, from, 0);
    counted[name] = from;
  };
  await Promise.all(
    Object.entries(beginnings).flatMap(([beginning, begin]) =>
      Object.entries(leavings).map(([leaving, leave]) => play(`${beginning}, then ${leaving}`, begin, leave)),
    ),
  );
  const [haproxy, sluice] = [values(await twins.haproxyTable("web")), values(await twins.sluiceTable("web"))];
  for (const [name, from] of Object.entries(counted))
    expect({ name, ...sluice[from] }).toEqual({ name, ...haproxy[from] });
  expect(Object.values(counted).length).toBe(12);
});

/** Until the entry of an address in table `web` is held so many times. */
async function tracked(twins: Twins, address: string, count: number): Promise<void> {
  await until(`${address} to be held by ${count}`, async () => {
    const [haproxy, sluice] = [await twins.haproxyTable("web"), await twins.sluiceTable("web")];
    return haproxy[address]?.uses === count && sluice[address]?.uses === count;
  });
}

/** Keys in one form: addresses mapped into IPv6 and not, hexadecimal digits in upper and lower case, spaces escaped or not. */
function plainKeys(entries: Values): Values {
  return Object.fromEntries(
    Object.entries(entries)
      .map(([key, entry]): [string, Values[string]] => [
        key
          .replace(/^::ffff:/, "")
          .replaceAll("\\ ", " ")
          .toLowerCase(),
        entry,
      ])
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

test("keys of every type are made, cut and compared as in HAProxy, and what has none is not tracked", async () => {
  await using room = new Room();
  const tables = {
    str: ["string len 8", "req.hdr(x-key)"],
    usual: ["string", "req.hdr(x-key)"],
    int: ["integer", "url_param(n)"],
    counted: ["integer", "req.hdr_cnt(x-key)"],
    bin: ["binary len 4", "req.hdr(x-key)"],
    v6: ["ipv6", "src"],
    net: ["ip", "src,ipmask(24)"],
    address: ["ip", "req.hdr_ip(x-forwarded-for)"],
    last: ["string len 40", "req.hdr(x-key,-1)"],
    line: ["string len 40", "req.fhdr(x-key)"],
    url: ["string len 40", "path,lower"],
    pair: ["string len 40", "req.cook(sid),lower"],
  };
  const names = Object.keys(tables);
  // Each listener plays three of them, for there are three slots.
  const fronts = Array.from({ length: names.length / 3 }, (_, index) => {
    const three = names.slice(index * 3, index * 3 + 3);
    const tracks = three.map(
      (name, slot) => `http-request track-sc${slot} ${tables[name as keyof typeof tables][1]} table ${name}`,
    );
    return `frontend f${index}\n  bind 127.0.0.1:{PORT:f${index}}\n  ${tracks.join("\n  ")}\n  default_backend app\n`;
  });
  const backs = Object.entries(tables).map(
    ([name, [type]]) => `backend ${name}\n  stick-table type ${type} size 1k expire 100s store http_req_cnt,conn_cur\n`,
  );
  const twins = await Twins.start(
    room,
    `${defaults}${backs.join("")}${fronts.join("")}backend app\n  server a {ORIGIN}\n`,
  );
  const requests = [
    get("/", "x-key: short"),
    get("/Some/Path?n=007", "x-key: much longer than that, and more", "Cookie: sid=AbC"),
    get("/some/path?n=7", "x-key: much longer, again"),
    get("/?n=-1", "x-key: ab"),
    get("/?n=abc", "X-Forwarded-For: 192.0.2.7"),
    get("/?n=12abc", "X-Forwarded-For: 192.0.2.8, 192.0.2.9"),
    get("/?n=", "X-Forwarded-For: nobody"),
    get("/?m=1", "x-key:"),
  ];
  // Lines of a field are not told apart in Sluice: all of them are one text.
  const twice = get("/Other", "x-key: one", "X-KEY: two, three", "Cookie: sid=x; sid=y");
  for (const index of fronts.keys())
    for (const request of Math.floor(names.indexOf("line") / 3) === index ? requests : [...requests, twice])
      expect((await twins.same(request, { port: `f${index}`, from: "127.0.3.9" })).status).toBe(200);
  for (const name of names) {
    const [haproxy, sluice] = [values(await twins.haproxyTable(name)), values(await twins.sluiceTable(name))];
    expect({ name, entries: plainKeys(sluice) }).toEqual({ name, entries: plainKeys(haproxy) });
  }
});

test("arrays of counters, and what actions and conditions do to them", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  stick-table type ip size 1k expire 100s store gpc(3),gpt(2),gpc_rate(3,100s),http_req_cnt
  http-request track-sc0 src
  http-request sc-inc-gpc(0,0) if { path /one }
  http-request sc-inc-gpc(2,0) if { path /three }
  http-request sc-set-gpt(1,0) 42 if { path /tag }
  http-request sc-set-gpt(0,0) int(5),add(2) if { path /sum }
  http-request deny deny_status 401 if { path /more } { sc_inc_gpc(1,0) gt 2 }
  http-request deny deny_status 410 if { path /clear } { sc_clr_gpc(1,0) ge 3 }
  http-request deny deny_status 405 if { path /rate } { sc_gpc_rate(2,0) gt 1 }
  http-request deny deny_status 404 if { path /tagged } { sc_get_gpt(1,0) eq 42 }
  http-request deny deny_status 407 if { path /legacy } { sc0_get_gpc0 gt 0 }
  default_backend app
backend app
  server a {ORIGIN}
`,
  );
  const seen: number[] = [];
  for (const target of "legacy one one legacy three rate three rate tagged tag tagged sum more more more clear clear".split(
    " ",
  ))
    seen.push((await twins.same(get(`/${target}`), { from: "127.0.0.2" })).status);
  expect(seen).toEqual([200, 200, 200, 407, 200, 200, 200, 405, 200, 200, 404, 200, 200, 200, 401, 410, 200]);
  const [haproxy, sluice] = [await twins.haproxyTable("web"), await twins.sluiceTable("web")];
  // Elements of arrays have brackets in Sluice.
  const entry = Object.entries(sluice["127.0.0.2"]!.values).map(([name, value]) => [
    name.replace(/^(gp[ct])(_rate)?\[(\d)\]$/, (_, type: string, rate = "", element: string) => type + element + rate),
    value,
  ]);
  expect(Object.fromEntries(entry)).toEqual(haproxy["127.0.0.2"]!.values);
});

test("of a backend that is disabled the table is empty, no server is up, and connections that are led there are closed", async () => {
  await using room = new Room();
  const conditions = ["src_http_req_cnt(off) eq 0", "nbsrv(off) eq 0", "srv_is_up(off/a)", "be_conn(off) eq 0"];
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
${conditions.map((condition, index) => `  http-request set-header x-${index} 1 if { ${condition} }`).join("\n")}
  use_backend off if { path /off }
  default_backend app
frontend stream
  mode tcp
  bind 127.0.0.1:{PORT:stream}
  use_backend closed if { src 127.0.0.2 }
  default_backend streams
backend off
  disabled
  stick-table type ip size 4 expire 100s store http_req_cnt
  server a {ORIGIN}
backend app
  server a {ORIGIN}
backend streams
  mode tcp
  server a {ORIGIN}
backend closed
  mode tcp
  disabled
  server a {ORIGIN}
`,
    {
      origins: {
        "": ({ fields }) =>
          ok(
            [...fields.keys()]
              .filter((name) => name.startsWith("x-"))
              .sort()
              .join(" "),
          ),
      },
    },
  );
  expect((await twins.same(get("/"))).body).toBe("x-0 x-1 x-2 x-3");
  expect((await twins.same(get("/off"))).status).toBe(503);
  expect((await twins.same(get("/"), { port: "stream" })).status).toBe(200);
  expect((await twins.same("", { port: "stream", from: "127.0.0.2" })).end).toBe("fin");
});

test("a table that is full makes room, or takes nobody else, as HAProxy's does", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT:evicts}
  stick-table type ip size 4 expire 100s store http_req_cnt
  http-request track-sc0 src
  http-request deny if { path /tracked } { sc0_tracked }
  default_backend app
frontend refuses
  bind 127.0.0.1:{PORT:refuses}
  stick-table type ip size 4 expire 100s nopurge store http_req_cnt
  http-request track-sc0 src
  http-request deny if { path /tracked } { sc0_tracked }
  default_backend app
backend app
  server a {ORIGIN}
`,
  );
  const from = (last: number): string => `127.0.0.${last}`;
  for (const port of ["evicts", "refuses"])
    for (const last of [11, 12, 13, 14, 11, 15, 16, 12]) await twins.same(get("/"), { from: from(last), port });
  for (const table of ["web", "refuses"]) await alike(twins, table);
  expect(Object.keys(await twins.sluiceTable("web")).sort()).toEqual([11, 12, 15, 16].map(from));
  expect(Object.keys(await twins.sluiceTable("refuses")).sort()).toEqual([11, 12, 13, 14].map(from));
  expect((await twins.same(get("/tracked"), { from: from(17), port: "refuses" })).status).toBe(200);
  expect((await twins.same(get("/tracked"), { from: from(11), port: "refuses" })).status).toBe(403);
});
