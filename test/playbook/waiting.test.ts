import { expect, test } from "bun:test";
import { poolCell, workerCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { rule, rules } from "./rules.ts";
import { get, ok, reply } from "./words.ts";

function asked(request: string, options: PlanOptions = {}) {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(request);
  const server = play.accept();
  play.take();
  return { play, client, server };
}

const one: PlanOptions = { server: { connectionsMax: 1 } };

// ---- the waiting room ----

test("an exchange waits while its server is at its limit, and goes on when a place is free", () => {
  const { play, client, server } = asked(get("/1"), one);
  const other = play.connect();
  other.sends(get("/2"));
  play.expect();
  expect(play.totals.pool(0, poolCell.queued)).toBe(1);
  server.sends(ok("1"));
  play.expect(client.gets(ok("1")), server.gets(get("/2")), "report 200");
  server.sends(ok("2"));
  play.expect(other.gets(ok("2")), "report 200");
  expect(play.totals.pool(0, poolCell.queued)).toBe(0);
});

test("those who wait go on in the order in which they came", () => {
  const { play, server } = asked(get("/1"), one);
  for (const path of ["/2", "/3"]) play.connect().sends(get(path));
  play.take();
  server.sends(ok("1"));
  play.expectAmong(server.gets(get("/2")));
  server.sends(ok("2"));
  play.expectAmong(server.gets(get("/3")));
});

test("who waits too long is told so", () => {
  const { play } = asked(get("/1"), { ...one, pool: { queue: { lengthMax: 1, timeoutMs: 1_000 } } });
  const other = play.connect();
  other.sends(get("/2"));
  play.pass(1_100);
  const detail = "every server is at its limit and none came free in time";
  play.expect(
    other.gets(reply(503, "Service Unavailable", detail, "Retry-After: 5").replace("00:00:00", "00:00:01")),
    "report 503 queue_timeout",
  );
});

test("a full waiting room turns the next away at once", () => {
  const { play } = asked(get("/1"), { ...one, pool: { queue: { lengthMax: 1, timeoutMs: 1_000 } } });
  play.connect().sends(get("/2"));
  const third = play.connect();
  third.sends(get("/3"));
  const detail = "every server is at its limit and the waiting room is full";
  play.expect(third.gets(reply(503, "Service Unavailable", detail, "Retry-After: 5")), "report 503 queue_full");
  expect(play.totals.pool(0, poolCell.queueFull)).toBe(1);
});

test("a client that leaves while it waits gives up its place", () => {
  const { play, server } = asked(get("/1"), one);
  const other = play.connect();
  other.sends(get("/2"));
  other.closes(true);
  play.expect("report 0 client_closed");
  expect(play.context.waiting.size).toBe(0);
  server.sends(ok("1"));
  play.take();
  play.expectNothingLeftBut(1);
});

test("a place that came free in another worker is found by polling", () => {
  const { play, server } = asked(get("/1"), one);
  const other = play.connect();
  other.sends(get("/2"));
  server.closes(true);
  play.expectAmong("report 502 server_closed");
  play.pass(100);
  play.expect("dial one:80");
});

test("an upload that waits is not read", () => {
  const { play } = asked(get("/1"), one);
  const other = play.connect();
  other.sends("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab");
  play.expect(other.is("paused"));
});

// ---- backpressure ----

test("a slow client stops the server, and starts it again", () => {
  const { play, client, server } = asked(get("/"));
  client.isFull = true;
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab");
  play.expect(client.gets("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab"), server.is("paused"));
  client.drains();
  play.expect(server.is("resumed"));
  server.sends("cdef");
  play.expect(client.gets("cdef"), "report 200");
});

test("a slow server stops the client, and starts it again", () => {
  const { play, client, server } = asked("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
  server.isFull = true;
  client.sends("ab");
  play.expect(server.gets("ab"), client.is("paused"));
  client.sends("cd");
  play.expect();
  server.drains();
  play.expect(server.gets("cd"), client.is("resumed"));
  client.sends("ef");
  play.expect(server.gets("ef"));
});

test("an upload is read only once its server is connected and has room for the head", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab");
  play.expect(client.is("paused"), "dial one:80");
  client.sends("cd");
  const server = play.accept();
  play.expect(server.gets("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabcd"), client.is("resumed"));
});

// ---- deadlines ----

test("a connection that says nothing is closed without a word", () => {
  const play = new Playbook({ downstream: { headMs: 1_000 } });
  const client = play.connect();
  play.pass(900);
  play.expect();
  play.pass(200);
  play.expect(client.is("destroyed"));
  play.expectNothingLeft();
});

test("a head that comes too slowly is answered with 408", () => {
  const play = new Playbook({ downstream: { headMs: 1_000 } });
  const client = play.connect();
  for (const letter of "GET / HTT") {
    client.sends(letter);
    play.pass(100);
  }
  play.expect();
  play.pass(200);
  const body = reply(408, "Request Timeout", "the request head did not arrive in time", "Connection: close");
  play.expect(client.gets(body.replace("00:00:00", "00:00:01")), "report 408 head_timeout", client.is("ended"));
});

test("the head of a later request has its time from its first byte", () => {
  const { play, client, server } = asked(get("/"), { downstream: { headMs: 1_000, idleMs: 5_000 } });
  server.sends(ok("1"));
  play.take();
  play.pass(4_000);
  client.sends("G");
  play.pass(900);
  play.expect();
  play.pass(200);
  expect(play.take().join()).toContain("report 408 head_timeout");
});

test("an idle connection is closed after its time", () => {
  const { play, client, server } = asked(get("/"), { downstream: { idleMs: 2_000 } });
  server.sends(ok("1"));
  play.take();
  play.pass(1_900);
  play.expect();
  play.pass(200);
  play.expect(client.is("destroyed"));
});

test("an upload that stalls is answered with 408, and the server sees that it is not whole", () => {
  const { play, client, server } = asked("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab", {
    downstream: { readMs: 1_000 },
  });
  play.pass(900);
  client.sends("c");
  play.pass(900);
  play.expect(server.gets("c"));
  play.pass(200);
  const said = play.take();
  expect(said[0]).toBe(server.is("reset"));
  expect(said.slice(-2)).toEqual(["report 408 body_timeout", client.is("ended")]);
});

test("a server that takes no more of an upload is given up", () => {
  const { play, client, server } = asked("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n", {
    downstream: { readMs: 1_000 },
  });
  server.isFull = true;
  client.sends("ab");
  play.pass(1_100);
  expect(play.take().join()).toContain("report 504 response_timeout");
});

test("a server that does not answer ends in 504", () => {
  const { play, client, server } = asked(get("/"), { upstream: { responseMs: 1_000 } });
  play.pass(1_100);
  const body = reply(504, "Gateway Timeout", "the server did not answer in time").replace("00:00:00", "00:00:01");
  play.expect(server.is("reset"), client.gets(body), "report 504 response_timeout");
});

test("a server that stalls inside its answer ends the connection visibly", () => {
  const { play, client, server } = asked(get("/"), { upstream: { readMs: 1_000 } });
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  play.take();
  play.pass(1_100);
  play.expect(server.is("reset"), "report 200 read_timeout", client.is("reset"));
  play.expectNothingLeft();
});

test("the time that a client takes is not the server's, of a response that is slowed down", () => {
  const listener = {
    rules: rules({ request: [rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1_000 }] })] }),
  };
  const { play, client, server } = asked(get("/"), { upstream: { readMs: 1_000 }, listener });
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  client.isFull = true;
  play.pass(900);
  client.drains();
  play.pass(900);
  server.sends("cd");
  play.pass(100);
  play.expectAmong("report 200");
});

