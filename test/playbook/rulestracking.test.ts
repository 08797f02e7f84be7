// What is counted for the entries that a connection or a request holds, and that each is let go of, however it ends.

import { expect, test } from "bun:test";
import type { RulePlan } from "../../src/config/plan.ts";
import { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import { octetsOf } from "./memory.ts";
import type { PlanOptions } from "./plan.ts";
import { answer, deny, rule, rules, table, track } from "./rules.ts";
import { get, ok, put } from "./words.ts";

const all = [
  "conn_cnt",
  "conn_cur",
  "sess_cnt",
  "http_req_cnt",
  "http_err_cnt",
  "http_fail_cnt",
  "bytes_in_cnt",
  "bytes_out_cnt",
];
const clients = table("clients", all);
const tracking = rule(null, null, { does: [track()] });

/** Rules of the listener; the table is `clients`. */
function counted(
  phases: Readonly<Partial<Record<"connection" | "request" | "response", readonly RulePlan[]>>>,
  options: PlanOptions = {},
): Playbook {
  return new Playbook({ tables: [clients], ...options, listener: { rules: rules(phases), ...options.listener } });
}

function countOf(play: Playbook, name: string, address = "192.0.2.1", of = "clients"): number {
  const found = play.memory.table(of);
  found.key.setAddress(octetsOf(address), 0);
  const column = found.columns.findIndex((one) => one.name === name);
  return found.read(column, 0, play.sharedMs);
}

const counts = (play: Playbook, ...names: string[]): number[] => names.map((name) => countOf(play, name));

function served(play: Playbook, client: Actor, request = get("/")): Actor {
  client.sends(request);
  const server = play.accept();
  play.take();
  return server;
}

test("a request that is tracked counts as a connection and as a request, and is held until its end", () => {
  const play = counted({ request: [tracking] });
  const client = play.connect();
  const server = served(play, client);
  expect(counts(play, "conn_cnt", "conn_cur", "http_req_cnt", "sess_cnt")).toEqual([1, 1, 1, 0]);
  server.sends(ok("1"));
  expect(counts(play, "conn_cnt", "conn_cur", "http_req_cnt")).toEqual([1, 0, 1]);
  client.sends(get("/"));
  server.sends(ok("1"));
  expect(counts(play, "conn_cnt", "conn_cur", "http_req_cnt")).toEqual([2, 0, 2]);
});

test("a connection that is tracked counts once, and its requests one by one", () => {
  const play = counted({ connection: [tracking] });
  const client = play.connect();
  expect(counts(play, "conn_cnt", "conn_cur", "sess_cnt", "http_req_cnt")).toEqual([1, 1, 1, 0]);
  const server = served(play, client);
  expect(counts(play, "conn_cur", "http_req_cnt")).toEqual([1, 1]);
  server.sends(ok("1"));
  client.sends(get("/"));
  server.sends(ok("1"));
  expect(counts(play, "conn_cnt", "conn_cur", "sess_cnt", "http_req_cnt")).toEqual([1, 1, 1, 2]);
  client.ends();
  expect(counts(play, "conn_cnt", "conn_cur")).toEqual([1, 0]);
});

test("a connection is a session when all rules have let it in, or when one says so", () => {
  const counting = rule(null, null, { does: [{ kind: "session" }] });
  const limit = rule("tracked[0].sess_cnt > 2", { kind: "reject" });
  const late = rule(null, null, { does: [track(0, 1)] });
  const sessions = (own: readonly RulePlan[], pool: readonly RulePlan[] = []): number[] => {
    const poolRules = rules({ connection: pool });
    const play = counted({ connection: own }, { listener: { mode: "tcp" }, pool: { rules: poolRules } });
    let refused = 0;
    for (let turn = 0; turn < 5; turn++) {
      play.connect();
      if (play.take().some((line) => line.includes("rejected"))) refused++;
    }
    return [refused, countOf(play, "sess_cnt")];
  };
  expect(sessions([tracking, limit])).toEqual([2, 3]);
  expect(sessions([tracking, counting, limit])).toEqual([3, 5]);
  expect(sessions([tracking, counting], [limit])).toEqual([3, 5]);
  expect(sessions([tracking, counting, counting])).toEqual([0, 5]);
  // What is held after that has not seen it begin.
  expect(sessions([counting, late])).toEqual([0, 0]);
});

test("a request is seen by the rules behind the one that tracks it, and counted once though two slots hold the entry", () => {
  const second = rule(null, null, { does: [track(0, 1)] });
  const limit = rule("tracked[0].http_req_cnt > 1", deny());
  const play = counted({ connection: [tracking], request: [tracking, second, limit] });
  const client = play.connect();
  const server = served(play, client);
  server.sends(ok("1"));
  expect(counts(play, "http_req_cnt", "conn_cur")).toEqual([1, 1]);
  client.sends(get("/"));
  play.expectAmong("report 403 denied");
  expect(counts(play, "http_req_cnt", "http_err_cnt", "conn_cur")).toEqual([2, 1, 1]);
});

test("a request that holds its entry in two slots is one request, and what it tracks is seen before what its connection does", () => {
  const second = rule(null, null, { does: [track(0, 1)] });
  const twice = counted({ request: [tracking, second] });
  served(twice, twice.connect());
  expect(counts(twice, "http_req_cnt", "conn_cnt", "conn_cur")).toEqual([1, 2, 2]);
  const paths = table("paths", all, { kind: "string", bytesMax: 16 });
  const own = rule(null, null, { does: [track(1, 0, "path")] });
  const limit = rule("tracked[0].http_req_cnt > 1", deny());
  const play = counted({ connection: [tracking], request: [own, limit] }, { tables: [clients, paths] });
  const client = play.connect();
  const server = served(play, client);
  server.sends(ok("1"));
  client.sends(get("/other"));
  server.sends(ok("2"));
  play.expectAmong("report 200");
  client.sends(get("/other"));
  play.expectAmong("report 403 denied");
});

test("the first to take a slot keeps it", () => {
  const tables = [clients, table("others", all)];
  const play = counted({ request: [tracking, rule(null, null, { does: [track(1)] })] }, { tables });
  const client = play.connect();
  served(play, client);
  expect([countOf(play, "conn_cnt"), countOf(play, "conn_cnt", "192.0.2.1", "others")]).toEqual([1, 0]);
});

test("errors are those of clients, failures those of servers", () => {
  const play = counted({ connection: [tracking], request: [rule("path == '/deny'", deny())] });
  const client = play.connect();
  const server = served(play, client);
  for (const status of [404, 500, 501, 505, 503, 302]) {
    server.sends(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`);
    client.sends(get("/"));
  }
  expect(counts(play, "http_err_cnt", "http_fail_cnt")).toEqual([1, 2]);
  server.sends(ok("1"));
  client.sends(get("/deny"));
  expect(counts(play, "http_err_cnt", "http_fail_cnt")).toEqual([2, 2]);
  client.sends("nonsense\r\n\r\n");
  expect(counts(play, "http_req_cnt", "http_err_cnt")).toEqual([9, 3]);
});

test("a client that leaves inside of a head has made an error, one that is too slow a request only", () => {
  for (const leave of ["ends", "closes"] as const) {
    const play = counted({ connection: [tracking] });
    const silent = play.connect();
    silent[leave]();
    expect(counts(play, "http_req_cnt", "http_err_cnt", "conn_cur")).toEqual([0, 0, 0]);
    const client = play.connect();
    client.sends("GET / HTTP");
    client[leave]();
    expect(counts(play, "http_req_cnt", "http_err_cnt", "conn_cur")).toEqual([1, 1, 0]);
  }
  const play = counted({ connection: [tracking] }, { downstream: { headMs: 1_000 } });
  play.connect().sends("GET / HTTP");
  play.pass(2_000);
  play.expectAmong("report 408 head_timeout");
  expect(counts(play, "http_req_cnt", "http_err_cnt")).toEqual([1, 0]);
});

test("who is sent to a tarpit, and who is told of a ban, has made an error at once", () => {
  const tarpit = rule("path == '/tarpit'", { kind: "tarpit", forMs: 5_000, reply: answer(500) });
  const play = counted({ connection: [tracking], request: [tarpit] }, { banned: answer(403) });
  const client = play.connect();
  client.sends(get("/tarpit"));
  expect(counts(play, "http_err_cnt", "http_fail_cnt")).toEqual([1, 0]);
  play.pass(5_100);
  play.expectAmong("report 500 denied");
  play.memory.ban("192.0.2.1");
  client.sends(get("/"));
  play.expectAmong("report 403 banned");
  expect(counts(play, "http_err_cnt", "http_fail_cnt")).toEqual([2, 0]);
});

test("a server that does not answer has failed; one that cannot be had has not", () => {
  const play = counted({ request: [tracking] }, { upstream: { responseMs: 1_000 }, pool: { retries: 0 } });
  const client = play.connect();
  served(play, client);
  play.pass(2_000);
  play.expectAmong("report 504 response_timeout");
  expect(counts(play, "http_fail_cnt")).toEqual([1]);
  client.sends(get("/"));
  play.refuse();
  play.expectAmong("report 502 connect_refused");
  play.setServer(0, false);
  client.sends(get("/"));
  play.expectAmong("report 503 no_server");
  expect(counts(play, "http_fail_cnt")).toEqual([1]);
});

test("bytes are those of heads and bodies, of all that was said", () => {
  const play = counted({ request: [tracking] });
  const client = play.connect();
  const request = put("POST", "12345");
  const server = served(play, client, request);
  server.sends(ok("x".repeat(1000)));
  expect(counts(play, "bytes_in_cnt", "bytes_out_cnt")).toEqual([request.length, ok("x".repeat(1000)).length]);
});

test("bytes of long bodies are told on the way, and each once", () => {
  const play = counted({ request: [tracking] });
  const client = play.connect();
  const part = "x".repeat(70_000);
  const request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 140000\r\n\r\n";
  const server = served(play, client, request + part);
  client.sends(part);
  expect(countOf(play, "bytes_in_cnt")).toBeGreaterThan(70_000);
  const response = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
  server.sends(response + part);
  expect(countOf(play, "bytes_out_cnt")).toBeGreaterThan(70_000);
  server.sends(part);
  client.closes();
  expect(countOf(play, "bytes_in_cnt")).toBe(request.length + 2 * part.length);
  expect(countOf(play, "bytes_out_cnt")).toBe(response.length + 2 * part.length);
  expect(countOf(play, "conn_cur")).toBe(0);
});

test("bytes are told to what a connection holds also when the client leaves in the middle", () => {
  const play = counted({ connection: [tracking] });
  const client = play.connect();
  const server = served(play, client);
  const part = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n12345";
  server.sends(part);
  client.closes();
  expect(counts(play, "bytes_in_cnt", "bytes_out_cnt", "conn_cur")).toEqual([get("/").length, part.length, 0]);
});

test("what a server has said counts once, by its status, though a rule of the response denies it", () => {
  const denial = { response: [rule(null, deny(502))] };
  for (const [status, expected] of [
    ["200 OK", [0, 0]],
    ["404 Not Found", [1, 0]],
    ["500 Internal Server Error", [0, 1]],
  ] as const)
    for (const where of ["listener", "pool"] as const) {
      const own = { request: [tracking], ...(where === "listener" ? denial : {}) };
      const play = counted(own, { pool: { rules: rules(where === "pool" ? denial : {}) } });
      served(play, play.connect()).sends(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
      play.expectAmong("report 502 denied");
      expect([where, status, counts(play, "http_err_cnt", "http_fail_cnt")]).toEqual([where, status, [...expected]]);
    }
});

test("however a request ends, its entry is let go of", () => {
  const endings: Record<string, (play: Playbook, client: Actor, server: Actor) => void> = {
    answered: (_, __, server) => server.sends(ok("1")),
    "cut short": (_, __, server) => {
      server.sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1");
      server.closes();
    },
    "server gone": (_, __, server) => server.closes(),
    "client gone": (_, client) => client.closes(),
    "bad response": (_, __, server) => server.sends("nonsense\r\n\r\n"),
    "too slow": (play) => play.pass(70_000),
    worker: (play) => play.cut(),
  };
  for (const [name, end] of Object.entries(endings)) {
    const play = counted(
      { connection: [tracking], request: [rule(null, null, { does: [track(0, 1)] })] },
      { pool: { retries: 0 } },
    );
    const client = play.connect();
    const server = served(play, client);
    expect(countOf(play, "conn_cur")).toBe(2);
    end(play, client, server);
    if (client.flow !== null) {
      expect([name, countOf(play, "conn_cur")]).toEqual([name, 1]);
      client.closes();
    }
    expect([name, countOf(play, "conn_cur")]).toEqual([name, 0]);
    expect(play.memory.table("clients").recover()).toBe(0);
  }
});

test("an upgraded connection holds its entry until the tunnel ends, and its bytes count", () => {
  const play = counted({ request: [tracking] });
  const client = play.connect();
  const server = served(play, client, get("/", "Connection: upgrade", "Upgrade: websocket"));
  server.sends("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  const before = countOf(play, "bytes_in_cnt");
  expect([before, countOf(play, "conn_cur")]).toEqual([0, 1]);
  client.sends("x".repeat(100_000));
  expect(countOf(play, "bytes_in_cnt")).toBeGreaterThan(100_000);
  server.sends("y".repeat(50));
  client.ends();
  server.ends();
  expect(countOf(play, "conn_cur")).toBe(0);
  expect(countOf(play, "bytes_out_cnt")).toBeGreaterThan(50);
  play.expectAmong("report 101");
});

test("a request that waits in a tarpit, and one that waits for a server, hold their entries", () => {
  const tarpit = { kind: "tarpit", forMs: 5_000, reply: answer(500) } as const;
  const play = counted({ request: [tracking, rule("path == '/slow'", tarpit)] }, { server: { connectionsMax: 1 } });
  const held = play.connect();
  held.sends(get("/slow"));
  const first = play.connect();
  const waiting = play.connect();
  first.sends(get("/"));
  waiting.sends(get("/"));
  expect(countOf(play, "conn_cur")).toBe(3);
  waiting.closes();
  held.closes();
  expect(countOf(play, "conn_cur")).toBe(1);
  first.closes();
  expect(countOf(play, "conn_cur")).toBe(0);
  play.expectNothingLeft();
});

test("a reload in the middle lets go of what was held under the former plan, and the new rules hold for the next request", () => {
  const options: PlanOptions = { tables: [clients] };
  const play = new Playbook({
    ...options,
    listener: { rules: rules({ connection: [tracking], request: [rule(null, null, { does: [track(0, 1)] })] }) },
  });
  const client = play.connect();
  const server = served(play, client);
  expect(countOf(play, "conn_cur")).toBe(2);
  play.reload({ tables: [], listener: { rules: rules({ request: [rule("path == '/no'", deny())] }) } });
  expect(countOf(play, "conn_cur")).toBe(2);
  server.sends(ok("1"));
  expect(countOf(play, "conn_cur")).toBe(1);
  client.sends(get("/no"));
  play.expectAmong("report 403 denied");
  client.ends();
  expect(countOf(play, "conn_cur")).toBe(0);
  play.expectNothingLeft();
});

test("behind a trusted proxy the client is whom it reports, and without trust it is the peer", () => {
  const play = counted({ request: [tracking] }, { forwarding: { trusted: ["192.0.2.1/32"] } });
  const proxy = play.connect("192.0.2.1");
  served(play, proxy, get("/", "X-Forwarded-For: 203.0.113.9"));
  expect([countOf(play, "conn_cnt", "203.0.113.9"), countOf(play, "conn_cnt")]).toEqual([1, 0]);
  const other = play.connect("192.0.2.2");
  served(play, other, get("/", "X-Forwarded-For: 203.0.113.9"));
  expect([countOf(play, "conn_cnt", "203.0.113.9"), countOf(play, "conn_cnt", "192.0.2.2")]).toEqual([1, 1]);
});

test("in mode observe nothing is done, and yet it is counted", () => {
  const play = counted({
    request: [
      rule(null, null, { does: [track()], mode: "observe", slot: 1 }),
      rule("path == '/'", deny(), { mode: "observe", slot: 2 }),
    ],
  });
  const client = play.connect();
  served(play, client).sends(ok("1"));
  play.expectAmong("report 200");
  expect([play.totals.rule(1), play.totals.rule(2), countOf(play, "conn_cnt")]).toEqual([1, 1, 0]);
});
