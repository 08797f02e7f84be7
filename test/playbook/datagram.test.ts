import { expect, test } from "bun:test";
import { fault, faultWith } from "../../src/base/fault.ts";
import { Arena } from "../../src/memory/arena.ts";
import { admin, Board, health } from "../../src/memory/board.ts";
import { listenerCell, poolCell, routeCell, serverCell, workerCell } from "../../src/memory/tally.ts";
import { answered, DatagramTalk } from "./datagrams.ts";
import { rule, rules } from "./rules.ts";

const two = { servers: ["one", "two"] };

test("a client's datagrams go to one server, and the server's to that client", () => {
  const talk = new DatagramTalk(two);
  const client = talk.client(1);
  client.sends("a");
  client.sends("b");
  talk.play.expect("open one:80", "socket 1 gets a", "socket 1 gets b");
  talk.socket(1).sends("A");
  talk.socket(1).sends("");
  talk.play.expect(client.gets("A"), client.gets(""));
});

test("rules are asked at a session's first datagram, and who is refused begins none", () => {
  const first = rules({
    connection: [rule("srcPort == 2", { kind: "drop" }), rule("srcPort == 3", { kind: "reject" })],
  });
  const talk = new DatagramTalk({ ...two, listener: { mode: "udp", rules: first } });
  for (const port of [2, 3, 2]) talk.client(port).sends("x");
  talk.play.expect();
  talk.client(1).sends("a");
  talk.play.expect("open one:80", "socket 1 gets a");
  const { totals } = talk.play;
  expect(totals.listener(0, listenerCell.refusedRules)).toBe(3);
  expect(totals.listener(0, listenerCell.droppedDatagrams)).toBe(3);
  expect(totals.listener(0, listenerCell.connections)).toBe(1);
  // One that has begun goes on, whatever later rules say.
  talk.reload({ ...two, listener: { mode: "udp", rules: rules({ connection: [rule(null, { kind: "drop" })] }) } });
  talk.client(1).sends("b");
  talk.play.expect("socket 1 gets b");
  talk.client(4).sends("c");
  talk.play.expect();
});

test("rules see an IPv4 client of a socket of all addresses by its IPv4 address", () => {
  const only = rules({ connection: [rule("!(src in cidr('192.0.2.0/24'))", { kind: "reject" })] });
  const talk = new DatagramTalk({ ...two, listener: { mode: "udp", rules: only } });
  talk.listener.received(Buffer.from("a"), "::ffff:192.0.2.9", 9);
  talk.play.expect("open one:80", "socket 1 gets a");
  talk.listener.received(Buffer.from("b"), "2001:db8::9", 9);
  talk.play.expect();
});

test("rules see the address that is listened on, and none where it is all of them", () => {
  const only = rules({ connection: [rule("dst == null || dst == ip('10.0.0.1')", { kind: "reject" })] });
  for (const [host, isLetIn] of [
    ["127.0.0.1", true],
    ["10.0.0.1", false],
    ["0.0.0.0", false],
    ["::", false],
  ] as const) {
    const talk = new DatagramTalk({
      ...two,
      listener: { mode: "udp", rules: only, address: { kind: "tcp", host, port: 53 } },
    });
    talk.client(1).sends("a");
    talk.play.expect(...(isLetIn ? ["open one:80", "socket 1 gets a"] : []));
  }
});

test("each client has a session of its own", () => {
  const talk = new DatagramTalk(two);
  talk.client(1).sends("a");
  talk.client(2).sends("b");
  talk.play.expect("open one:80", "socket 1 gets a", "open two:80", "socket 2 gets b");
  talk.socket(2).sends("B");
  talk.socket(1).sends("A");
  talk.play.expect("client 2 gets B", "client 1 gets A");
  expect(talk.play.totals.active(0)).toBe(1);
});

test("the same address is the same server where the policy goes by address", () => {
  const talk = new DatagramTalk({ servers: ["one", "two", "three", "four"], balance: { policy: "ipHash" } });
  for (let port = 1; port <= 5; port++) talk.client(port).sends("");
  const opened = talk.play.take().filter((line) => line.startsWith("open"));
  expect(opened).toHaveLength(5);
  expect(new Set(opened).size).toBe(1);
});

