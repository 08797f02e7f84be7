import { afterEach, expect, test } from "bun:test";
import { rule, rules } from "../../test/playbook/rules.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { fault } from "../base/fault.ts";
import type { Wait } from "./deadline.ts";
import type { Exchange } from "./exchange.ts";
import { type StepDown, type StepUp, stepsDown, stepsUp } from "./stair.ts";

/** Has every exchange wait, and writes down what it is told. */
class Patience implements Wait {
  readonly told: string[] = [];
  exchange: Exchange | null = null;

  timedOut(): void {
    this.told.push("timed out");
    this.exchange!.fail(fault("queue_timeout"));
  }

  cancelled(): void {
    this.told.push("cancelled");
  }
}

let undo = (): void => {};
afterEach(() => undo());

/** A step of its own at the foot of the stair, for one test. */
function waiting(way: "up" | "down", forMs = 1000): Patience {
  const patience = new Patience();
  const steps = (way === "up" ? stepsUp : stepsDown) as (StepUp | StepDown)[];
  const step = (exchange: Exchange): boolean => {
    patience.exchange = exchange;
    exchange.waitFor(patience, forMs);
    return false;
  };
  steps.unshift(step);
  undo = () => {
    steps.splice(steps.indexOf(step), 1);
    undo = () => {};
  };
  return patience;
}

test("on the way up the client's body waits too, and goes on with the exchange", () => {
  const patience = waiting("up");
  const play = new Playbook();
  const client = play.connect();
  client.sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  play.expect(client.is("paused"));
  patience.exchange!.goOn();
  const server = play.accept();
  play.take();
  client.sends("cd");
  play.expect(server.gets("cd"));
  server.sends("HTTP/1.1 204 No Content\r\n\r\n");
  play.expectAmong("report 204");
  expect(patience.told).toEqual([]);
});

test("who waits too long says what becomes of it", () => {
  const patience = waiting("up", 500);
  const play = new Playbook();
  play.connect().sends(get("/"));
  play.pass(400);
  expect(patience.told).toEqual([]);
  play.pass(400);
  play.expectAmong("report 503 queue_timeout");
  expect(patience.told).toEqual(["timed out"]);
});

test("a client that leaves ends the wait", () => {
  const patience = waiting("up");
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  client.closes();
  play.expectAmong("report 0 client_closed");
  play.pass(5_000);
  expect(patience.told).toEqual(["cancelled"]);
  play.expectNothingLeft();
});

test("on the way down the response waits whole, and others' heads are not mixed up with it", () => {
  const patience = waiting("down");
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/one"));
  const server = play.accept();
  play.take();
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nX-Which: one\r\n\r\nabc");
  play.expect(server.is("paused"));
  const first = patience.exchange!;
  undo();
  server.sends("def");
  const other = play.connect();
  other.sends(get("/two"));
  const second = play.accept();
  second.sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Which: two\r\n\r\n");
  play.take();
  first.goOn();
  play.expect(server.is("resumed"), client.gets("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nX-Which: one\r\n\r\nabcdef"));
  server.sends("ghi");
  play.expect(client.gets("ghi"), "report 200");
});

test("a client that takes nothing when it goes on stops the reading of the server", () => {
  const patience = waiting("down");
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  client.isFull = true;
  patience.exchange!.goOn();
  expect(server.isPaused).toBe(true);
  client.drains();
  expect(server.isPaused).toBe(false);
});

test("a server that ends while its response waits has said all it had to say", () => {
  const patience = waiting("down");
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
  server.sends("def");
  server.ends();
  server.closes(false);
  play.take();
  patience.exchange!.goOn();
  play.expect(client.gets("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef"), "report 200");
});

test("one that breaks off leaves a response that nobody takes for whole", () => {
  const patience = waiting("down");
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
  server.closes(true);
  play.take();
  patience.exchange!.goOn();
  expect(play.take()).toEqual([
    client.gets("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc"),
    "report 200 truncated_response",
    client.is("reset"),
  ]);
});

test("a body whose end is the server's FIN ends where that came while it waited", () => {
  const patience = waiting("down");
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends("HTTP/1.1 200 OK\r\n\r\nabc");
  server.ends();
  play.take();
  patience.exchange!.goOn();
  const said = play.take();
  expect(said[0]).toContain("3\\r\\nabc\\r\\n0\\r\\n\\r\\n");
  expect(said).toContain("report 200");
});

test("the server's connection is let go when its response waits in vain", () => {
  const patience = waiting("down", 500);
  const play = new Playbook();
  play.connect().sends(get("/"));
  const server = play.accept();
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
  play.take();
  play.pass(1_000);
  const said = play.take();
  expect(said).toContain(server.is("reset"));
  expect(said).toContain("report 503 queue_timeout");
  expect(patience.told).toEqual(["timed out"]);
});

test("a client that takes nothing more of what a server has said before it broke off loses its answer, in its time", () => {
  const slow = rules({ request: [rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1000 }] })] });
  const play = new Playbook({ listener: { rules: slow } });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(`HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n${"a".repeat(5000)}`);
  client.isFull = true;
  play.pass(2000);
  server.closes(true);
  play.take();
  play.pass(200_000);
  play.expectAmong(client.is("reset"));
  play.expectNothingLeft();
});

test("a client that takes what a server has said before it broke off gets all of that, and sees that it is not whole", () => {
  const slow = rules({ request: [rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1000 }] })] });
  const play = new Playbook({ listener: { rules: slow } });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(`HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n${"a".repeat(200_000)}`);
  play.take();
  server.closes(true);
  let got = 0;
  for (let turn = 0; turn < 250 && client.flow !== null; turn++) {
    play.pass(1000);
    got += play.take().reduce((sum, line) => sum + (line.match(/a/g)?.length ?? 0), 0);
  }
  expect(client.flow).toBeNull();
  expect(got).toBeGreaterThan(190_000);
});
