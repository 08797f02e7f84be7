import { expect, test } from "bun:test";
import { fault } from "../../src/base/fault.ts";
import { poolCell, routeCell, serverCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import { carried, carrying } from "./streams.ts";

const two = ["one", "two"];

// ---- which server ----

test("streams are spread by the pool's policy", () => {
  const play = new Playbook(carrying({ servers: two }));
  for (let count = 0; count < 4; count++) play.connect();
  const dials = play.take().filter((line) => line.startsWith("dial"));
  expect(dials).toEqual(["dial one:80", "dial two:80", "dial one:80", "dial two:80"]);
});

test("whatever the pool hashes of requests, of a stream it is the client's address", () => {
  const key = { kind: "header", name: "x-user" } as const;
  const play = new Playbook(carrying({ servers: ["one", "two", "three"], balance: { policy: "consistentHash", key } }));
  const dialedFor = (address: string): string => {
    play.connect(address);
    return play.take().find((line) => line.startsWith("dial"))!;
  };
  const addresses = Array.from({ length: 20 }, (_, index) => `192.0.2.${index}`);
  const first = addresses.map(dialedFor);
  expect(new Set(first).size).toBeGreaterThan(1);
  expect(addresses.map(dialedFor)).toEqual(first);
});

test("a sticky cookie means nothing to a stream", () => {
  const sticky = {
    cookie: "s",
    isPrefix: false,
    maxAgeS: null,
    secure: false,
    httpOnly: true,
    sameSite: null,
    path: "/",
  } as const;
  const play = new Playbook(carrying({ servers: two, balance: { sticky } }));
  play.connect();
  play.expectAmong("dial one:80");
});

// ---- no server yet ----

test("a refused connection is tried at another server, and the client hears nothing of it", () => {
  const play = new Playbook(carrying({ servers: two }));
  const client = play.connect();
  play.expect("dial one:80");
  play.refuse();
  play.expect("dial two:80");
  const server = play.accept();
  client.sends("hello");
  play.expect(server.gets("hello"));
  client.closes(true);
  expect(play.streams[0]).toMatchObject({ attempts: 2, server: 1 });
  expect(play.totals.server(0, serverCell.connectFailures)).toBe(1);
  expect(play.totals.pool(0, poolCell.redispatches)).toBe(1);
  play.expectAmong("report 5 up 0 down client_closed");
  play.expectNothingLeft();
});

test("a server that does not accept in time is left for another", () => {
  const play = new Playbook(carrying({ servers: two, upstream: { connectMs: 1_000 } }));
  play.connect();
  play.take();
  play.pass(1_100);
  play.expect("dial two:80");
});

test("a server whose TLS fails is left for another, and the failure is counted as one of TLS too", () => {
  const play = new Playbook(carrying({ servers: two }));
  play.connect();
  play.refuse(fault("tls_refused"));
  play.expectAmong("dial two:80");
  play.refuse(fault("connect_refused"));
  const cells = [serverCell.connectFailures, serverCell.handshakeFailures];
  expect(cells.map((cell) => play.totals.server(0, cell))).toEqual([1, 1]);
  expect(cells.map((cell) => play.totals.server(1, cell))).toEqual([1, 0]);
});

test("when every server has refused, the client is reset", () => {
  const play = new Playbook(carrying({ servers: two }));
  const client = play.connect();
  play.refuse();
  play.refuse();
  play.expect("dial one:80", "dial two:80", client.is("reset"), "report 0 up 0 down connect_refused");
  expect(play.totals.route(0, routeCell.dropped)).toBe(1);
  expect(play.totals.route(0, routeCell.sessions)).toBe(0);
  expect(play.totals.route(0, routeCell.aborted)).toBe(0);
  play.expectNothingLeft();
});

test("no more tries than the pool allows", () => {
  const play = new Playbook(carrying({ servers: ["one", "two", "three"], pool: { retries: 1 } }));
  const client = play.connect();
  play.refuse();
  play.refuse();
  play.expectAmong(client.is("reset"), "report 0 up 0 down connect_refused");
});

test("without redispatch the same server is tried again", () => {
  const play = new Playbook(carrying({ servers: two, pool: { redispatch: false } }));
  play.connect();
  play.refuse();
  play.expectAmong("dial one:80");
  expect(play.dialing).toBe(1);
});

test("with no server up the client is reset at once", () => {
  const play = new Playbook(carrying());
  play.setServer(0, false);
  const client = play.connect();
  play.expect(client.is("reset"), "report 0 up 0 down no_server");
  expect(play.totals.pool(0, poolCell.noServer)).toBe(1);
  play.expectNothingLeft();
});

test("once a server has it, a stream is tried nowhere else", () => {
  const { play, client, server } = carried({ servers: two });
  server.closes(true);
  play.expect(client.is("reset"), "report 0 up 0 down server_reset");
  expect(play.dialing).toBe(0);
});

test("a client that goes while a server is sought takes the place with it, and the connection is reset when it comes", () => {
  const play = new Playbook(carrying({ server: { connectionsMax: 1 } }));
  const client = play.connect();
  client.closes(true);
  play.expect("dial one:80", "report 0 up 0 down client_closed");
  expect(play.totals.route(0, routeCell.aborted)).toBe(1);
  play.expectNothingLeft();
  const server = play.accept();
  play.expect(server.is("reset"));
  expect(play.totals.server(0, serverCell.open)).toBe(0);
});

test("a refusal that comes after the client has gone is no one's", () => {
  const play = new Playbook(carrying({ servers: two }));
  play.connect().closes(true);
  play.take();
  play.refuse();
  play.expect();
});

// ---- limits and the waiting room ----

const oneEach = { server: { connectionsMax: 1 } };

test("a server has no more streams than its limit; the next waits, and goes on when a place is free", () => {
  const { play, client, server } = carried(oneEach);
  const other = play.connect();
  expect(play.totals.pool(0, poolCell.queued)).toBe(1);
  client.ends();
  server.ends();
  play.expectAmong("dial one:80");
  const next = play.accept();
  next.sends("hello");
  play.expect(other.gets("hello"));
  expect(play.totals.pool(0, poolCell.queued)).toBe(0);
});

test("who waits for too long is reset; the time in the queue is not that of the dial", () => {
  const { play, client, server } = carried({ ...oneEach, pool: { queue: { lengthMax: 9, timeoutMs: 1_000 } } });
  const second = play.connect();
  second.sends("patience");
  play.pass(900);
  client.ends();
  server.ends();
  play.expectAmong("dial one:80");
  const third = play.connect();
  play.take();
  play.pass(1_100);
  play.expect(third.is("reset"), "report 0 up 0 down queue_timeout");
  const next = play.accept();
  play.expect(next.gets("patience"));
});

test("a full waiting room turns the next away", () => {
  const { play } = carried({ ...oneEach, pool: { queue: { lengthMax: 1, timeoutMs: 1_000 } } });
  play.connect();
  play.take();
  const third = play.connect();
  play.expect(third.is("reset"), "report 0 up 0 down queue_full");
});

test("who leaves while it waits leaves its place", () => {
  const { play, client } = carried(oneEach);
  const waiting = play.connect();
  waiting.closes(true);
  client.closes(true);
  play.take();
  expect(play.dialing).toBe(0);
  play.expectNothingLeft();
});

test("a refused stream waits for a server that is only full", () => {
  const play = new Playbook(carrying({ servers: two, ...oneEach }));
  const first = play.connect();
  const server = play.accept();
  play.connect();
  play.refuse();
  play.take();
  expect(play.totals.pool(0, poolCell.queued)).toBe(1);
  first.ends();
  server.ends();
  play.expectAmong("dial one:80");
});

test("a refused stream that waits for one server does not keep others from the one that refused it", () => {
  const { play } = carried({ servers: two, ...oneEach });
  const choosy = play.connect();
  play.refuse();
  const taker = play.connect();
  const takersServer = play.accept();
  const other = play.connect();
  other.sends("me");
  play.take();
  expect(play.totals.pool(0, poolCell.queued)).toBe(2);
  taker.ends();
  takersServer.ends();
  play.expectAmong("dial two:80");
  const server = play.accept();
  play.expect(server.gets("me"));
  expect(play.totals.pool(0, poolCell.queued)).toBe(1);
  choosy.closes(true);
});

// ---- what a server's conduct says of it ----

test("failures in a row end with the first byte that a server sends", () => {
  const play = new Playbook(carrying({ pool: { retries: 0 } }));
  play.connect();
  play.refuse();
  expect(play.totals.consecutiveFailures(0)).toBe(1);
  play.connect();
  const server = play.accept();
  expect(play.totals.consecutiveFailures(0)).toBe(1);
  server.sends("220");
  expect(play.totals.consecutiveFailures(0)).toBe(0);
});

test("a reset instead of a first byte is a failure, one behind it is not", () => {
  const early = carried();
  early.server.closes(true);
  expect(early.play.totals.consecutiveFailures(0)).toBe(1);
  expect(early.play.totals.server(0, serverCell.responseFailures)).toBe(1);
  const late = carried();
  late.server.sends("220");
  late.server.closes(true);
  expect(late.play.totals.consecutiveFailures(0)).toBe(0);
  expect(late.play.totals.server(0, serverCell.responseFailures)).toBe(0);
});

test("a server that takes everything and ends in order needs to say nothing", () => {
  const play = new Playbook(carrying({ pool: { retries: 0 } }));
  play.connect();
  play.refuse();
  const client = play.connect();
  const server = play.accept();
  client.ends();
  server.ends();
  expect(play.totals.consecutiveFailures(0)).toBe(0);
});

test("where response times decide, streams go by the time that connecting takes", () => {
  const play = new Playbook(carrying({ servers: two, balance: { policy: "peakEwma" } }));
  const dialed = (): string => {
    play.connect();
    return play.take().find((line) => line.startsWith("dial"))!;
  };
  const slow = dialed();
  play.pass(2_000);
  play.accept();
  const quick = dialed();
  play.pass(10);
  play.accept();
  expect(quick).not.toBe(slow);
  expect([dialed(), dialed(), dialed()]).toEqual([quick, quick, quick]);
});
