import { afterEach, expect, test } from "bun:test";
import { createSocket, type Socket } from "node:dgram";
import type { CheckPlan, ReceivePlan, ServerPlan } from "../../config/plan.ts";
import type { ProbeResult } from "../../health/probe/result.ts";
import { DatagramProbing } from "./datagram.ts";

const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

const check: CheckPlan = {
  kind: "udp",
  everyMs: 2000,
  timeoutMs: 5000,
  rise: 2,
  fall: 3,
  http: null,
  send: "ping",
  receive: null,
  exec: null,
  tls: null,
  port: null,
};

/** Answers each datagram with this; null is silent. */
async function peer(answer: ((heard: string, from: string) => string) | null, host = "127.0.0.1"): Promise<number> {
  const socket = createSocket(host === "::1" ? "udp6" : "udp4");
  opened.push(socket);
  socket.on("message", (datagram, from) => {
    if (answer !== null) socket.send(answer(datagram.toString("latin1"), from.address), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  return socket.address().port;
}

/** A port where nobody listens any more. */
async function nobody(host: string): Promise<number> {
  const port = await peer(null, host);
  const socket = opened.pop()!;
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

function serverAt(port: number, host = "127.0.0.1", source = ""): ServerPlan {
  return {
    id: `app/${host}:${port}`,
    name: `${host}:${port}`,
    slot: 0,
    address: { kind: "tcp", host, port },
    weight: 1,
    backup: false,
    isDrained: false,
    connectionsMax: 0,
    cookie: "",
    tls: null,
    isHttp2: false,
    proxyProtocol: 0,
    source,
  };
}

function probe(server: ServerPlan, changes: Partial<CheckPlan> = {}): Promise<string> {
  return new Promise((resolve) => {
    new DatagramProbing(server, { ...check, ...changes }, ({ isHealthy, reason }) =>
      resolve(`${isHealthy ? "up" : "down"}: ${reason}`),
    );
  });
}

const pong: ReceivePlan = { kind: "starts", match: "pong" };

test("the answer to what was sent decides", async () => {
  const port = await peer((heard) => (heard === "ping" ? "pong" : "what?"));
  expect(await probe(serverAt(port), { receive: pong })).toBe("up: the answer is as expected");
  expect(await probe(serverAt(port), { receive: pong, send: "pang" })).toBe(
    'down: the answer "what?" does not start with "pong"',
  );
  expect(await probe(serverAt(1), { receive: pong, port })).toStartWith("up");
});

test("silence is a failure only where an answer is expected", async () => {
  const port = await peer(null);
  expect(await probe(serverAt(port), { receive: pong, timeoutMs: 30 })).toBe("down: no answer in time");
  expect(await probe(serverAt(port), { timeoutMs: 30 })).toBe("up: no error came back");
  expect(await probe(serverAt(port), { timeoutMs: 30, send: null })).toBe("up: no error came back");
});

test("a port where nobody listens is known by the error that comes back, also with nothing to send", async () => {
  for (const host of ["127.0.0.1", "::1"])
    for (const send of ["ping", null])
      expect(await probe(serverAt(await nobody(host), host), { send })).toBe("down: nobody listens on the port");
});

test("what came while this process stood still is no silence", async () => {
  const told = probe(serverAt(await peer(() => "pong")), { receive: pong, timeoutMs: 400 });
  Bun.sleepSync(1000);
  expect(await told).toStartWith("up");
});

test("any answer will do when none is expected", async () => {
  expect(await probe(serverAt(await peer(() => "", "::1"), "::1"))).toBe("up: answered");
});

test("the server's source address is where datagrams come from", async () => {
  const port = await peer((_, from) => from);
  const receive: ReceivePlan = { kind: "contains", match: "127.0.0.9" };
  expect(await probe(serverAt(port, "127.0.0.1", "127.0.0.9"), { receive })).toStartWith("up");
  expect(await probe(serverAt(port, "127.0.0.1", "192.0.2.1"))).toStartWith("down: sending failed: this machine does");
  expect(await probe(serverAt(port, "127.0.0.1", "::1"))).toBe("down: the source ::1 is no IPv4 address");
});

test("a probe that is given up tells nothing, at whatever point it is", async () => {
  const told: ProbeResult[] = [];
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  const port = await peer(() => {
    resolve();
    return "pong";
  });
  for (const source of ["", "127.0.0.9"]) {
    const probing = new DatagramProbing(serverAt(port, "127.0.0.1", source), check, (result) => told.push(result));
    probing.abort();
    probing.abort();
  }
  const later = new DatagramProbing(serverAt(port), check, (result) => told.push(result));
  await heard;
  later.abort();
  expect(await probe(serverAt(port), { receive: pong })).toStartWith("up");
  expect(told).toEqual([]);
});
