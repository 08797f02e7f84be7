// How long a connection of HTTP/2 waits for the rest of what has begun: half a preface, half a frame, half a header block, with and without
// other streams under way. What comes in full, however it is cut, is waited for anew, and what we do not read is not held against
// the client.

import { expect, test } from "bun:test";
import { data, frame, headers, ping, preface, Type } from "../../../test/e2e/harness/http2/frames.ts";
import { makeClient, makeClientTls } from "../../../test/playbook/client.ts";
import { Caller, head } from "../../../test/playbook/http2.ts";
import { ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import { listenerCell, workerCell } from "../../memory/tally.ts";

const leaving = ["GOAWAY all NO_ERROR", "PING 00000000"];

function begin(): { play: Playbook; caller: Caller } {
  const play = new Playbook();
  return { play, caller: new Caller(play) };
}

function expectOver(play: Playbook): void {
  play.expectNothingLeft();
  expect(play.totals.listener(0, listenerCell.connections)).toBe(0);
  expect(play.totals.worker(workerCell.connections)).toBe(0);
}

test("half a preface, half a frame and half a header block have a time of their own", () => {
  const halves: readonly Buffer[] = [Buffer.from([0, 0]), headers(1, Buffer.alloc(3), 0), head(1, "/").subarray(0, 12)];
  for (const half of halves) {
    const { play, caller } = begin();
    play.pass(30_000);
    caller.says(half);
    play.pass(9_800);
    caller.expect();
    play.pass(400);
    caller.expect(...leaving);
  }
  const play = new Playbook();
  const client = play.connect(makeClient("192.0.2.1", { tls: makeClientTls({ alpn: "h2" }) }));
  client.sends(preface.subarray(0, 20).toString("latin1"));
  play.take();
  play.pass(10_200);
  play.pass(2_200);
  play.pass(2_200);
  expect(play.take().at(-1)).toBe(client.is("destroyed"));
  expectOver(play);
});

test("half a frame that goes on and on in little is not waited for longer", () => {
  const { play, caller } = begin();
  const bytes = head(1, "/", { fields: [["x", "y".repeat(100)]] });
  for (let at = 0; at < 20 && caller.actor.flow !== null; at++) {
    caller.says(bytes.subarray(at, at + 1));
    play.pass(1_000);
  }
  expect(caller.hears()).toContain("GOAWAY all NO_ERROR");
});

test("half a frame and half a header block have it while other streams are under way, which go on", () => {
  const bytes = headers(3, Buffer.alloc(40), 0);
  const trickles: readonly ((at: number) => Buffer)[] = [
    (at) => bytes.subarray(at, at + 1),
    (at) => (at === 0 ? headers(3, Buffer.alloc(3), 0) : frame(Type.continuation, 0, 3, Buffer.alloc(1))),
  ];
  for (const trickle of trickles) {
    const { play, caller } = begin();
    caller.asks(1);
    const server = play.accept();
    server.sends("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
    caller.hears();
    play.pass(5_000);
    for (let at = 0; at < 10; at++) {
      caller.says(trickle(at));
      play.pass(980);
      server.sends("a");
      caller.expect('DATA 1 "a"');
    }
    play.pass(400);
    caller.expect(...leaving);
    play.pass(2_200);
    caller.expect("GOAWAY 1 NO_ERROR");
    server.sends("bc");
    const said = caller.hears();
    expect(said).toContain('DATA 1 "bc" END');
    expect(said.at(-1)).toBe(caller.actor.is("ended"));
    play.pass(2_200);
    caller.hears();
    expectOver(play);
  }
});

test("frames that are cut, each of which comes in full, are waited for as long as they come", () => {
  const { play, caller } = begin();
  caller.asks(1, "/", { method: "POST", isOpen: true });
  const server = play.accept();
  const bytes = data(1, "abc");
  caller.says(bytes.subarray(0, 5));
  for (let count = 0; count < 30; count++) {
    play.pass(1_000);
    caller.says(Buffer.concat([bytes.subarray(5), bytes.subarray(0, 5)]));
  }
  caller.says(bytes.subarray(5), head(3, "/").subarray(0, 4));
  play.pass(9_000);
  caller.says(head(3, "/").subarray(4), headers(5, Buffer.alloc(3), 0));
  play.pass(9_000);
  expect(caller.hears().join()).not.toContain("GOAWAY");
  play.pass(1_200);
  expect(caller.hears()).toContain("GOAWAY all NO_ERROR");
  server.sends(ok(""));
});

test("what we do not read is not waited for", () => {
  const { play, caller } = begin();
  caller.asks(1);
  play.accept().sends("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
  caller.actor.isFull = true;
  for (let count = 0; count < 300 && !caller.actor.isPaused; count++) caller.says(ping());
  caller.says(head(3, "/").subarray(0, 12));
  play.pass(11_000);
  caller.actor.drains();
  play.pass(9_800);
  expect(caller.hears().join()).not.toContain("GOAWAY");
  play.pass(400);
  expect(caller.hears()).toContain("GOAWAY all NO_ERROR");
});
