// What a check over a connection comes to, plain and over TLS together, for the servers' side is the same.

import { afterAll, afterEach, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { createServer as createHttp2Server, createSecureServer, type ServerHttp2Stream } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { Authority } from "../../../test/authority.ts";
import { resetStream, settings } from "../../../test/e2e/harness/http2/frames.ts";
import type { CheckPlan, ServerPlan, ServerTlsPlan } from "../../config/plan.ts";
import type { ProbeResult } from "../../health/probe/result.ts";
import { ConnectionProbing } from "./connection.ts";
import { SecureContexts } from "./secure.ts";

const authority = new Authority();
const stranger = new Authority("Other CA");
const own = authority.issue(["DNS:a.test", "IP:127.0.0.1"]);
const pems = {
  ca: authority.cert,
  strangers: stranger.cert,
  chain: own.cert,
  key: own.key,
  ...(({ cert, key }) => ({ foreignChain: cert, foreignKey: key }))(stranger.issue(["DNS:client.test"])),
};
const opened: Server[] = [];
const children: ChildProcess[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => {
  authority[Symbol.dispose]();
  stranger[Symbol.dispose]();
});

const check: CheckPlan = {
  kind: "tcp",
  everyMs: 2000,
  timeoutMs: 5000,
  rise: 2,
  fall: 3,
  http: null,
  send: null,
  receive: null,
  exec: null,
  tls: null,
  port: null,
};
const httpCheck: CheckPlan = {
  ...check,
  kind: "http",
  http: { method: "GET", path: "/", host: "", expect: [{ from: 200, to: 299 }] },
};
const tls: ServerTlsPlan = {
  serverName: "a.test",
  verify: true,
  ca: "ca",
  chain: null,
  key: null,
  minVersion: "1.2",
  maxVersion: "1.3",
  ciphers: "",
  alpn: [],
};

async function listening(server: Server): Promise<number> {
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

/** A server that does this with each connection. */
function peer(accepted: (socket: Socket) => void): Promise<number> {
  return listening(
    createServer((socket) => {
      socket.on("error", () => {});
      accepted(socket);
    }),
  );
}

/** A server that says this in answer to the first bytes. */
function answering(answer: string): Promise<number> {
  return peer((socket) => socket.once("data", () => socket.end(answer)));
}

function tlsPeer(options: TlsOptions, answer = ""): Promise<number> {
  const server = createTlsServer({ ...own, ...options }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.end(answer));
  });
  server.on("tlsClientError", () => {});
  return listening(server);
}

function serverAt(port: number, changes: Partial<ServerPlan> = {}): ServerPlan {
  return {
    id: `app/a.test:${port}`,
    name: `a.test:${port}`,
    slot: 0,
    address: { kind: "tcp", host: "127.0.0.1", port },
    weight: 1,
    backup: false,
    isDrained: false,
    connectionsMax: 0,
    cookie: "",
    tls: null,
    isHttp2: false,
    proxyProtocol: 0,
    source: "",
    ...changes,
  };
}

function probe(server: ServerPlan, plan: CheckPlan = check): Promise<ProbeResult> {
  const contexts = new SecureContexts();
  contexts.adopt(pems);
  return new Promise((resolve) => new ConnectionProbing(server, plan, contexts, resolve));
}

async function reason(server: ServerPlan, plan: CheckPlan = check): Promise<string> {
  const result = await probe(server, plan);
  return `${result.isHealthy ? "up" : "down"}: ${result.reason}`;
}

test("what is sent arrives, and what comes back decides", async () => {
  const port = await peer((socket) => socket.on("data", (bytes) => socket.write(`+${bytes.toString()}`)));
  const ask = (match: string): CheckPlan => ({ ...check, send: "PING\r\n", receive: { kind: "starts", match } });
  expect(await reason(serverAt(port), ask("+PING"))).toBe("up: the answer is as expected");
  expect(await reason(serverAt(port), ask("+PONG"))).toStartWith('down: the answer "+PING\\r\\n" does not start with');
  const banner = await peer((socket) => socket.write("SSH-2.0-x\r\n"));
  const greets: CheckPlan = { ...check, receive: { kind: "pattern", match: "^SSH-2\\.0" } };
  expect(await reason(serverAt(banner), greets)).toBe("up: the answer is as expected");
});

test("what is to be sent has been sent when the check ends", async () => {
  let heard = "";
  const { promise, resolve } = Promise.withResolvers<void>();
  const port = await peer((socket) => {
    socket.on("data", (bytes) => (heard += bytes.toString()));
    socket.on("close", () => resolve());
  });
  expect(await reason(serverAt(port), { ...check, send: "x".repeat(5000) })).toBe("up: connected");
  await promise;
  expect(heard).toBe("x".repeat(5000));
});

