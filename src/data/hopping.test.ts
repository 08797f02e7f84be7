// Dials through somebody else's proxy, and from addresses of our own, over real sockets.

import { beforeEach, expect, test } from "bun:test";
import { connect as connectTo, createServer, type Server } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { freePort } from "../../test/e2e/harness/port.ts";
import { localServer, RecordingFlow, serverAt } from "../../test/runtime/flow.ts";
import { Door, type End, settled } from "../../test/runtime/pair.ts";
import { materials } from "../../test/runtime/secure.ts";
import { serverTls } from "../../test/runtime/tls.ts";
import type { HopPlan, ServerPlan } from "../config/plan.ts";
import { Driver } from "./driver.ts";

let driver: Driver;
let flow: RecordingFlow;
beforeEach(() => {
  driver = new Driver((error) => {
    throw error;
  });
  flow = new RecordingFlow();
});

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const heard = (end: End): string => Buffer.concat(end.chunks).toString("latin1");

function through(port: number, hop: Partial<HopPlan> = {}): ServerPlan {
  const plan: HopPlan = { protocol: "http", host: "a.example", port: 443, user: "", password: "", ...hop };
  return { ...localServer(port), hop: plan };
}

const connect = "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n";

test("a tunnel is asked for before anything is told, and what came behind the answer is told after connected", async () => {
  using door = new Door();
  driver.dial(through(door.port), flow, 10_000, bytes("PROXY header "));
  const proxy = await door.end();
  await proxy.heardBytes(connect.length);
  expect(heard(proxy)).toBe(connect);
  expect(flow.told).toEqual([]);
  proxy.socket.write("HTTP/1.1 200 OK\r\n\r\nhello");
  await flow.heardBytes(5);
  expect(flow.told).toEqual(["connected"]);
  expect(driver.wheel.size).toBe(0);
  flow.line.send(bytes("you"), 0, 3);
  await proxy.heardBytes(connect.length + 16);
  // For the server, at the other end of the tunnel.
  expect(heard(proxy).slice(connect.length)).toBe("PROXY header you");
  proxy.socket.shutdown();
  await flow.heard("ended");
});

test("SOCKS5 is spoken where that is the protocol", async () => {
  using door = new Door();
  driver.dial(through(door.port, { protocol: "socks5", user: "anna", password: "x" }), flow, 10_000, null);
  const proxy = await door.end();
  await proxy.heardBytes(4);
  proxy.socket.write(bytes("\x05\x02"));
  await proxy.heardBytes(4 + 8);
  proxy.socket.write(bytes("\x01\x00"));
  await proxy.heardBytes(4 + 8 + 16);
  proxy.socket.write(bytes("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"));
  await flow.heard("connected");
  expect(heard(proxy)).toBe("\x05\x02\x00\x02\x01\x04anna\x01x\x05\x01\x00\x03\x09a.example\x01\xbb");
});

test("a proxy that refuses, and one that does not get through, are told apart; their connections are closed", async () => {
  for (const [answer, code] of [
    ["HTTP/1.1 407 Who are you\r\n\r\n", "hop_refused"],
    ["HTTP/1.1 502 Bad Gateway\r\n\r\n", "hop_unreachable"],
  ] as const) {
    using door = new Door();
    const one = new RecordingFlow();
    driver.dial(through(door.port), one, 10_000, null);
    const proxy = await door.end();
    await proxy.heardBytes(connect.length);
    proxy.socket.write(answer);
    await one.heard(`refused ${code}`);
    expect(one.fault!.retry).toBe("elsewhere");
    await settled();
    expect(one.told).toHaveLength(1);
    await proxy.heard("close ECONNRESET");
    expect(driver.wheel.size).toBe(0);
  }
});

test("a proxy that closes or resets instead of an answer may have met with that at the target", async () => {
  for (const end of ["shutdown", "terminate"] as const) {
    using door = new Door();
    const one = new RecordingFlow();
    driver.dial(through(door.port), one, 10_000, null);
    const proxy = await door.end();
    await proxy.heardBytes(connect.length);
    proxy.socket[end]();
    await one.heard("refused hop_unreachable");
    await settled();
    expect(one.told).toHaveLength(1);
  }
});

