// Rules that are asked before a request: when a connection opens, and for carried connections. And who is banned.

import { expect, test } from "bun:test";
import type { OutcomePlan, RulePlan } from "../../src/config/plan.ts";
import { listenerCell } from "../../src/memory/tally.ts";
import { chromeParts, helloMessage, inRecords, serverNames } from "../conform/madehello.ts";
import { Playbook } from "../playbook.ts";
import { makeClient, makeClientTls } from "./client.ts";
import { octetsOf } from "./memory.ts";
import type { PlanOptions } from "./plan.ts";
import { answer, rule, rules, table, track } from "./rules.ts";
import { get, ok } from "./words.ts";

const tables = [table("clients", ["conn_cnt", "conn_cur", "sess_cnt", "bytes_in_cnt", "bytes_out_cnt"])];
const tracking = rule(null, null, { does: [track()] });
const refused = { reject: "destroyed", reset: "reset", drop: "dropped" } as const;

/** The ClientHello of one who asks for `name`, or for none. */
function hello(name: string | null): string {
  const others = chromeParts.extensions!.filter(([type]) => type !== 0);
  const message = helloMessage({ ...chromeParts, extensions: name === null ? others : [serverNames(name), ...others] });
  return Buffer.from(inRecords(message)).toString("latin1");
}

function at(mode: "http" | "tcp", connection: readonly RulePlan[], options: PlanOptions = {}): Playbook {
  return new Playbook({ tables, ...options, listener: { mode, rules: rules({ connection }), ...options.listener } });
}

function countOf(play: Playbook, name: string, address = "192.0.2.1"): number {
  const clients = play.memory.table("clients");
  clients.key.setAddress(octetsOf(address), 0);
  return clients.read(
    clients.columns.findIndex((column) => column.name === name),
    0,
    play.sharedMs,
  );
}

for (const kind of ["reject", "reset", "drop"] as const) {
  const outcome: OutcomePlan = { kind };

  test(`a connection is closed by ${kind} before anything is said (mode http)`, () => {
    const play = at("http", [tracking, rule("src == ip('192.0.2.9')", outcome, { slot: 1 })]);
    const client = play.connect("192.0.2.9");
    play.expect(`${client.name} ${refused[kind]}`);
    expect([play.totals.listener(0, listenerCell.refusedRules), play.totals.rule(1)]).toEqual([1, 1]);
    expect([countOf(play, "conn_cnt", "192.0.2.9"), countOf(play, "conn_cur", "192.0.2.9")]).toEqual([1, 0]);
    expect(countOf(play, "sess_cnt", "192.0.2.9")).toBe(0);
    play.expectNothingLeft();
    play.pass(20_000);
    play.expect();
    play.connect("192.0.2.1").sends(get("/"));
    play.expect("dial one:80");
  });

  test(`a connection is closed by ${kind} before a server is sought (mode tcp)`, () => {
    const play = at("tcp", [tracking, rule("src == ip('192.0.2.9')", outcome, { name: "nine" })]);
    const client = play.connect("192.0.2.9");
    play.expect(`${client.name} ${refused[kind]}`, "report 0 up 0 down rejected");
    expect([play.streams[0]!.rule, play.totals.listener(0, listenerCell.refusedRules)]).toEqual(["nine", 1]);
    expect(countOf(play, "conn_cur", "192.0.2.9")).toBe(0);
    play.expectNothingLeft();
    play.connect("192.0.2.1");
    play.expect("dial one:80");
  });
}

test("a limit closes a stream that has no token, before a server is sought, and lets it in again later (mode tcp)", () => {
  const bucket = table("buckets", ["tokens(2,1s)"]);
  const limit: OutcomePlan = { kind: "limit", target: "buckets[src].tokens", cost: "1", reply: answer(429) };
  const play = at("tcp", [rule(null, limit, { name: "slowly", slot: 3 })], { tables: [bucket] });
  for (const _ of [1, 2]) {
    play.connect("192.0.2.1");
    play.expect("dial one:80");
  }
  const refusedClient = play.connect("192.0.2.1");
  play.expect(refusedClient.is("destroyed"), "report 0 up 0 down rejected");
  expect([play.streams[0]!.rule, play.totals.rule(3), play.totals.listener(0, listenerCell.refusedRules)]).toEqual([
    "slowly",
    1,
    1,
  ]);
  // Others have a bucket of their own.
  play.connect("192.0.2.2");
  play.expect("dial one:80");
  play.pass(1000);
  play.connect("192.0.2.1");
  play.expect("dial one:80");
});

