// A server that answers some or all of what it is asked by HTTP/2 with HTTP_1_1_REQUIRED (RFC 9113 section 7).

import { expect, test } from "bun:test";
import { goaway, resetStream } from "../../../../test/e2e/harness/http2/frames.ts";
import type { Actor } from "../../../../test/playbook/actor.ts";
import { Answerer } from "../../../../test/playbook/http2server.ts";
import type { PlanOptions } from "../../../../test/playbook/plan.ts";
import { Playbook } from "../../../../test/playbook.ts";
import type { ServerTlsPlan } from "../../../config/plan.ts";
import { serverCell, workerCell } from "../../../memory/tally.ts";

const http11Required = 13;
const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
const call = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const told =
  "one:80: it answers HTTP_1_1_REQUIRED, and is asked by HTTP/1.1 for the next 10 minutes; http2: false of it says so for good";
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
const secure: PlanOptions = { server: { isHttp2: true, tls }, pool: { retries: 0 } };
const plain: PlanOptions = { server: { isHttp2: true }, pool: { retries: 0 } };

/** A client that has asked, and whose server has said that it answers by HTTP/1.1 alone. */
function outdated(request: string, options: PlanOptions = secure, frame = resetStream(1, http11Required)) {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(request);
  const server = new Answerer(play, options.server?.tls ? { alpn: "h2" } : {});
  server.hears();
  server.says(frame);
  return { play, client, server };
}

function counted({ totals }: Playbook): number[] {
  return [
    totals.server(0, serverCell.open),
    totals.server(0, serverCell.idle),
    totals.worker(workerCell.upstreamConnections),
  ];
}

function isAnswered(play: Playbook, client: Actor, older: Actor): void {
  older.sends(ok);
  play.expect(client.gets(ok), "report 200");
}

test("a request is asked again by HTTP/1.1, whatever its method, and what is behind it goes there too", () => {
  const { play, client, server } = outdated(`${post}ab`);
  client.sends("c");
  server.expect(told, "dial one:80 by HTTP/1.1", client.is("paused"));
  const older = play.accept();
  expect(play.take()).toContain(older.gets(`${post}abc`));
  client.sends("d");
  play.expect(older.gets("d"));
  isAnswered(play, client, older);
  // Both stand, and rest.
  expect(counted(play)).toEqual([2, 2, 2]);
});

test("for ten minutes others are asked by HTTP/1.1 from the start, but calls of gRPC; then it is tried anew", () => {
  const { play, client } = outdated(get, {
    ...plain,
    pool: { retries: 0, idle: { connectionsMax: 9, timeoutMs: 3_600_000 } },
  });
  const older = play.accept();
  play.take();
  isAnswered(play, client, older);
  client.sends(get);
  play.expect(older.gets(get));
  const second = play.connect();
  second.sends(get);
  play.expect("dial one:80 by HTTP/1.1");
  isAnswered(play, client, older);
  const other = play.accept();
  play.take();
  isAnswered(play, second, other);
  play.connect().sends(call);
  expect(play.take().join()).toContain("application/grpc");
  play.pass(10 * 60_000);
  play.take();
  const late = play.connect();
  late.sends(get);
  const said = play.take().join();
  expect(said).not.toContain("HTTP/1.1");
});

test("a GOAWAY that says so holds for what it has not looked at", () => {
  const { play, client, server } = outdated(get, secure, goaway(0, http11Required));
  expect(server.hears()).toEqual([
    told,
    "dial one:80 by HTTP/1.1",
    expect.stringContaining("GOAWAY"),
    server.actor.is("destroyed"),
  ]);
  const older = play.accept();
  play.expect(older.gets(get));
  isAnswered(play, client, older);
});

test("a connection that began with a PROXY header is followed by one that does", () => {
  const { play, server } = outdated(get, { ...plain, server: { isHttp2: true, proxyProtocol: 1 } });
  expect(server.hears()[1]).toMatch(/^dial one:80 PROXY TCP4 .* by HTTP\/1.1$/);
  play.expect(play.accept().gets(get));
});

test("a server in the clear that says so is asked for upgrades as well", () => {
  const { play, client } = outdated(get, plain);
  const older = play.accept();
  play.take();
  isAnswered(play, client, older);
  client.sends("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
  play.expect(older.gets("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"));
});

test("who leaves meanwhile is not asked for, and what cannot be dialed is told", () => {
  const left = outdated(get);
  left.client.closes();
  left.play.take();
  const unwanted = left.play.accept();
  left.play.expect(unwanted.is("destroyed"));
  expect(counted(left.play)).toEqual([1, 1, 1]);
  const refused = outdated(get);
  refused.play.refuse();
  expect(refused.play.take().at(-1)).toBe("report 502 connect_refused");
});

test("what is no longer at hand is not asked again, and neither is anything by HTTP/1.1 where the config rules that out", () => {
  const large = outdated(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${"x".repeat(70_000)}`);
  expect(large.play.take()).toContain("report 502 server_closed");
  const alone = outdated(get, { ...plain, server: { isHttp2: true, tls: { ...tls, alpn: ["h2"] } } });
  expect(alone.play.take().join()).not.toContain("HTTP_1_1_REQUIRED");
});
