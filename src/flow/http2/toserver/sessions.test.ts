// How many connections there are to a server that is asked by HTTP/2, who is given which, and how long they stay.

import { expect, test } from "bun:test";
import { data, resetStream, Setting, windowUpdate } from "../../../../test/e2e/harness/http2/frames.ts";
import { Answerer, responseHead } from "../../../../test/playbook/http2server.ts";
import type { PlanOptions } from "../../../../test/playbook/plan.ts";
import { Playbook } from "../../../../test/playbook.ts";
import { fault } from "../../../base/fault.ts";
import type { ServerTlsPlan } from "../../../config/plan.ts";
import { serverCell, workerCell } from "../../../memory/tally.ts";
import { untakenBytesMax } from "./untaken.ts";

const http2: PlanOptions = { server: { isHttp2: true } };
const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const tls: ServerTlsPlan = {
  serverName: "a.example",
  verify: false,
  ca: null,
  chain: null,
  key: null,
  minVersion: "1.2",
  maxVersion: "1.3",
  ciphers: "",
  alpn: ["h2", "http/1.1"],
};
const secure: PlanOptions = { server: { isHttp2: true, tls } };

function ask(play: Playbook, request: string = get) {
  const client = play.connect();
  client.sends(request);
  return client;
}

/** As the tally has it: open and idle at the first server, and connections to servers. */
function counted(play: Playbook): number[] {
  const { totals } = play;
  return [
    totals.server(0, serverCell.open),
    totals.server(0, serverCell.idle),
    totals.worker(workerCell.upstreamConnections),
  ];
}

test("those who come while it is dialed wait for the same connection", () => {
  const play = new Playbook(http2);
  const clients = [ask(play), ask(play), ask(play)];
  expect(play.dialing).toBe(1);
  const server = new Answerer(play);
  expect(server.hears().slice(1)).toEqual([1, 3, 5].map((stream) => `HEADERS ${stream} GET http a / END`));
  expect(counted(play)).toEqual([1, 0, 1]);
  for (const stream of [5, 1, 3]) server.answers(stream);
  expect(server.hears().filter((line) => line.startsWith("report"))).toEqual(Array(3).fill("report 200"));
  expect(counted(play)).toEqual([1, 1, 1]);
  expect(clients.every(({ flow }) => flow !== null)).toBe(true);
});

test("a dial that is refused is refused to all who wait, and each goes elsewhere", () => {
  const play = new Playbook({ ...http2, servers: ["one", "two"], balance: { policy: "random" } });
  ask(play);
  const { name } = play.dialed;
  ask(play);
  while (play.dialing > 0 && play.dialed.name === name) play.refuse();
  const server = new Answerer(play);
  expect(server.hears().filter((line) => line.startsWith("HEADERS")).length).toBe(2);
});

test("who left while it was dialed is not asked for", () => {
  const play = new Playbook(http2);
  ask(play).closes();
  ask(play);
  const server = new Answerer(play);
  expect(server.hears().filter((line) => line.startsWith("HEADERS"))).toEqual(["HEADERS 1 GET http a / END"]);
});

test("what a server bears at once is kept to, and another connection is dialed for the next", () => {
  const play = new Playbook(http2);
  ask(play);
  const server = new Answerer(play, { settings: [[Setting.maxConcurrentStreams, 2]] });
  server.hears();
  ask(play);
  expect(play.dialing).toBe(0);
  ask(play);
  ask(play);
  ask(play);
  // As many as it bears wait for each.
  expect(play.dialing).toBe(2);
  server.hears();
  const next = new Answerer(play, { settings: [[Setting.maxConcurrentStreams, 2]] });
  expect(next.hears().filter((line) => line.startsWith("HEADERS")).length).toBe(2);
  server.answers(1);
  ask(play);
  expect(server.hears().filter((line) => line.startsWith("HEADERS"))).toEqual(["HEADERS 5 GET http a / END"]);
});

test("a server that bears none is let go of, and asked no more than it may be", () => {
  const play = new Playbook({ ...http2, pool: { retries: 0 } });
  ask(play);
  const server = new Answerer(play, { settings: [[Setting.maxConcurrentStreams, 0]] });
  server.answers(1);
  expect(server.hears().at(-1)).toBe(server.actor.is("destroyed"));
  expect(counted(play)).toEqual([0, 0, 0]);
});

test("a server that has refused a request is asked more at once again as it answers, up to what it has said", () => {
  const play = new Playbook(http2);
  for (let count = 0; count < 4; count++) ask(play);
  const server = new Answerer(play, { settings: [[Setting.maxConcurrentStreams, 4]] });
  server.says(resetStream(5, 7), resetStream(7, 7));
  expect(play.dialing).toBe(1);
  play.refuse();
  // Two are under way, and it bears no more.
  const roomy = (): number => {
    let room = 0;
    for (; play.dialing === 0; room++) ask(play);
    play.refuse();
    server.hears();
    return room - 1;
  };
  let stream = 9;
  expect(roomy()).toBe(0);
  server.answers(1);
  expect(roomy()).toBe(1);
  server.answers(3);
  // As many were answered as it bore: one more.
  expect(roomy()).toBe(2);
  for (let count = 0; count < 9; count++) {
    server.answers(stream);
    stream += 2;
    roomy();
  }
  for (const upTo = stream + 8; stream < upTo; stream += 2) server.answers(stream);
  expect(counted(play)).toEqual([1, 1, 1]);
  expect(roomy()).toBe(4);
});

