import { describe, expect, test } from "bun:test";
import { listenerCell, routeCell, serverCell, workerCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import { carried, carrying } from "./streams.ts";

// ---- bytes ----

test("a connection is carried as it is", () => {
  const play = new Playbook(carrying());
  const client = play.connect();
  play.expect("dial one:80");
  const server = play.accept();
  client.sends("\x00any\xffthing");
  play.expect(server.gets("\x00any\xffthing"));
  server.sends("220 hello\r\n");
  play.expect(client.gets("220 hello\r\n"));
});

test("the server may be the one that speaks first", () => {
  const { play, client, server } = carried();
  server.sends("+OK\r\n");
  play.expect(client.gets("+OK\r\n"));
});

test("what the client says before a server has it is held, and goes on first", () => {
  const play = new Playbook(carrying());
  const client = play.connect();
  client.sends("early ");
  client.sends("bird");
  play.take();
  const server = play.accept();
  play.expect(server.gets("early bird"));
});

test("a client that says much before a server has it is not read any further, until one has", () => {
  const play = new Playbook(carrying());
  const client = play.connect();
  const much = "much ".repeat(4096);
  client.sends(much.slice(0, 16_383));
  play.expect("dial one:80");
  client.sends(much.slice(16_383));
  play.expect(client.is("paused"));
  const server = play.accept();
  play.expect(server.gets(much), client.is("resumed"));
});

test("a server that does not take what was held leaves the client paused", () => {
  const play = new Playbook(carrying());
  const client = play.connect();
  client.sends("early");
  play.take();
  const server = play.accept((actor) => {
    actor.isFull = true;
  });
  play.expect(server.gets("early"), client.is("paused"));
  server.drains();
  play.expect(client.is("resumed"));
});

test("a side that takes nothing stops the other's reading, each way on its own", () => {
  const { play, client, server } = carried();
  client.isFull = true;
  server.sends("much");
  play.expect(client.gets("much"), server.is("paused"));
  client.sends("ping");
  play.expect(server.gets("ping"));
  server.isFull = true;
  client.sends("pong");
  play.expect(server.gets("pong"), client.is("paused"));
  client.drains();
  play.expect(server.is("resumed"));
  server.drains();
  play.expect(client.is("resumed"));
});

// ---- ends, in every order ----

/** The two sides of a stream, so that each conversation is held from either. */
const sides = [
  ["client", (one: ReturnType<typeof carried>): [Actor, Actor] => [one.client, one.server]],
  ["server", (one: ReturnType<typeof carried>): [Actor, Actor] => [one.server, one.client]],
] as const;

for (const [name, order] of sides) {
  describe(`begun by the ${name}`, () => {
    test("a FIN goes on to the other side, which may go on speaking", () => {
      const one = carried();
      const [first, second] = order(one);
      first.ends();
      one.play.expect(second.is("ended"));
      second.sends("last words");
      one.play.expect(first.gets("last words"));
      second.ends();
      // Both have ended: closing tells the other, without a FIN of its own before.
      one.play.expectAmong(first.is("destroyed"), second.is("destroyed"));
      one.play.expectNothingLeft();
      expect(one.play.streams[0]!.fault).toBeNull();
    });

    test("a FIN is passed on behind what is held, and the end waits until it is taken", () => {
      const one = carried();
      const [first, second] = order(one);
      second.isFull = true;
      first.sends("much");
      one.play.take();
      first.ends();
      one.play.expect(second.is("ended"));
      second.ends();
      one.play.expect(first.is("ended"));
      second.drains();
      one.play.expectAmong(first.is("destroyed"), second.is("destroyed"));
      one.play.expectNothingLeft();
    });

    test("a FIN before the other side has taken all leaves that side unread until it has", () => {
      const one = carried();
      const [first, second] = order(one);
      first.isFull = true;
      second.sends("much");
      one.play.expect(first.gets("much"), second.is("paused"));
      first.ends();
      one.play.expect(second.is("ended"));
      first.drains();
      one.play.expect(second.is("resumed"));
      second.sends("more");
      one.play.expect(first.gets("more"));
    });

    test("the second FIN may be told as a close: what is held for the other side still reaches it", () => {
      const one = carried();
      const [first, second] = order(one);
      first.ends();
      first.isFull = true;
      second.sends("last words");
      one.play.take();
      second.closes(false);
      one.play.expect(first.is("ended"));
      first.drains();
      one.play.expectAmong(first.is("destroyed"));
      one.play.expectNothingLeft();
      expect(one.play.streams[0]!.fault).toBeNull();
    });

    test("a reset goes on as a reset at once, whatever is held", () => {
      const one = carried();
      const [first, second] = order(one);
      second.isFull = true;
      first.sends("much");
      one.play.take();
      first.closes(true);
      one.play.expectAmong(second.is("reset"));
      one.play.expectNothingLeft();
      expect(one.play.streams[0]!.fault!.code).toBe(name === "client" ? "client_closed" : "server_reset");
    });

    test("a reset behind a FIN goes on as a reset", () => {
      const one = carried();
      const [first, second] = order(one);
      first.ends();
      one.play.take();
      first.closes(true);
      one.play.expectAmong(second.is("reset"));
      one.play.expectNothingLeft();
    });

    test("a reset by the side that was sent a FIN goes on as a reset", () => {
      const one = carried();
      const [first, second] = order(one);
      first.ends();
      one.play.take();
      second.closes(true);
      one.play.expectAmong(first.is("reset"));
      one.play.expectNothingLeft();
    });

    test("a side that is gone without a reset has ended; what is sent to it after that is answered by a reset", () => {
      const one = carried();
      const [first, second] = order(one);
      first.closes(false);
      one.play.expect(second.is("ended"));
      second.sends("anybody there?");
      one.play.expectAmong(second.is("reset"));
      one.play.expectNothingLeft();
    });

    test("a side that is gone without a reset, and then the other's FIN, are an end in order", () => {
      const one = carried();
      const [first, second] = order(one);
      first.closes(false);
      one.play.take();
      second.ends();
      one.play.expect(second.is("destroyed"), "report 0 up 0 down");
      one.play.expectNothingLeft();
      expect(one.play.streams[0]!.fault).toBeNull();
    });
  });
}

test("a FIN that came with the last bytes before a server had them is passed on behind them", () => {
  const play = new Playbook(carrying());
  const client = play.connect();
  client.sends("all");
  client.ends();
  play.take();
  const server = play.accept();
  play.expect(server.gets("all"), server.is("ended"));
  server.sends("answer");
  server.ends();
  play.expect(client.gets("answer"), server.is("destroyed"), client.is("destroyed"), "report 3 up 6 down");
  play.expectNothingLeft();
});

// ---- what is counted and told ----

test("a stream is counted while it is under way and when it has ended", () => {
  const { play, client, server } = carried();
  const { totals } = play;
  client.sends("12345");
  server.sends("1234567");
  expect(totals.route(0, routeCell.open)).toBe(1);
  expect(totals.listener(0, listenerCell.connections)).toBe(1);
  expect(totals.active(0)).toBe(1);
  expect(totals.server(0, serverCell.open)).toBe(1);
  expect(totals.worker(workerCell.connections)).toBe(1);
  expect(totals.worker(workerCell.upstreamConnections)).toBe(1);
  play.pass(400);
  client.ends();
  server.ends();
  expect(totals.route(0, routeCell.open)).toBe(0);
  expect(totals.route(0, routeCell.sessions)).toBe(1);
  expect(totals.route(0, routeCell.bytesUp)).toBe(5);
  expect(totals.route(0, routeCell.bytesDown)).toBe(7);
  expect(totals.route(0, routeCell.durationSum)).toBeCloseTo(0.4);
  expect(totals.histogram("routes", 0).at(-1)).toBe(1);
  expect([routeCell.aborted, routeCell.dropped].map((cell) => totals.route(0, cell))).toEqual([0, 0]);
  const listened = [
    listenerCell.accepted,
    listenerCell.connections,
    listenerCell.bytesReceived,
    listenerCell.bytesSent,
  ];
  expect(listened.map((cell) => totals.listener(0, cell))).toEqual([1, 0, 5, 7]);
  const served = [
    serverCell.calls,
    serverCell.connects,
    serverCell.open,
    serverCell.bytesSent,
    serverCell.bytesReceived,
  ];
  expect(served.map((cell) => totals.server(0, cell))).toEqual([1, 1, 0, 5, 7]);
  expect(totals.worker(workerCell.connections)).toBe(0);
  expect(totals.worker(workerCell.upstreamConnections)).toBe(0);
});

test("a stream that a reset has ended reached its server, and is aborted", () => {
  const { play, server } = carried();
  server.closes(true);
  expect(play.totals.route(0, routeCell.sessions)).toBe(1);
  expect(play.totals.route(0, routeCell.aborted)).toBe(1);
  expect(play.totals.route(0, routeCell.dropped)).toBe(0);
});

test("the report tells who, where to, how much, and when", () => {
  const { play, client, server } = carried({ servers: ["one", "two"] });
  play.pass(100);
  client.sends("123");
  server.sends("1234");
  play.pass(100);
  client.ends();
  server.ends();
  const stream = play.streams[0]!;
  expect(stream).toMatchObject({
    bytesUp: 3,
    bytesDown: 4,
    server: 0,
    attempts: 1,
    startedMs: 1_000,
    connectedMs: 1_000,
  });
  expect(stream).toMatchObject({ endedMs: 1_200, serverName: "", ja4: "", fault: null });
  expect(stream.client.address).toBe("192.0.2.1");
  expect(stream.listener.plan.name).toBe("web");
  expect(stream.route.pool!.plan.name).toBe("app");
});
