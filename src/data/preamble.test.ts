// Long, for all that may come before content is played over one worker's listeners, whose making takes a page.

import { afterEach, beforeEach, expect, test } from "bun:test";
import type { TLSSocket } from "node:tls";
import { Authority } from "../../test/authority.ts";
import { freePort } from "../../test/e2e/harness/port.ts";
import { until } from "../../test/e2e/harness/wait.ts";
import { Memory } from "../../test/playbook/memory.ts";
import { clearArena } from "../../test/playbook/plan.ts";
import { answer } from "../../test/playbook/rules.ts";
import { connect, settled } from "../../test/runtime/pair.ts";
import { materials } from "../../test/runtime/secure.ts";
import { listenerTls, makeTlsPlan, pemId, type Shown, tlsClient } from "../../test/runtime/tls.ts";
import { type PlainClient, plainClient, Worker } from "../../test/runtime/worker.ts";
import type { ListenerPlan, ListenerTlsPlan, Plan } from "../config/plan.ts";
import type { Client } from "../flow/port.ts";
import { Arena } from "../memory/arena.ts";
import { noBans } from "../memory/bans.ts";
import { listenerCell } from "../memory/tally.ts";
import { writeProxyHeader } from "../wire/proxyprotocol.ts";

const arena = Arena.inMemory();
let port: number;
let worker: Worker | null;
let memory: Memory;
let ends: Disposable[];

beforeEach(() => {
  clearArena(arena);
  port = freePort();
  worker = null;
  memory = new Memory();
  ends = [];
});
afterEach(() => {
  for (const end of ends) end[Symbol.dispose]();
  worker?.context.cut();
  worker?.listeners.closeOthers([]);
});

interface Wanted {
  readonly tls?: Partial<ListenerTlsPlan> | null;
  readonly listener?: Partial<ListenerPlan>;
  readonly shown?: readonly Shown[];
  readonly texts?: readonly string[];
}

function planOf({ tls = {}, listener = {}, shown, texts = [] }: Wanted): Plan {
  return makeTlsPlan(
    shown ?? [{ names: ["a.test"], issued: materials().server }],
    {
      forwarding: { trusted: ["127.0.0.0/8"] },
      listener: {
        address: { kind: "tcp", host: "127.0.0.1", port },
        tls: tls === null ? null : { ...listenerTls, ...tls },
        ...listener,
      },
    },
    [materials().authority.cert, ...texts],
  );
}

function start(wanted: Wanted = {}): Worker {
  worker = new Worker(planOf(wanted), arena, memory);
  return worker;
}

async function secure(options: Parameters<typeof tlsClient>[1] = {}): Promise<TLSSocket> {
  const socket = await tlsClient(port, options);
  ends.push({ [Symbol.dispose]: () => socket.destroy() });
  return socket;
}

async function plain(): Promise<PlainClient> {
  const client = await plainClient(port);
  ends.push({ [Symbol.dispose]: () => client.socket.destroy() });
  return client;
}

test("a client over TLS is known with what its handshake has shown", async () => {
  const { client, cell } = bound(start());
  const socket = await secure();
  const { tls, address, port: clientPort, localPort, ja4 } = await client();
  expect({ ...tls!, subject: tls!.subject }).toMatchObject({
    serverName: "a.test",
    alpn: "",
    version: "1.3",
    isResumed: false,
    subject: "",
  });
  expect(tls!.cipher).toStartWith("TLS_");
  expect([address, clientPort, localPort, ja4]).toEqual(["127.0.0.1", socket.localPort!, port, ""]);
  expect([cell(listenerCell.handshakes), cell(listenerCell.accepted), cell(listenerCell.connections)]).toEqual([
    1, 1, 1,
  ]);
});

function bound(one: Worker): { client: () => Promise<Client>; cell: (cell: number) => number; worker: Worker } {
  return { client: () => one.client(), cell: (cell) => one.cell(cell), worker: one };
}