test("one deadline is for connection and tunnel: a proxy that is silent is left, and it is the way's fault", async () => {
  using door = new Door();
  driver.dial(through(door.port), flow, 50, null);
  const proxy = await door.end();
  await proxy.heardBytes(connect.length);
  driver.refresh();
  driver.wheel.advance(driver.nowMs + 60_000);
  expect(flow.told).toEqual(["refused hop_unreachable"]);
  await settled();
  expect(flow.told).toHaveLength(1);
  expect(driver.wheel.size).toBe(0);
});

test("a proxy that is not there refuses like any server", async () => {
  driver.dial(through(freePort()), flow, 10_000, null);
  await flow.heard("refused connect_refused");
});

test("a source address that is not of this machine, or of another family, is told as that", async () => {
  using door = new Door();
  for (const source of ["203.0.113.9", "::1", "2001:db8::1", "nonsense"]) {
    const one = new RecordingFlow();
    driver.dial({ ...localServer(door.port), source }, one, 10_000, null);
    expect(one.told).toEqual([]);
    await one.heard("refused source_unusable");
  }
  await settled();
  expect(door.ends).toHaveLength(0);
  driver.dial({ ...localServer(freePort()), source: "127.0.0.2" }, flow, 10_000, null);
  await flow.heard("refused connect_refused");
});

test("connections come from the source address, of either family", async () => {
  for (const [host, source] of [
    ["127.0.0.1", "127.0.0.77"],
    ["::1", "::1"],
  ] as const) {
    const peers: string[] = [];
    using listener = Bun.listen({
      hostname: host,
      port: 0,
      socket: { open: (socket) => void peers.push(socket.remoteAddress), data() {} },
    });
    const one = new RecordingFlow();
    driver.dial({ ...serverAt({ kind: "tcp", host, port: listener.port }), source }, one, 10_000, null);
    await one.heard("connected");
    while (peers.length === 0) await settled();
    expect(peers).toEqual([source]);
    one.line.destroy();
  }
});

/** Accepts whatever it is asked for, and from then on is a wire to that port. */
function forwarder(port: number): (client: Duplex) => void {
  return (client) => {
    client.once("data", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      const server = connectTo(port, "127.0.0.1");
      client.pipe(server).pipe(client);
      for (const each of [client, server]) each.on("error", () => {});
    });
    client.on("error", () => {});
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

test("TLS with the server goes through the tunnel", async () => {
  const echo = createTlsServer(materials().server, (socket) => {
    socket.on("data", (said) => socket.write(said)).on("error", () => {});
  });
  const proxy = createServer(forwarder(await listening(echo)));
  const port = await listening(proxy);
  driver.dial({ ...through(port), tls: { ...serverTls, verify: false } }, flow, 10_000, null);
  await flow.heard("connected");
  flow.line.send(bytes("hello"), 0, 5);
  await flow.heardBytes(5);
  flow.line.reset();
  proxy.close();
  echo.close();
});

test("TLS with the proxy comes before the tunnel; one that is not trusted has refused", async () => {
  const echo = createServer((socket) => {
    socket.on("data", (said) => socket.write(said)).on("error", () => {});
  });
  const proxy = createTlsServer(materials().server, forwarder(await listening(echo)));
  const port = await listening(proxy);
  const tls = { ...serverTls, verify: false };
  driver.dial(through(port, { tls }), flow, 10_000, null);
  await flow.heard("connected");
  flow.line.send(bytes("hello"), 0, 5);
  await flow.heardBytes(5);
  flow.line.reset();
  const wary = new RecordingFlow();
  driver.dial(through(port, { tls: { ...tls, verify: true } }), wary, 10_000, null);
  await wary.heard("refused hop_refused");
  proxy.close();
  echo.close();
});