test("a stream is sent to another pool, whose rules are asked too", () => {
  const play = at("tcp", [rule("srcPort > 50000", { kind: "use", pool: 1 })], {
    pools: ["b"],
    own: { b: { rules: rules({ connection: [rule("srcPort == 60000", { kind: "reject" })] }) } },
  });
  play.connect(makeClient("192.0.2.1", { port: 50_001 }));
  play.expect("dial b:80");
  const other = play.connect(makeClient("192.0.2.1", { port: 60_000 }));
  play.expect(other.is("destroyed"), "report 0 up 0 down rejected");
});

test("a stream holds its entry to its end, and its bytes are counted on the way", () => {
  const play = at("tcp", [tracking]);
  const client = play.connect();
  const server = play.accept();
  expect([countOf(play, "conn_cur"), countOf(play, "sess_cnt")]).toEqual([1, 1]);
  client.sends("x".repeat(70_000));
  server.sends("y");
  expect([countOf(play, "bytes_in_cnt"), countOf(play, "bytes_out_cnt")]).toEqual([70_000, 0]);
  client.ends();
  server.ends();
  expect([countOf(play, "bytes_out_cnt"), countOf(play, "conn_cur"), countOf(play, "conn_cnt")]).toEqual([1, 0, 1]);
});

test("however a stream ends, its entry is let go of", () => {
  const endings: readonly ((play: Playbook, client: { closes(): void }, server: { closes(): void }) => void)[] = [
    (_, client) => client.closes(),
    (_, __, server) => server.closes(),
    (play) => play.cut(),
  ];
  for (const end of endings) {
    const play = at("tcp", [tracking]);
    const client = play.connect();
    end(play, client, play.accept());
    expect(countOf(play, "conn_cur")).toBe(0);
  }
  const play = at("tcp", [tracking], { pool: { retries: 0 } });
  play.connect();
  play.refuse();
  expect(countOf(play, "conn_cur")).toBe(0);
  play.expectNothingLeft();
});

const byName = rule("tls.sni == 'a.test'", { kind: "use", pool: 1 });

test("rules that go by the name wait for the ClientHello", () => {
  const play = at("tcp", [byName], { pools: ["b"] });
  const client = play.connect();
  play.expect();
  client.sends(hello("a.test"));
  play.expect("dial b:80");
  play.connect().sends(hello("c.test"));
  play.expect("dial one:80");
  // It is known from the handshake where there was one.
  play.connect(makeClient("192.0.2.1", { tls: makeClientTls({ serverName: "a.test" }) }));
  play.expect("dial b:80");
});

test("a ClientHello is known as one without a name in it too, and what is none is not", () => {
  const play = at("tcp", [rule("!tls.hello", { kind: "reject" })]);
  const client = play.connect();
  play.expect();
  client.sends(hello(null));
  play.expect("dial one:80");
  const other = play.connect();
  other.sends("GET / HTTP/1.1\r\n");
  play.expect(other.is("destroyed"), "report 0 up 0 down rejected");
  play.connect(makeClient("192.0.2.1", { tls: makeClientTls({ serverName: "" }) }));
  play.expect("dial one:80");
});

test("beside names who speaks no TLS is a rule's to refuse, or to send elsewhere", () => {
  const listener = { names: [{ kind: "exact", match: "a.test", route: 1 }] as const };
  const play = at("tcp", [rule("!tls.hello", { kind: "reject" })], { pools: ["a"], listener });
  play.connect().sends(hello("a.test"));
  play.expect("dial a:80");
  play.connect().sends(hello(null));
  play.expect("dial one:80");
  const other = play.connect();
  other.sends("SSH-2.0-x\r\n");
  play.expect(other.is("destroyed"), "report 0 up 0 down rejected");
  const sending = at("tcp", [rule("!tls.hello", { kind: "use", pool: 1 })], { pools: ["a"], listener });
  sending.connect().sends("SSH-2.0-x\r\n");
  sending.expect("dial a:80");
});