test("a client is shown the certificate for the name that it asks for, else the first", async () => {
  const { authority, server } = materials();
  const other = authority.issue(["DNS:b.test", "DNS:*.c.test"]);
  start({
    shown: [
      { names: ["a.test"], issued: server },
      { names: ["b.test", "*.c.test"], issued: other },
    ],
    tls: { certificates: [0, 1] },
  });
  const shown: string[] = [];
  for (const servername of ["a.test", "b.test", "x.c.test", "unknown.test", ""]) {
    const socket = await secure({ servername, rejectUnauthorized: false });
    shown.push(String(socket.getPeerCertificate().subject.CN));
  }
  expect(shown).toEqual(["a.test", "b.test", "b.test", "a.test", "a.test"]);
});

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
  test(`a name that no certificate is for, and none, may be refused, and shown none, with ${maxVersion}`, async () => {
    const { cell, worker: one } = bound(start({ tls: { rejectUnknown: true } }));
    await secure({ maxVersion });
    expect(tlsClient(port, { servername: "b.test", maxVersion })).rejects.toThrow(/UNRECOGNIZED_NAME/i);
    // Its handshake was done, and the certificate with all its names shown, before the connection was closed.
    const isShown = await tlsClient(port, { servername: "", maxVersion, rejectUnauthorized: false }).then(
      () => true,
      () => false,
    );
    expect(isShown).toBe(false);
    await until("both to be counted", () => cell(listenerCell.handshakeFailures) === 2);
    expect(one.warnings).toEqual([
      "listener web: TLS handshake failed: no certificate is for the name asked for, client 127.0.0.1",
      "listener web: TLS handshake failed: the client asks for no name (SNI), client 127.0.0.1",
    ]);
    expect(cell(listenerCell.handshakes)).toBe(1);
  });
}

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
  test.each([false, true])(
    `a session is resumed over a reload, with ${maxVersion}, names refused: %p`,
    async (rejectUnknown) => {
      const { client, cell, worker: one } = bound(start({ tls: { rejectUnknown } }));
      const socket = await secure({ maxVersion });
      const session = await new Promise<Buffer>((resolve) => {
        socket.once("session", resolve);
        // TLS 1.3 sends tickets behind the handshake, which are read with the first content.
        socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      });
      one.adopt(planOf({ tls: { alpn: ["http/1.1"], rejectUnknown } }));
      socket.destroy();
      await until("it to be gone", () => one.clients.length === 0);
      await secure({ maxVersion, session });
      expect((await client()).tls!.isResumed).toBe(true);
      expect(cell(listenerCell.resumptions)).toBe(1);
    },
  );
}

test("client certificates: verified ones are known, bad ones never reach a flow, none is refused where one is required", async () => {
  const { authority } = materials();
  const ca = pemId(authority.cert);
  using stranger = new Authority("Stranger");
  const good = authority.issue(["DNS:client.test"]);
  const bad = stranger.issue(["DNS:client.test"]);
  for (const mode of ["optional", "required"] as const) {
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      const one = new Worker(planOf({ tls: { clientCertificate: { mode, ca } } }), arena, memory);
      worker = one;
      const shown = await secure({ ...good, maxVersion });
      const { tls } = await one.client();
      expect(tls!.subject).toBe("CN=client.test");
      const expected = new Bun.CryptoHasher("sha256");
      expected.update(Buffer.from(good.cert.replace(/-----[^-]+-----|\s/g, ""), "base64"));
      expect(tls!.fingerprint).toBe(expected.digest("hex"));
      shown.destroy();
      await until("it to be gone", () => one.clients.length === 0);
      const failures = one.cell(listenerCell.handshakeFailures);
      await tlsClient(port, { ...bad, maxVersion }).catch(() => {});
      await until("it to be refused", () => one.cell(listenerCell.handshakeFailures) === failures + 1);
      expect(one.clients).toEqual([]);
      await tlsClient(port, { maxVersion }).catch(() => {});
      if (mode === "optional") expect((await one.client()).tls!.subject).toBe("");
      else {
        await until("it to be refused", () => one.cell(listenerCell.handshakeFailures) === failures + 2);
        expect(one.clients).toEqual([]);
      }
      one.context.cut();
      one.listeners.closeOthers([]);
      clearArena(arena);
      port = freePort();
    }
  }
});

test("a plain request on a TLS port is told so", async () => {
  const { worker: one, cell } = bound(start());
  const { socket, text, isClosed } = await plain();
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("it to be closed", isClosed);
  expect(text()).toStartWith("HTTP/1.1 400 ");
  expect(text()).toContain("speaks TLS");
  expect(one.warnings).toEqual(["listener web: TLS handshake failed: plain HTTP on a TLS port, client 127.0.0.1"]);
  expect([cell(listenerCell.handshakeFailures), cell(listenerCell.connections)]).toEqual([1, 0]);
});

