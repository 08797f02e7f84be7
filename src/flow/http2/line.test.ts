// What an exchange answers, as the frames of its stream: how bodies end, what has none, and how windows bound them.

import { expect, test } from "bun:test";
import { resetStream, settings, windowUpdate } from "../../../test/e2e/harness/http2/frames.ts";
import type { Actor } from "../../../test/playbook/actor.ts";
import { cached, date, filled, fresh } from "../../../test/playbook/caching.ts";
import { type Asking, Caller } from "../../../test/playbook/http2.ts";
import type { PlanOptions } from "../../../test/playbook/plan.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";

function asked(
  asking: Asking = {},
  window = -1,
  options: PlanOptions = {},
): { caller: Caller; server: Actor; play: Playbook } {
  const play = new Playbook(options);
  const caller = new Caller(play, { window });
  caller.asks(1, "/", asking);
  const server = play.accept();
  caller.hears();
  caller.sends = 0;
  return { play, caller, server };
}

test("head and body leave together, and the body's last frame ends the stream", () => {
  const { play, caller, server } = asked();
  server.sends(ok("hello"));
  caller.expect("HEADERS 1 200 content-length=5", 'DATA 1 "hello" END', "report 200");
  expect(caller.sends).toBe(1);
  play.expectNothingLeftBut(1);
});