test("what is under way stands in the gauges", () => {
  const { play } = answered();
  expect(play.totals.route(0, routeCell.open)).toBe(1);
  expect(play.totals.listener(0, listenerCell.connections)).toBe(1);
  expect(play.totals.server(0, serverCell.open)).toBe(1);
  expect(play.totals.active(0)).toBe(1);
});

test("a server that refuses before it has answered costs the client nothing: another one gets what it was sent", () => {
  const talk = new DatagramTalk(two);
  const client = talk.client(1);
  client.sends("a");
  client.sends("b");
  talk.play.take();
  talk.socket(1).refuses();
  talk.play.expect("socket 1 closed", "open two:80", "socket 2 gets a", "socket 2 gets b");
  talk.socket(2).sends("A");
  talk.play.expect(client.gets("A"));
  const { totals } = talk.play;
  expect(totals.server(0, serverCell.connectFailures)).toBe(1);
  expect(totals.consecutiveFailures(0)).toBe(1);
  expect(totals.pool(0, poolCell.redispatches)).toBe(1);
  expect(totals.active(0)).toBe(0);
  expect(totals.active(1)).toBe(1);
});

test("what was sent long ago was not refused now", () => {
  const talk = new DatagramTalk(two);
  talk.client(1).sends("old");
  talk.play.pass(30_000);
  talk.client(1).sends("new");
  talk.play.take();
  talk.socket(1).refuses();
  talk.play.expect("socket 1 closed", "open two:80", "socket 2 gets new");
});

test("an answer ends a server's row of failures", () => {
  const talk = new DatagramTalk({ servers: ["one"] });
  talk.client(1).sends("a");
  talk.socket(1).refuses();
  expect(talk.play.totals.consecutiveFailures(0)).toBe(1);
  talk.client(1).sends("b");
  talk.socket(2).sends("B");
  expect(talk.play.totals.consecutiveFailures(0)).toBe(0);
});

test("when nobody takes it the session is over, with the reason", () => {
  const talk = new DatagramTalk(two);
  talk.client(1).sends("a");
  talk.socket(1).refuses();
  talk.play.take();
  talk.socket(2).refuses();
  talk.play.expect("socket 2 closed", "report two:80 connect_refused");
  talk.play.expectNothingLeft();
  expect(talk.play.totals.route(0, routeCell.dropped)).toBe(1);
  expect(talk.play.totals.route(0, routeCell.sessions)).toBe(0);
  expect(talk.reports[0]!.attempts).toBe(2);
});

test("without redispatch, and beyond the tries that are allowed, a refusal is the end", () => {
  for (const pool of [{ redispatch: false }, { retries: 0 }]) {
    const talk = new DatagramTalk({ ...two, pool });
    talk.client(1).sends("a");
    talk.play.take();
    talk.socket(1).refuses();
    talk.play.expect("socket 1 closed", "report one:80 connect_refused");
  }
});

test("a server that has answered and then refuses ends the session; the next datagram begins another", () => {
  const { talk, play, client } = answered(two);
  client.sends("more");
  talk.socket(1).refuses();
  play.expect("socket 1 gets more", "socket 1 closed", "report one:80 server_reset");
  expect(play.totals.server(0, serverCell.connectFailures)).toBe(0);
  client.sends("again");
  play.expect("open two:80", "socket 2 gets again");
});

test("a server to which no socket can be opened is passed over", () => {
  const talk = new DatagramTalk(two);
  talk.nextFault = fault("connect_refused");
  talk.client(1).sends("a");
  talk.play.expect("open one:80 fails", "open two:80", "socket 1 gets a");
  expect(talk.play.totals.server(0, serverCell.connectFailures)).toBe(1);
  const alone = new DatagramTalk({ servers: ["one"] });
  alone.nextFault = fault("connect_refused");
  alone.client(1).sends("a");
  alone.play.expect("open one:80 fails", "report one:80 connect_refused");
  alone.play.expectNothingLeft();
  expect(alone.play.totals.listener(0, listenerCell.droppedDatagrams)).toBe(1);
});

test("what this machine had no room for is tried elsewhere, and is no failure of the server", () => {
  const talk = new DatagramTalk(two);
  talk.nextFault = faultWith("connect_refused", "EADDRINUSE");
  talk.client(1).sends("a");
  talk.play.expect("open one:80 fails", "open two:80", "socket 1 gets a");
  expect(talk.play.totals.server(0, serverCell.connectFailures)).toBe(0);
  expect(talk.play.totals.consecutiveFailures(0)).toBe(0);
});

