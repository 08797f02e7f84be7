// The flight recorder through the whole program: what became of requests and connections, as the admin interface tells it.

import { expect, setDefaultTimeout, test } from "bun:test";
import { type ExchangeRecord, type ExchangesAnswer, exchangesAnswer } from "../../src/control/api/shape/exchange.ts";
import { Client } from "./harness/client.ts";
import { DatagramClient, DatagramServer, freeDatagramPort } from "./harness/datagrams.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Server } from "./harness/server.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

async function recorded(sluice: Sluice, query = ""): Promise<ExchangesAnswer> {
  const response = await fetch(`http://${sluice.admin}/api/v1/requests?${query}`);
  return exchangesAnswer.parse(await response.json());
}

/** The newest first, when there are so many. */
async function records(sluice: Sluice, count: number, query = ""): Promise<readonly ExchangeRecord[]> {
  let found: readonly ExchangeRecord[] = [];
  await until(`${count} requests to be recorded`, async () => {
    found = (await recorded(sluice, query)).requests;
    return found.length >= count;
  });
  expect(found).toHaveLength(count);
  return found;
}

/** Without a gap, from the start to the end. */
function expectWhole({ phases, durationMs }: ExchangeRecord): void {
  let fromMs = 0;
  for (const phase of phases) {
    expect(phase.fromMs).toBe(fromMs);
    expect(phase.toMs).toBeGreaterThan(fromMs);
    fromMs = phase.toMs;
  }
  expect(fromMs).toBe(durationMs);
}

test("phases, cache, rules and servers of requests, by filters and by id", async () => {
  await using room = new Room();
  const origin = new Origin(room, async ({ target }) => {
    await Bun.sleep(30);
    return ok("x".repeat(100), target.startsWith("/cached") ? "Cache-Control: max-age=60" : "Cache-Control: no-store");
  });
  const port = freePort();
  const sluice = await Sluice.start(room, {
    listeners: {
      web: { listen: `127.0.0.1:${port}`, use: "app", rules: [{ name: "closed", if: "path == '/closed'", deny: 403 }] },
    },
    pools: { app: { servers: [origin.address], cache: true } },
  });
  for (const path of ["/cached?token=secret", "/cached?token=secret", "/closed", "/plain"])
    await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  const [plain, closed, hit, miss] = (await records(sluice, 4)) as [
    ExchangeRecord,
    ExchangeRecord,
    ExchangeRecord,
    ExchangeRecord,
  ];
  expect(miss).toMatchObject({ method: "GET", path: "/cached", cache: "miss", status: 200, serverStatus: 200 });
  expect(miss).toMatchObject({
    listener: "web",
    pool: "app",
    server: origin.address,
    attempts: 1,
    client: "127.0.0.1",
  });
  expect(miss.requestId).toBe(origin.asked[0]!.fields.get("x-request-id")![0]!);
  const waited = miss.phases.find(({ name }) => name === "wait")!;
  expect(waited.toMs - waited.fromMs).toBeGreaterThan(25);
  expect(hit).toMatchObject({ cache: "hit", status: 200, serverStatus: 0, server: "", attempts: 0, bytesSent: 100 });
  expect(closed).toMatchObject({ rule: "closed", rules: ["closed"], status: 403, fault: "denied", attempts: 0 });
  expect(plain).toMatchObject({ path: "/plain", isReused: true, rules: [] });
  for (const record of [plain, closed, hit, miss]) expectWhole(record);

  expect(await records(sluice, 1, "status=4xx&path=/clo*")).toEqual([closed]);
  expect(await records(sluice, 1, "cache=hit&client=127.0.0.0/8")).toEqual([hit]);
  expect(await records(sluice, 2, `slower=20ms&server=${origin.address}`)).toEqual([plain, miss]);
  expect(await records(sluice, 1, `after=${closed.id}`)).toEqual([plain]);
  const one = await fetch(`http://${sluice.admin}/api/v1/requests/${hit.id}`);
  expect(await one.json()).toEqual(hit);
  const none = await fetch(`http://${sluice.admin}/api/v1/requests/0-99999`);
  expect([none.status, await none.json()]).toEqual([
    404,
    { error: "there is no request 0-99999: each worker's last 1000 are kept" },
  ]);
  const wrong = await fetch(`http://${sluice.admin}/api/v1/requests?status=soon`);
  expect([wrong.status, await wrong.json()]).toEqual([
    400,
    { error: 'status must be such as 404, 5xx or 400-499, not "soon"' },
  ]);
});

