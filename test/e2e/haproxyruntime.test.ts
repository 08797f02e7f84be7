// HAProxy's runtime API: the same commands at the sockets of HAProxy and of Sluice, which run the same file and have seen the same requests.
// What scripts and exporters read must have the same form: headers, rows, which columns are numbers, dumps of tables, answers to mistakes.

import { expect, setDefaultTimeout } from "bun:test";
import { writeFileSync } from "node:fs";
import { defaults, get } from "./harness/haproxywords.ts";
import { freePort } from "./harness/port.ts";
import { find, ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command } from "./harness/sluice.ts";
import { Twins } from "./harness/twins.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy", "socat"]);

const text = `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  stick-table type ip size 1k expire 10m store gpc0,http_req_cnt,http_req_rate(100s)
  http-request track-sc0 src
  http-request sc-inc-gpc0(0) if { path /inc }
  http-request deny if { path /denied }
  use_backend other if { path /other }
  default_backend app
backend app
  server a {ORIGIN:a} weight 10
  server b {ORIGIN:b} weight 20 maxconn 30
backend other
  server x {ORIGIN:x}
`;

async function said(room: Room, twin: "haproxy" | "sluice", line: string): Promise<string> {
  const { out } = await ran([find("socat")!, "-t5", "stdio", `UNIX-CONNECT:${room.path(`${twin}.sock`)}`], {
    stdin: Buffer.from(`${line}\n`),
  });
  return out;
}