test("silence and a close say what was waited for", async () => {
  const waits: CheckPlan = { ...check, timeoutMs: 300, receive: { kind: "contains", match: "x" } };
  expect(await reason(serverAt(await peer(() => {})), waits)).toBe("down: no answer in time");
  const closing = await peer((socket) => socket.end());
  expect(await reason(serverAt(closing), { ...waits, timeoutMs: 5000 })).toBe(
    "down: the server closed without an answer",
  );
});

test("what came while this process stood still is no silence", async () => {
  const port = await answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  const told = reason(serverAt(port), { ...httpCheck, timeoutMs: 400 });
  Bun.sleepSync(1000);
  expect(await told).toBe("up: status 200");
});

test("a server that expects a PROXY header is sent one that speaks of no client, before anything else", async () => {
  const first = async (changes: Partial<ServerPlan>, plan: CheckPlan): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>();
    let heard = "";
    const port = await peer((socket) => {
      socket.on("data", (bytes) => {
        heard += bytes.toString("latin1");
        // More than a header: a request or a ClientHello, which wait for an answer.
        if (heard.length > 40) socket.end();
      });
      socket.on("close", () => resolve(heard));
    });
    await probe(serverAt(port, changes), { ...plan, port: plan.port === null ? null : port });
    return promise;
  };
  expect(await first({ proxyProtocol: 1 }, check)).toBe("PROXY UNKNOWN\r\n");
  expect(await first({ proxyProtocol: 2 }, check)).toBe("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
  expect(await first({ proxyProtocol: 1 }, httpCheck)).toStartWith("PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n");
  expect(await first({ proxyProtocol: 1, tls }, check)).toStartWith("PROXY UNKNOWN\r\n\x16\x03\x01");
  // A port for checks alone is no door for clients.
  expect(await first({ proxyProtocol: 1 }, { ...check, send: "x", port: 1 })).toBe("x");
});

test("the server's source address is where checks come from", async () => {
  const port = await peer((socket) => socket.end(`from ${socket.remoteAddress}`));
  const heard: CheckPlan = { ...check, receive: { kind: "contains", match: "from 127.0.0.9" } };
  expect(await reason(serverAt(port, { source: "127.0.0.9" }), heard)).toBe("up: the answer is as expected");
  expect(await reason(serverAt(port, { source: "192.0.2.1" }))).toStartWith(
    "down: connecting failed: this machine does not have the source address",
  );
  expect(await reason(serverAt(port, { source: "::1" }))).toBe(
    "down: connecting failed: the source ::1 is no IPv4 address",
  );
});

test("a unix socket is checked like any other", async () => {
  const path = `${authority.folder}/app.sock`;
  const server = createServer((socket) => socket.end("hello"));
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const at = serverAt(0, { address: { kind: "unix", path } });
  expect(await reason(at, { ...check, receive: { kind: "contains", match: "hello" } })).toStartWith("up");
  await new Promise((resolve) => server.close(resolve));
  rmSync(path, { force: true });
  expect(await reason(at)).toBe("down: connecting failed: no such socket");
});

test("over TLS a connection is not enough: the certificate must be of a trusted authority and for the name", async () => {
  const at = async (options: TlsOptions, changes: Partial<ServerTlsPlan> = {}): Promise<string> =>
    reason(serverAt(await tlsPeer(options), { tls: { ...tls, ...changes } }));
  expect(await at({})).toBe("up: connected");
  expect(await at({}, { serverName: "127.0.0.1" })).toBe("up: connected");
  expect(await at({}, { serverName: "127.0.0.2" })).toBe(
    "down: its certificate is for a.test, 127.0.0.1, not for 127.0.0.2",
  );
  expect(await at({}, { serverName: "b.test" })).toBe("down: its certificate is for a.test, 127.0.0.1, not for b.test");
  expect(await at({}, { ca: "strangers" })).toBe(
    "down: its certificate comes from an authority that is not trusted, or its chain is incomplete (issued by Test CA)",
  );
  expect(await at({}, { ca: null })).toContain("(issued by Test CA)");
  expect(await at(authority.issue(["DNS:a.test"], -1))).toBe("down: its certificate expired 1 day ago");
  expect(await at(authority.selfSigned("a.test"))).toBe(
    "down: its certificate is self-signed, and `ca` does not hold it",
  );
  expect(await at(authority.selfSigned("b.test"), { verify: false, ca: null })).toBe("up: connected");
});

