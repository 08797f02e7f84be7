// Rules on connections of a listener with TLS, over real sockets: they are played before the handshake, nothing is counted twice,
// and whatever becomes of the handshake, the entries that are held are let go of. Long, for the endings are many.

import { afterEach, beforeEach, expect, test } from "bun:test";
import type { TLSSocket } from "node:tls";
import type { ListenerPlan, ListenerTlsPlan, Plan, RulePlan } from "../../src/config/plan.ts";
import { Arena } from "../../src/memory/arena.ts";
import { listenerCell } from "../../src/memory/tally.ts";
import { writeProxyHeader } from "../../src/wire/proxyprotocol.ts";
import { freePort } from "../e2e/harness/port.ts";
import { until } from "../e2e/harness/wait.ts";
import { Memory, octetsOf } from "../playbook/memory.ts";
import { clearArena } from "../playbook/plan.ts";
import { rule, rules, table, track } from "../playbook/rules.ts";
import { Cable, materials } from "./secure.ts";
import { listenerTls, makeTlsPlan, pemId, tlsClient } from "./tls.ts";
import { type PlainClient, plainClient, Worker } from "./worker.ts";

const arena = Arena.inMemory();
/** What a ClientHello begins with, and no more. */
const halfHello = Buffer.from([22, 3, 1]);
const tracking = rule(null, null, { does: [track()] });
let port: number;
let worker: Worker;
let memory: Memory;
let ends: (() => void)[];

beforeEach(() => {
  clearArena(arena);
  port = freePort();
  memory = new Memory();
  ends = [];
});
afterEach(() => {
  for (const end of ends) end();
  stop();
});

interface Wanted {
  readonly connection?: readonly RulePlan[];
  readonly listener?: Partial<ListenerPlan>;
  readonly tls?: Partial<ListenerTlsPlan>;
}

function planOf({ connection = [tracking], listener = {}, tls = {} }: Wanted): Plan {
  const { server, authority } = materials();
  return makeTlsPlan(
    [{ names: ["a.test"], issued: server }],
    {
      tables: [table("clients", ["conn_cnt", "conn_cur", "sess_cnt"])],
      forwarding: { trusted: ["127.0.0.0/8"] },
      listener: {
        address: { kind: "tcp", host: "127.0.0.1", port },
        tls: { ...listenerTls, ...tls },
        rules: rules({ connection }),
        ...listener,
      },
    },
    [authority.cert],
  );
}

function start(wanted: Wanted = {}): void {
  worker = new Worker(planOf(wanted), arena, memory);
}

function stop(): void {
  worker.context.cut();
  worker.listeners.closeOthers([]);
}

async function half(): Promise<PlainClient> {
  const client = await plainClient(port);
  ends.push(() => client.socket.destroy());
  client.socket.write(halfHello);
  return client;
}

async function secure(options: Parameters<typeof tlsClient>[1] = {}): Promise<TLSSocket> {
  const socket = await tlsClient(port, options);
  ends.push(() => socket.destroy());
  return socket;
}

/** conn_cnt, conn_cur and sess_cnt. */
function counts(address = "127.0.0.1"): number[] {
  const found = memory.table("clients");
  found.key.setAddress(octetsOf(address), 0);
  return [0, 1, 2].map((column) => found.read(column, 0, worker.driver.sharedMs));
}

const cells = (...wanted: number[]): number[] => wanted.map((cell) => worker.cell(cell));
const held = (count: number): Promise<unknown> => until("them to be counted", () => counts()[1] === count);

const endings: Readonly<Record<string, (client: PlainClient) => void>> = {
  "is too slow": () => {
    worker.driver.refresh();
    worker.driver.wheel.advance(worker.driver.nowMs + 60_000);
  },
  "is drained": () => worker.context.drain(),
  "is cut": () => worker.context.cut(),
  "ends by a FIN": ({ socket }) => socket.end(),
  "ends by a RST": ({ socket }) => socket.resetAndDestroy(),
  "breaks in TLS": ({ socket }) => socket.write(Buffer.alloc(64, 0xff)),
};

for (const mode of ["http", "tcp"] as const) {
  for (const [name, end] of Object.entries(endings)) {
    test(`mode ${mode}: a handshake that ${name} lets go of what its client holds`, async () => {
      start({ listener: { mode } });
      const client = await half();
      await held(1);
      expect(counts()).toEqual([1, 1, 0]);
      end(client);
      await held(0);
      expect(counts()).toEqual([1, 0, 0]);
      await until("its place to be free", () => worker.cell(listenerCell.connections) === 0);
      expect([worker.context.downstreams.size, worker.driver.wheel.size, worker.failures]).toEqual([0, 0, []]);
    });
  }

  test(`mode ${mode}: a handshake that fails lets go of what its client holds`, async () => {
    const { authority } = materials();
    const asked = { mode: "required", ca: pemId(authority.cert) } as const;
    for (const [tls, options] of [
      [{ rejectUnknown: true }, { servername: "b.test" }],
      [{ rejectUnknown: true }, { servername: "", rejectUnauthorized: false }],
      [{ clientCertificate: asked }, {}],
      [{ minVersion: "1.3" }, { maxVersion: "TLSv1.2" }],
    ] as const) {
      start({ listener: { mode }, tls });
      const failures = worker.cell(listenerCell.handshakeFailures);
      await tlsClient(port, options).catch(() => {});
      await until("it to fail", () => worker.cell(listenerCell.handshakeFailures) === failures + 1);
      expect(counts().slice(1)).toEqual([0, 0]);
      stop();
      port = freePort();
    }
    expect(counts()).toEqual([4, 0, 0]);
  });

  test(`mode ${mode}: a handshake that is done is the same connection, counted once and held until that ends`, async () => {
    start({ listener: { mode } });
    const socket = await secure();
    await until("its session", () => counts()[2] === 1);
    if (mode === "http") expect(counts()).toEqual([1, 1, 1]);
    socket.destroy();
    await held(0);
    expect(counts()).toEqual([1, 0, 1]);
  });

  test(`mode ${mode}: one address cannot hold all places by handshakes that it does not end`, async () => {
    const reject = rule("tracked[0].conn_cur > 2", { kind: "reject" });
    start({ listener: { mode }, connection: [tracking, reject] });
    const first = await half();
    await half();
    await held(2);
    const others = [await half(), await half()];
    await until("them to be closed", () => others.every(({ isClosed }) => isClosed()));
    expect(cells(listenerCell.refusedRules, listenerCell.accepted, listenerCell.handshakeFailures)).toEqual([2, 2, 0]);
    expect(counts()).toEqual([4, 2, 0]);
    if (mode === "tcp") expect(worker.streams).toEqual(["rejected reject", "rejected reject"]);
    first.socket.destroy();
    await held(1);
    await secure();
    await until("its session", () => counts()[2] === 1);
  });
}