test("the fingerprint of the ClientHello is taken when it is wanted, however it is cut", async () => {
  const { client } = bound(start({ tls: { ja4: true } }));
  await secure();
  const { ja4 } = await client();
  expect(ja4).toMatch(/^t13d\d{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/);
});

for (const version of [1, 2] as const) {
  test(`a PROXY header of version ${version} says who the client is, with and without TLS behind it`, async () => {
    const one = start({ tls: null, listener: { proxyProtocol: true } });
    const sent = writeProxyHeader(version, "203.0.113.7", 4711, "198.51.100.1", 443);
    const { socket, text } = await plain();
    // Byte by byte, and what follows it belongs to the client.
    for (const value of sent) {
      socket.write(Uint8Array.of(value));
      if (value % 7 === 0) await settled();
    }
    const known = await one.client();
    expect([known.address, known.port, known.localAddress, known.localPort, known.peerAddress]).toEqual([
      "203.0.113.7",
      4711,
      "198.51.100.1",
      443,
      "127.0.0.1",
    ]);
    socket.write("nonsense\r\n\r\n");
    await until("an answer", () => text().startsWith("HTTP/1.1 400"));
    one.adopt(planOf({ listener: { proxyProtocol: true } }));
    const behind = await plain();
    behind.socket.write(sent);
    await secure({ socket: behind.socket });
    expect(await until("the second client", () => one.clients.find(({ tls }) => tls !== null))).toMatchObject({
      address: "203.0.113.7",
      port: 4711,
      peerAddress: "127.0.0.1",
    });
    expect(one.cell(listenerCell.refusedPreamble)).toBe(0);
  });
}

test("a header that says LOCAL means the peer itself", async () => {
  const one = start({ tls: null, listener: { proxyProtocol: true } });
  const { socket } = await plain();
  socket.write("PROXY UNKNOWN\r\n");
  expect((await one.client()).address).toBe("127.0.0.1");
});

test("a trusted proxy that sends no header is refused, others are taken as they are", async () => {
  const one = start({ tls: null, listener: { proxyProtocol: true } });
  const { socket, isClosed, text } = await plain();
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("it to be closed", isClosed);
  expect(text()).toBe("");
  expect([one.cell(listenerCell.refusedPreamble), one.cell(listenerCell.connections)]).toEqual([1, 0]);
  expect(one.warnings[0]).toContain("PROXY header");
  const stranger = planOf({ tls: null, listener: { proxyProtocol: true } });
  one.adopt({
    ...stranger,
    listeners: stranger.listeners.map((listener) => ({
      ...listener,
      forwarding: { ...listener.forwarding, trusted: ["192.0.2.1/32"] },
    })),
  });
  const { socket: other } = await plain();
  other.write("GET ");
  expect((await one.client()).address).toBe("127.0.0.1");
});

test("who is too slow is cut off, in the header as in the handshake, and the timer of the room stops", async () => {
  for (const [wanted, cell, begin] of [
    [{ tls: null, listener: { proxyProtocol: true } }, listenerCell.refusedPreamble, "PROXY TCP4 "],
    [{}, listenerCell.handshakeFailures, "\u0016\u0003\u0001"],
  ] as const) {
    const one = start(wanted);
    const { socket, isClosed } = await plain();
    socket.write(begin, "latin1");
    await until("it to be waited for", () => one.context.downstreams.size === 1);
    expect(one.cell(listenerCell.connections)).toBe(1);
    one.driver.refresh();
    one.driver.wheel.advance(one.driver.nowMs + 60_000);
    await until("it to be closed", isClosed);
    expect([one.cell(cell), one.cell(listenerCell.connections), one.context.downstreams.size]).toEqual([1, 0, 0]);
    expect(one.driver.wheel.size).toBe(0);
    expect(one.warnings[0]).toContain("handshake_timeout");
    one.listeners.closeOthers([]);
    clearArena(arena);
    port = freePort();
  }
});

test("a drain ends at once what has not come to content", async () => {
  const one = start();
  const { socket, isClosed } = await plain();
  socket.write("\u0016\u0003\u0001", "latin1");
  await until("it to be waited for", () => one.context.downstreams.size === 1);
  one.context.drain();
  await until("it to be closed", isClosed);
  expect([
    one.context.downstreams.size,
    one.cell(listenerCell.connections),
    one.cell(listenerCell.handshakeFailures),
  ]).toEqual([0, 0, 0]);
});

test("a peer that closes or resets before the first byte of content leaves nothing behind", async () => {
  for (const wanted of [{}, { tls: null, listener: { proxyProtocol: true } }] as const) {
    const one = start(wanted);
    for (const bytes of ["", "PROXY", "\u0016\u0003\u0001"]) {
      for (const way of ["end", "terminate"] as const) {
        const end = await connect(port);
        if (bytes !== "") end.socket.write(Buffer.from(bytes, "latin1"));
        await settled();
        end.socket[way]();
        await until("it to be let go", () => {
          one.driver.refresh();
          one.driver.wheel.advance(one.driver.nowMs + 60_000);
          return one.context.downstreams.size === 0;
        });
      }
    }
    expect([one.cell(listenerCell.connections), one.driver.wheel.size]).toEqual([0, 0]);
    expect(one.failures).toEqual([]);
    one.listeners.closeOthers([]);
    port = freePort();
  }
});

test("TLS comes to an address and goes from it by a reload, and connections stay", async () => {
  const one = start({ tls: null });
  const before = await plain();
  await one.client();
  one.adopt(planOf({}));
  await secure();
  await until("both", () => one.clients.length === 2);
  one.adopt(planOf({ tls: null }));
  const after = await plain();
  await until("all three", () => one.clients.length === 3);
  for (const { socket, text } of [before, after]) {
    socket.write("nonsense\r\n\r\n");
    await until("an answer", () => text().startsWith("HTTP/1.1 400"));
  }
});

test("a listener that began with TLS can do without", async () => {
  const one = start({});
  const over = await secure();
  one.adopt(planOf({ tls: null }));
  const { socket, text } = await plain();
  socket.write("nonsense\r\n\r\n");
  await until("an answer", () => text().startsWith("HTTP/1.1 400"));
  let answer = "";
  over.on("data", (bytes) => {
    answer += bytes.toString();
  });
  over.write("nonsense\r\n\r\n");
  await until("an answer over TLS", () => answer.startsWith("HTTP/1.1 400"));
});

/** What a ClientHello begins with, and no more. */
const halfHello = "\u0016\u0003\u0001";

test("who is banned and gets no answer is closed before the handshake", async () => {
  const forwarding = { ...planOf({}).listeners[0]!.forwarding, trusted: ["192.0.2.1/32"] };
  for (const listener of [{ mode: "http", forwarding }, { mode: "tcp" }] as const) {
    memory.bans.list = noBans;
    const { cell, worker: one } = bound(start({ listener }));
    const before = await plain();
    before.socket.write(halfHello, "latin1");
    await until("it to be waited for", () => one.context.downstreams.size === 1);
    memory.ban("127.0.0.1");
    const { socket, text, isClosed } = await plain();
    socket.write(halfHello, "latin1");
    await until("it to be closed", isClosed);
    expect(text()).toBe("");
    // Who was there before is in its handshake still, and no other.
    expect([cell(listenerCell.banned), cell(listenerCell.accepted), cell(listenerCell.connections)]).toEqual([1, 1, 1]);
    expect(before.isClosed()).toBe(false);
    one.context.cut();
    one.listeners.closeOthers([]);
    clearArena(arena);
    port = freePort();
  }
});

test("a ban closes behind a PROXY header whom that names, and not the proxy", async () => {
  const { cell } = bound(start({ listener: { proxyProtocol: true, mode: "tcp" } }));
  memory.ban("203.0.113.7");
  const sent = [7, 8].map((last) => writeProxyHeader(2, `203.0.113.${last}`, 4711, "198.51.100.1", 443));
  const [banned, other] = [await plain(), await plain()];
  for (const [index, { socket }] of [banned, other].entries()) {
    socket.write(sent[index]!);
    socket.write(halfHello, "latin1");
  }
  await until("it to be closed", banned.isClosed);
  expect([cell(listenerCell.banned), other.isClosed()]).toEqual([1, false]);
});

test("who is banned and gets an answer has it over TLS", async () => {
  const plan = planOf({});
  const [listener] = plan.listeners;
  const forwarding = { ...listener!.forwarding, trusted: [] };
  memory.ban("127.0.0.1");
  worker = new Worker({ ...plan, banned: answer(418), listeners: [{ ...listener!, forwarding }] }, arena, memory);
  const socket = await secure();
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString();
  });
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("the answer", () => text.startsWith("HTTP/1.1 418"));
});
