// What a dial does beside connecting: TLS, the preface before it, and the address that it comes from.

import { beforeEach, expect, test } from "bun:test";
import { createServer, type Server, type TlsOptions } from "node:tls";
import { localServer, RecordingFlow } from "../../test/runtime/flow.ts";
import { Door, settled } from "../../test/runtime/pair.ts";
import { materials } from "../../test/runtime/secure.ts";
import { makeTlsPlan, pemId, serverTls } from "../../test/runtime/tls.ts";
import type { ServerPlan, ServerTlsPlan } from "../config/plan.ts";
import type { Context } from "../flow/context.ts";
import { serverCell } from "../memory/tally.ts";
import { Strays } from "./dial.ts";
import { Driver } from "./driver.ts";

let failures: Error[];
let warnings: string[];
let driver: Driver;
let flow: RecordingFlow;
beforeEach(() => {
  failures = [];
  warnings = [];
  driver = new Driver(
    (error) => failures.push(error),
    (message) => warnings.push(message),
  );
  flow = new RecordingFlow();
});

/** Lets the time of a dial run out, as the driver's timer would. */
function runOut(): void {
  driver.refresh();
  driver.wheel.advance(driver.nowMs + 60_000);
}

/** Connections that the runtime begins, and those that it is given. */
const ways = [
  ["", ""],
  [" from an address of ours", "127.0.0.9"],
] as const;

/** A server of node's, for it is not what is tested: it answers what it is told, and notes who it was. */
class TlsServer implements Disposable {
  readonly names: string[] = [];
  readonly resumed: boolean[] = [];
  readonly subjects: string[] = [];
  /** By ALPN. */
  readonly chosen: string[] = [];
  readonly #server: Server;

