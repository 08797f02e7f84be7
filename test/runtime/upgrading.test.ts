// The runtime's facts about raw sockets that are upgraded to TLS, none of which its documentation tells: what src/data/secure
// and src/data/preamble.ts stand on. When an upgrade of the runtime breaks one, the name of the test says which.

import { expect, test } from "bun:test";
import type { Socket, SocketHandler } from "bun";
import { until } from "../e2e/harness/wait.ts";
import { connect, Door, End, endHandlers, settled, tooMuch } from "./pair.ts";
import { Cable, materials, nativeContext, SecureDoor, secureConnect } from "./secure.ts";

interface SecurePair {
  readonly door: SecureDoor;
  readonly client: End;
  readonly server: End;
}

async function secured(act: (pair: SecurePair) => Promise<void>): Promise<void> {
  using door = new SecureDoor();
  const client = await secureConnect(door.port);
  const server = door.ends[0]!;
  await server.heard("handshake");
  await act({ door, client, server });
}

const words = (end: End): string[] => end.told.filter((word) => word !== "drain");

test("open is told inside upgradeTLS, the handshake after it, and then both sides carry bytes", () =>
  secured(async ({ client, server }) => {
    client.socket.write("hello");
    await server.heardBytes(5);
    server.socket.write("answer");
    await client.heardBytes(6);
    expect([words(client), words(server)]).toEqual([
      ["open", "handshake"],
      ["open", "handshake"],
    ]);
  }));

test("write tells what it took, drain comes when there is room, and what was taken arrives before the end", () =>
  secured(async ({ client, server }) => {
    client.socket.pause();
    await settled();
    const taken = server.socket.write(tooMuch);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(tooMuch.length);
    expect(server.socket.write(tooMuch)).toBe(0);
    await settled();
    const drains = server.times("drain");
    server.socket.shutdown();
    client.socket.resume();
    await client.heard("end");
    expect(client.receivedBytes).toBe(taken);
    expect(server.times("drain")).toBeGreaterThanOrEqual(drains);
  }));

test("shutdown() says close_notify and FIN, and goes on receiving", () =>
  secured(async ({ client, server }) => {
    server.socket.shutdown();
    await client.heard("end");
    client.socket.write("late");
    await server.heardBytes(4);
    expect(server.socket.write("x")).toBe(-1);
  }));

// Why SecureLine never says end() alone.
test("end() waits for the peer to close, which terminate() does not hurry; after shutdown() it closes at once", () =>
  secured(async ({ door, client, server }) => {
    server.socket.end();
    server.socket.terminate();
    await client.heard("end");
    await settled();
    expect(words(server)).toEqual(["open", "handshake"]);
    client.socket.shutdown();
    client.socket.end();
    await server.heard("close");
    const other = await secureConnect(door.port);
    const second = door.ends[1]!;
    await second.heard("handshake");
    second.socket.shutdown();
    second.socket.end();
    expect(words(second)).toEqual(["open", "handshake", "close"]);
    await other.heard("end");
  }));

test("terminate() is a RST, told inside the call", () =>
  secured(async ({ client, server }) => {
    server.socket.terminate();
    expect(words(server)).toEqual(["open", "handshake", "close"]);
    await client.heard("close ECONNRESET");
    expect(client.told).not.toContain("end");
  }));

// Why secure/records.ts looks at the bytes. Should this fail, the runtime has become better.
test("a FIN without close_notify is told as an end like any other, even inside a record", async () => {
  for (const edit of [null, (bytes: Buffer): Buffer => bytes.subarray(0, -1)]) {
    using door = new SecureDoor();
    using cable = await Cable.to(door.port);
    const client = await secureConnect(cable.port);
    const server = door.ends[0]!;
    await server.heard("handshake");
    cable.edit = edit;
    if (edit !== null) client.socket.write("content");
    await settled();
    cable.server.end();
    await server.heard("end");
    expect(words(server)).toEqual(["open", "handshake", "end"]);
    expect(server.receivedBytes).toBe(0);
  }
});

test("a record that was changed is an error, then a close", async () => {
  using door = new SecureDoor();
  using cable = await Cable.to(door.port);
  const client = await secureConnect(cable.port);
  const server = door.ends[0]!;
  await server.heard("handshake");
  cable.edit = (bytes) => Buffer.from(bytes.map((value, at) => (at === 10 ? value ^ 1 : value)));
  client.socket.write("content");
  await server.heard("close");
  expect(words(server)[2]).toContain("error error:1000008b:SSL routines:OPENSSL_internal:DECRYPTION_FAILED");
});

test("a paused socket tells neither content nor the end until it is resumed, then both in order", () =>
  secured(async ({ client, server }) => {
    server.socket.pause();
    client.socket.write("abc");
    client.socket.shutdown();
    await settled();
    expect(server.receivedBytes).toBe(0);
    server.onData = () => server.tell("data");
    server.socket.resume();
    await server.heard("end");
    expect(words(server)).toEqual(["open", "handshake", "data", "end"]);
  }));