test("a check is over TLS as the server's traffic is, unless it says otherwise", async () => {
  const secure = await tlsPeer({});
  expect(await reason(serverAt(secure), { ...check, tls: true })).toBe("up: connected");
  const plain = await answering("HTTP/1.1 204 No\r\n\r\n");
  expect(await reason(serverAt(plain, { tls }), { ...httpCheck, tls: false })).toBe("up: status 204");
  // What the server's traffic would be checked by holds for `true` as well.
  expect(await reason(serverAt(secure, { tls: { ...tls, serverName: "b.test" } }), { ...check, tls: true })).toContain(
    "not for b.test",
  );
});

test("an http check goes over TLS, and asks by the protocol that was agreed on", async () => {
  const port = await tlsPeer({ ALPNProtocols: ["http/1.1"] }, "HTTP/1.1 200 OK\r\n\r\n");
  expect(await reason(serverAt(port, { tls: { ...tls, alpn: ["http/1.1"] } }), httpCheck)).toBe("up: status 200");
  expect(await reason(serverAt(port, { tls: { ...tls, alpn: ["postgresql"] } }), httpCheck)).toBe(
    "down: it speaks none of the protocols in `alpn`",
  );
});

/** Answers by HTTP/2 what each path asks for, and to gRPC that it serves. */
function byHttp2(stream: ServerHttp2Stream, head: Record<string, unknown>): void {
  stream.on("error", () => {});
  const path = String(head[":path"]);
  if (!path.startsWith("/grpc.")) {
    stream.respond({ ":status": Number(path.slice(1)), "x-host": String(head[":authority"]) });
    stream.end("hello");
    return;
  }
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
}

const http2Check = (status: number): CheckPlan => ({ ...httpCheck, http: { ...httpCheck.http!, path: `/${status}` } });
const grpcCheck: CheckPlan = { ...check, kind: "grpc", grpc: { service: "", host: "" } };

test("a server that is asked by HTTP/2 is checked so, in the clear, unless the check says otherwise", async () => {
  const server = createHttp2Server();
  server.on("stream", byHttp2);
  const at = serverAt(await listening(server), { isHttp2: true });
  expect(await reason(at, http2Check(204))).toBe("up: status 204");
  expect(await reason(at, http2Check(503))).toBe("down: status 503 is not expected");
  expect(await reason(at, grpcCheck)).toBe("up: SERVING");
  expect(await reason({ ...at, isHttp2: false }, grpcCheck)).toBe("up: SERVING");
  expect(await reason({ ...at, isHttp2: false }, { ...http2Check(200), isHttp2: true })).toBe("up: status 200");
  expect(await reason(at, check)).toBe("up: connected");
  const old = await answering("HTTP/1.1 200 OK\r\n\r\n");
  expect(await reason(serverAt(old, { isHttp2: true }), httpCheck)).toBe(
    "down: it answers by HTTP/1.1, and is asked by HTTP/2",
  );
  expect(await reason(serverAt(old, { isHttp2: true }), { ...httpCheck, isHttp2: false })).toBe("up: status 200");
});

test("over TLS HTTP/2 is offered to it, and what it chooses is spoken; gRPC has no other", async () => {
  const server = createSecureServer({ ...own });
  server.on("stream", byHttp2);
  const secure = { tls: { ...tls, alpn: ["h2", "http/1.1"] }, isHttp2: true };
  const port = await listening(server as unknown as Server);
  const at = serverAt(port, secure);
  expect(await reason(at, http2Check(204))).toBe("up: status 204");
  expect(await reason(at, grpcCheck)).toBe("up: SERVING");
  // What its traffic does not have is offered for the check alone.
  expect(await reason(serverAt(port, { tls }), grpcCheck)).toBe("up: SERVING");
  expect(await reason(serverAt(port, {}), { ...grpcCheck, tls: true })).toBe("up: SERVING");
  const old = await tlsPeer({ ALPNProtocols: ["http/1.1"] }, "HTTP/1.1 200 OK\r\n\r\n");
  expect(await reason(serverAt(old, secure), httpCheck)).toBe("up: status 200");
  expect(await reason(serverAt(old, secure), { ...httpCheck, isHttp2: false })).toBe("up: status 200");
  expect(await reason(serverAt(old, secure), grpcCheck)).toBe(
    "down: it does not speak HTTP/2, which gRPC needs (ALPN)",
  );
});

