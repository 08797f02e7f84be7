// What the connection to a server bears of it, and when it ends.

import { expect, test } from "bun:test";
import { block } from "../../../../test/e2e/harness/http2/fields.ts";
import {
  data,
  Flag,
  frame,
  goaway,
  headers,
  padded,
  ping,
  priority,
  resetStream,
  Setting,
  settings,
  Type,
  windowUpdate,
} from "../../../../test/e2e/harness/http2/frames.ts";
import { Answerer, responseHead } from "../../../../test/playbook/http2server.ts";
import type { PlanOptions } from "../../../../test/playbook/plan.ts";
import { Playbook } from "../../../../test/playbook.ts";
import { serverCell } from "../../../memory/tally.ts";

const http2: PlanOptions = { server: { isHttp2: true } };
const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

function asked(options: PlanOptions = http2) {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(get);
  const server = new Answerer(play);
  server.hears();
  return { play, client, server };
}

test("its first words are the preface, what it takes, and that nothing is to be pushed", () => {
  const play = new Playbook(http2);
  play.connect().sends(get);
  const server = play.accept();
  const line = play.take().find((each) => each.startsWith(`${server.name} gets `))!;
  expect(line.slice(`${server.name} gets `.length)).toStartWith(
    JSON.stringify(
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
        settings([Setting.enablePush, 0], [Setting.maxHeaderListSize, 16_384]).toString("latin1") +
        windowUpdate(0, 4 * 1024 * 1024 - 65_535).toString("latin1"),
    ).slice(1, -1),
  );
});

test("a PING is answered", () => {
  const { server } = asked();
  server.says(ping("abcdefgh"));
  server.expect("PING ACK abcdefgh");
});