test("one that is paused at content is told the end that came in the same read", () =>
  secured(async ({ client, server }) => {
    server.onData = () => server.socket.pause();
    client.socket.write("abc");
    client.socket.shutdown();
    await server.heard("end");
    expect(server.receivedBytes).toBe(3);
  }));

test("a handler may close its own socket", () =>
  secured(async ({ client, server }) => {
    server.onData = () => server.socket.terminate();
    client.socket.write("x");
    await server.heard("close");
    expect(words(server)).toEqual(["open", "handshake", "close"]);
  }));

test("a peer that goes before the handshake is told as a handshake that failed, or only as a close", async () => {
  using door = new SecureDoor();
  for (const [index, way] of (["shutdown", "terminate"] as const).entries()) {
    const client = await connect(door.port);
    const server = await until("it to be accepted", () => door.ends[index]);
    client.socket.write(Uint8Array.of(22, 3, 1));
    await settled();
    client.socket[way]();
    await Promise.race([server.heard("close"), server.heard("close ECONNRESET")]);
    client.socket.terminate();
  }
  expect(words(door.ends[0]!)).toEqual(["open", "handshake failed", "close"]);
  expect(words(door.ends[1]!)).toEqual(["open", "close ECONNRESET"]);
});

interface Twins {
  raw: Socket<End>;
  readonly bytes: number[];
  handshakes: string[];
}

/** A listener whose raw sockets have `data`, and a server name handler. */
function upgradingListener(named: (twins: Twins, name: string) => object | undefined): {
  port: number;
  twins: Twins;
  handlers: SocketHandler<End>;
  [Symbol.dispose](): void;
} {
  const twins: Twins = { raw: null as unknown as Socket<End>, bytes: [], handshakes: [] };
  const secureContext = nativeContext(materials().server);
  const inner = {
    ...endHandlers(() => new End()),
    serverName: (_: unknown, name: string) => named(twins, name),
    handshake: (socket: Socket<End>, isDone: boolean, error: { code: string } | null) => {
      twins.handshakes.push(isDone ? "done" : error!.code);
      if (isDone) socket.write("hello");
    },
  };
  const handlers = {
    ...endHandlers(() => new End()),
    open: (socket: Socket<End>) => {
      socket.data = new End();
      const options = { data: undefined, tls: { secureContext, isServer: true }, isServer: true, socket: inner };
      [twins.raw] = (socket as unknown as { upgradeTLS(options: object): [Socket<End>] }).upgradeTLS(options);
    },
    data: (_: Socket<End>, bytes: Buffer) => {
      twins.bytes.push(...bytes.subarray(0, 1));
    },
  };
  const listener = Bun.listen<End>({ hostname: "127.0.0.1", port: 0, allowHalfOpen: true, socket: handlers });
  return { port: listener.port, twins, handlers, [Symbol.dispose]: () => listener.stop(true) };
}

test("the raw side tells all bytes as they came, the ClientHello first, where its listener has a data handler", async () => {
  using listening = upgradingListener(() => undefined);
  const client = await secureConnect(listening.port);
  await client.heardBytes(5);
  client.socket.write("x");
  await until("the bytes of it", () => listening.twins.bytes.includes(23));
  expect(listening.twins.bytes[0]).toBe(22);
});

test("the handler of names may give another context, or an error that refuses; an alert of ours goes out before it", async () => {
  const other = nativeContext(materials().authority.issue(["DNS:b.test"]));
  using listening = upgradingListener((twins, name) => {
    if (name === "b.test") return other;
    if (name === "a.test") return undefined;
    twins.raw.write(Uint8Array.of(21, 3, 1, 0, 2, 2, 112));
    return new Error("unknown");
  });
  for (const serverName of ["a.test", "b.test"]) {
    const client = await secureConnect(listening.port, { serverName });
    await client.heardBytes(5);
    expect((client.socket.getPeerCertificate() as { subject: { CN: string } }).subject.CN).toBe(serverName);
  }
  expect(secureConnect(listening.port, { serverName: "c.test" })).rejects.toThrow("the handshake failed");
  await until("the refusal", () => listening.twins.handshakes.length === 3);
  expect(listening.twins.handshakes).toEqual(["done", "done", "EPROTO"]);
});

// Why a listener never changes to handlers without data.
test("handlers are those of all sockets of a listener: reload changes them under connections that stand", async () => {
  using door = new Door();
  const client = await connect(door.port);
  const server = await door.end();
  const told: string[] = [];
  door.listener.reload({ socket: { ...endHandlers(() => new End()), data: () => void told.push("new") } });
  client.socket.write("x");
  await until("it to be told", () => told.length > 0);
  expect(server.receivedBytes).toBe(0);
});