test("a handshake that fails says why", async () => {
  const at = async (port: number, changes: Partial<ServerTlsPlan> = {}, timeoutMs = 5000): Promise<string> =>
    reason(serverAt(port, { tls: { ...tls, ...changes } }), { ...check, timeoutMs });
  expect(await at(await answering("HTTP/1.1 400 Bad Request\r\n\r\n"))).toBe(
    "down: what answers there does not speak TLS",
  );
  expect(await at(await peer((socket) => socket.end()))).toBe("down: it closed inside the TLS handshake");
  expect(await at(await peer((socket) => socket.resetAndDestroy()))).toBe("down: it closed inside the TLS handshake");
  expect(await at(await peer(() => {}), {}, 300)).toBe("down: no TLS handshake in time");
  expect(await at(await tlsPeer({ minVersion: "TLSv1.3" }), { maxVersion: "1.2" })).toBe(
    "down: it speaks none of the TLS versions that are allowed",
  );
});

test("materials that are missing or do not fit are the reason that a server is down", async () => {
  const port = await tlsPeer({});
  const at = (changes: Partial<ServerTlsPlan>): Promise<string> =>
    reason(serverAt(port, { tls: { ...tls, ...changes } }));
  expect(await at({ ca: "gone" })).toBe("down: the authorities (ca) to check its certificate by could not be read");
  expect(await at({ chain: "gone", key: "key" })).toBe("down: the client certificate to show to it could not be read");
  expect(await at({ chain: "chain", key: "foreignKey" })).toStartWith("down: its TLS settings cannot be used: ");
  expect(await at({ ciphers: "NONE-SUCH" })).toStartWith("down: its TLS settings cannot be used: ");
});

/** openssl's own server, in TLS of this version; it asks for a client certificate and insists. */
async function insisting(version: string): Promise<number> {
  const files = ["-cert", authority.file("s.crt", own.cert), "-key", authority.file("s.key", own.key)];
  const asks = ["-Verify", "1", "-verify_return_error", "-CAfile", authority.file("ca.pem", authority.cert)];
  const child = spawn("openssl", ["s_server", "-accept", "127.0.0.1:0", version, ...files, ...asks], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  children.push(child);
  let said = "";
  for await (const bytes of child.stdout) {
    said += bytes;
    const port = /^ACCEPT [\d.]+:(\d+)/m.exec(said)?.[1];
    if (port !== undefined) {
      // Otherwise it would wait for somebody to read what it says.
      child.stdout.resume();
      return Number(port);
    }
  }
  throw new Error("openssl s_server did not start");
}

test.each(["-tls1_2", "-tls1_3"])(
  "a server that wants a client certificate is well only with one (%s)",
  async (version) => {
    const port = await insisting(version);
    const at = (changes: Partial<ServerTlsPlan>): Promise<string> =>
      reason(serverAt(port, { tls: { ...tls, ...changes } }));
    expect(await at({ chain: "chain", key: "key" })).toBe("up: connected");
    expect(await at({})).toMatch(/^down: .*wants a client certificate/);
    expect(await at({ chain: "foreignChain", key: "foreignKey" })).toBe("down: it refused the client certificate");
  },
);

test("a probe that is given up closes its connection and tells nothing, at whatever point it is", async () => {
  const told: ProbeResult[] = [];
  const contexts = new SecureContexts();
  contexts.adopt(pems);
  for (const changes of [{}, { tls }]) {
    const { promise: accepted, resolve: accept } = Promise.withResolvers<void>();
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const port = await peer((socket) => {
      socket.on("close", () => close());
      // The check's request, or its ClientHello.
      socket.once("data", () => accept());
    });
    const probing = new ConnectionProbing(serverAt(port, changes), httpCheck, contexts, (result) => told.push(result));
    await accepted;
    probing.abort();
    probing.abort();
    await closed;
  }
  const port = await peer((socket) => socket.resume());
  new ConnectionProbing(serverAt(port), check, contexts, (result) => told.push(result)).abort();
  expect(await reason(serverAt(port))).toBe("up: connected");
  expect(told).toEqual([]);
});

test("a server that answers a check by HTTP/1.1 alone is asked so, unless HTTP/2 was asked for", async () => {
  const server = createTlsServer({ ...own, ALPNProtocols: ["h2", "http/1.1"] }, (socket) => {
    const isHttp2 = socket.alpnProtocol === "h2";
    const said = isHttp2 ? Buffer.concat([settings(), resetStream(1, 13)]) : "HTTP/1.1 204 No\r\n\r\n";
    socket.on("error", () => {}).once("data", () => socket.write(said));
  });
  const port = await listening(server);
  const at = (alpn: string[]): ServerPlan => serverAt(port, { tls: { ...tls, alpn }, isHttp2: true });
  expect(await reason(at(["h2", "http/1.1"]), httpCheck)).toBe("up: status 204");
  const refused = "down: the server reset the stream: http11 required";
  expect(await reason(at(["h2", "http/1.1"]), { ...httpCheck, isHttp2: true })).toBe(refused);
  expect(await reason(at(["h2"]), httpCheck)).toBe(refused);
});