test("streams under way end behind a GOAWAY, others are asked elsewhere", () => {
  const { play, client, server } = asked();
  const other = play.connect();
  other.sends(get);
  server.expect("HEADERS 3 GET http a / END");
  server.says(goaway(1));
  play.expect("dial one:80");
  const next = new Answerer(play);
  next.expect("HEADERS 1 GET http a / END");
  server.answers(1);
  server.expect(
    client.gets("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    "report 200",
    "GOAWAY 0 NO_ERROR",
    server.actor.is("destroyed"),
  );
  next.answers(1);
  next.expect(other.gets("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), "report 200");
});

test("one that rests goes with a GOAWAY", () => {
  const { play, server } = asked();
  server.answers(1);
  server.hears();
  server.says(goaway(2 ** 31 - 1));
  server.expect("GOAWAY 0 NO_ERROR", server.actor.is("destroyed"));
  expect(play.totals.server(0, serverCell.idle)).toBe(0);
});

test("all that were under way are lost with it, and what may be asked again is", () => {
  const { play, client, server } = asked();
  server.answers(1);
  play.take();
  client.sends(get);
  const other = play.connect();
  other.sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  play.take();
  server.actor.closes();
  const said = play.take();
  expect(said[0]).toBe("dial one:80");
  expect(said).toContain("report 502 server_closed");
  expect(play.dialing).toBe(1);
  expect(play.totals.server(0, serverCell.open)).toBe(0);
  const next = new Answerer(play);
  expect(next.hears()).toContain("HEADERS 1 GET http a / END");
});

test("an answer that had begun breaks off with it, by a FIN too", () => {
  for (const how of ["closes", "ends"] as const) {
    const { play, client, server } = asked();
    server.says(responseHead(1, 200), data(1, "x"));
    play.take();
    server.actor[how]();
    expect(play.take()).toContain("report 200 truncated_response");
    expect(client.flow).toBe(null);
  }
});

test("what was said before the end counts", () => {
  const { play, client, server } = asked();
  server.answers(1, 200, "hi");
  server.actor.ends();
  expect(play.take()).toContain("report 200");
  expect(client.flow).not.toBe(null);
  play.expectNothingLeftBut(1);
});

test("a server that does not speak it is no good", () => {
  const play = new Playbook({ ...http2, pool: { retries: 0 } });
  play.connect().sends(get);
  const server = play.accept();
  server.sends("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  const said = play.take();
  expect(said).toContain("report 502 bad_response");
  expect(said).toContain(server.is("destroyed"));
});

test("what nobody may say ends the connection with its error", () => {
  const errors: readonly (readonly [string, Buffer])[] = [
    ["PROTOCOL_ERROR", data(0, "x")],
    ["PROTOCOL_ERROR", data(9, "x")],
    ["PROTOCOL_ERROR", responseHead(2, 200)],
    ["PROTOCOL_ERROR", headers(9, block([":status", "200"]), Flag.endHeaders)],
    ["COMPRESSION_ERROR", headers(1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Flag.endHeaders)],
    ["PROTOCOL_ERROR", frame(Type.pushPromise, Flag.endHeaders, 1, Buffer.alloc(4))],
    ["PROTOCOL_ERROR", windowUpdate(0, 0)],
    ["FLOW_CONTROL_ERROR", windowUpdate(0, 2 ** 31 - 1)],
    ["PROTOCOL_ERROR", windowUpdate(9, 1)],
    ["PROTOCOL_ERROR", resetStream(9)],
    ["FLOW_CONTROL_ERROR", settings([Setting.initialWindowSize, 2 ** 31])],
    ["PROTOCOL_ERROR", settings([Setting.maxFrameSize, 1])],
    ["PROTOCOL_ERROR", settings([Setting.enablePush, 1])],
    ["FRAME_SIZE_ERROR", frame(Type.ping, 0, 0, Buffer.alloc(7))],
    ["FRAME_SIZE_ERROR", data(1, "x".repeat(20_000))],
  ];
  for (const [error, bytes] of errors) {
    const { play, server } = asked({ ...http2, pool: { retries: 0 } });
    server.says(bytes);
    const said = server.hears();
    expect([error, said.find((line) => line.startsWith("GOAWAY"))?.split(" ")[2]]).toEqual([error, error]);
    expect(said).toContain(server.actor.is("destroyed"));
    play.expectNothingLeftBut(1);
  }
});

test("what has come, padding too, is given back to the windows of stream and connection", () => {
  const { server } = asked();
  server.says(responseHead(1, 200));
  const granted = [0, 0];
  let sent = 0;
  for (; sent < 6 * 1024 * 1024; sent += 16_001) {
    server.says(frame(Type.data, Flag.padded, 1, padded(Buffer.alloc(15_900), 100)));
    for (const line of server.hears()) {
      const [, stream, bytes] = /^WINDOW_UPDATE (\d) (\d+)$/.exec(line) ?? [];
      if (stream !== undefined) granted[Number(stream)]! += Number(bytes);
    }
  }
  // As much as it may say is never far from what it could at first, and not more.
  const [connection, stream] = [4 * 1024 * 1024 + granted[0]! - sent, 65_535 + granted[1]! - sent];
  expect([connection > 2 * 1024 * 1024, connection <= 4 * 1024 * 1024]).toEqual([true, true]);
  expect([stream > 128 * 1024, stream <= 256 * 1024]).toEqual([true, true]);
});

test("more content than its windows is an error", () => {
  const { server, client } = asked();
  client.isFull = true;
  client.heldBytes = 1;
  server.says(responseHead(1, 200));
  for (let count = 0; count < 5; count++) if (server.actor.flow !== null) server.says(data(1, "x".repeat(16_000)));
  expect(server.hears()).toContain("RST_STREAM 1 FLOW_CONTROL_ERROR");
});

test("floods of what is no answer end the connection", () => {
  const floods: readonly Buffer[] = [
    ping(),
    settings(),
    priority(1, 0),
    resetStream(1),
    data(1, ""),
    frame(77, 0, 0, Buffer.alloc(0)),
  ];
  for (const one of floods) {
    const { server, play } = asked({ ...http2, pool: { retries: 0 } });
    server.says(responseHead(1, 200));
    server.hears();
    const many = Buffer.concat(Array.from({ length: 1000 }, () => one));
    for (let count = 0; count < 11 && server.actor.flow !== null; count++) {
      server.says(many);
      play.turn();
    }
    for (let count = 0; count < 8; count++) play.turn();
    expect(server.hears().find((line) => line.startsWith("GOAWAY"))).toBe(
      "GOAWAY 0 ENHANCE_YOUR_CALM too much that is no answer",
    );
  }
});

test("many frames of one read are looked at a part at a time", () => {
  const { server, play } = asked();
  server.says(responseHead(1, 200));
  server.hears();
  const many = Buffer.concat(Array.from({ length: 5_000 }, () => windowUpdate(1, 1)));
  server.says(many);
  expect(server.actor.isPaused).toBe(true);
  play.turn();
  play.turn();
  expect(server.actor.isPaused).toBe(false);
});

test("a connection that takes nothing is not read while it is told much", () => {
  const { server, play } = asked();
  server.actor.isFull = true;
  server.actor.heldBytes = 1;
  for (let count = 0; count < 200 && !server.actor.isPaused; count++) server.says(ping());
  expect(server.actor.isPaused).toBe(true);
  server.actor.drains();
  play.turn();
  expect(server.actor.isPaused).toBe(false);
});

test("one that has said nothing since a request ran out of time is given no other", () => {
  const { play, client, server } = asked({ ...http2, upstream: { responseMs: 2_000 }, pool: { retries: 0 } });
  play.pass(2_500);
  server.expect(
    "RST_STREAM 1 CANCEL",
    "PING 00000000",
    client.gets(
      "HTTP/1.1 504 Gateway Timeout\r\nDate: Thu, 01 Jan 2026 00:00:02 GMT\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 55\r\nCache-Control: no-store\r\n\r\n504 Gateway Timeout: the server did not answer in time\n",
    ),
    "report 504 response_timeout",
  );
});

test("whoever does not answer whether it is there is left, and whoever does is asked again", () => {
  for (const isThere of [true, false]) {
    const { play, client, server } = asked({ ...http2, upstream: { responseMs: 2_000 }, pool: { retries: 0 } });
    play.pass(2_500);
    play.take();
    if (isThere) server.says(ping("\0\0\0\0\0\0\0\0", Flag.ack));
    client.sends(get);
    const said = server.hears();
    expect(said).toEqual([isThere ? "HEADERS 3 GET http a / END" : "dial one:80"]);
    if (isThere) continue;
    play.pass(6_000);
    expect(server.hears()).toContain(server.actor.is("destroyed"));
  }
});

test("a client that leaves at once says nothing of its server", () => {
  const { play, client, server } = asked();
  play.pass(100);
  client.closes();
  server.expect("RST_STREAM 1 CANCEL", "report 0 client_closed");
  play.connect().sends(get);
  server.expect("HEADERS 3 GET http a / END");
});

test("a server that takes nothing is told so much, and further requests go over another connection", () => {
  for (const size of [1, 8_000]) {
    const { play, server } = asked();
    const { actor } = server;
    actor.isFull = true;
    actor.heldBytes = 1;
    for (let count = 0; count < 500 && play.dialing === 0; count++) {
      const client = play.connect();
      client.sends(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(size)}\r\n\r\n`);
      play.pass(5);
      client.closes();
    }
    expect(play.dialing).toBe(1);
    expect(actor.heldBytes).toBeLessThan(300 * 1024);
    // It goes on with what it takes.
    play.refuse();
    actor.drains();
    play.connect().sends(get);
    expect(server.hears().at(-1)).toStartWith("HEADERS ");
  }
});

test("one that takes nothing and carries nothing is let go", () => {
  const { play, client, server } = asked();
  const { actor } = server;
  actor.isFull = true;
  actor.heldBytes = 300 * 1024;
  client.closes();
  expect(play.take()).toContain(actor.is("destroyed"));
  expect(play.totals.server(0, serverCell.open)).toBe(0);
});
