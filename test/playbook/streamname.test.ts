import { expect, test } from "bun:test";
import type { NameRoutePlan } from "../../src/config/plan.ts";
import { listenerCell, routeCell } from "../../src/memory/tally.ts";
import { clientHelloBytesMax } from "../../src/wire/clienthello.ts";
import { chromeParts, helloMessage, inRecords, serverNames } from "../conform/madehello.ts";
import { Playbook } from "../playbook.ts";
import { makeClient, makeClientTls } from "./client.ts";
import type { PlanOptions } from "./plan.ts";
import { carrying } from "./streams.ts";

const names: readonly NameRoutePlan[] = [
  { kind: "exact", match: "shop.example", route: 1 },
  { kind: "wildcard", match: ".shop.example", route: 2 },
  { kind: "pattern", match: "^db\\d", route: 3 },
];

/** A listener that routes by name; `isPoolless`: names that nothing matches are refused. */
const routed = (options: PlanOptions = {}): PlanOptions =>
  carrying({
    servers: ["default"],
    pools: ["shop", "below", "db"],
    ...options,
    listener: { names, ...options.listener },
  });

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** The ClientHello of one who asks for `name`, or for none. */
function helloFor(name: string | null, sizes: readonly number[] = []): string {
  const others = chromeParts.extensions!.filter(([type]) => type !== 0);
  const extensions = name === null ? others : [serverNames(name), ...others];
  return latin1(inRecords(helloMessage({ ...chromeParts, extensions }), sizes));
}

const alert = "\x15\x03\x01\x00\x02\x02\x70";

test("a connection goes by the name in its ClientHello, which goes on to the server as it came", () => {
  for (const [name, server] of [
    ["shop.example", "shop"],
    ["SHOP.example", "shop"],
    ["www.shop.example", "below"],
    ["db7.example", "db"],
    ["other.example", "default"],
    [null, "default"],
  ] as const) {
    const play = new Playbook(routed());
    const client = play.connect();
    play.expect();
    client.sends(helloFor(name));
    play.expect(`dial ${server}:80`);
    const actor = play.accept();
    play.expect(actor.gets(helloFor(name)));
  }
});

test("what follows the hello in the same read goes on behind it", () => {
  const play = new Playbook(routed());
  const client = play.connect();
  client.sends(`${helloFor("shop.example")}early data`);
  const server = play.accept();
  play.expectAmong(server.gets(`${helloFor("shop.example")}early data`));
});

test("a hello may come byte by byte, and in many records", () => {
  for (const hello of [
    helloFor("shop.example"),
    helloFor(
      "shop.example",
      Array.from({ length: 200 }, () => 2),
    ),
  ]) {
    const play = new Playbook(routed());
    const client = play.connect();
    for (const byte of hello.slice(0, -1)) client.sends(byte);
    play.expect();
    client.sends(hello.at(-1)!);
    play.expect("dial shop:80");
    const server = play.accept();
    play.expect(server.gets(hello));
  }
});

test("name and fingerprint are known to the report, and the bytes count for the route that was taken", () => {
  const play = new Playbook(routed());
  const client = play.connect();
  const hello = helloFor("shop.example");
  client.sends(hello);
  const server = play.accept();
  server.sends("12345");
  client.ends();
  server.ends();
  expect(play.streams[0]).toMatchObject({ serverName: "shop.example", bytesUp: hello.length, bytesDown: 5 });
  expect(play.streams[0]!.ja4).toMatch(/^t13d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}$/);
  expect(play.totals.route(1, routeCell.sessions)).toBe(1);
  expect(play.totals.route(1, routeCell.bytesUp)).toBe(hello.length);
  expect(play.totals.route(0, routeCell.sessions)).toBe(0);
  expect(play.totals.listener(0, listenerCell.bytesReceived)).toBe(hello.length);
});

test("a name that leads nowhere is refused by an alert, a FIN, and a little patience", () => {
  const play = new Playbook(routed({ isPoolless: true }));
  const client = play.connect();
  client.sends(helloFor("other.example"));
  play.expect(client.gets(alert), client.is("ended"));
  client.sends("whatever");
  play.expect();
  client.ends();
  play.expect(client.is("destroyed"), "report 0 up 0 down unknown_name");
  expect(play.streams[0]).toMatchObject({ serverName: "other.example", server: -1, attempts: 0 });
  expect(play.totals.listener(0, listenerCell.refusedPreamble)).toBe(1);
  expect(play.totals.listener(0, listenerCell.bytesSent)).toBe(7);
  play.expectNothingLeft();
});

test("a refused client that stays is let go after a while, one that resets at once", () => {
  const play = new Playbook(routed({ isPoolless: true }));
  const client = play.connect();
  client.sends(helloFor("other.example"));
  play.take();
  play.pass(2_100);
  play.expect(client.is("destroyed"), "report 0 up 0 down unknown_name");
  const other = play.connect();
  other.sends(helloFor(null));
  other.closes(true);
  play.expectAmong("report 0 up 0 down unknown_name");
  play.expectNothingLeft();
});

test("a cut lets a refused client go too", () => {
  const play = new Playbook(routed({ isPoolless: true }));
  const client = play.connect();
  client.sends(helloFor("other.example"));
  play.take();
  play.cut();
  play.expect(client.is("destroyed"), "report 0 up 0 down unknown_name");
  play.expectNothingLeft();
});