type Rows = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** By proxy and server, without the proxy for statistics, which is no listener here. */
function rowsOf(csv: string): Rows {
  const [header = "", ...lines] = csv.trim().split("\n");
  const names = header.slice(2).split(",");
  const rows = lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ""]));
  });
  const told = rows.map((row): [string, Record<string, string>] => [`${row["pxname"]}/${row["svname"]}`, row]);
  return Object.fromEntries(told.filter(([name]) => /^(?:web|app|other)\//.test(name)));
}

async function started(room: Room): Promise<{ twins: Twins; both: (line: string) => Promise<[string, string]> }> {
  const twins = await Twins.start(room, text);
  const both = (line: string): Promise<[string, string]> =>
    Promise.all([said(room, "haproxy", line), said(room, "sluice", line)]);
  return { twins, both };
}

test("after the same requests show stat has the same header, rows, states and counters", async () => {
  await using room = new Room();
  const { twins, both } = await started(room);
  for (const path of ["/", "/", "/", "/other", "/denied"]) await twins.both(get(path));
  const compared = ["stot", "hrsp_2xx", "hrsp_4xx", "hrsp_5xx", "dreq", "ereq", "req_tot", "status", "weight", "slim"];
  const some = (rows: Rows, names: readonly string[]): unknown =>
    Object.entries(rows).map(([name, row]) => {
      // Which of two servers had a request is chance, and a limit that nobody wrote is the program's own.
      const isServer = /^app\/[ab]$/.test(name);
      const told = names.filter((each) => !(isServer && each !== "status" && each !== "weight" && each !== "slim"));
      return [name, told.map((each) => (each === "slim" && !isServer ? "" : `${each} ${row[each]}`))];
    });
  // HAProxy counts what it refuses in frontends at their backends too, and backends have no ereq.
  const wanted = compared.filter((name) => name !== "dreq" && name !== "ereq");
  let [haproxy, sluice] = ["", ""];
  await until("both to have counted all", async () => {
    [haproxy, sluice] = await both("show stat");
    return rowsOf(sluice)["web/FRONTEND"]?.["req_tot"] === "5" && rowsOf(haproxy)["web/FRONTEND"]?.["req_tot"] === "5";
  });
  expect(sluice.split("\n")[0]).toBe(haproxy.split("\n")[0]!);
  expect(sluice.endsWith("\n\n")).toBe(haproxy.endsWith("\n\n"));
  const [theirs, ours] = [rowsOf(haproxy), rowsOf(sluice)];
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  expect(some(ours, wanted)).toEqual(some(theirs, wanted));
  expect([ours["web/FRONTEND"]!["dreq"], theirs["web/FRONTEND"]!["dreq"]]).toEqual(["1", "1"]);
  // What is a number here is one there; a column that HAProxy leaves empty is no surprise to its tools either.
  for (const [name, row] of Object.entries(ours))
    for (const [column, value] of Object.entries(row))
      if (/^\d+$/.test(value) && !/^ssl_|^cookie$/.test(column) && theirs[name]![column] !== "")
        expect({ name, column, value: theirs[name]![column] }).toEqual({
          name,
          column,
          value: expect.stringMatching(/^-?\d+$/),
        });
});

test("a server that is taken out by a command gets nothing on both, and they say so alike", async () => {
  await using room = new Room();
  const { twins, both } = await started(room);
  for (const [line, status] of [
    ["disable server app/a", "MAINT"],
    ["set server app/a state drain", "DRAIN"],
  ] as const) {
    expect(await both(line)).toEqual(["\n", "\n"]);
    for (const twin of ["haproxy", "sluice"] as const)
      await until(
        `${twin} to say ${status}`,
        async () => rowsOf(await said(room, twin, "show stat"))["app/a"]!["status"] === status,
      );
    for (let count = 0; count < 4; count++) {
      const { haproxy, sluice } = await twins.both(get("/"));
      expect([haproxy.body, sluice.body]).toEqual(["b", "b"]);
    }
  }
  expect(await both("enable server app/a;set server app/a state ready")).toEqual(["\n\n", "\n\n"]);
  expect(await both("set weight app/a 50%;get weight app/a")).toEqual(["\n5 (initial 10)\n\n", "\n5 (initial 10)\n\n"]);
  const { out } = await ran([...command, "audit", "--json", "-c", room.path("sluice.cfg")]);
  expect(out).toContain("HAProxy socket");
  expect(out).toContain("maintainServer");
  expect(out).toContain("drainServer");
});

test("servers that begin disabled or without weight are there for commands, cookies and scripts as in HAProxy", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
listen app
  bind 127.0.0.1:{PORT}
  cookie S insert
  server a {ORIGIN:a} cookie a
  server b {ORIGIN:b} cookie b disabled
  server c {ORIGIN:c} cookie c weight 0
`,
  );
  const both = (line: string): Promise<[string, string]> =>
    Promise.all([said(room, "haproxy", line), said(room, "sluice", line)]);
  const rows = async (): Promise<unknown[]> =>
    (await both("show stat")).map((csv) =>
      ["a", "b", "c", "BACKEND"].map((name) => {
        const row = rowsOf(csv)[`app/${name}`]!;
        return `${row["svname"]} ${row["status"]} ${row["weight"]} ${row["act"]}`;
      }),
    );
  const asked = async (cookie: string): Promise<unknown[]> => {
    const { haproxy, sluice } = await twins.both(get("/", `Cookie: S=${cookie}`));
    return [haproxy.body, sluice.body];
  };
  const agreed = async (line: string, state: readonly string[], kept: string): Promise<void> => {
    if (line !== "") expect(new Set(await both(line)).size).toBe(1);
    await until(`both to tell ${state.join(", ")}`, async () => Bun.deepEquals(await rows(), [state, state]));
    // Whose server is out is given another; what is said to b and c shows whom they keep.
    for (const cookie of ["b", "c"]) {
      const server = kept.includes(cookie) ? cookie : "a";
      expect([line, cookie, await asked(cookie)]).toEqual([line, cookie, [server, server]]);
    }
  };
  const a = "a no check 1 1";
  await agreed("", [a, "b MAINT 1 1", "c no check 0 1", "BACKEND UP 1 1"], "c");
  await agreed("set server app/c state maint", [a, "b MAINT 1 1", "c MAINT 0 1", "BACKEND UP 1 1"], "");
  await agreed("set server app/c state ready", [a, "b MAINT 1 1", "c no check 0 1", "BACKEND UP 1 1"], "c");
  await agreed("enable server app/b", [a, "b no check 1 1", "c no check 0 1", "BACKEND UP 2 2"], "bc");
  // The weight is no order about the server: who enables it does not undo it.
  await agreed("set weight app/b 0", [a, "b no check 0 1", "c no check 0 1", "BACKEND UP 1 1"], "bc");
  await agreed("enable server app/b", [a, "b no check 0 1", "c no check 0 1", "BACKEND UP 1 1"], "bc");
  expect(await both("get weight app/b;get weight app/c")).toEqual([
    "0 (initial 1)\n\n0 (initial 0)\n\n",
    "0 (initial 1)\n\n0 (initial 0)\n\n",
  ]);
  await agreed("set weight app/c 3", [a, "b no check 0 1", "c no check 3 1", "BACKEND UP 4 2"], "bc");
});

test("tables are shown, filtered, set and cleared alike, and a dump of ours can be read in", async () => {
  await using room = new Room();
  const { twins, both } = await started(room);
  for (const from of ["127.0.0.2", "127.0.0.2", "127.0.0.3"])
    await twins.both(get(from === "127.0.0.2" ? "/inc" : "/"), { from });
  const lines = (dump: string): string[] =>
    dump
      .split("\n")
      .map((line) => line.replace(/^0x[0-9a-f]+: /, "").replace(/exp=\d+/, "exp=N"))
      .sort();
  for (const line of [
    ...["show table", "show table web", "show table web data.gpc0 gt 0", "show table web key 127.0.0.3"],
    ...["show table none", "show table web data.foo gt 0", "show table web data.gpc0 xx 1", "show table web nothing"],
    ...["set table web key 127.0.0.9 data.gpc0 7", "show table web data.gpc0 ge 7"],
    ...["clear table web key 127.0.0.9", "clear table web data.gpc0 eq 2", "show table web"],
  ]) {
    const [haproxy, sluice] = await both(line);
    expect({ line, told: lines(sluice) }).toEqual({ line, told: lines(haproxy) });
  }
  const dump = await said(room, "sluice", "show table web");
  writeFileSync(room.path("dump.txt"), dump);
  await said(room, "sluice", "clear table web");
  const { code } = await ran([
    ...command,
    "table",
    "import",
    "web",
    room.path("dump.txt"),
    "-c",
    room.path("sluice.cfg"),
  ]);
  expect(code).toBe(0);
  expect(await said(room, "sluice", "show table web")).toContain("key=127.0.0.3 ");
});

test("mistakes are answered in the same words", async () => {
  await using room = new Room();
  const { both } = await started(room);
  for (const line of [
    ...["disable server app", "disable server app/none", "enable server none/a", "set server app/a state up"],
    ...["set server app/a", "set server app/a weight 300", "set weight app/a", "get weight app/none"],
    ...["set maxconn server app/b", "set maxconn frontend", "set maxconn frontend none 5", "set maxconn global"],
    ...[
      "disable frontend none",
      "shutdown session",
      "show servers state none",
      "show cli level",
      "show map",
      "show peers",
    ],
    ...["enable health app/a", "user;disable server app/a", "set server app/a agent up"],
  ]) {
    const [haproxy, sluice] = await both(line);
    expect({ line, told: sluice }).toEqual({ line, told: haproxy });
  }
  const [haproxy, sluice] = await both("show servers state app");
  const columns = (told: string): unknown => told.split("\n").map((line) => line.split(" ").length);
  expect(sluice.split("\n").slice(0, 2)).toEqual(haproxy.split("\n").slice(0, 2));
  expect(columns(sluice)).toEqual(columns(haproxy));
  const names = (told: string): string[] => [...told.matchAll(/^([\w -]+): /gm)].map(([, name]) => name!);
  const [theirs, ours] = await both("show info");
  expect(names(ours).filter((name) => !names(theirs).includes(name))).toEqual([]);
});

testWith(["haproxy", "prometheus-haproxy-exporter"])("Prometheus' exporter for HAProxy reads Sluice", async () => {
  await using room = new Room();
  const { twins } = await started(room);
  await twins.both(get("/other"));
  const port = freePort();
  const child = Bun.spawn(
    [
      find("prometheus-haproxy-exporter")!,
      `--haproxy.scrape-uri=unix:${room.path("sluice.sock")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdout: "ignore", stderr: "ignore" },
  );
  room.ending(async () => {
    child.kill();
    await child.exited;
  });
  await until("the exporter to have read it", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null);
    const told = (await answer?.text()) ?? "";
    return (
      told.includes('haproxy_server_up{backend="app",server="a"} 1') &&
      told.includes('haproxy_backend_http_responses_total{backend="other",code="2xx"} 1') &&
      told.includes("haproxy_exporter_csv_parse_failures_total 0")
    );
  });
});

