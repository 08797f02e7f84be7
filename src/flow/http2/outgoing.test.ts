// Frames on their way out: which leave together, whose turn it is, and what bounds them.

import { expect, test } from "bun:test";
import { data, ping, settings, windowUpdate } from "../../../test/e2e/harness/http2/frames.ts";
import type { Actor } from "../../../test/playbook/actor.ts";
import { Caller, head } from "../../../test/playbook/http2.ts";
import { ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";

/** So many streams, each at a server of its own. */
function asked(count: number, window = -1): { play: Playbook; caller: Caller; servers: Actor[] } {
  const play = new Playbook();
  const caller = new Caller(play, { window });
  const servers = Array.from({ length: count }, (_, index) => {
    caller.asks(index * 2 + 1);
    return play.accept();
  });
  caller.hears();
  caller.sends = 0;
  return { play, caller, servers };
}

const lengthOf = (line: string): number => Number(/\[(\d+)\]/.exec(line)?.[1] ?? 0);
const sumOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + lengthOf(line), 0);

test("what one read brings about leaves in one write", () => {
  const play = new Playbook();
  const caller = new Caller(play);
  caller.says(ping("11111111"), settings(), ping("22222222"), head(1, "/"));
  caller.expect("dial one:80", "PING ACK 11111111", "SETTINGS ACK", "PING ACK 22222222");
  expect(caller.sends).toBe(1);
});

test("the connection's window bounds all streams together, and they go on in turn", () => {
  const { caller, servers } = asked(3, 1_000_000);
  for (const server of servers) server.sends(ok("x".repeat(40_000)));
  const first = caller.hears();
  expect(sumOf(first)).toBe(65_535);
  caller.says(windowUpdate(0, 3 * 16_384));
  const said = caller.hears().filter((line) => line.startsWith("DATA"));
  expect(sumOf(said)).toBe(3 * 16_384);
  expect(new Set(said.map((line) => line.split(" ")[1])).size).toBeGreaterThan(1);
  caller.says(windowUpdate(0, 1_000_000));
  const rest = caller.hears();
  expect([...first, ...said, ...rest].filter((line) => line.endsWith(" END"))).toHaveLength(3);
  expect(65_535 + 3 * 16_384 + sumOf(rest)).toBe(120_000);
});

test("byte by byte each of them gets its own", () => {
  const { caller, servers } = asked(2, 0);
  for (const [index, server] of servers.entries()) server.sends(ok(`${index}${index}`));
  caller.hears();
  caller.says(windowUpdate(1, 1), windowUpdate(3, 1));
  caller.expect('DATA 1 "0"', 'DATA 3 "1"');
  caller.says(windowUpdate(3, 1), windowUpdate(1, 1));
  caller.expect('DATA 3 "1" END', 'DATA 1 "0" END');
});

test("a stream whose window is used up does not hold up those behind it", () => {
  const { caller, servers } = asked(2, 10);
  servers[0]!.sends(ok("0123456789abc"));
  caller.hears();
  servers[1]!.sends(ok("behind"));
  expect(caller.hears()).toContain('DATA 3 "behind" END');
});

test("ends wait for what is held of their own stream alone", () => {
  const { caller, servers } = asked(2, 2);
  servers[0]!.sends(ok("abcd"));
  servers[1]!.sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n");
  expect(caller.hears()).toContain('DATA 3 "ab" END');
});

test("the mark of an end goes onto the stream's own last frame, whatever was written between", () => {
  const { caller, servers } = asked(1);
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  servers[0]!.sends(`${chunked}2\r\nab\r\n`);
  caller.says(ping("11111111"));
  servers[0]!.sends("0\r\n\r\n");
  caller.expect("HEADERS 1 200", 'DATA 1 "ab"', "PING ACK 11111111", "DATA 1 END", "report 200");
});

test("much of it leaves before all was looked at", () => {
  const { caller, servers } = asked(1, 1_000_000);
  caller.says(windowUpdate(0, 1_000_000));
  caller.sends = 0;
  servers[0]!.sends(ok("x".repeat(200_000)));
  expect(sumOf(caller.hears())).toBe(200_000);
  expect(caller.sends).toBeWithin(2, 14);
});

test("no content is written behind what a full line holds", () => {
  const { caller, servers } = asked(1, 1_000_000);
  caller.says(windowUpdate(0, 1_000_000));
  caller.hears();
  caller.actor.isFull = true;
  servers[0]!.sends(`HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n${"x".repeat(200_000)}`);
  const held = caller.actor.heldBytes;
  expect(held).toBeLessThan(90_000);
  servers[0]!.sends("x".repeat(200_000));
  expect(caller.actor.heldBytes).toBe(held);
  caller.hears();
  caller.actor.drains();
  const said = caller.hears();
  expect(said.at(-1)).not.toContain("RST");
  expect(said.some((line) => line.endsWith("END"))).toBe(true);
});

test("acknowledgements of a client that takes nothing are written, so many and no more", () => {
  const { caller } = asked(0);
  caller.actor.isFull = true;
  caller.says(ping());
  caller.says(...Array.from({ length: 128 }, () => ping()));
  expect(caller.actor.isPaused).toBe(false);
  caller.says(ping());
  expect(caller.actor.isPaused).toBe(true);
  caller.hears();
  caller.says(data(1, "x"));
  caller.expect();
});
