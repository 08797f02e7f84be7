import { expect, test } from "bun:test";
import { faultWith } from "../../src/base/fault.ts";
import { portsTaken } from "../../src/flow/egress/blame.ts";
import { poolCell, routeCell, serverCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { get, ok, put, reply } from "./words.ts";

const two: PlanOptions = { servers: ["one", "two"] };
const refusedReply = reply(502, "Bad Gateway", "the server refused the connection");
const closedReply = reply(502, "Bad Gateway", "the server closed before it answered");

/** A client that has asked, and the server that has its request. */
function asked(request: string, options: PlanOptions = {}) {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(request);
  const server = play.accept();
  play.take();
  return { play, client, server };
}

/** The same over a connection to the server that has carried a request before. */
function askedAgain(request: string, options: PlanOptions = {}) {
  const { play, client, server } = asked(get("/first"), options);
  server.sends(ok("1"));
  client.sends(request);
  play.take();
  return { play, client, server };
}

// ---- refused ----

test("a refused connection is tried at another server, whatever the method", () => {
  const play = new Playbook(two);
  const client = play.connect();
  client.sends(put("POST", "body"));
  play.expect("dial one:80");
  play.refuse();
  play.expect("dial two:80");
  const server = play.accept();
  play.expect(server.gets(put("POST", "body")));
  expect(play.totals.pool(0, poolCell.retries)).toBe(1);
  expect(play.totals.pool(0, poolCell.redispatches)).toBe(1);
  expect(play.totals.consecutiveFailures(0)).toBe(1);
  expect(client.isPaused).toBe(false);
});

test("what this machine had no room for is tried elsewhere, and is no failure of any server", () => {
  for (const what of [
    faultWith("connect_refused", "EMFILE"),
    faultWith("connect_refused", portsTaken),
    faultWith("source_unusable", "EADDRINUSE"),
  ]) {
    const play = new Playbook(two);
    const client = play.connect();
    client.sends(get("/"));
    play.expect("dial one:80");
    play.refuse(what);
    play.expect("dial two:80");
    play.refuse(what);
    for (const server of [0, 1]) {
      expect(play.totals.consecutiveFailures(server)).toBe(0);
      expect(play.totals.server(server, serverCell.connectFailures)).toBe(0);
    }
  }
});

test("when every server has refused, the client is told so and keeps its connection", () => {
  const play = new Playbook(two);
  const client = play.connect();
  client.sends(get("/"));
  play.refuse();
  play.refuse();
  play.expect("dial one:80", "dial two:80", client.gets(refusedReply), "report 502 connect_refused");
  expect(play.totals.route(0, routeCell.dropped)).toBe(1);
  client.sends(get("/2"));
  play.expectAmong("dial two:80");
});

test("a connection that is not accepted in time ends in 504", () => {
  const play = new Playbook({ upstream: { connectMs: 1_000 } });
  const client = play.connect();
  client.sends(get("/"));
  play.pass(900);
  play.expect("dial one:80");
  play.pass(200);
  expect(play.take().join()).toContain("report 504 connect_timeout");
});

test("without redispatch the same server is tried again", () => {
  const play = new Playbook({ ...two, pool: { redispatch: false, retries: 2 } });
  const client = play.connect();
  client.sends(get("/"));
  play.refuse();
  play.refuse();
  play.refuse();
  play.expect("dial one:80", "dial one:80", "dial one:80", client.gets(refusedReply), "report 502 connect_refused");
});

test("without redispatch no other server is asked, not even when another worker has taken the place", () => {
  const play = new Playbook({ ...two, pool: { redispatch: false }, server: { connectionsMax: 1 } });
  const client = play.connect();
  client.sends(get("/"));
  play.expect("dial one:80");
  Atomics.add(play.tally.words, play.tally.activeWord(0), 1);
  play.refuse();
  play.expect(client.gets(refusedReply), "report 502 connect_refused");
});

test("no more tries than the pool allows", () => {
  const play = new Playbook({ servers: ["one", "two", "three"], pool: { retries: 1 } });
  const client = play.connect();
  client.sends(get("/"));
  play.refuse();
  play.refuse();
  play.expect("dial one:80", "dial two:80", client.gets(refusedReply), "report 502 connect_refused");
});

test("no request is sent again beyond the budget of the pool", () => {
  const { play, client, server } = asked(get("/1"), {
    ...two,
    pool: { retryBudget: { ratio: 0, minimumPerSecond: 0.1 } },
  });
  server.closes(true);
  play.expect("dial two:80");
  play.accept().closes(true);
  expect(play.take().slice(-1)).toEqual(["report 502 server_closed"]);
  client.sends(get("/2"));
  play.accept().closes(true);
  expect(play.take().slice(-1)).toEqual(["report 502 server_closed"]);
  expect(play.totals.pool(0, poolCell.retryBudgetExhausted)).toBe(2);
});

test("a refused connection is no burden: going on elsewhere does not ask the budget", () => {
  const play = new Playbook({ ...two, pool: { retryBudget: { ratio: 0, minimumPerSecond: 0 } } });
  const client = play.connect();
  client.sends(get("/"));
  play.refuse();
  play.expect("dial one:80", "dial two:80");
});

test("with no server up the client is told when to come back", () => {
  const play = new Playbook();
  play.setServer(0, false);
  const client = play.connect();
  client.sends(get("/"));
  const body = reply(503, "Service Unavailable", "no server of the pool is available", "Retry-After: 5");
  play.expect(client.gets(body), "report 503 no_server");
  expect(play.totals.pool(0, poolCell.noServer)).toBe(1);
});

// ---- lost ----

test("a GET whose reused connection was closed is sent again", () => {
  const { play, server } = askedAgain(get("/"));
  server.ends();
  play.expect(server.is("destroyed"), "dial one:80");
  const other = play.accept();
  play.expect(other.gets(get("/")));
  expect(play.totals.consecutiveFailures(0)).toBe(0);
});

test("what is sent again for an idle connection that was closed asks no budget, and what is lost over the fresh one does", () => {
  const { play, server } = askedAgain(get("/"), { pool: { retryBudget: { ratio: 0, minimumPerSecond: 0 } } });
  server.ends();
  play.expectAmong("dial one:80");
  play.accept().closes(true);
  expect(play.take().at(-1)).toBe("report 502 server_closed");
  expect(play.totals.pool(0, poolCell.retries)).toBe(1);
  expect(play.totals.pool(0, poolCell.retryBudgetExhausted)).toBe(1);
});

test("after a reused connection was lost the next try is over a fresh one: when a server dies, all its idle ones are dead", () => {
  const { play, client, server } = asked(get("/1"));
  play.connect().sends(get("/2"));
  const second = play.accept();
  second.sends(ok("2"));
  server.sends(ok("1"));
  client.sends(get("/3"));
  play.take();
  server.closes(true);
  play.expect("dial one:80");
});

test("a POST whose reused connection was closed is not sent again", () => {
  const { play, client, server } = askedAgain(put("POST", ""));
  server.closes(true);
  play.expect(client.gets(closedReply), "report 502 server_closed");
});

test("a GET that a fresh connection lost goes to another server, and the first is blamed", () => {
  const { play, server } = asked(get("/"), two);
  server.closes(true);
  play.expect("dial two:80");
  expect(play.totals.consecutiveFailures(0)).toBe(1);
});

test("a PUT whose body came whole with its head is sent again", () => {
  const { play, server } = asked(put("PUT", "body"), two);
  server.closes(true);
  play.expect("dial two:80");
  expect(play.accept().name).toContain("two");
});

test("a PUT of whose body more was passed on is not sent again", () => {
  const { play, client, server } = asked("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab", two);
  client.sends("cd");
  play.take();
  server.closes(true);
  play.expect(client.gets(closedReply), "report 502 server_closed");
});

test("nothing is sent again once a byte of an answer has come", () => {
  const { play, client, server } = asked(get("/"), two);
  server.sends("HTTP/1.1 2");
  server.closes(true);
  const body = reply(502, "Bad Gateway", "the server closed inside its response");
  play.expect(client.gets(body), "report 502 truncated_response");
});

test("nothing is sent again once an interim response has come", () => {
  const { play, client, server } = asked(get("/"), two);
  server.sends("HTTP/1.1 103 Early Hints\r\n\r\n");
  play.take();
  server.ends();
  const body = reply(502, "Bad Gateway", "the server closed inside its response");
  play.expect(server.is("destroyed"), client.gets(body), "report 502 truncated_response");
});

test("a server that closes a fresh connection without an answer has failed; one that closes an idle connection has not", () => {
  const { play, client, server } = asked(get("/"));
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  play.take();
  client.sends(get("/idle"));
  server.ends();
  expect(play.totals.server(0, serverCell.responseFailures)).toBe(0);
  play.accept().ends();
  expect(play.totals.server(0, serverCell.responseFailures)).toBe(1);
});

// ---- broken answers ----

test("a malformed answer ends in 502, and in a new connection for the next request", () => {
  const { play, client, server } = asked(get("/"));
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
  const body = reply(502, "Bad Gateway", "the server's response is malformed");
  play.expect(server.is("reset"), client.gets(body), "report 502 bad_response");
  client.sends(get("/2"));
  play.expect("dial one:80");
  expect(play.totals.server(0, serverCell.responseFailures)).toBe(1);
});

for (const [how, end] of [
  ["FIN", false],
  ["reset", true],
] as const) {
  test(`an answer cut short by a ${how} is not passed on as whole`, () => {
    const { play, client, server } = asked(get("/"));
    server.sends("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
    play.take();
    if (end) server.closes(true);
    else server.ends();
    expect(play.take().slice(-2)).toEqual(["report 200 truncated_response", client.is("reset")]);
    play.expectNothingLeft();
  });
}

test("bad chunks from a server end the client's connection visibly", () => {
  const { play, client, server } = asked(get("/"));
  server.sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  play.take();
  server.sends("xyz\r\n");
  play.expect(server.is("reset"), "report 200 truncated_response", client.is("reset"));
});

test("bytes behind an answer go nowhere, and end the server's connection", () => {
  const { play, client, server } = asked(get("/"));
  server.sends(`${ok("1")}HTTP/1.1 200 OK\r\n`);
  play.expect(client.gets(ok("1")), server.is("destroyed"), "report 200");
});

test("an idle connection that says anything is closed", () => {
  const { play, server } = asked(get("/"));
  server.sends(ok("1"));
  play.take();
  server.sends("HTTP/1.1 408 Timeout\r\n\r\n");
  play.expect(server.is("destroyed"));
  expect(play.totals.server(0, serverCell.idle)).toBe(0);
  expect(play.totals.server(0, serverCell.open)).toBe(0);
});

test("an idle connection that ends is closed", () => {
  const { play, server } = asked(get("/"));
  server.sends(ok("1"));
  play.take();
  server.ends();
  play.expect(server.is("destroyed"));
  expect(play.totals.server(0, serverCell.open)).toBe(0);
});

test("what was to be asked again, and found no server, is counted as no try", () => {
  const play = new Playbook({ servers: ["one"], pool: { retries: 2 } });
  play.connect().sends(get("/"));
  play.refuse();
  play.expectAmong("report 502 connect_refused");
  expect([play.totals.pool(0, poolCell.retries), play.totals.pool(0, poolCell.redispatches)]).toEqual([0, 0]);
  const both = new Playbook(two);
  both.connect().sends(get("/"));
  both.refuse();
  both.refuse();
  both.expectAmong("report 502 connect_refused");
  expect([both.totals.pool(0, poolCell.retries), both.totals.pool(0, poolCell.redispatches)]).toEqual([1, 1]);
});