test("who is refused gets no handshake, in each of the ways", async () => {
  for (const kind of ["reject", "reset", "drop"] as const) {
    start({ connection: [rule("secure", { kind })] });
    const refused = worker.cell(listenerCell.refusedRules);
    const socket = tlsClient(port);
    if (kind !== "drop") expect(socket).rejects.toThrow();
    else socket.catch(() => {});
    await until("it to be refused", () => worker.cell(listenerCell.refusedRules) === refused + 1);
    expect(cells(listenerCell.handshakes, listenerCell.handshakeFailures, listenerCell.connections)).toEqual([0, 0, 0]);
    stop();
    port = freePort();
  }
});

test("behind a PROXY header it is whom that names who is judged, and counted", async () => {
  const reject = rule("src == ip('203.0.113.7')", { kind: "reject" });
  start({ listener: { proxyProtocol: true }, connection: [tracking, reject] });
  const [bad, good] = [await plainClient(port), await plainClient(port)];
  for (const [client, last] of [[bad, 7] as const, [good, 8] as const]) {
    ends.push(() => client.socket.destroy());
    client.socket.write(writeProxyHeader(2, `203.0.113.${last}`, 4711, "198.51.100.1", 443));
    client.socket.write(halfHello);
  }
  await until("it to be closed", bad.isClosed);
  await until("the other to be counted", () => counts("203.0.113.8")[1] === 1);
  expect([counts("203.0.113.7"), counts(), good.isClosed()]).toEqual([[1, 0, 0], [0, 0, 0], false]);
  good.socket.destroy();
  await until("it to be let go of", () => counts("203.0.113.8")[1] === 0);
});

test("rules are played before the handshake up to the first that asks for TLS, and the others when it is done", async () => {
  const asking = rule("tls.sni == 'b.test'", { kind: "reject" });
  const limit = rule("tracked[0].conn_cur > 2", { kind: "reject" });
  start({ connection: [tracking, limit, asking, rule("tls.version == 'TLSv1.2'", { kind: "reset" })] });
  const first = await half();
  await half();
  await held(2);
  const third = await half();
  await until("it to be closed", third.isClosed);
  first.socket.destroy();
  await held(1);
  await secure();
  await until("its session", () => counts()[2] === 1);
  expect([counts(), cells(listenerCell.refusedRules)]).toEqual([[4, 2, 1], [1]]);
  const [socket] = ends.splice(-1);
  socket!();
  await held(1);
  const other = await secure({ servername: "b.test", rejectUnauthorized: false });
  await until("it to be refused", () => worker.cell(listenerCell.refusedRules) === 2);
  await until("it to be closed", () => other.resume().closed);
  expect(counts()).toEqual([5, 1, 1]);
});

test("where the first rule asks for TLS, all are played when the handshake is done", async () => {
  start({ connection: [rule("tls.sni == 'b.test'", { kind: "reject" }), tracking] });
  await half();
  await until("it to be waited for", () => worker.cell(listenerCell.connections) === 1);
  expect(counts()).toEqual([0, 0, 0]);
  await secure();
  await until("it to be counted", () => counts()[0] === 1);
});

test("rules are played once, whatever plan comes while the handshake goes on", async () => {
  start();
  using cable = await Cable.to(port);
  const kept: Buffer[] = [];
  cable.edit = (bytes) => {
    kept.push(bytes.subarray(3));
    cable.edit = null;
    return bytes.subarray(0, 3);
  };
  const client = tlsClient(cable.port);
  await held(1);
  worker.adopt(planOf({ connection: [tracking, rule(null, { kind: "reject" })] }));
  cable.server.write(kept[0]!);
  ends.push(
    (
      (socket) => () =>
        socket.destroy()
    )(await client),
  );
  await until("its session", () => counts()[2] === 1);
  expect([counts(), cells(listenerCell.refusedRules)]).toEqual([[1, 1, 1], [0]]);
  await plainRefused();
});

/** Another, under the new plan. */
async function plainRefused(): Promise<void> {
  const { isClosed } = await half();
  await until("it to be closed", isClosed);
  expect(cells(listenerCell.refusedRules)).toEqual([1]);
}
