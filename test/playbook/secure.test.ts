import { expect, test } from "bun:test";
import type { Exchange } from "../../src/flow/exchange.ts";
import { Playbook } from "../playbook.ts";
import { makeClient, makeClientTls } from "./client.ts";
import type { PlanOptions } from "./plan.ts";
import { get, ok } from "./words.ts";

// Clients that come over TLS of our own: what servers are told of that, and what the clients are.

const secureClient = makeClient("192.0.2.1", { tls: makeClientTls({ subject: "CN=ann" }) });
const strict: PlanOptions = { listener: { hsts: "max-age=63072000; includeSubDomains" } };
const strictLine = "Strict-Transport-Security: max-age=63072000; includeSubDomains";

function answered(options: PlanOptions, answer: string, client = secureClient): string {
  const play = new Playbook(options);
  const actor = play.connect(client);
  actor.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(answer);
  return play.take()[0]!;
}

// ---- X-Forwarded-Proto, Forwarded ----

test("servers are told that the client came over https", () => {
  const forwarding = { xForwardedFor: true, xForwardedProto: true, xForwardedHost: true };
  for (const [client, proto] of [
    [secureClient, "https"],
    [makeClient(), "http"],
  ] as const) {
    const play = new Playbook({ forwarding });
    play.connect(client).sends(get("/"));
    const server = play.accept();
    const fields = ["X-Forwarded-For: 192.0.2.1", `X-Forwarded-Proto: ${proto}`, "X-Forwarded-Host: a"];
    play.expect("dial one:80", server.gets(get("/", ...fields)));
  }
});

test("Forwarded says it too", () => {
  const play = new Playbook({ forwarding: { forwarded: true, xForwardedProto: true } });
  play.connect(secureClient).sends(get("/"));
  const server = play.accept();
  const fields = ["X-Forwarded-Proto: https", 'Forwarded: for=192.0.2.1;proto=https;host="a"'];
  play.expect("dial one:80", server.gets(get("/", ...fields)));
});

test("what a trusted proxy says of its client stands, however the proxy itself came", () => {
  const play = new Playbook({ forwarding: { trusted: ["192.0.2.0/24"], xForwardedProto: true } });
  play.connect(secureClient).sends(get("/", "X-Forwarded-Proto: http"));
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/", "X-Forwarded-Proto: http")));
});

test("behind a PROXY header it is the client of the header that is told of and judged, not the peer", () => {
  const play = new Playbook({ forwarding: { trusted: ["10.0.0.0/8"], xForwardedFor: true } });
  const client = makeClient("192.0.2.9", { peerAddress: "10.0.0.1" });
  play.connect(client).sends(get("/", "X-Forwarded-For: 6.6.6.6"));
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/", "X-Forwarded-For: 192.0.2.9")));
});

test("logs and rules get at what the handshake has shown", () => {
  const subjects: string[] = [];
  const play = new Playbook({}, (exchange: Exchange) => {
    subjects.push(exchange.downstream!.client.tls!.subject);
  });
  const client = play.connect(secureClient);
  client.sends(get("/"));
  play.accept().sends(ok("1"));
  client.sends(get("/"));
  client.closes();
  expect(subjects).toEqual(["CN=ann", "CN=ann"]);
});

// ---- Strict-Transport-Security ----

test("a response over TLS carries Strict-Transport-Security where it is planned, one without TLS never", () => {
  expect(answered(strict, ok("x"))).toBe(
    `client 1 gets ${JSON.stringify(ok("x").replace("\r\n\r\n", `\r\n${strictLine}\r\n\r\n`)).slice(1, -1)}`,
  );
  expect(answered(strict, ok("x"), makeClient())).not.toContain("Strict");
  expect(answered({}, ok("x"))).not.toContain("Strict");
});

test("ours takes the place of the server's own, in whatever case and however often it is written", () => {
  const answer = ok("x", "strict-transport-security: max-age=0", "X: 1", "STRICT-Transport-Security: max-age=1");
  const said = answered(strict, answer);
  expect(said.match(/strict-transport-security/gi)).toEqual(["Strict-Transport-Security"]);
  expect(said).toContain("X: 1\\r\\n");
  expect(said).toContain(strictLine);
});

test("without a plan of ours the server's own is passed on", () => {
  const theirs = "Strict-Transport-Security: max-age=1";
  expect(answered({}, ok("x", theirs))).toContain(theirs);
  // Over plain HTTP it means nothing (RFC 6797 section 8.1), and is the server's business.
  expect(answered(strict, ok("x", theirs), makeClient())).toContain(theirs);
});

test("it is in responses that end the connection, in those to HTTP/1.0, and in our own", () => {
  expect(answered({ ...strict, limits: { requestsPerConnectionMax: 1 } }, ok("x"))).toContain(strictLine);
  const play = new Playbook(strict);
  const old = play.connect(secureClient);
  old.sends("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  play.accept().sends(ok("x"));
  expect(play.take().find((line) => line.includes("200 OK"))).toContain(strictLine);
  const client = play.connect(secureClient);
  client.sends("nonsense\r\n\r\n");
  expect(play.take()[0]).toContain(strictLine);
});

test("it is in the grant of an upgrade, once", () => {
  const play = new Playbook(strict);
  const client = play.connect(secureClient);
  client.sends(get("/", "Upgrade: websocket", "Connection: Upgrade"));
  const server = play.accept();
  play.take();
  server.sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  expect(play.take()[0]!.match(/Strict/g)).toHaveLength(1);
});

test("a connection that was made without TLS hears nothing of it after a reload that brings TLS", () => {
  const play = new Playbook();
  const client = play.connect();
  play.reload(strict);
  client.sends(get("/"));
  play.accept().sends(ok("x"));
  expect(play.take().join()).not.toContain("Strict");
});

// ---- the PROXY header to servers ----

const told: PlanOptions = { server: { proxyProtocol: 1 } };
const header = (address: string): string => `dial one:80 PROXY TCP4 ${address} 198.51.100.1 40000 80\\r\\n`;

test("a server that wants a PROXY header gets a connection for each request, and none is kept", () => {
  const play = new Playbook(told);
  const client = play.connect("192.0.2.1");
  for (let count = 0; count < 2; count++) {
    client.sends(get("/"));
    play.expect(header("192.0.2.1"));
    const server = play.accept();
    play.expect(server.gets(get("/")));
    server.sends(ok("x"));
    play.expect(client.gets(ok("x")), server.is("destroyed"), "report 200");
  }
  const other = play.connect("192.0.2.2");
  other.sends(get("/"));
  play.expect(header("192.0.2.2"));
});

test("a retry is introduced by the header too", () => {
  const play = new Playbook({ ...told, servers: ["one", "two"] });
  play.connect("192.0.2.1").sends(get("/"));
  play.refuse();
  play.expectAmong(header("192.0.2.1").replace("one", "two"));
});

test("a reload that changes how a server is spoken to leaves its idle connections behind", () => {
  const tls = {
    serverName: "one",
    verify: true,
    ca: null,
    chain: null,
    key: null,
    minVersion: "1.2",
    maxVersion: "1.3",
    ciphers: "",
    alpn: [],
  } as const;
  for (const server of [{ proxyProtocol: 1 } as const, { tls }, { source: "192.0.2.200" }]) {
    const play = new Playbook();
    const client = play.connect();
    client.sends(get("/"));
    const before = play.accept();
    before.sends(ok("x"));
    play.take();
    play.reload({ server });
    play.expect(before.is("destroyed"));
    client.sends(get("/"));
    expect(play.take()[0]).toStartWith("dial one:80");
  }
});
