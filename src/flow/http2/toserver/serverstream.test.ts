// What becomes of a request that is asked by HTTP/2, and of its answer, whichever of the two its client speaks.

import { expect, test } from "bun:test";
import { block } from "../../../../test/e2e/harness/http2/fields.ts";
import {
  continuation,
  data,
  Flag,
  frame,
  headers,
  resetStream,
  Type,
  windowUpdate,
} from "../../../../test/e2e/harness/http2/frames.ts";
import { Caller } from "../../../../test/playbook/http2.ts";
import { Answerer, responseHead, trailers } from "../../../../test/playbook/http2server.ts";
import type { PlanOptions } from "../../../../test/playbook/plan.ts";
import { Playbook } from "../../../../test/playbook.ts";

const http2: PlanOptions = { server: { isHttp2: true } };
const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
/** A field section that is larger than a head may be. */
const large = block([":status", "200"], ["x", "y".repeat(17_000)]);
const grpc = [
  ["te", "trailers"],
  ["content-type", "application/grpc"],
] as const;

/** A client of HTTP/1.1 that has asked, and its server. */
function asked(request: string = get, options: PlanOptions = http2) {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(request);
  const server = new Answerer(play);
  return { play, client, server, head: server.hears().filter((line) => /^(HEADERS|DATA) /.test(line)) };
}

/** A client of HTTP/2 that calls as gRPC does, and its server. */
function called(content: string | null = "ask", isLast = true) {
  const play = new Playbook(http2);
  const caller = new Caller(play);
  caller.asks(1, "/svc/M", { method: "POST", fields: grpc, isOpen: true });
  if (content !== null) caller.sendsData(1, content, isLast);
  const server = new Answerer(play);
  server.hears();
  /** What was said, to both. */
  const hears = (): string[] => play.take().flatMap((line) => wordsOf(line, caller, server));
  return { play, caller, server, hears };
}

function wordsOf(line: string, caller: Caller, server: Answerer): string[] {
  const start = `${server.actor.name} gets `;
  if (!line.startsWith(start)) return wordsOfCaller(line, caller);
  return server
    .frames(Buffer.from(JSON.parse(`"${line.slice(start.length)}"`) as string, "latin1"))
    .map((it) => `> ${it}`);
}

function wordsOfCaller(line: string, caller: Caller): string[] {
  const start = `${caller.actor.name} gets `;
  if (!line.startsWith(start)) return [line];
  return caller
    .frames(Buffer.from(JSON.parse(`"${line.slice(start.length)}"`) as string, "latin1"))
    .map((it) => `< ${it}`);
}

test("a request of HTTP/1.1 is a stream of its server, and its answer one of HTTP/1.1", () => {
  const { play, client, server, head } = asked(
    "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nKeep-Alive: 1\r\nX-A: b\r\n\r\n",
  );
  expect(head).toEqual(["HEADERS 1 GET http a /a x-a=b END"]);
  server.answers(1, 404, "no", [["content-length", "2"]]);
  server.expect(
    client.gets("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nConnection: close\r\n\r\nno"),
    "report 404",
    client.is("destroyed"),
  );
  play.expectNothingLeft();
});