test("what is tried again says so, and what nobody answers says why", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const servers = [`127.0.0.1:${freePort()}`, origin.address];
  const port = freePort();
  const sluice = await Sluice.start(room, {
    listeners: {
      web: { listen: `127.0.0.1:${port}`, use: "app", rules: [{ if: "path == '/away'", use: "away" }] },
    },
    pools: { app: { servers, balance: "roundRobin" }, away: { servers: [`127.0.0.1:${freePort()}`] } },
  });
  for (const path of ["/1", "/2", "/away"]) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  const all = await records(sluice, 3);
  expect(
    all
      .map(({ status, attempts }) => [status, attempts])
      .slice(1)
      .sort(),
  ).toEqual([
    [200, 1],
    [200, 2],
  ]);
  expect(all[0]).toMatchObject({ path: "/away", pool: "away", status: 502, fault: "connect_refused", serverStatus: 0 });
  expect(all.slice(1).every(({ server }) => server === origin.address)).toBe(true);
  expect(await records(sluice, 1, "failed=true")).toEqual([all[0]!]);
});

test("a request of a forward proxy names its outbound address and where it went", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const port = freePort();
  const sluice = await Sluice.start(room, {
    listeners: {
      web: { listen: `127.0.0.1:${port}`, proxy: { egress: "out", private: true, ports: ["1-65535"] } },
    },
    egress: { out: { members: [{ addresses: ["127.0.0.2"] }] } },
  } as unknown as Draft); // It has no pools.
  const client = await Client.connect(room, port);
  client.send(`GET http://${origin.address}/far?q HTTP/1.1\r\nHost: ${origin.address}\r\nConnection: close\r\n\r\n`);
  await client.saw("200 OK");
  const [record] = await records(sluice, 1);
  expect(record).toMatchObject({
    host: origin.address,
    path: "/far",
    server: origin.address,
    status: 200,
    egress: { pool: "out", address: "127.0.0.2" },
  });
});

test("connections of mode tcp are recorded when they end, also by a worker that takes over", async () => {
  await using room = new Room();
  const server = new Server(room, { greet: (client) => void client.send("hello;") });
  const port = freePort();
  const sluice = await Sluice.start(room, {
    listeners: { carry: { listen: `127.0.0.1:${port}`, mode: "tcp", use: "app" } },
    pools: { app: { servers: [server.address] } },
  });
  const carry = async (): Promise<void> => {
    const client = await Client.connect(room, port);
    await client.saw(";");
    client.socket.terminate();
  };
  await carry();
  const [first] = await records(sluice, 1);
  expect(first).toMatchObject({ kind: "tcp", listener: "carry", server: server.address, bytesSent: 6, method: "" });
  expectWhole(first!);
  const before = (await sluice.status()).workers[0]!.pid!;
  process.kill(before, "SIGKILL");
  await until("another worker", async () => {
    const [worker] = (await sluice.status()).workers;
    return worker!.state === "up" && worker!.pid !== before;
  });
  await carry();
  const [second, kept] = await records(sluice, 2);
  expect(kept).toEqual(first!);
  expect(second!.id).toBe("0-2");
});

test("a session of mode udp is recorded when it is over", async () => {
  await using room = new Room();
  const server = await DatagramServer.start("one");
  const port = await freeDatagramPort();
  const sluice = await Sluice.start(room, {
    listeners: { game: { listen: `127.0.0.1:${port}`, mode: "udp", use: "app", udp: { maxResponses: 1 } } },
    pools: { app: { servers: [`127.0.0.1:${server.port}`] } },
  });
  const client = await DatagramClient.start(port);
  room.ending(() => {
    server.stop();
    client.stop();
  });
  const answer = await client.ask("hello");
  const [record] = await records(sluice, 1, "kind=udp&pool=app");
  expect(record).toMatchObject({
    listener: "game",
    server: `127.0.0.1:${server.port}`,
    client: "127.0.0.1",
    attempts: 1,
  });
  expect(record).toMatchObject({ status: 0, fault: null, host: "", path: "", rule: "", bytesReceived: 5 });
  expect(record!.bytesSent).toBe(answer.length);
});

test("a reload with other entries goes on with other numbers; none, and nothing is recorded", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const draft = (entries: number) => ({ recorder: { entries }, pools: { app: { servers: [origin.address] } } });
  const sluice = await Sluice.start(room, draft(2));
  for (let count = 0; count < 4; count++) await (await fetch(sluice.url)).text();
  const [newest] = await records(sluice, 2);
  expect(newest!.id).toBe("0-4");
  await sluice.reload(draft(3));
  await (await fetch(`${sluice.url}/later`)).text();
  const [later] = await records(sluice, 1);
  expect([later!.path, Number(later!.id.split("-")[1]) > 4]).toEqual(["/later", true]);
  await sluice.reload(draft(0));
  await (await fetch(sluice.url)).text();
  expect(await recorded(sluice)).toEqual({ requests: [], looked: 0, isOn: false });
});