test("sessions are counted while they last, for those who ask what is left of the descriptors", () => {
  const talk = new DatagramTalk({ servers: ["one"] });
  const count = (): number => talk.play.totals.worker(workerCell.datagramSessions);
  for (const port of [1, 2]) talk.client(port).sends("a");
  expect(count()).toBe(2);
  talk.play.context.cut();
  expect(count()).toBe(0);
});

test("a server that goes down keeps no session: the next datagram goes elsewhere", () => {
  const { talk, play, client } = answered(two);
  play.setServer(0, false);
  talk.socket(1).sends("last words");
  play.expect(client.gets("last words"));
  client.sends("more");
  play.expect("socket 1 closed", "report one:80 over", "open two:80", "socket 2 gets more");
  play.expect();
});

test("a server that is drained keeps its sessions and gets no new ones", () => {
  const { talk, play, client } = answered(two);
  const board = new Board(new Arena(new Uint8Array(play.tally.words.buffer)));
  board.write(0, { health: health.up, admin: admin.drain, isEjected: false, rampPermille: 1000, isEligible: false });
  board.publish();
  client.sends("more");
  talk.client(2).sends("a");
  talk.client(3).sends("b");
  play.expect("socket 1 gets more", "open two:80", "socket 2 gets a", "open two:80", "socket 3 gets b");
});

test("a server that leaves the plan keeps no session; one that stays does", () => {
  const { talk, play, client } = answered(two);
  talk.reload({ servers: ["one", "three"] });
  client.sends("more");
  play.expect("socket 1 gets more");
  talk.reload({ servers: ["two"] });
  client.sends("again");
  play.expect("socket 1 closed", "report one:80 over", "open two:80", "socket 2 gets again");
});

test("a reload's limits and times hold for sessions under way", () => {
  const { talk, play, client } = answered();
  talk.reload({ downstream: { tunnelMs: 1_000 } });
  client.sends("more");
  play.take();
  play.pass(1_100);
  play.expect("socket 1 closed", "report one:80 over");
  play.expectNothingLeft();
});

test("there is no waiting: without a server, or with all at their limit, a datagram is dropped and counted", () => {
  const full = new DatagramTalk({ server: { connectionsMax: 1 } });
  full.client(1).sends("a");
  full.play.take();
  full.client(2).sends("b");
  full.play.expect();
  expect(full.play.totals.pool(0, poolCell.queueFull)).toBe(1);
  expect(full.play.totals.listener(0, listenerCell.droppedDatagrams)).toBe(1);
  expect(full.play.totals.route(0, routeCell.dropped)).toBe(1);
  const down = new DatagramTalk();
  down.play.setServer(0, false);
  down.client(1).sends("a");
  down.play.expect();
  expect(down.play.totals.pool(0, poolCell.noServer)).toBe(1);
  down.play.expectNothingLeft();
});

test("a listener has only so many sessions, and a worker only so many descriptors", () => {
  const talk = new DatagramTalk({ listener: { connectionsMax: 1, mode: "udp" } });
  talk.client(1).sends("a");
  talk.play.take();
  talk.client(2).sends("b");
  talk.play.expect();
  expect(talk.play.totals.listener(0, listenerCell.refusedLimit)).toBe(1);
  const poor = new DatagramTalk();
  poor.isRoomy = false;
  poor.client(1).sends("a");
  poor.play.expect();
  expect(poor.play.totals.listener(0, listenerCell.refusedLimit)).toBe(1);
  expect(poor.play.totals.listener(0, listenerCell.accepted)).toBe(0);
});

test("what finds no room in a socket is lost, and counted", () => {
  const { talk, play, client } = answered();
  talk.socket(1).isFull = true;
  client.sends("lost");
  talk.isFull = true;
  talk.socket(1).sends("lost too");
  play.take();
  expect(play.totals.listener(0, listenerCell.droppedDatagrams)).toBe(2);
  expect(play.totals.server(0, serverCell.bytesSent)).toBe(4);
  expect(play.totals.listener(0, listenerCell.bytesSent)).toBe(4);
});