test("at the address of a page of statistics is what HAProxy has there, and nothing that changes", async () => {
  await using room = new Room();
  const stats = `
listen numbers
  mode http
  bind 127.0.0.1:{PORT:stats}
  http-request use-service prometheus-exporter if { path /metrics }
  stats enable
  stats uri /stats
  stats auth ann:secret
`;
  const twins = await Twins.start(room, text + stats);
  const authorization = `Basic ${btoa("ann:secret")}`;
  for (const { name, ports } of [twins.haproxy, twins.sluice]) {
    const ask = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
      const answer = await fetch(`http://127.0.0.1:${ports["stats"]}${path}`, { headers });
      await answer.arrayBuffer();
      return answer.status;
    };
    const known = ["/stats", "/stats;csv", "/metrics"].map((path) => ask(path, { authorization }));
    expect([name, await Promise.all(known)]).toEqual([name, [200, 200, 200]]);
    expect([name, await ask("/stats;csv"), await ask("/metrics")]).toEqual([name, 401, 200]);
    for (const path of ["/", "/api/v1/status", "/api/v1/config", "/readyz"])
      expect([name, path, await ask(path, { authorization })]).toEqual([name, path, name === "haproxy" ? 503 : 404]);
  }
  expect((await fetch(`http://${twins.program.admin}/api/v1/status`)).status).toBe(200);
});