test("over a connection of which its server says ENHANCE_YOUR_CALM no more is asked, and what may be asked twice is asked elsewhere", () => {
  const play = new Playbook(http2);
  ask(play);
  const server = new Answerer(play);
  for (let count = 0; count < 3; count++) ask(play);
  server.hears();
  server.says(resetStream(5, 11));
  expect(play.dialing).toBe(1);
  const other = new Answerer(play);
  expect(other.hears().slice(1)).toContain("HEADERS 1 GET http a / END");
  ask(play);
  expect(other.hears()).toEqual(["HEADERS 3 GET http a / END"]);
  for (const stream of [1, 3]) other.answers(stream);
  expect(other.hears().filter((line) => line.startsWith("report"))).toEqual(Array(2).fill("report 200"));
});

test("an overloaded server that refuses what comes has no more connections than carry something", () => {
  const play = new Playbook({ ...http2, pool: { retries: 0 } });
  ask(play);
  ask(play);
  const server = new Answerer(play);
  for (let wave = 0; wave < 20; wave++) {
    for (let count = 0; count < 10; count++) ask(play);
    const said = server.hears();
    const refused = said
      .flatMap((line) => (line.startsWith("HEADERS") ? [Number(line.split(" ")[1])] : []))
      .slice(wave === 0 ? 2 : 0);
    server.says(...refused.map((stream) => resetStream(stream, 7)));
    while (play.dialing > 0) {
      const other = new Answerer(play);
      const asked = other.hears().flatMap((line) => (line.startsWith("HEADERS") ? [Number(line.split(" ")[1])] : []));
      other.says(...asked.map((stream) => resetStream(stream, 7)));
    }
    expect(counted(play)).toEqual([1, 0, 1]);
  }
});

test("over TLS a server may choose HTTP/1.1: who waited first has the connection, the others dial theirs", () => {
  for (const alpn of ["http/1.1", ""]) {
    const play = new Playbook(secure);
    const clients = [ask(play), ask(play)];
    play.expect("dial one:80");
    const first = play.accept((actor) => {
      actor.alpn = alpn;
    });
    play.expect(first.gets(get), "dial one:80");
    const second = play.accept((actor) => {
      actor.alpn = alpn;
    });
    play.expect(second.gets(get));
    expect(counted(play)).toEqual([2, 0, 2]);
    for (const server of [first, second]) server.sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    play.take();
    // They are kept as any are.
    expect(counted(play)).toEqual([2, 2, 2]);
    clients[0]!.sends(get);
    play.expect(second.gets(get));
    // From then on each dials for itself.
    ask(play);
    play.expect(first.gets(get));
    ask(play);
    ask(play);
    expect(play.dialing).toBe(2);
    const third = new Answerer(play, { alpn: "h2" });
    expect(third.hears().filter((line) => line.startsWith("HEADERS"))).toEqual(["HEADERS 1 GET https a / END"]);
  }
});