test("the next request is another stream, over the same connection", () => {
  const { play, client, server } = asked();
  for (let stream = 1; stream < 9; stream += 2) {
    if (stream > 1) {
      client.sends(get);
      server.expect(`HEADERS ${stream} GET http a / END`);
    }
    server.answers(stream, 200, "");
    server.expect(client.gets("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), "report 200");
  }
  expect(play.dialing).toBe(0);
});

test("a request in chunks becomes DATA and trailers, one with a length DATA alone", () => {
  const first = asked("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n3\r\nabc\r\n");
  expect(first.head).toEqual(["HEADERS 1 POST http a / te=trailers", 'DATA 1 "abc"']);
  first.client.sends("2\r\nde\r\n0\r\nx-sum: 5\r\n\r\n");
  first.server.expect('DATA 1 "de"', "HEADERS 1 x-sum=5 END");
  const second = asked("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde");
  expect(second.head).toEqual(["HEADERS 1 POST http a / content-length=5", 'DATA 1 "abcde" END']);
});

test("an answer without a length goes on in chunks, with its trailers behind", () => {
  const { client, server } = asked();
  server.says(responseHead(1, 200, [["x", "y"]]));
  server.expect(client.gets("HTTP/1.1 200 OK\r\nx: y\r\ntransfer-encoding: chunked\r\n\r\n"));
  server.says(data(1, "ab"), data(1, "c"));
  server.expect(client.gets("2\r\nab\r\n1\r\nc\r\n"));
  server.says(trailers(1, ["x-sum", "3"]));
  server.expect(client.gets("0\r\nx-sum: 3\r\n\r\n"), "report 200");
});

test("trailers of an answer that has a length are passed over, unless they were asked for", () => {
  const answer = [responseHead(1, 200, [["content-length", "2"]]), data(1, "ab"), trailers(1, ["x-sum", "3"])];
  const plain = asked();
  plain.server.says(...answer);
  plain.server.expect(plain.client.gets("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab"), "report 200");
  const wanted = asked("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n");
  expect(wanted.head).toEqual(["HEADERS 1 GET http a / te=trailers END"]);
  wanted.server.says(...answer);
  wanted.server.expect(
    wanted.client.gets("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx-sum: 3\r\n\r\n"),
    "report 200",
  );
});

test("interim heads go on before the head", () => {
  const { client, server } = asked();
  server.says(responseHead(1, 103, [["link", "</a>"]]));
  server.expect(client.gets("HTTP/1.1 103 Informational\r\nlink: </a>\r\n\r\n"));
  server.answers(1, 204);
  server.expect(client.gets("HTTP/1.1 204 No Content\r\n\r\n"), "report 204");
});

test("endless interim heads are no answer", () => {
  const { client, server } = asked();
  for (let count = 0; count < 40; count++) if (server.actor.flow !== null) server.says(responseHead(1, 102));
  const said = server.hears();
  expect(said.filter((line) => line.startsWith("RST_STREAM"))).toEqual(["RST_STREAM 1 CANCEL"]);
  expect(said).toContain("report 502 bad_response");
  expect(client.flow).not.toBe(null);
});

test("an answer is whole when its stream has ended, and not before", () => {
  const { client, server, play } = asked();
  server.says(responseHead(1, 200, [["content-length", "2"]]), data(1, "ab"));
  server.expect();
  server.says(data(1, "", true));
  server.expect(client.gets("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab"), "report 200");
  client.sends("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.says(responseHead(3, 200, [["content-length", "9"]]));
  server.expect("HEADERS 3 HEAD http a / END");
  server.says(data(3, "", true));
  server.expect(client.gets("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"), "report 200");
  play.expectNothingLeftBut(1);
});

test("what is malformed is no answer, and ends its stream alone", () => {
  const bad: readonly (readonly Buffer[])[] = [
    [headers(1, block(["x", "y"]), Flag.endHeaders | Flag.endStream)],
    [responseHead(1, 101)],
    [responseHead(1, 103, [], true)],
    [responseHead(1, 200, [["connection", "close"]], true)],
    [responseHead(1, 200, [["x", "a\r\nb: c"]], true)],
    [responseHead(1, 200, [["content-length", "1"]], true)],
    [responseHead(1, 200, [["content-length", "1x"]])],
    [headers(1, large.subarray(0, 9_000), Flag.endStream), continuation(1, large.subarray(9_000))],
    [data(1, "x")],
  ];
  for (const frames of bad) {
    const { client, server } = asked();
    server.says(...frames);
    const said = server.hears();
    expect(said.slice(1).sort()).toEqual(["RST_STREAM 1 PROTOCOL_ERROR", "report 502 bad_response"]);
    client.sends(get);
    server.expect("HEADERS 3 GET http a / END");
  }
});

test("what is malformed behind a head breaks the answer off", () => {
  const bad: readonly (readonly Buffer[])[] = [
    [data(1, "abc")],
    [data(1, "a"), data(1, "", true)],
    [data(1, "a"), trailers(1, ["x", "y"])],
    [headers(1, block(["x", "y"]), Flag.endHeaders)],
  ];
  for (const frames of bad) {
    const { client, server } = asked();
    server.says(responseHead(1, 200, [["content-length", "2"]]));
    server.hears();
    server.says(...frames);
    const said = server.hears();
    for (const line of ["RST_STREAM 1 PROTOCOL_ERROR", client.is("reset"), "report 200 bad_response"])
      expect(said).toContain(line);
  }
});

test("content goes as far as the windows let it, and the client waits for the rest", () => {
  const content = "x".repeat(150_000);
  const { client, server, play, head } = asked(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n${content}`,
  );
  const sent = (lines: readonly string[]): number =>
    lines.reduce((sum, line) => sum + Number(/^DATA 1 \[(\d+)\]/.exec(line)?.[1] ?? 0), 0);
  expect(sent(head)).toBe(65_535);
  expect(client.isPaused).toBe(true);
  server.says(windowUpdate(1, 200_000));
  expect(sent(server.hears())).toBe(0);
  server.says(windowUpdate(0, 50_000));
  expect(sent(server.hears())).toBe(50_000);
  expect(client.isPaused).toBe(true);
  server.says(windowUpdate(0, 200_000));
  expect(sent(server.hears())).toBe(150_000 - 115_535);
  play.turn();
  expect(client.isPaused).toBe(false);
  client.sends("y".repeat(50_000));
  const rest = server.hears();
  expect(sent(rest)).toBe(50_000);
  expect(rest.at(-1)).toEndWith(" END");
});

test("a slow client holds its own stream, and no other of the connection", () => {
  const { play, client, server } = asked();
  const other = play.connect();
  other.sends(get);
  server.expect("HEADERS 3 GET http a / END");
  client.isFull = true;
  client.heldBytes = 1;
  server.says(responseHead(1, 200), data(1, "x".repeat(16_000)));
  server.hears();
  let sent = 16_000;
  for (; sent + 16_000 <= 65_535; sent += 16_000) server.says(data(1, "x".repeat(16_000)));
  const held = server.hears();
  // Nothing of it goes on, and no window is opened for it.
  expect(held.filter((line) => !line.startsWith("WINDOW_UPDATE 0"))).toEqual([]);
  expect(play.context.untaken.bytes).toBeGreaterThan(40_000);
  server.answers(3, 200, "hi");
  server.expect(other.gets("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"), "report 200");
  client.drains();
  play.turn();
  const after = server.hears();
  expect(after.some((line) => line.startsWith("WINDOW_UPDATE 1 "))).toBe(true);
  expect(play.context.untaken.bytes).toBe(0);
  server.says(data(1, "", true));
  expect(server.hears().at(-1)).toBe("report 200");
});

test("a call of gRPC passes whole, with its trailers", () => {
  const { server, hears } = called();
  server.says(
    responseHead(1, 200, [["content-type", "application/grpc"]]),
    data(1, "answer"),
    trailers(1, ["grpc-status", "0"]),
  );
  expect(hears()).toEqual([
    "< HEADERS 1 200 content-type=application/grpc",
    '< DATA 1 "answer"',
    "< HEADERS 1 grpc-status=0 END",
    "report 200",
  ]);
});

test("what a call asks with reaches the server, te: trailers too", () => {
  const play = new Playbook(http2);
  const caller = new Caller(play);
  caller.asks(1, "/svc/M", { method: "POST", fields: [...grpc, ["grpc-timeout", "5S"]], isOpen: true });
  caller.sendsData(1, "ask", true);
  new Answerer(play).expect(
    "dial one:80",
    "HEADERS 1 POST http a /svc/M content-type=application/grpc grpc-timeout=5S te=trailers",
    'DATA 1 "ask" END',
  );
});

test("an answer of trailers alone stays one", () => {
  const { server, hears } = called();
  server.says(
    responseHead(
      1,
      200,
      [
        ["content-type", "application/grpc"],
        ["grpc-status", "12"],
      ],
      true,
    ),
  );
  expect(hears()).toEqual([
    "< HEADERS 1 200 content-type=application/grpc grpc-status=12 content-length=0 END",
    "report 200",
  ]);
});

test("both sides of a call go on at once", () => {
  const { caller, server, hears } = called(null);
  server.says(responseHead(1, 200));
  expect(hears()).toEqual(["< HEADERS 1 200"]);
  for (let round = 0; round < 5; round++) {
    caller.sendsData(1, `ask ${round}`);
    expect(hears()).toEqual([`> DATA 1 "ask ${round}"`]);
    server.says(data(1, `answer ${round}`));
    expect(hears()).toEqual([`< DATA 1 "answer ${round}"`]);
  }
  caller.sendsData(1, "", true);
  expect(hears()).toEqual(["> DATA 1 END"]);
  server.says(data(1, "last"), trailers(1, ["grpc-status", "0"]));
  expect(hears()).toEqual(['< DATA 1 "last"', "< HEADERS 1 grpc-status=0 END", "report 200"]);
});

test("an answer may be over before the request is", () => {
  const { caller, server, hears, play } = called("ask", false);
  server.says(responseHead(1, 200), trailers(1, ["grpc-status", "8"]));
  expect(hears().sort()).toEqual([
    "< HEADERS 1 200",
    "< HEADERS 1 grpc-status=8 END",
    "< RST_STREAM 1 NO_ERROR",
    "> RST_STREAM 1 CANCEL",
    "report 200",
  ]);
  caller.asks(3);
  expect(hears()).toEqual(["> HEADERS 3 GET http a / END"]);
  server.answers(3);
  play.take();
  play.expectNothingLeftBut(1);
});

test("a call that is cancelled is cancelled at its server, before its answer and during", () => {
  for (const isAnswering of [false, true]) {
    const { caller, server, hears, play } = called("ask", false);
    if (isAnswering) server.says(responseHead(1, 200), data(1, "x"));
    hears();
    caller.says(resetStream(1, 8));
    expect(hears()).toEqual(["> RST_STREAM 1 CANCEL", `report ${isAnswering ? 200 : 0} client_closed`]);
    caller.asks(3);
    expect(hears()).toEqual(["> HEADERS 3 GET http a / END"]);
    // What was on its way is passed over.
    server.says(...(isAnswering ? [] : [responseHead(1, 200)]), data(1, "late", true));
    expect(hears()).toEqual([]);
    server.answers(3);
    expect(hears()).toContain("report 200");
    play.expectNothingLeftBut(1);
  }
});

test("a server that takes a stream back breaks its answer off", () => {
  const { server, hears } = called();
  server.says(responseHead(1, 200), data(1, "x"));
  hears();
  server.says(resetStream(1, 2));
  expect(hears()).toEqual(["report 200 truncated_response", "< RST_STREAM 1 INTERNAL_ERROR"]);
});

test("a server that takes a stream back without an answer has not answered: what may be asked again is", () => {
  const idempotent = asked(get, { ...http2, servers: ["one", "two"] });
  idempotent.server.says(resetStream(1, 2));
  expect(idempotent.server.hears()).toEqual(["dial two:80"]);
  const { server, hears } = called();
  server.says(resetStream(1, 2));
  expect(hears().at(-1)).toBe("report 502 server_closed");
});

test("a server that has not looked at a request is asked again, whatever the method", () => {
  const { caller, server, hears } = called();
  caller.asks(3);
  hears();
  server.says(resetStream(1, 7));
  expect(hears()).toEqual(["dial one:80"]);
  server.answers(3);
  expect(hears().at(-1)).toBe("report 200");
});

test("what is asked again over a connection that stands is said at once", () => {
  const play = new Playbook(http2);
  play.connect().sends(get);
  const server = new Answerer(play, { settings: [[3, 1]] });
  for (let count = 0; count < 2; count++) play.connect().sends(get);
  const others = [new Answerer(play, { settings: [[3, 2]] }), new Answerer(play, { settings: [[3, 2]] })];
  play.connect().sends(get);
  server.answers(1);
  play.take();
  // Others of that connection go on: nothing else is said to it.
  others[0]!.says(resetStream(1, 7));
  const said = play.take().filter((line) => line.startsWith(`${server.actor.name} gets `));
  expect(said.length).toBe(1);
});

test("what it was asked is said in full over another connection", () => {
  const { play, caller, server, hears } = called("ask", false);
  hears();
  server.says(frame(Type.goaway, 0, 0, Buffer.from([0, 0, 0, 0, 0, 0, 0, 0])));
  expect(hears()).toEqual(["dial one:80", "> GOAWAY 0 NO_ERROR", server.actor.is("destroyed")]);
  caller.sendsData(1, " more", true);
  const next = new Answerer(play);
  next.expect("HEADERS 1 POST http a /svc/M content-type=application/grpc te=trailers", 'DATA 1 "ask more"');
  play.turn();
  next.expect("DATA 1 END");
  next.answers(1, 200, "hi");
  expect(caller.hears()).toEqual(["HEADERS 1 200", 'DATA 1 "hi" END', "report 200"]);
});

test("what is not at hand any more is not asked again", () => {
  const { server, hears } = called("ask", false);
  server.says(responseHead(1, 103));
  hears();
  server.says(resetStream(1, 7));
  expect(hears()).toContain("report 502 truncated_response");
  const long = called(null, false);
  for (let count = 0; count < 5; count++) long.caller.sendsData(1, "x".repeat(16_000));
  long.server.says(resetStream(1, 7));
  expect(long.hears()).toContain("report 502 server_closed");
});

test("a server that never looks at it is asked so many times", () => {
  const { play, caller, server } = called();
  server.says(resetStream(1, 7));
  for (let count = 0; count < 2; count++) {
    const next = new Answerer(play);
    play.take();
    next.says(resetStream(1, 7));
  }
  expect(caller.hears()).toContain("report 502 server_closed");
  expect(play.dialing).toBe(0);
});

test("a client that leaves while another of its connection is told does no harm", () => {
  for (const head of [responseHead(3, 200, [], true), data(3, "x", true)]) {
    const { play, client, server } = asked();
    const other = play.connect();
    other.sends(get);
    if (head[3] === Type.data) server.says(responseHead(3, 200));
    server.hears();
    const send = client.send.bind(client);
    client.send = (bytes, start, end): boolean => {
      if (other.flow !== null) other.closes();
      return send(bytes, start, end);
    };
    server.says(responseHead(1, 200, [], true), head);
    const said = server.hears();
    expect(said).toContain(client.gets("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    expect(said).toContain("RST_STREAM 3 CANCEL");
    client.sends(get);
    server.expect("HEADERS 5 GET http a / END");
  }
});

test("Via of an answer that came by HTTP/2 says so, an interim one's too, and of one that came by HTTP/1.1 after all does not", () => {
  const via: PlanOptions = { ...http2, forwarding: { via: "sluice" } };
  const { play, client, server } = asked(get, via);
  server.says(responseHead(1, 103));
  server.answers(1, 204);
  server.expect(
    client.gets(
      "HTTP/1.1 103 Informational\r\nVia: 2.0 sluice\r\n\r\nHTTP/1.1 204 No Content\r\nVia: 2.0 sluice\r\n\r\n",
    ),
    "report 204",
  );
  client.sends(get);
  server.hears();
  server.says(resetStream(3, 13));
  const older = play.accept();
  play.take();
  older.sends("HTTP/1.1 204 No Content\r\n\r\n");
  play.expect(client.gets("HTTP/1.1 204 No Content\r\nVia: 1.1 sluice\r\n\r\n"), "report 204");
});
