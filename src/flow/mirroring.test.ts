// Copies of requests for another pool: made when all of the request is there, and never in the way of the original.

import { expect, test } from "bun:test";
import { get, ok, put } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import type { MirrorPlan } from "../config/plan.ts";
import { poolCell } from "../memory/tally.ts";

function mirrored(own: Partial<MirrorPlan> = {}): Playbook {
  const mirror: MirrorPlan = { pool: 1, share: 1, bodyBytesMax: 20, concurrencyMax: 2, ...own };
  return new Playbook({ pools: ["shadow"], own: { app: { mirror } } });
}

const count = (play: Playbook, cell: number): number => play.totals.pool(0, cell);

test("a request goes to both pools, and the copy's answer goes nowhere", () => {
  const play = mirrored();
  const client = play.connect();
  client.sends(get("/a?b", "X-One: 1"));
  play.expect("dial shadow:80", "dial one:80");
  const shadow = play.accept();
  const server = play.accept();
  play.expect(shadow.gets(get("/a?b", "X-One: 1")), server.gets(get("/a?b", "X-One: 1")));
  shadow.sends(ok("from the shadow"));
  play.expect();
  server.sends(ok("hello"));
  play.expect(client.gets(ok("hello")), "report 200");
  expect([count(play, poolCell.mirrored), count(play, poolCell.mirrorSkipped)]).toEqual([1, 0]);
  play.expectNothingLeftBut(1);
});

test("a body is copied as it passes, its framing with it, and the original does not wait for that", () => {
  for (const pieces of [
    [`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01`, "234", "56789"],
    ["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n0", "12\r\n", "1\r\n3\r\n0\r\n\r\n"],
  ]) {
    const play = mirrored();
    const client = play.connect();
    client.sends(pieces[0]!);
    play.expect(client.is("paused"), "dial one:80");
    const server = play.accept();
    play.expect(server.gets(pieces[0]!), client.is("resumed"));
    client.sends(pieces[1]!);
    client.sends(pieces[2]!);
    play.expectAmong("dial shadow:80");
    const shadow = play.accept();
    play.expect(shadow.gets(pieces.join("")));
    server.sends(ok("done"));
    play.expect(client.gets(ok("done")), "report 200");
    shadow.closes();
    play.expect();
    play.expectNothingLeftBut(1);
  }
});

test("long bodies are not copied, whether their length is told or not", () => {
  const play = mirrored();
  const client = play.connect();
  client.sends(put("POST", "x".repeat(21)));
  play.expect("dial one:80");
  play.accept().sends(ok(""));
  play.take();
  client.sends("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n");
  client.sends("a\r\n0123456789\r\n0\r\n\r\n");
  expect(play.dialing).toBe(0);
  expect([count(play, poolCell.mirrored), count(play, poolCell.mirrorSkipped)]).toEqual([0, 2]);
});

test("only so many copies are under way at once, and one that has ended makes room", () => {
  const play = mirrored({ concurrencyMax: 1 });
  const [first, second, third] = [play.connect(), play.connect(), play.connect()];
  first.sends(get("/1"));
  second.sends(get("/2"));
  play.expect("dial shadow:80", "dial one:80", "dial one:80");
  play.refuse();
  third.sends(get("/3"));
  play.expectAmong("dial shadow:80");
  expect([count(play, poolCell.mirrored), count(play, poolCell.mirrorSkipped)]).toEqual([2, 1]);
});

test("a share of requests is copied", () => {
  const dials = (share: number): number => {
    const play = mirrored({ share });
    play.connect().sends(get("/"));
    return play.dialing;
  };
  // Chance is 0.5 here.
  expect([dials(0.4), dials(0.6), dials(0)]).toEqual([1, 2, 1]);
});

test("a copy outlives its client, fails alone, and upgrades have none", () => {
  const play = mirrored();
  const client = play.connect();
  client.sends(get("/"));
  const shadow = play.accept();
  play.accept();
  client.closes();
  play.expectAmong("report 0 client_closed");
  shadow.sends("HTTP/1.1 nonsense\r\n\r\n");
  play.take();
  play.expectNothingLeft();
  play.connect().sends(get("/", "Connection: Upgrade", "Upgrade: websocket"));
  play.expect("dial one:80");
});