test("a client that takes nothing of its answer is given up", () => {
  const { play, client, server } = asked(get("/"), { upstream: { readMs: 1_000 }, downstream: { readMs: 1_000 } });
  client.isFull = true;
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nab");
  play.take();
  play.pass(2_200);
  play.expect(server.is("reset"), "report 200 client_stalled", client.is("reset"));
});

test("a client that takes its answer slowly is not given up", () => {
  const { play, client, server } = asked(get("/"), { upstream: { readMs: 1_000 }, downstream: { readMs: 1_000 } });
  client.isFull = true;
  server.sends(`HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n${"a".repeat(20)}`);
  play.take();
  for (let second = 0; second < 10; second++) {
    play.pass(900);
    client.drains(1);
  }
  play.expect();
  client.drains();
  play.expect(server.is("resumed"));
});

test("the last bytes of an answer have the same patience, whether or not the connection goes on", () => {
  for (const fields of [[], ["Connection: close"]]) {
    const { play, client, server } = asked(get("/", ...fields), {
      downstream: { readMs: 1_000, idleMs: 1_000, lingerMs: 500 },
    });
    client.isFull = true;
    server.sends(ok("body"));
    play.take();
    for (let second = 0; second < 10; second++) {
      play.pass(900);
      client.drains(1);
    }
    play.expect();
    play.pass(2_200);
    play.expect(client.is("reset"));
    play.expectNothingLeft();
  }
});

test("idle connections to a server are closed after their time", () => {
  const { play, server } = asked(get("/"), { pool: { idle: { connectionsMax: 10, timeoutMs: 2_000 } } });
  server.sends(ok("1"));
  play.take();
  play.pass(1_000);
  play.expect();
  play.pass(2_100);
  play.expect(server.is("destroyed"));
  expect(play.totals.worker(workerCell.upstreamConnections)).toBe(0);
});

test("a server that comes free is for those who wait, not for who comes next", () => {
  const play = new Playbook({ servers: ["one", "two"], server: { connectionsMax: 1 } });
  play.setServer(1, false);
  play.connect().sends(get("/1"));
  play.accept();
  play.connect().sends(get("/waits"));
  play.take();
  play.setServer(1, true);
  play.connect().sends(get("/next"));
  play.expect("dial two:80");
  const two = play.accept();
  play.expect(two.gets(get("/waits")));
});

test("the time that a slow server takes is not counted against its client's upload", () => {
  const { play, client, server } = asked("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12");
  server.isFull = true;
  client.sends("345");
  play.expect(server.gets("345"), client.is("paused"));
  play.pass(29_000);
  server.drains();
  play.expect(client.is("resumed"));
  play.pass(29_000);
  play.expect();
  play.pass(2_000);
  play.expectAmong("report 408 body_timeout");
});
