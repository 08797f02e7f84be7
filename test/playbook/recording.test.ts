// What the flight recorder keeps of exchanges and streams, told as the admin interface tells it.

import { expect, test } from "bun:test";
import type { ExchangeRecord } from "../../src/control/api/shape/exchange.ts";
import { exchangeRecord } from "../../src/control/api/shape/exchange.ts";
import { RecorderNames } from "../../src/control/recorder/names.ts";
import { recordOf } from "../../src/control/recorder/record.ts";
import { Recording } from "../../src/flow/recording.ts";
import { RecorderRing } from "../../src/memory/recorder.ts";
import { formatRecorder, recorderBytes } from "../../src/memory/recorderlayout.ts";
import { RecorderReader } from "../../src/memory/recorderreader.ts";
import { Playbook } from "../playbook.ts";
import { Answerer } from "./http2server.ts";
import type { PlanOptions } from "./plan.ts";
import { connect, proxyPlan, socks } from "./proxies.ts";
import { deny, rule, rules } from "./rules.ts";
import { get, ok, put } from "./words.ts";

interface Recorded {
  readonly play: Playbook;
  /** The oldest first. */
  readonly records: () => ExchangeRecord[];
}

function recorded(options: PlanOptions = {}, hasQuery = false): Recorded {
  const bytes = new Uint8Array(recorderBytes(1, 100));
  formatRecorder(bytes, 1, 100, []);
  const recording = new Recording(new RecorderRing(bytes, 0), hasQuery);
  const play: Playbook = new Playbook(options, (exchange) => recording.exchange(exchange, play.nowMs, play.wallMs));
  const names = new RecorderNames();
  names.learn(play.context.site.plan);
  const reader = new RecorderReader(bytes);
  const records = (): ExchangeRecord[] => {
    for (const stream of play.streams.splice(0)) recording.stream(stream, play.wallMs);
    const found: ExchangeRecord[] = [];
    for (let number = reader.oldest(0); number < reader.next(0); number++)
      if (reader.read(0, number)) found.push(exchangeRecord.parse(recordOf(reader, 0, names)));
    return found;
  };
  return { play, records };
}

/** As "name from-to". */
function phases({ phases: all }: ExchangeRecord): string[] {
  return all.map(({ name, fromMs, toMs }) => `${name} ${fromMs}-${toMs}`);
}

test("an exchange: who asked whom for what, and where its time went", () => {
  const { play, records } = recorded();
  const client = play.connect("192.0.2.7");
  client.sends("POST /order?secret=1 HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 4\r\n\r\nab");
  play.pass(5);
  const server = play.accept();
  play.pass(20);
  client.sends("cd");
  play.pass(100);
  server.sends("HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nok");
  play.pass(30);
  server.sends("ay");
  const [record] = records();
  expect(record).toMatchObject({
    id: "0-1",
    kind: "http",
    at: "2026-01-01T00:00:00.000Z",
    durationMs: 155,
    client: "192.0.2.7",
    method: "POST",
    host: "shop.example",
    path: "/order",
    listener: "web",
    pool: "app",
    server: "one:80",
    status: 201,
    serverStatus: 201,
    fault: null,
    attempts: 1,
    isReused: false,
    serverVersion: "1.1",
    cache: null,
    rule: "",
    rules: [],
    egress: null,
    bytesReceived: 4,
    bytesSent: 4,
  });
  expect(phases(record!)).toEqual(["connect 0-5", "send 5-25", "wait 25-125", "receive 125-155"]);
});

test("the second one goes over the connection that is there, and has nothing of the first", () => {
  const { play, records } = recorded();
  const client = play.connect();
  client.sends(put("PURGE", "body"));
  const server = play.accept();
  server.sends(ok("1"));
  client.sends(get("/2"));
  play.pass(3);
  server.sends(ok("22"));
  const [first, second] = records();
  expect(first).toMatchObject({ method: "PURGE", path: "/", bytesReceived: 4, isReused: false, phases: [] });
  expect(second).toMatchObject({ id: "0-2", method: "GET", path: "/2", bytesReceived: 0, isReused: true });
  expect(phases(second!)).toEqual(["wait 0-3"]);
});

