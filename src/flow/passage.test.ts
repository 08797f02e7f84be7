import { expect, test } from "bun:test";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { rule, rules } from "../../test/playbook/rules.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import type { RulePlan } from "../config/plan.ts";

function judged(
  phases: { request?: readonly RulePlan[]; response?: readonly RulePlan[] },
  options: PlanOptions = {},
): Playbook {
  return new Playbook({ ...options, listener: { rules: rules(phases), ...options.listener } });
}

test("a body is slowed down to its rate, exactly over time, and the server is not read on meanwhile", () => {
  const play = judged({ request: [rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1000 }] })] });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(`HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n${"x".repeat(4000)}`);
  play.expect(client.gets("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"), server.is("paused"));
  const passed = (ms: number): number => {
    play.pass(ms);
    return play
      .take()
      .filter((line) => line.includes(" gets "))
      .reduce((sum, line) => sum + line.length - line.indexOf(" gets ") - 6, 0);
  };
  let bytes = passed(1_000);
  expect(bytes).toBeGreaterThan(900);
  expect(bytes).toBeLessThanOrEqual(1_000);
  bytes += passed(2_000);
  expect(Math.abs(bytes - 3_000)).toBeLessThan(100);
  bytes += passed(1_200);
  expect([bytes, server.isPaused]).toEqual([4_000, false]);
  server.sends("x".repeat(6_000));
  bytes += passed(3_000);
  expect(Math.abs(bytes - 7_000)).toBeLessThan(350);
  server.closes(false);
  play.pass(4_000);
  play.expectAmong("report 200");
});

test("a slow body of which the server breaks off is cut where it broke; a client that does not take waits; one that leaves is let go", () => {
  const slow = rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1000 }] });
  const play = judged({ request: [slow] });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(`HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n${"x".repeat(500)}`);
  server.closes();
  play.take();
  play.pass(1_000);
  const said = play.take();
  expect(said.slice(-2)).toEqual(["report 200 truncated_response", client.is("reset")]);
  const other = play.connect();
  other.sends(get("/"));
  const next = play.accept();
  other.isFull = true;
  next.sends(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(500)}`);
  play.take();
  play.pass(5_000);
  play.expect();
  other.drains();
  play.pass(200);
  expect(play.take().length).toBeGreaterThan(0);
  next.ends();
  other.isFull = false;
  play.pass(1_000);
  play.expectAmong("report 200");
  const leaving = play.connect();
  leaving.sends(get("/"));
  play.accept().sends(`HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n${"x".repeat(500)}`);
  leaving.closes();
  play.pass(5_000);
  play.expectAmong("report 200 client_closed");
});

/** Of the read that is spent now. */
function spentBytes(play: Playbook): number {
  const bytes = play.spent?.length ?? 0;
  play.spent = null;
  return bytes;
}

test("a large read of a server is spent once it has gone on, with the head or without, whether the client has taken it or not", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  const first = `HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${"x".repeat(90_000)}`;
  server.sends(first);
  expect(spentBytes(play)).toBe(first.length);
  server.sends("x".repeat(50_000));
  expect(spentBytes(play)).toBe(50_000);
  client.isFull = true;
  server.sends("x".repeat(60_000));
  expect(spentBytes(play)).toBe(60_000);
});

test("a head alone is not spent before it is whole, nor is what goes on slowly", () => {
  const play = judged({ request: [rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1000 }] })] });
  play.connect().sends(get("/"));
  const server = play.accept();
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n";
  server.sends(head);
  expect(spentBytes(play)).toBe(0);
  server.sends(`\r\n${"x".repeat(90_000)}`);
  server.sends("x".repeat(50_000));
  expect(spentBytes(play)).toBe(0);
});