const noTls: readonly string[] = ["GET / HTTP/1.1\r\n", "\x00", "\x17\x03\x01\x00\x04"];
/** Of another version, with another message, and larger than one that is read. */
const brokenTls: readonly string[] = ["\x16\x02", "\x16\x03\x01\x02\x00\x02", "\x16\x03\x01\x40\x00\x01\x00\x7f\xff"];

test("who speaks no TLS goes where those go that say no name, at the first byte that shows it", () => {
  for (const said of noTls) {
    const play = new Playbook(routed());
    const client = play.connect();
    client.sends(said);
    play.expect("dial default:80");
    const server = play.accept();
    play.expect(server.gets(said));
    expect(play.totals.listener(0, listenerCell.refusedPreamble)).toBe(0);
    expect(play.streams).toEqual([]);
  }
});

test("a hello that is broken or too large is refused: what name it asks for is not known", () => {
  const halfName = helloFor("shop.example").replace("shop.example", "shop.exampl\0");
  for (const said of [...brokenTls, halfName]) {
    const play = new Playbook(routed());
    const client = play.connect();
    client.sends(said);
    play.expect(client.is("reset"), "report 0 up 0 down bad_client_hello");
    expect(play.totals.listener(0, listenerCell.refusedPreamble)).toBe(1);
    play.expectNothingLeft();
  }
});

test("what is no ClientHello is refused at the first byte that shows it, where other names are", () => {
  for (const said of [...noTls, ...brokenTls]) {
    const play = new Playbook(routed({ isPoolless: true }));
    const client = play.connect();
    client.sends(said);
    play.expect(client.is("reset"), "report 0 up 0 down bad_client_hello");
    expect(play.totals.listener(0, listenerCell.refusedPreamble)).toBe(1);
    play.expectNothingLeft();
  }
});

test("a hello that never ends is refused when it is larger than one can be", () => {
  const play = new Playbook(routed({ isPoolless: true }));
  const client = play.connect();
  client.sends("\x16\x03\x01\x00\x04\x01\x00\x40\x00");
  let sent = 9;
  while (client.flow !== null && sent <= clientHelloBytesMax) {
    client.sends("\x16\x03\x01\x00\x01\x00");
    sent += 6;
  }
  play.expect(client.is("reset"), "report 0 up 0 down bad_client_hello");
  expect(sent).toBeLessThanOrEqual(clientHelloBytesMax);
});

test("a hello that does not come in time is not waited for, and its time does not count for the rest", () => {
  const late = new Playbook(routed({ downstream: { handshakeMs: 3_000 } }));
  const client = late.connect();
  client.sends(helloFor("shop.example").slice(0, 50));
  late.pass(3_100);
  late.expect(client.is("reset"), "report 0 up 0 down handshake_timeout");
  expect(late.totals.listener(0, listenerCell.refusedPreamble)).toBe(1);
  const inTime = new Playbook(routed({ downstream: { handshakeMs: 3_000 } }));
  inTime.connect().sends(helloFor("shop.example"));
  inTime.pass(3_100);
  inTime.expectAmong("dial shop:80");
  const server = inTime.accept();
  inTime.pass(10_000);
  inTime.expect(server.gets(helloFor("shop.example")));
  expect(inTime.streams).toEqual([]);
});

test("a client that leaves before it has said anything was only looking", () => {
  for (const leave of ["ends", "closes"] as const) {
    const play = new Playbook(routed());
    const client = play.connect();
    client[leave]();
    // A half-close is answered by a FIN, for a RST would be a fault to who probes.
    if (leave === "ends") play.expect(client.is("destroyed"), "report 0 up 0 down client_closed");
    else play.expectAmong("report 0 up 0 down client_closed");
    expect(play.totals.listener(0, listenerCell.refusedPreamble)).toBe(0);
    expect(play.totals.route(0, routeCell.aborted)).toBe(0);
    play.expectNothingLeft();
  }
});

test("a client that ends inside its hello is refused", () => {
  const play = new Playbook(routed());
  const client = play.connect();
  client.sends(helloFor("shop.example").slice(0, 50));
  client.ends();
  play.expect(client.is("reset"), "report 0 up 0 down bad_client_hello");
});

test("a client that came before a drain may still say its name", () => {
  const play = new Playbook(routed());
  const client = play.connect();
  play.drain();
  client.sends(helloFor("shop.example"));
  play.expect("dial shop:80");
});

// ---- with TLS of our own ----

test("with TLS of our own the handshake has told the name, and bytes are not looked at", () => {
  const play = new Playbook(routed());
  const client = play.connect(
    makeClient("192.0.2.1", { tls: makeClientTls({ serverName: "db1.example" }), ja4: "t13" }),
  );
  play.expect("dial db:80");
  const server = play.accept();
  client.sends("GET");
  play.expect(server.gets("GET"));
  client.closes(true);
  expect(play.streams[0]).toMatchObject({ serverName: "db1.example", ja4: "t13" });
});

test("with TLS of our own a name that leads nowhere is refused without an alert, which the handshake is past", () => {
  const play = new Playbook(routed({ isPoolless: true }));
  const client = play.connect(makeClient("192.0.2.1", { tls: makeClientTls({ serverName: "other.example" }) }));
  play.expect(client.is("reset"), "report 0 up 0 down unknown_name");
  expect(play.totals.listener(0, listenerCell.refusedPreamble)).toBe(1);
  play.expectNothingLeft();
});