test("without content the head ends the stream", () => {
  for (const [answer, words, method] of [
    [ok(""), "200 content-length=0", "GET"],
    ["HTTP/1.1 204 No Content\r\n\r\n", "204", "GET"],
    ["HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", "304 etag=x", "GET"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200 content-length=5", "HEAD"],
  ] as const) {
    const { caller, server } = asked({ method });
    server.sends(answer);
    expect(caller.hears()[0]).toBe(`HEADERS 1 ${words} END`);
  }
});

test("chunks are opened, and what they end with goes on", () => {
  const { caller, server } = asked();
  server.sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n2;a=b\r\nab\r\n");
  caller.expect("HEADERS 1 200 trailer=x-sum", 'DATA 1 "ab"');
  server.sends("3\r\ncde\r\n0\r\nX-Sum: 9\r\n\r\n");
  caller.expect('DATA 1 "cde"', "HEADERS 1 x-sum=9 END", "report 200");
});

test("an end that comes by itself is an empty frame", () => {
  const { caller, server } = asked();
  server.sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
  caller.hears();
  server.sends("0\r\n\r\n");
  caller.expect("DATA 1 END", "report 200");
});

test("a body that ends with its connection is whole by that", () => {
  const { caller, server } = asked();
  server.sends("HTTP/1.1 200 OK\r\n\r\nab");
  caller.hears();
  server.ends();
  expect(caller.hears()).toContain("DATA 1 END");
});

test("interim responses go before the answer, and end nothing", () => {
  const { caller, server } = asked();
  server.sends("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n");
  server.sends(ok("x"));
  caller.expect(
    "HEADERS 1 103 link=</a>",
    "HEADERS 1 103 link=</b>",
    "HEADERS 1 200 content-length=1",
    'DATA 1 "x" END',
    "report 200",
  );
});

test("content goes out as far as the stream's window reaches, and the rest when it opens", () => {
  const { play, caller, server } = asked({}, 4);
  server.sends(ok("0123456789"));
  caller.expect("HEADERS 1 200 content-length=10", 'DATA 1 "0123"', "report 200");
  caller.says(windowUpdate(1, 1));
  caller.expect('DATA 1 "4"');
  caller.says(windowUpdate(1, 100));
  caller.expect('DATA 1 "56789" END');
  play.expectNothingLeftBut(1);
});

test("a window of nothing holds content, and not heads nor ends without content", () => {
  const { caller, server } = asked({}, 0);
  server.sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  caller.expect("HEADERS 1 200");
  server.sends("0\r\n\r\n");
  caller.expect("DATA 1 END", "report 200");
});

test("trailers wait for the content before them", () => {
  const { caller, server } = asked({}, 1);
  server.sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 9\r\n\r\n");
  caller.expect("HEADERS 1 200", 'DATA 1 "a"', "report 200");
  caller.says(windowUpdate(1, 1));
  caller.expect('DATA 1 "b"', "HEADERS 1 x-sum=9 END");
});

test("SETTINGS that take a window away make it negative, and it has to be opened that much further", () => {
  const { caller, server } = asked({}, 10);
  server.sends(ok("0123456789abcdefghij"));
  caller.expect("HEADERS 1 200 content-length=20", 'DATA 1 "0123456789"', "report 200");
  caller.says(settings([4, 3]), windowUpdate(1, 7));
  caller.expect("SETTINGS ACK");
  caller.says(windowUpdate(1, 1));
  caller.expect('DATA 1 "a"');
  caller.says(settings([4, 5]));
  caller.expect("SETTINGS ACK", 'DATA 1 "bc"');
  caller.says(settings([4, 100]));
  caller.expect("SETTINGS ACK", 'DATA 1 "defghij" END');
});

test("a server waits for a client that opens no window, and goes on when it does", () => {
  const { caller, server } = asked({}, 100_000);
  server.sends(`HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${"x".repeat(100_000)}`);
  const said = caller.hears();
  expect(said.filter((line) => line.startsWith("DATA 1 [")).length).toBe(4);
  expect(said.at(-1)).toBe(server.is("paused"));
  server.sends("x".repeat(60_000));
  caller.expect();
  caller.says(windowUpdate(0, 1_000_000), windowUpdate(1, 1_000_000));
  expect(caller.hears().filter((line) => line.startsWith("DATA")).length).toBeGreaterThan(4);
  expect(server.isPaused).toBe(false);
  server.sends("x".repeat(40_000));
  expect(caller.hears().slice(-2)).toEqual(["DATA 1 [7232] END", "report 200"]);
});

test("no frame is longer than all may be, and a large body is framed whole", () => {
  const { caller, server } = asked({}, 1_000_000);
  caller.says(windowUpdate(0, 1_000_000));
  server.sends(ok("y".repeat(40_000)));
  caller.expect(
    "HEADERS 1 200 content-length=40000",
    "DATA 1 [16384]",
    "DATA 1 [16384]",
    "DATA 1 [7232] END",
    "report 200",
  );
});

test("who opens no window loses the stream in time, and the others go on", () => {
  const { play, caller, server } = asked({}, 1);
  server.sends(ok("0123456789"));
  caller.hears();
  play.pass(29_900);
  caller.expect();
  // What was held at first may have been less before.
  play.pass(30_300);
  caller.expect(server.is("destroyed"), "RST_STREAM 1 CANCEL");
  caller.asks(3);
  caller.expect("dial one:80");
});

test("who takes a little in that time keeps it", () => {
  const { play, caller, server } = asked({}, 1);
  server.sends(ok("0123456789"));
  caller.hears();
  for (let at = 1; at < 9; at++) {
    play.pass(20_000);
    caller.says(windowUpdate(1, 1));
    expect(caller.hears()).toContain(`DATA 1 "${at}"`);
  }
  caller.says(windowUpdate(1, 1));
  caller.expect('DATA 1 "9" END');
});

test("a client that stalls while its server goes on is told of as that", () => {
  const { play, caller, server } = asked({}, 1);
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
  server.sends("x".repeat(70_000));
  caller.hears();
  play.pass(61_000);
  const said = caller.hears();
  expect(said).toContain("RST_STREAM 1 INTERNAL_ERROR");
  expect(said).toContain("report 200 client_stalled");
  play.expectNothingLeftBut(1);
});

test("a server that leaves in the middle has the stream reset, and never ended", () => {
  for (const leave of [(server: Actor) => server.closes(), (server: Actor) => server.ends()]) {
    const { play, caller, server } = asked();
    server.sends("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    caller.expect("HEADERS 1 200 content-length=10", 'DATA 1 "abc"');
    leave(server);
    const said = caller.hears();
    expect(said).toContain("RST_STREAM 1 INTERNAL_ERROR");
    expect(said.join()).not.toContain("END");
    play.expectNothingLeftBut(1);
  }
});

test("what is held of a stream that is taken back is thrown away", () => {
  const { play, caller, server } = asked({}, 1);
  server.sends(ok("0123456789"));
  caller.hears();
  caller.says(resetStream(1), windowUpdate(1, 100), windowUpdate(0, 100));
  caller.expect();
  play.expectNothingLeftBut(1);
});

/** A cache has the content, and the client has asked for it. */
function hit(content: string, window: number): { play: Playbook; caller: Caller } {
  const play = new Playbook(cached({ isTold: false }));
  filled(
    play,
    get("/"),
    `HTTP/1.1 200 OK\r\n${date}\r\n${fresh}\r\nContent-Length: ${content.length}\r\n\r\n${content}`,
  );
  const caller = new Caller(play, { isKnown: false, window });
  caller.asks(1);
  return { play, caller };
}

test("what a cache offers is taken as far as windows reach, and asked for again when they open", () => {
  const { play, caller } = hit("y".repeat(60_000), 40_000);
  const said = caller.hears();
  expect(said.at(-1)).toBe("DATA 1 [7232]");
  caller.says(windowUpdate(1, 1));
  caller.expect('DATA 1 "y"');
  caller.says(settings([4, 0]), windowUpdate(1, 40_000));
  caller.expect("SETTINGS ACK");
  caller.says(windowUpdate(1, 10_000), windowUpdate(1, 90_000));
  const rest = caller.hears();
  expect(rest).toContain("report 200");
  expect(rest.at(-1)).toBe("DATA 1 [3615] END");
  play.expectNothingLeftBut(2);
});

test("much that a cache offers goes through a line that takes little, whole", () => {
  const { play, caller } = hit("y".repeat(300_000), 1_000_000);
  caller.says(windowUpdate(0, 1_000_000));
  let sum = 0;
  for (let turns = 0; turns < 50; turns++) {
    for (const line of caller.hears()) sum += Number(/^DATA 1 \[(\d+)\]/.exec(line)?.[1] ?? 0);
    caller.actor.isFull = true;
    caller.says(windowUpdate(0, 1));
    caller.actor.drains();
  }
  expect(sum).toBe(300_000);
  play.expectNothingLeftBut(2);
});

test("who takes back what a cache offers lets go of it", () => {
  const { play, caller } = hit("y".repeat(60_000), 4);
  caller.hears();
  caller.says(resetStream(1));
  caller.expect("report 200 client_closed");
  caller.says(windowUpdate(0, 100));
  caller.expect();
  play.expectNothingLeftBut(2);
});