  private constructor(options: TlsOptions) {
    this.#server = createServer({ ...materials().server, ...options }, (socket) => {
      this.names.push(String((socket as unknown as { servername: string | false }).servername));
      this.resumed.push(socket.isSessionReused());
      this.subjects.push(String(socket.getPeerCertificate()?.subject?.CN ?? ""));
      this.chosen.push(socket.alpnProtocol || "");
      socket.on("data", (bytes) => socket.write(bytes));
      socket.on("error", () => {});
    });
    this.#server.on("tlsClientError", () => {});
  }

  static async start(options: TlsOptions = {}): Promise<TlsServer> {
    const one = new TlsServer(options);
    await new Promise<void>((resolve) => one.#server.listen(0, "127.0.0.1", resolve));
    return one;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  [Symbol.dispose](): void {
    this.#server.close();
  }
}

/** The server of a plan that has been adopted. */
function tlsServerAt(port: number, tls: Partial<ServerTlsPlan>, texts: readonly string[] = []): ServerPlan {
  const ca = materials().authority.cert;
  const plan = makeTlsPlan([], { server: { tls: { ...serverTls, ca: pemId(ca), ...tls } } }, [ca, ...texts]);
  driver.terms.adopt(plan);
  return { ...plan.pools[0]!.servers[0]!, address: { kind: "tcp", host: "127.0.0.1", port } };
}

async function echoed(one: RecordingFlow): Promise<void> {
  await one.heard("connected");
  one.line.send(new TextEncoder().encode("hello"), 0, 5);
  await one.heardBytes(5);
}

test.each(ways)(
  "a server over TLS%s tells connected when the handshake is done, and is asked for its name",
  async (_, source) => {
    using server = await TlsServer.start();
    driver.dial({ ...tlsServerAt(server.port, {}), source }, flow, 10_000, null);
    await echoed(flow);
    expect(server.names).toEqual(["a.test"]);
    expect(driver.wheel.size).toBe(0);
    flow.line.destroy();
  },
);

for (const maxVersion of ["1.2", "1.3"] as const) {
  test.each(ways)(`a session%s is resumed, with TLS ${maxVersion}, but not under other terms`, async (_, source) => {
    using server = await TlsServer.start();
    const terms = { ...tlsServerAt(server.port, { maxVersion }), source };
    for (let count = 0; count < 3; count++) {
      const one = new RecordingFlow();
      driver.dial(terms, one, 10_000, null);
      await echoed(one);
      one.line.destroy();
      await settled();
    }
    const one = new RecordingFlow();
    driver.dial({ ...tlsServerAt(server.port, { maxVersion, verify: false }), source }, one, 10_000, null);
    await echoed(one);
    one.line.destroy();
    expect(server.resumed).toEqual([false, true, true, false]);
  });
}

test.each(ways)(
  "what is wrong with a server's certificate%s is said in words, to the flow and to the operator once",
  async (_, source) => {
    const { authority } = materials();
    const expired = authority.issue(["DNS:a.test"], -1);
    const selfSigned = authority.selfSigned("a.test");
    const cases: readonly [TlsOptions, Partial<ServerTlsPlan>, string][] = [
      [{}, { serverName: "b.test" }, "its certificate is for a.test, 127.0.0.1, not for b.test"],
      [{}, { serverName: "127.0.0.2" }, "its certificate is for a.test, 127.0.0.1, not for 127.0.0.2"],
      [expired, {}, "expired"],
      [selfSigned, {}, "self-signed"],
      [{}, { ca: null }, "authority that is not trusted"],
      [{ maxVersion: "TLSv1.2" }, { minVersion: "1.3" }, "none of the TLS versions"],
    ];
    for (const [options, tls, words] of cases) {
      using server = await TlsServer.start(options);
      for (let count = 0; count < 2; count++) {
        const one = new RecordingFlow();
        driver.dial({ ...tlsServerAt(server.port, tls), source }, one, 10_000, null);
        await one.heard("refused tls_refused");
        expect(one.fault!.detail).toContain(words);
        await settled();
        expect(one.told).toHaveLength(1);
      }
    }
    expect(warnings.length).toBe(cases.length);
    for (const [index, [, , words]] of cases.entries()) expect(warnings[index]).toContain(words);
    expect(warnings[0]).toStartWith("server app/one:80: ");
    expect(failures).toEqual([]);
  },
);

for (const maxVersion of ["1.2", "1.3"] as const) {
  test.each(ways)(
    `a server%s that is asked by HTTP/2 is offered that, for once HTTP/1.1 alone, and what it chose is known, with TLS ${maxVersion}`,
    async (_, source) => {
      const alpn = ["h2", "http/1.1"];
      const seen: [offers: string[], chosen: string | undefined, isHttp1: boolean, told: string][] = [];
      for (const offers of [["h2", "http/1.1"], ["http/1.1"], []]) {
        using server = await TlsServer.start(offers.length === 0 ? {} : { ALPNProtocols: offers });
        const terms = { ...tlsServerAt(server.port, { maxVersion, alpn }), source, isHttp2: true };
        // One by one: later ones resume the session of the first.
        for (const isHttp1 of [false, true, false]) {
          const one = new RecordingFlow();
          driver.dial(terms, one, 10_000, null, isHttp1);
          await echoed(one);
          seen.push([offers, one.line.alpn, isHttp1, server.chosen.at(-1)!]);
          one.line.destroy();
          await settled();
        }
      }
      for (const [offers, chosen, isHttp1, told] of seen) {
        expect(chosen).toBe(offers.length === 0 ? "" : isHttp1 ? "http/1.1" : offers[0]!);
        expect(chosen).toBe(told);
      }
      expect(seen).toHaveLength(9);
    },
  );
}

test("without verification, and by an IP address that the certificate is for, a server is taken", async () => {
  using server = await TlsServer.start(materials().authority.selfSigned("other.test"));
  driver.dial(tlsServerAt(server.port, { verify: false }), flow, 10_000, null);
  await echoed(flow);
  flow.line.destroy();
  using named = await TlsServer.start();
  const other = new RecordingFlow();
  driver.dial(tlsServerAt(named.port, { serverName: "127.0.0.1" }), other, 10_000, null);
  await echoed(other);
  other.line.destroy();
});

test("a client certificate is shown; a server that wants one and is shown none is told of", async () => {
  const { authority } = materials();
  const own = authority.issue(["DNS:proxy.test"]);
  for (const maxVersion of ["1.2", "1.3"] as const) {
    using server = await TlsServer.start({ requestCert: true, rejectUnauthorized: true, ca: authority.cert });
    const texts = [own.cert, own.key];
    const shown = new RecordingFlow();
    driver.dial(
      tlsServerAt(server.port, { maxVersion, chain: pemId(own.cert), key: pemId(own.key) }, texts),
      shown,
      10_000,
      null,
    );
    await echoed(shown);
    shown.line.destroy();
    expect(server.subjects).toEqual(["proxy.test"]);
    const bare = new RecordingFlow();
    driver.dial(tlsServerAt(server.port, { maxVersion }), bare, 10_000, null);
    // With TLS 1.3 the server's refusal comes behind the handshake.
    if (maxVersion === "1.2") await bare.heard("refused tls_refused");
    else await bare.heard("closed by reset");
  }
  expect(warnings).toHaveLength(2);
  expect(warnings[1]).toContain("it wants a client certificate and was shown none");
  expect(failures).toEqual([]);
});

test("a handshake that fails is counted by the flow that is refused, a connection that breaks afterwards by the dialer", async () => {
  const cells = new Float64Array(serverCell.bucket);
  const tally = { cells, serverRow: () => 0 };
  // The dialer uses no more of a context than this.
  Object.defineProperty(driver, "context", { value: { tally } as unknown as Context });
  for (const [maxVersion, told, count] of [
    ["1.2", "refused tls_refused", 0],
    ["1.3", "closed by reset", 1],
  ] as const) {
    const one = new RecordingFlow();
    using server = await TlsServer.start({
      requestCert: true,
      rejectUnauthorized: true,
      ca: materials().authority.cert,
    });
    driver.dial(tlsServerAt(server.port, { maxVersion }), one, 10_000, null);
    await one.heard(told);
    expect(cells[serverCell.handshakeFailures]).toBe(count);
  }
  expect(warnings.length).toBe(2);
});

test.each(ways)("a server%s that speaks no TLS, closes or says nothing is refused in time", async (_, source) => {
  using door = new Door((end) => {
    end.onData = () => end.socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  driver.dial({ ...tlsServerAt(door.port, {}), source }, flow, 10_000, null);
  await flow.heard("refused tls_refused");
  expect(flow.fault!.detail).toContain("does not speak TLS");
  for (const way of ["end", "terminate"] as const) {
    using closing = new Door((end) => {
      end.onData = () => end.socket[way]();
    });
    const one = new RecordingFlow();
    driver.dial({ ...tlsServerAt(closing.port, {}), source }, one, 10_000, null);
    await one.heard("refused tls_refused");
    expect(one.fault!.detail).toContain("closed inside the TLS handshake");
  }
  using silent = new Door();
  const late = new RecordingFlow();
  driver.dial({ ...tlsServerAt(silent.port, {}), source }, late, 10_000, null);
  const peer = await silent.end();
  await peer.heardBytes(100);
  runOut();
  expect(late.told).toEqual(["refused connect_timeout"]);
  await peer.heard("close ECONNRESET");
  await settled();
  expect(late.told).toHaveLength(1);
  expect(driver.wheel.size).toBe(0);
  expect(failures).toEqual([]);
});

test("a preface goes first, before content and before TLS", async () => {
  const preface = new TextEncoder().encode("PROXY UNKNOWN\r\n");
  using door = new Door();
  driver.dial(localServer(door.port), flow, 10_000, preface);
  await flow.heard("connected");
  const plain = await door.end();
  await plain.heardBytes(preface.length);
  expect(new TextDecoder().decode(plain.chunks[0])).toBe("PROXY UNKNOWN\r\n");
  const secure = new RecordingFlow();
  driver.dial(tlsServerAt(door.port, {}), secure, 10_000, preface);
  const peer = await door.end(2);
  await peer.heardBytes(preface.length + 100);
  const bytes = Buffer.concat(peer.chunks);
  expect(bytes.subarray(0, preface.length).toString()).toBe("PROXY UNKNOWN\r\n");
  expect(bytes[preface.length]).toBe(22);
  peer.socket.terminate();
  await secure.heard("refused tls_refused");
});

test("a connection may come from an address of our choice, and one that is not ours is refused", async () => {
  using door = new Door();
  driver.dial({ ...localServer(door.port), source: "127.0.0.9" }, flow, 10_000, null);
  await flow.heard("connected");
  expect((await door.end()).socket.remoteAddress).toBe("127.0.0.9");
  const other = new RecordingFlow();
  driver.dial({ ...localServer(door.port), source: "192.0.2.1" }, other, 10_000, null);
  await other.heard("refused source_unusable");
});

test("strays are counted by address and by row, and of none nothing is kept", () => {
  const strays = new Strays();
  strays.add("192.0.2.1 80", 7);
  strays.add("192.0.2.2 80", 7);
  expect([strays.of("192.0.2.1 80"), strays.of("192.0.2.2 80"), strays.of(7)]).toEqual([1, 1, 2]);
  strays.remove("192.0.2.1 80", 7);
  expect([strays.of("192.0.2.1 80"), strays.of(7)]).toEqual([0, 1]);
});
