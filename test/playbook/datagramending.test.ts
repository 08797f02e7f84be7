import { expect, test } from "bun:test";
import { listenerCell, routeCell, serverCell, workerCell } from "../../src/memory/tally.ts";
import { answered, DatagramTalk } from "./datagrams.ts";

const two = { servers: ["one", "two"] };

test("a session ends when both sides are silent, and is counted and reported once", () => {
  const { talk, play, client } = answered();
  play.pass(59_000);
  client.sends("still there");
  play.expect("socket 1 gets still there");
  play.pass(59_000);
  play.expect();
  play.pass(1_100);
  play.expect("socket 1 closed", "report one:80 over");
  play.expectNothingLeft();
  const { totals } = play;
  expect(totals.route(0, routeCell.sessions)).toBe(1);
  expect(totals.route(0, routeCell.open)).toBe(0);
  expect([totals.route(0, routeCell.bytesUp), totals.route(0, routeCell.bytesDown)]).toEqual([15, 4]);
  expect(totals.listener(0, listenerCell.accepted)).toBe(1);
  expect(totals.listener(0, listenerCell.connections)).toBe(0);
  expect([totals.listener(0, listenerCell.bytesReceived), totals.listener(0, listenerCell.bytesSent)]).toEqual([15, 4]);
  expect([totals.server(0, serverCell.calls), totals.server(0, serverCell.open)]).toEqual([1, 0]);
  expect([totals.server(0, serverCell.bytesSent), totals.server(0, serverCell.bytesReceived)]).toEqual([15, 4]);
  expect(totals.worker(workerCell.connections)).toBe(0);
  const [report] = talk.reports;
  expect([report!.requests, report!.responses, report!.bytesUp, report!.bytesDown]).toEqual([2, 1, 15, 4]);
});

test("a silent client, and a silent server, may have times of their own", () => {
  const one = answered({ downstream: { clientIdleMs: 10_000 } });
  one.play.pass(9_000);
  one.talk.socket(1).sends("more");
  one.play.take();
  one.play.pass(1_100);
  one.play.expect("socket 1 closed", "report one:80 client_idle");
  const other = answered({ upstream: { serverIdleMs: 10_000 } });
  other.play.pass(9_000);
  other.client.sends("more");
  other.play.take();
  other.play.pass(1_100);
  other.play.expect("socket 1 closed", "report one:80 server_idle");
  expect(other.play.totals.route(0, routeCell.aborted)).toBe(1);
  other.play.expectNothingLeft();
});

test("after so many requests the next one begins another session; the last answer is still passed on", () => {
  const talk = new DatagramTalk({ ...two, udp: { requestsMax: 2 } });
  const client = talk.client(1);
  for (const text of ["a", "b", "c"]) client.sends(text);
  talk.play.expect("open one:80", "socket 1 gets a", "socket 1 gets b", "open two:80", "socket 2 gets c");
  talk.socket(1).sends("B");
  talk.socket(2).sends("C");
  talk.play.expect(client.gets("B"), client.gets("C"));
  // The first one takes nothing any more and is soon over; the second goes on.
  talk.play.pass(5_100);
  talk.play.expect("socket 1 closed", "report one:80 over");
  client.sends("d");
  talk.play.expect("socket 2 gets d");
});

test("after so many responses the session is over", () => {
  const talk = new DatagramTalk({ ...two, udp: { responsesMax: 1 } });
  const client = talk.client(1);
  client.sends("a");
  talk.socket(1).sends("A");
  talk.play.expect("open one:80", "socket 1 gets a", client.gets("A"), "socket 1 closed", "report one:80 over");
  client.sends("b");
  talk.play.expect("open two:80", "socket 2 gets b");
});

test("one request and one response a session: every question may go to another server", () => {
  const talk = new DatagramTalk({ ...two, udp: { requestsMax: 1, responsesMax: 1 } });
  const client = talk.client(1);
  client.sends("a");
  client.sends("b");
  talk.socket(1).sends("A");
  talk.socket(2).sends("B");
  talk.play.expectAmong(client.gets("A"), client.gets("B"));
  talk.play.expectNothingLeft();
});

test("a worker that drains takes nobody new, lets sessions live, and waits less for silent ones", () => {
  const { talk, play, client } = answered();
  play.drain();
  talk.client(2).sends("too late");
  play.expect();
  play.pass(4_000);
  client.sends("more");
  play.expect("socket 1 gets more");
  play.pass(4_000);
  play.expect();
  play.pass(1_100);
  play.expect("socket 1 closed", "report one:80 over");
  play.expectNothingLeft();
});

test("what the end of a drain cuts is reported as that", () => {
  const { play } = answered();
  play.drain();
  play.cut();
  play.expect("socket 1 closed", "report one:80 draining");
  play.expectNothingLeft();
});

test("sessions outlive their listener behind doors of their own", () => {
  const { talk, play, client } = answered(two);
  talk.client(2).sends("a");
  play.take();
  talk.listener.close((_address, port) => (port === 1 ? talk.door("door") : null));
  play.expect("socket 2 closed", "report two:80 draining");
  talk.socket(1).sends("more");
  play.expect(`${client.gets("more")} by door`);
  client.sends("yes");
  talk.client(3).sends("anybody?");
  play.expect("socket 1 gets yes");
  play.pass(61_000);
  play.expect("socket 1 closed", "door closed", "report one:80 over");
  play.expectNothingLeft();
});

test("one who is banned has its session ended, and begins none while the ban lasts", () => {
  const talk = new DatagramTalk();
  const client = talk.client(1);
  client.sends("a");
  talk.play.take();
  talk.play.memory.ban("192.0.2.1", talk.play.wallMs / 1000 + 60);
  client.sends("b");
  talk.play.expect("socket 1 closed", "report one:80 banned");
  client.sends("c");
  talk.play.expect();
  const cells = [listenerCell.banned, listenerCell.droppedDatagrams];
  expect(cells.map((cell) => talk.play.totals.listener(0, cell))).toEqual([2, 2]);
  talk.play.pass(61_000);
  client.sends("d");
  talk.play.expectAmong("open one:80", "socket 2 gets d");
});
