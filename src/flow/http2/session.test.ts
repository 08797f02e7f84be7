// The life of a connection of HTTP/2: how it rests, gives way, is told to go, drained, cut and left, and what it obeys when plans change.

import { expect, test } from "bun:test";
import { data, Flag, frame, ping, settings, Type, windowUpdate } from "../../../test/e2e/harness/http2/frames.ts";
import { makeClient, makeClientTls } from "../../../test/playbook/client.ts";
import { Caller, head } from "../../../test/playbook/http2.ts";
import type { PlanOptions } from "../../../test/playbook/plan.ts";
import { deny, rule, rules } from "../../../test/playbook/rules.ts";
import { ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import type { ListenerTlsPlan } from "../../config/plan.ts";
import { listenerCell, workerCell } from "../../memory/tally.ts";

const asked = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const pong = ping("\0\0\0\0\0\0\0\0", Flag.ack);
const leaving = ["GOAWAY all NO_ERROR", "PING 00000000"];

function begin(options: PlanOptions = {}): { play: Playbook; caller: Caller } {
  const play = new Playbook(options);
  return { play, caller: new Caller(play) };
}

/** Nothing of it is left, in what is counted either. */
function expectOver(play: Playbook): void {
  play.expectNothingLeft();
  expect(play.totals.listener(0, listenerCell.connections)).toBe(0);
  expect(play.totals.worker(workerCell.connections)).toBe(0);
}

test("its first words are what it takes", () => {
  const play = new Playbook({ limits: { streamsPerConnectionMax: 7, headBytesMax: 5_000 } });
  play.connect(makeClient("192.0.2.1", { tls: makeClientTls({ alpn: "h2" }) }));
  const [line] = play.take();
  const words = Buffer.from(JSON.parse(`"${line!.slice("client 1 gets ".length)}"`) as string, "latin1");
  expect(words).toEqual(
    Buffer.concat([settings([3, 7], [4, 262_144], [6, 5_000], [9, 1]), windowUpdate(0, 1_048_576 - 65_535)]),
  );
});

test("an idle one is told to go, and closed when it knows", () => {
  const { play, caller } = begin();
  play.pass(59_800);
  caller.expect();
  play.pass(400);
  caller.expect(...leaving);
  caller.says(pong);
  caller.expect("GOAWAY 0 NO_ERROR", caller.actor.is("ended"));
  caller.actor.ends();
  caller.expect(caller.actor.is("destroyed"));
  expectOver(play);
});

test("one that does not answer is closed all the same", () => {
  const { play, caller } = begin();
  play.pass(60_200);
  caller.expect(...leaving);
  play.pass(2_200);
  caller.expect("GOAWAY 0 NO_ERROR", caller.actor.is("ended"));
  play.pass(2_200);
  caller.expect(caller.actor.is("destroyed"));
  expectOver(play);
});

test("a request puts the rest off, and its answer begins it anew", () => {
  const { play, caller } = begin();
  play.pass(50_000);
  caller.asks(1);
  const server = play.accept();
  play.pass(20_000);
  server.sends(ok(""));
  play.pass(59_000);
  expect(caller.hears().join()).not.toContain("GOAWAY");
  play.pass(1_500);
  expect(caller.hears()).toContain("GOAWAY all NO_ERROR");
});

test("a PING does not put the rest off", () => {
  const { play, caller } = begin();
  for (let count = 0; count < 11; count++) {
    play.pass(5_000);
    caller.says(ping());
  }
  expect(caller.hears().join()).not.toContain("GOAWAY");
  play.pass(5_200);
  expect(caller.hears()).toContain("GOAWAY all NO_ERROR");
});

test("requests that come together are begun a few at a time, and others have their turn", () => {
  const { play, caller } = begin();
  const all = [1, 3, 5, 7, 9, 11, 13].map((stream) => head(stream, "/"));
  caller.says(...all);
  caller.expect("dial one:80", "dial one:80", "dial one:80", caller.actor.is("paused"));
  play.turn();
  caller.expect("dial one:80", "dial one:80", "dial one:80");
  play.turn();
  caller.expect("dial one:80", caller.actor.is("resumed"));
  play.turn();
  caller.expect();
});

test("what comes while it gives way waits, and the client's end behind it", () => {
  const { play, caller } = begin();
  caller.says(...[1, 3, 5, 7].map((stream) => head(stream, "/")));
  caller.says(head(9, "/"));
  caller.actor.ends();
  expect(play.dialing).toBe(3);
  play.turn();
  expect(play.dialing).toBe(5);
  const servers = [1, 2, 3, 4, 5].map(() => play.accept());
  for (const server of servers) server.sends(ok(""));
  const said = caller.hears();
  expect(said.filter((line) => line.startsWith("HEADERS"))).toHaveLength(5);
  expect(said.at(-1)).toBe(caller.actor.is("destroyed"));
  expectOver(play);
});

test("one that is gone while it gives way does nothing when its turn comes", () => {
  const { play, caller } = begin();
  caller.says(...[1, 3, 5, 7].map((stream) => head(stream, "/")));
  caller.actor.closes();
  caller.hears();
  play.turn();
  caller.expect();
  while (play.dialing > 0) play.refuse();
  expectOver(play);
});

// ---- the client ends its side ----

test("who ends at rest is let go", () => {
  const { play, caller } = begin();
  caller.actor.ends();
  caller.expect(caller.actor.is("destroyed"));
  expectOver(play);
});

test("who has asked in full and ends is answered first", () => {
  const { play, caller } = begin();
  caller.asks(1);
  const server = play.accept();
  caller.actor.ends();
  caller.hears();
  server.sends(ok("hi"));
  caller.expect("HEADERS 1 200 content-length=2", 'DATA 1 "hi" END', "report 200", caller.actor.is("destroyed"));
  expectOver(play);
});

test("who ends inside of a request has asked nothing", () => {
  const { play, caller } = begin();
  caller.asks(1, "/", { method: "POST", isOpen: true });
  caller.asks(3);
  play.accept();
  const server = play.accept();
  caller.hears();
  caller.actor.ends();
  expect(caller.hears()).toContain("report 0 client_closed");
  server.sends(ok(""));
  expect(caller.hears()).toContain("HEADERS 3 200 content-length=0 END");
  expectOver(play);
});

test("where a close takes requests back, so does the end of a connection", () => {
  const { play, caller } = begin({ listener: { isAbortedByClose: true } });
  caller.asks(1);
  play.accept();
  caller.hears();
  caller.actor.ends();
  const said = caller.hears();
  expect(said).toContain("report 0 client_closed");
  expect(said.at(-1)).toBe(caller.actor.is("destroyed"));
  expectOver(play);
});

test("who ends inside of a frame is let go", () => {
  const { play, caller } = begin();
  caller.says(Buffer.from([0, 0, 9]));
  caller.actor.ends();
  caller.expect(caller.actor.is("destroyed"));
  expectOver(play);
});

test("who ends its half and takes nothing of what is held loses it in time", () => {
  const { play, caller } = begin();
  caller.asks(1);
  const server = play.accept();
  caller.actor.isFull = true;
  server.sends(ok("hi"));
  caller.actor.ends();
  caller.hears();
  play.pass(61_000);
  expect(caller.hears()).toContain(caller.actor.is("reset"));
  expectOver(play);
});

test("a connection that is gone ends all that was under way, each once", () => {
  const { play, caller } = begin();
  for (const stream of [1, 3, 5]) caller.asks(stream);
  play.accept().sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  play.accept();
  caller.hears();
  caller.actor.closes();
  const said = caller.hears();
  expect(said.filter((line) => line.startsWith("report")).sort()).toEqual([
    "report 0 client_closed",
    "report 0 client_closed",
    "report 200 client_closed",
  ]);
  while (play.dialing > 0) play.refuse();
  expectOver(play);
});

// ---- a line that takes nothing ----

test("who was told much and takes it at last is read on, though all that has come was looked at", () => {
  const { caller } = begin();
  caller.actor.isFull = true;
  caller.actor.heldBytes = 1;
  for (let count = 0; count < 200 && !caller.actor.isPaused; count++) caller.says(ping());
  expect(caller.actor.isPaused).toBe(true);
  caller.actor.drains();
  expect(caller.actor.isPaused).toBe(false);
});

test("a full line holds content back on all streams, and goes on with all of them", () => {
  const { play, caller } = begin();
  caller.asks(1);
  caller.asks(3);
  const [one, other] = [play.accept(), play.accept()];
  caller.hears();
  caller.actor.isFull = true;
  one.sends(ok("a".repeat(30)));
  other.sends(ok("b".repeat(30)));
  const before = caller.hears();
  expect(before.some((line) => line.startsWith("DATA 3"))).toBe(false);
  caller.actor.drains();
  expect(caller.hears()).toContain(`DATA 3 "${"b".repeat(30)}" END`);
  play.expectNothingLeftBut(1);
});

test("who asks for answers without end and takes none is not read on, until it takes them", () => {
  const { caller } = begin();
  caller.actor.isFull = true;
  let count = 0;
  for (; count < 300 && !caller.actor.isPaused; count++) caller.says(ping());
  expect(count).toBeWithin(128, 132);
  caller.says(ping("last one"));
  expect(caller.hears().join()).not.toContain("last one");
  caller.actor.drains();
  expect(caller.hears()).toContain("PING ACK last one");
  expect(caller.actor.isPaused).toBe(false);
});

test("two connections whose frames are made in one turn each get their own", () => {
  const play = new Playbook();
  const callers = [new Caller(play), new Caller(play)];
  callers[0]!.asks(1);
  callers[1]!.asks(1);
  const servers = [play.accept(), play.accept()];
  play.take();
  for (const [index, server] of servers.entries()) server.sends(ok(`for ${index}`));
  const said = play.take();
  for (const [index, caller] of callers.entries()) {
    const own = said.filter((line) => line.startsWith(`${caller.actor.name} gets`));
    expect(own).toHaveLength(1);
    expect(own[0]).toContain(`for ${index}`);
    expect(own[0]).not.toContain(`for ${1 - index}`);
  }
});

// ---- how many requests ----

test("after as many requests as there may be on a connection it is told to go, and they are answered", () => {
  const { play, caller } = begin({ limits: { requestsPerConnectionMax: 2 } });
  caller.asks(1);
  caller.expect("dial one:80");
  caller.asks(3);
  caller.expect("dial one:80", ...leaving);
  // It did not know yet.
  caller.asks(5);
  caller.expect("dial one:80");
  caller.says(pong);
  caller.expect("GOAWAY 5 NO_ERROR");
  // Now it did.
  caller.says(
    head(7, "/", { method: "POST", isOpen: true }),
    data(7, "abc"),
    windowUpdate(7, 9),
    frame(Type.resetStream, 0, 7, Buffer.alloc(4)),
  );
  caller.expect();
  expect(play.totals.listener(0, listenerCell.streamsRefused)).toBe(1);
  for (let count = 0; count < 3; count++) play.accept().sends(ok(""));
  const said = caller.hears();
  expect(said.filter((line) => line.startsWith("HEADERS"))).toHaveLength(3);
  expect(said.at(-1)).toBe(caller.actor.is("ended"));
  play.pass(2_200);
  caller.hears();
  expectOver(play);
});

test("one that is told to go while streams last ends with the last of them, though it never answered", () => {
  const { play, caller } = begin({ limits: { requestsPerConnectionMax: 1 } });
  caller.asks(1);
  const server = play.accept();
  caller.hears();
  play.pass(2_200);
  caller.expect("GOAWAY 1 NO_ERROR");
  server.sends(ok(""));
  caller.expect("HEADERS 1 200 content-length=0 END", "report 200", caller.actor.is("ended"));
  play.pass(2_200);
  caller.hears();
  expectOver(play);
});

// ---- drained, cut, another plan ----

test("a drain tells all to go, and waits for what is under way", () => {
  const { play, caller } = begin();
  const idle = new Caller(play);
  caller.asks(1);
  const server = play.accept();
  caller.hears();
  play.drain();
  const first = caller.hears();
  expect(first.slice(0, 2)).toEqual(leaving);
  caller.says(pong);
  caller.expect("GOAWAY 1 NO_ERROR");
  play.take();
  idle.says(pong);
  idle.expect("GOAWAY 0 NO_ERROR", idle.actor.is("ended"));
  server.sends(ok(""));
  expect(caller.hears().at(-1)).toBe(caller.actor.is("ended"));
  caller.actor.ends();
  idle.actor.ends();
  caller.hears();
  expectOver(play);
});

test("one that begins while all are told to go is told as well, and what it has asked by then is answered", () => {
  const play = new Playbook();
  play.drain();
  const caller = new Caller(play);
  caller.asks(1);
  play.accept().sends(ok("answered"));
  expect(caller.hears()).toContain('DATA 1 "answered" END');
  caller.says(pong);
  caller.expect("GOAWAY 1 NO_ERROR", caller.actor.is("ended"));
  play.pass(2_200);
  caller.hears();
  expectOver(play);
});

test("a cut ends everything, and reports it as that", () => {
  const { play, caller } = begin();
  caller.asks(1);
  caller.asks(3);
  play.accept().sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  caller.hears();
  play.drain();
  caller.hears();
  play.cut();
  const said = caller.hears();
  expect(said.filter((line) => line.startsWith("report")).sort()).toEqual(["report 0 draining", "report 200 draining"]);
  expect(said.at(-1)).toBe(caller.actor.is("reset"));
  while (play.dialing > 0) play.refuse();
  expectOver(play);
});

test("a cut at rest is a plain end", () => {
  const { play, caller } = begin();
  play.cut();
  caller.expect(caller.actor.is("destroyed"));
  expectOver(play);
});

test("another plan is obeyed by the next stream, and the one under way ends as it began", () => {
  const { play, caller } = begin();
  caller.asks(1);
  const server = play.accept();
  caller.hears();
  play.reload({
    listener: { rules: rules({ request: [rule(null, deny())] }) },
    limits: { fieldsMax: 20 },
    generation: 2,
  });
  caller.asks(3);
  expect(caller.hears().some((line) => line.startsWith("HEADERS 3 403"))).toBe(true);
  server.sends(ok("old"));
  const said = caller.hears();
  expect(said).toContain('DATA 1 "old" END');
  expect(said).toContain("report 200");
  play.expectNothingLeftBut(1);
});

test("whose listener is of the plan no longer goes on as it last stood", () => {
  const { play, caller } = begin();
  play.reload({ listener: { name: "other", rules: rules({ request: [rule(null, deny())] }) }, generation: 2 });
  caller.asks(1);
  caller.expect("dial one:80");
});

test("who was let in by less than is asked now is told to go", () => {
  const tls: ListenerTlsPlan = {
    certificates: [],
    minVersion: "1.2",
    ciphers: null,
    alpn: [],
    clientCertificate: null,
    handshakeMs: 1,
  } as unknown as ListenerTlsPlan;
  const { play, caller } = begin({ listener: { tls } });
  caller.asks(1);
  const server = play.accept();
  caller.hears();
  play.reload({
    listener: { tls: { ...tls, clientCertificate: { ca: "x", mode: "required" } } as unknown as ListenerTlsPlan },
  });
  caller.expect(...leaving);
  caller.says(pong);
  caller.expect("GOAWAY 1 NO_ERROR");
  server.sends(ok(""));
  expect(caller.hears().at(-1)).toBe(caller.actor.is("ended"));
});

test("rules of connections have been played before, once", () => {
  const play = new Playbook({ listener: { rules: rules({ connection: [rule(null, { kind: "reset" })] }) } });
  const client = play.connect(makeClient("192.0.2.1", { tls: makeClientTls({ alpn: "h2" }) }));
  play.expect(client.is("reset"));
  expectOver(play);
});

test("a stream is a request to its server as any other, over a connection that is kept", () => {
  const { play, caller } = begin();
  caller.asks(1);
  const server = play.accept();
  server.sends(ok(""));
  caller.hears();
  caller.asks(3);
  caller.expect(server.gets(asked));
  server.sends(ok(""));
  caller.hears();
  play.expectNothingLeftBut(1);
});
