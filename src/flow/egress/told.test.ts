import { expect, test } from "bun:test";
import { asked, egressPlan, egressPlay, two } from "../../../test/playbook/egresses.ts";
import { connect, established } from "../../../test/playbook/proxies.ts";
import { ok } from "../../../test/playbook/words.ts";
import { memberWord, recordWord } from "../../memory/egress.ts";

test("the client is told which address it was, in answers, refusals and tunnels, and never by the server", () => {
  const play = egressPlay({ egress: egressPlan(two, { isTold: true }) });
  const client = play.connect();
  client.sends(asked("a.example"));
  const server = play.accept();
  server.sends(ok("hello", "X-Egress-IP: 6.6.6.6"));
  play.expectAmong(client.gets(ok("hello", `X-Egress-IP: ${two[0]}`)));
  const tunnel = play.connect();
  tunnel.sends(connect("a.example:443"));
  play.accept();
  play.expectAmong(tunnel.gets(established.replace("\r\n\r\n", `\r\nX-Egress-IP: ${two[1]}\r\n\r\n`)));
  const other = play.connect();
  other.sends(asked("b.example"));
  play.refuse();
  play.refuse();
  expect(play.take().join()).toContain(`X-Egress-IP: ${two[1]}`);
});

test("what the server says of its address is hidden where nothing is told, too", () => {
  const play = egressPlay();
  const client = play.connect();
  client.sends(asked("a.example"));
  play.accept().sends(ok("hello", "x-egress-ip: 6.6.6.6"));
  play.expectAmong(client.gets(ok("hello")));
});

test("what a tunnel carries is told of each second and counts for its session then, and once in all", () => {
  const session = { lifetimeMs: 3_600_000, idleMs: 0, requestsMax: 0, bytesMax: 10_000 };
  const play = egressPlay({ egress: egressPlan(two, { session }) });
  const tunnel = play.connect();
  tunnel.sends(connect("a.example:443", "X-Egress-Key: k"));
  const { source } = play.dialed;
  const server = play.accept();
  const board = play.memory.board("out");
  const counted = (): number => {
    let bytes = 0;
    board.records("session", (record) => {
      bytes += board.doubles[(record + recordWord.bytes) / 2]!;
    });
    return bytes;
  };
  server.sends("x".repeat(4000));
  expect(counted()).toBe(0);
  play.pass(1_100);
  const once = counted();
  expect(once).toBeGreaterThanOrEqual(4000);
  play.pass(2_200);
  expect(counted()).toBe(once);
  tunnel.sends("y".repeat(6000));
  play.pass(1_100);
  expect(counted()).toBe(once + 6000);
  // The session is over: another member has the next one.
  play.connect().sends(asked("b.example", "X-Egress-Key: k"));
  expect(play.dialed.source).not.toBe(source);
  tunnel.closes();
  const row = board.memberOf(source!);
  const { bytesUp, bytesDown } = memberWord;
  expect(board.doubles[(row + bytesUp) / 2]! + board.doubles[(row + bytesDown) / 2]!).toBe(once + 6000);
  expect(counted()).toBe(0);
});