test("a pool that remembers servers by name waits for the ClientHello", () => {
  const names = table("names", ["server_id"], { kind: "string", bytesMax: 32 });
  const pool = { stick: { table: 0, key: "tls.sni" } };
  const play = new Playbook({ tables: [names], listener: { mode: "tcp" }, servers: ["one", "two"], pool });
  for (const [name, server] of [
    ["a.test", "one"],
    ["b.test", "two"],
    ["b.test", "two"],
    ["a.test", "one"],
  ]) {
    const client = play.connect();
    play.expect();
    client.sends(hello(name!));
    play.expectAmong(`dial ${server}:80`);
    play.accept();
    play.take();
  }
});

test("what is no TLS, or says nothing, has no name, and goes the usual way", () => {
  const play = at("tcp", [byName], { pools: ["b"] });
  play.connect().sends("GET / HTTP/1.1\r\n\r\n");
  play.expect("dial one:80");
  play.connect();
  play.pass(10_100);
  play.expectAmong("dial one:80");
});

test("one who is banned is answered at each request, and by FIN where there is no answer", () => {
  const banned = answer(403, { body: "banned\n", retryAfterS: -1 });
  const play = new Playbook({ banned });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok("1"));
  play.take();
  play.memory.ban("192.0.2.1", play.wallMs / 1000 + 90);
  client.sends(get("/"));
  const [said, report] = play.take();
  expect(said).toContain("403 Forbidden");
  expect(said).toContain("Retry-After: 90\\r\\n\\r\\nbanned");
  expect(report).toBe("report 403 banned");
  play.connect("192.0.2.2").sends(get("/"));
  play.expectAmong(server.gets(get("/")));
  expect(play.totals.listener(0, listenerCell.banned)).toBe(1);
  play.pass(91_000);
  play.connect().sends(get("/"));
  play.expectAmong("dial one:80");
  const closing = new Playbook();
  closing.memory.ban("192.0.2.1");
  const first = closing.connect();
  closing.expect(first.is("destroyed"));
  expect(closing.totals.listener(0, listenerCell.banned)).toBe(1);
  closing.expectNothingLeft();
});

test("behind a trusted proxy those are banned whom it reports; a ban for ever says no time", () => {
  const play = new Playbook({ forwarding: { trusted: ["192.0.2.1/32"] }, banned: answer(403, { retryAfterS: -1 }) });
  play.memory.ban("203.0.113.9");
  const proxy = play.connect("192.0.2.1");
  proxy.sends(get("/", "X-Forwarded-For: 203.0.113.9"));
  const [said] = play.take();
  expect(said).toContain("403 Forbidden");
  expect(said).not.toContain("Retry-After");
  proxy.sends(get("/", "X-Forwarded-For: 203.0.113.8"));
  play.expectAmong("dial one:80");
});

test("a ban meets the next request of a connection that is open, and closes where there is no answer", () => {
  const play = new Playbook();
  const client = play.connect();
  play.memory.ban("192.0.2.1");
  client.sends(get("/"));
  play.expect("report 0 banned", client.is("destroyed"));
  play.expectNothingLeft();
});

test("a stream of one who is banned is closed at once", () => {
  const play = at("tcp", [tracking]);
  play.memory.ban("192.0.2.1");
  const client = play.connect();
  play.expect(client.is("destroyed"), "report 0 up 0 down banned");
  expect([play.totals.listener(0, listenerCell.banned), countOf(play, "conn_cnt")]).toEqual([1, 0]);
  play.memory.ban("192.0.2.2", play.wallMs / 1000 + 60);
  const other = play.connect("192.0.2.2");
  play.expect(other.is("destroyed"), "report 0 up 0 down banned");
  play.pass(61_000);
  play.connect("192.0.2.2");
  play.expect("dial one:80");
});
