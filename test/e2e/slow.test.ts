import { expect, setDefaultTimeout, test } from "bun:test";
import { Client, get } from "./harness/client.ts";
import { Origin, ok } from "./harness/origin.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const timeouts = { head: "500ms", idle: "300ms", read: "800ms", linger: "100ms" };

async function started(room: Room): Promise<{ origin: Origin; sluice: Sluice }> {
  const origin = new Origin(room);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } }, timeouts });
  return { origin, sluice };
}

test("heads that come byte by byte are cut off at the head timeout, however many there are", async () => {
  await using room = new Room();
  const { origin, sluice } = await started(room);
  const startedMs = performance.now();
  const clients = await Promise.all(Array.from({ length: 50 }, () => Client.connect(room, sluice.port)));
  const head = get("/", "X-Slow: 1").slice(0, -2);
  let at = 0;
  await until("all to be cut off", () => {
    // A byte for each every 10 ms, and endless fields after the head's first lines.
    for (const client of clients) if (!client.isEnded && !client.isClosed) client.send(head[at] ?? "X-More: 1\r\n");
    at++;
    return clients.every(({ isEnded, isClosed }) => isEnded || isClosed);
  });
  const tookMs = performance.now() - startedMs;
  expect(tookMs).toBeGreaterThan(450);
  expect(tookMs).toBeLessThan(3000);
  for (const client of clients) expect(client.text).toStartWith("HTTP/1.1 408 ");
  expect(origin.connections).toBe(0);
  await until("all to be counted out", async () => (await sluice.metric("sluice_connections_active")) === 0);
});

test("a head on a kept connection has the same time from its first byte", async () => {
  await using room = new Room();
  const { sluice } = await started(room);
  const client = await Client.connect(room, sluice.port);
  await client.send(get("/")).saw("ok");
  client.send("GET / HTTP");
  expect(await client.over()).toContain("HTTP/1.1 408 ");
});

test("a connection that says nothing at all is closed", async () => {
  await using room = new Room();
  const { sluice } = await started(room);
  const client = await Client.connect(room, sluice.port);
  await client.over(3000);
});

test("an idle connection is closed after its time, without a word", async () => {
  await using room = new Room();
  const { sluice } = await started(room);
  const client = await Client.connect(room, sluice.port);
  const answer = await client.send(get("/")).saw("ok");
  const sinceMs = performance.now();
  await client.over(3000);
  expect(performance.now() - sinceMs).toBeGreaterThan(200);
  expect(client.text).toBe(answer);
});

test("a body that stalls is answered 408, and its server is let go", async () => {
  await using room = new Room();
  const { origin, sluice } = await started(room);
  const client = await Client.connect(room, sluice.port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nonly this");
  await until("the head at the server", () => origin.received.includes("only this"));
  expect(await client.over()).toStartWith("HTTP/1.1 408 ");
  await until("the server to be let go", () => origin.open === 0);
  expect(origin.asked).toHaveLength(0);
  expect((await sluice.server(origin.address)).failures).toBe(0);
});

test("a body that is slow but never silent is waited for", async () => {
  await using room = new Room();
  const { origin, sluice } = await started(room);
  origin.handler = ({ body }) => ok(body);
  const client = await Client.connect(room, sluice.port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n");
  for (let count = 0; count < 15; count++) {
    client.send("ab");
    await Bun.sleep(160);
  }
  await client.saw("ab".repeat(15));
});

test("a client that stops reading is cut off after the read timeout", async () => {
  await using room = new Room();
  const { origin, sluice } = await started(room);
  origin.handler = () => ok(Buffer.alloc(32 << 20));
  const client = await Client.connect(room, sluice.port);
  client.socket.pause();
  client.send(get("/"));
  await until("the exchange to begin", async () => (await sluice.server(origin.address)).active === 1);
  await until("it to be cut off", async () => (await sluice.server(origin.address)).active === 0);
  await until("its connection to be gone", async () => (await sluice.metric("sluice_connections_active")) === 0);
});