test("queries are kept where that is asked for", () => {
  const { play, records } = recorded({}, true);
  play.connect().sends(get("/a?b=c"));
  play.accept().sends(ok("1"));
  expect(records()[0]!.path).toBe("/a?b=c");
});

test("a target that names its host itself is taken apart", () => {
  const { play, records } = recorded();
  const client = play.connect();
  client.sends("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n");
  const server = play.accept();
  server.sends(ok("1"));
  client.sends("OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n");
  server.sends(ok("1"));
  client.sends("GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n");
  server.sends(ok("1"));
  expect(records().map(({ host, path }) => `${host} ${path}`)).toEqual(["a /", "b *", "a /x"]);
});

test("a target that is named in fields is the host, also where a rule denies it; without fields it is the Host", () => {
  const request = [rule("path == '/no'", deny(403))];
  const { play, records } = recorded(proxyPlan({ proxy: { fields: true }, listener: { rules: rules({ request }) } }));
  const named = (path: string): string => get(path, "X-Egress-Host: 8.8.4.4:81");
  play.connect().sends(named("/no"));
  play.connect().sends(named("/x"));
  play.accept().sends(ok("1"));
  play.connect().sends(get("/no"));
  expect(records().map(({ host, path }) => `${host} ${path}`)).toEqual(["8.8.4.4:81 /no", "8.8.4.4:81 /x", "a /no"]);
});

test("bytes that could give orders to a terminal are shown as what they are, and long ones are cut; what was refused half read is not made up", () => {
  const { play, records } = recorded();
  const client = play.connect();
  client.sends(`GET /${"a".repeat(1000)} HTTP/1.1\r\nHost: ${"h".repeat(100)}\r\n\r\n`);
  const server = play.accept();
  server.sends(ok("1"));
  client.sends("GET /a\x1bb HTTP/1.1\r\nHost: a\r\n\r\n");
  const [long, strange] = records();
  expect([long!.isCut, long!.host.length]).toEqual([true, 64]);
  expect(long!.path.length).toBeGreaterThan(250);
  expect(strange).toMatchObject({ status: 400, fault: "bad_target", host: "", path: "", rules: [] });
});