test("what switches protocols has a connection of HTTP/1.1", () => {
  const upgrade = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";
  const play = new Playbook(secure);
  ask(play);
  const server = new Answerer(play, { alpn: "h2" });
  server.hears();
  const client = ask(play, upgrade);
  play.expect("dial one:80 by HTTP/1.1");
  const old = play.accept();
  play.expect(old.gets("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"));
  old.sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
  expect(play.take()[0]).toStartWith(client.gets("HTTP/1.1 101 "));
  const clear = new Playbook(http2);
  ask(clear, upgrade);
  expect(clear.take().at(-1)).toBe("report 501 http1_unspoken");
  // Who asks for HTTP/2 in that way is served without.
  ask(clear, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n");
  const next = new Answerer(clear);
  next.expect("dial one:80", "HEADERS 1 GET http a / END");
});

test("who logs in by the connection has one of HTTP/1.1, and keeps it", () => {
  const login = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: NTLM abc\r\n\r\n";
  const play = new Playbook(secure);
  const client = ask(play);
  const server = new Answerer(play, { alpn: "h2" });
  server.answers(1, 401, "", [["www-authenticate", "NTLM"]]);
  server.hears();
  client.sends(login);
  play.expect("dial one:80 by HTTP/1.1");
  const old = play.accept();
  play.expect(old.gets(login));
  old.sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  play.take();
  // Nobody else's requests go over it, its client's do.
  ask(play);
  server.expect("HEADERS 3 GET https a / END");
  client.sends(get);
  play.expect(old.gets(get));
});

test("who says first whose the connection is shares it with nobody", () => {
  const play = new Playbook({ server: { isHttp2: true, proxyProtocol: 1 } });
  ask(play);
  ask(play);
  expect(play.dialing).toBe(2);
  const server = new Answerer(play);
  ask(play);
  expect(play.dialing).toBe(2);
  server.answers(1);
  expect(server.hears().at(-1)).toBe(server.actor.is("destroyed"));
});

test("who says first whose the connection is asks no other by itself", () => {
  const play = new Playbook({ server: { isHttp2: true, proxyProtocol: 1 } });
  ask(play);
  const server = new Answerer(play);
  play.take();
  server.says(resetStream(1, 7));
  const said = play.take();
  expect(said.filter((line) => line.startsWith("dial") && !line.includes("PROXY"))).toEqual([]);
});

test("one that rests is closed after its time, and one too many at once", () => {
  const play = new Playbook({ ...http2, pool: { idle: { connectionsMax: 1, timeoutMs: 5_000 } } });
  ask(play);
  const server = new Answerer(play, { settings: [[Setting.maxConcurrentStreams, 1]] });
  server.hears();
  ask(play);
  const other = new Answerer(play, { settings: [[Setting.maxConcurrentStreams, 1]] });
  server.answers(1);
  expect(server.actor.flow).not.toBe(null);
  other.answers(1);
  expect(other.hears().at(-1)).toBe(other.actor.is("destroyed"));
  play.pass(3_000);
  ask(play);
  server.answers(3);
  play.take();
  play.pass(4_000);
  expect(play.take()).toEqual([]);
  play.pass(2_500);
  server.expect("GOAWAY 0 NO_ERROR", server.actor.is("destroyed"));
  expect(counted(play)).toEqual([0, 0, 0]);
});

test("a server that leaves the plan ends what it has begun, and nothing else", () => {
  const play = new Playbook({ ...http2, servers: ["one"] });
  ask(play);
  const server = new Answerer(play);
  server.hears();
  play.reload({ ...http2, servers: ["two"], generation: 2 });
  play.expect();
  ask(play);
  play.expect("dial two:80");
  server.answers(1);
  expect(server.hears().slice(-2)).toEqual(["GOAWAY 0 NO_ERROR", server.actor.is("destroyed")]);
});

test("a reload that changes nothing of it keeps its connections", () => {
  const play = new Playbook(http2);
  ask(play);
  const server = new Answerer(play);
  server.answers(1);
  play.reload({ ...http2, generation: 2, downstream: { readMs: 1 } });
  server.hears();
  ask(play);
  server.expect("HEADERS 3 GET http a / END");
  // By HTTP/1.1 from now on.
  play.reload({ generation: 3 });
  server.answers(3);
  play.take();
  ask(play);
  const plain = play.accept();
  play.expectAmong(plain.gets(get));
});

test("while the worker drains none is kept", () => {
  const play = new Playbook(http2);
  const client = ask(play);
  const server = new Answerer(play);
  play.drain();
  server.answers(1);
  expect(server.hears()).toContain(server.actor.is("destroyed"));
  expect(client.flow === null || counted(play)[0] === 0).toBe(true);
});

test("a dial that fails tells why", () => {
  const play = new Playbook({ ...http2, pool: { retries: 0 } });
  ask(play);
  play.refuse(fault("tls_refused"));
  expect(play.take().at(-1)).toBe("report 502 tls_refused");
});

test("while slow clients hold too much, a connection is shared until half of its window is used up", () => {
  const play = new Playbook(http2);
  const { untaken } = play.context;
  untaken.add(untakenBytesMax + 1);
  ask(play);
  const server = new Answerer(play);
  let sent = 0;
  for (let stream = 1; play.dialing === 0; stream += 2) {
    server.says(responseHead(stream, 200), ...Array(3).fill(data(stream, "x".repeat(16_000))), data(stream, "", true));
    sent += 48_000;
    server.hears();
    ask(play);
  }
  expect(sent).toBeGreaterThan(2 * 1024 * 1024);
  expect(sent).toBeLessThan(2.1 * 1024 * 1024);
  // They have taken it: the connection's window is opened again.
  play.refuse();
  untaken.take(untakenBytesMax / 2 + 1);
  expect(server.hears().some((line) => line.startsWith("WINDOW_UPDATE 0 "))).toBe(true);
  ask(play);
  expect(server.hears().at(-1)).toStartWith("HEADERS ");
});

test("where an upload that is not taken has used up the window of its connection, further requests go over another", () => {
  const play = new Playbook(http2);
  const upload = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n";
  ask(play, upload + "x".repeat(100_000));
  const server = new Answerer(play);
  const post = "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
  // It may be opened within a round trip.
  play.pass(90);
  ask(play, post);
  expect(play.dialing).toBe(0);
  expect(server.hears().at(-1)).toBe("HEADERS 3 POST http a /b content-length=2");
  play.pass(20);
  ask(play, post);
  expect(play.dialing).toBe(1);
  const next = new Answerer(play);
  expect(next.hears()).toContain('DATA 1 "hi" END');
  // It is opened again.
  server.says(windowUpdate(0, 65_535));
  expect(server.hears()).toContain('DATA 3 "hi" END');
  ask(play);
  expect(server.hears().at(-1)).toBe("HEADERS 5 GET http a / END");
});