test("a path has what room is left; where only its query has none, nothing is cut", () => {
  const { play, records } = recorded();
  const room = 384 - "192.0.2.7".length - "a".length;
  const client = play.connect("192.0.2.7");
  let server: ReturnType<typeof play.accept> | null = null;
  for (const target of ["x".repeat(room - 1), `${"x".repeat(room - 1)}?token`, "x".repeat(room)]) {
    client.sends(`GET /${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    server ??= play.accept();
    server.sends(ok("1"));
  }
  expect(records().map(({ path, isCut }) => [path.length, isCut])).toEqual([
    [room, false],
    [room, false],
    [room, true],
  ]);
});

test("a retry at another server counts, and the time of both is told", () => {
  const { play, records } = recorded({ servers: ["one:80", "two:80"] } as PlanOptions);
  play.connect().sends(get("/"));
  play.pass(10);
  play.refuse();
  play.pass(10);
  play.accept().sends(ok("1"));
  const [record] = records();
  expect([record!.attempts, record!.status, record!.fault]).toEqual([2, 200, null]);
  expect(phases(record!)).toEqual(["connect 0-20"]);
});

test("rules that held are named, and the one whose outcome it is", () => {
  const request = [
    rule("true", null, { name: "seen", slot: 1 }),
    rule("path == '/other'", deny(), { name: "other", slot: 2 }),
    rule("path == '/no'", deny(), { name: "no", slot: 3 }),
  ];
  const { play, records } = recorded({ listener: { rules: rules({ request }) } });
  const client = play.connect();
  client.sends(get("/no"));
  client.sends(get("/yes"));
  play.accept().sends(ok("1"));
  const [denied, passed] = records();
  expect(denied).toMatchObject({ status: 403, serverStatus: 0, fault: "denied", rule: "no", rules: ["seen", "no"] });
  expect([denied!.server, denied!.attempts]).toEqual(["", 0]);
  expect(passed).toMatchObject({ status: 200, rule: "", rules: ["seen"] });
});

test("more rules than there is room for end in an ellipsis", () => {
  const request = Array.from({ length: 9 }, (_, slot) => rule("true", null, { name: `r${slot}`, slot }));
  const { play, records } = recorded({ listener: { rules: rules({ request }) } });
  play.connect().sends(get("/"));
  play.accept().sends(ok("1"));
  expect(records()[0]!.rules).toEqual(["r0", "r1", "r2", "r3", "r4", "r5", "…"]);
});

test("no server, and a client that left: the fault says why", () => {
  const { play, records } = recorded();
  const client = play.connect();
  client.sends(get("/"));
  play.pass(7);
  client.closes();
  const [left] = records();
  expect(left).toMatchObject({ status: 0, fault: "client_closed", attempts: 1 });
  expect(phases(left!)).toEqual(["connect 0-7"]);
});

test("an id of our own is told as servers are told it", () => {
  const { play, records } = recorded({
    listener: { requestId: { header: "x-request-id", keep: true } },
  });
  play.connect().sends(get("/"));
  const server = play.accept();
  server.sends(ok("1"));
  const [record] = records();
  expect(record!.requestId).toMatch(/^[0-9a-f]{20}$/);
  expect(play.take().join("\n").toLowerCase()).toContain(`x-request-id: ${record!.requestId}`);
});

test("a connection of mode tcp", () => {
  const { play, records } = recorded({ listener: { mode: "tcp" } });
  const client = play.connect("192.0.2.9");
  play.pass(4);
  const server = play.accept();
  client.sends("abc");
  server.sends("de");
  play.pass(50);
  client.ends();
  server.ends();
  const [record] = records();
  expect(record).toMatchObject({
    kind: "tcp",
    client: "192.0.2.9",
    method: "",
    path: "",
    listener: "web",
    server: "one:80",
    status: 0,
    bytesReceived: 3,
    bytesSent: 2,
    durationMs: 54,
  });
  expect(phases(record!)).toEqual(["connect 0-4", "receive 4-54"]);
});

test("a tunnel, by CONNECT and by SOCKS5: its target has answered when it has accepted, and no server thinks from then on", () => {
  for (const opening of [connect("a.example:443"), `${socks.greeting(0)}${socks.name("a.example", 443)}`]) {
    const { play, records } = recorded(proxyPlan({ proxy: { socks: true } }));
    const client = play.connect();
    client.sends(opening);
    play.pass(3);
    play.resolved("8.8.8.8");
    play.pass(4);
    const server = play.accept();
    client.sends("abc");
    play.pass(50);
    client.ends();
    server.ends();
    const [record] = records();
    expect(record).toMatchObject({ status: 200, fault: null, server: "a.example:443", bytesReceived: 3 });
    expect(phases(record!)).toEqual(["rules 0-3", "connect 3-7", "receive 7-57"]);
  }
});

test("a tunnel that was never opened has no such phase, and a protocol that was switched has waited for its 101", () => {
  const refused = recorded(proxyPlan());
  refused.play.names.set("a.example", ["8.8.8.8"]);
  refused.play.connect().sends(connect("a.example:443"));
  refused.play.pass(4);
  refused.play.refuse();
  expect(phases(refused.records()[0]!)).toEqual(["connect 0-4"]);
  const { play, records } = recorded();
  const client = play.connect();
  client.sends("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  const server = play.accept();
  play.pass(5);
  server.sends("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  play.pass(20);
  client.ends();
  server.ends();
  expect(phases(records()[0]!)).toEqual(["wait 0-5", "receive 5-25"]);
});

test("by which HTTP the server was asked, if it was", () => {
  const { play, records } = recorded({ server: { isHttp2: true } });
  play.connect().sends(get("/"));
  new Answerer(play).answers(1);
  play.connect().sends("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: bad\r\n\r\n");
  expect(records().map(({ status, serverVersion }) => [status, serverVersion])).toEqual([
    [200, "2.0"],
    [400, ""],
  ]);
});
