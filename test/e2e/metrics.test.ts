import { expect, setDefaultTimeout, test } from "bun:test";
import { Client, get } from "./harness/client.ts";
import { Load } from "./harness/load.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { find, ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

testWith(["promtool"])("the metrics page pleases promtool, with traffic of every kind behind it", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target }) => `HTTP/1.1 ${target.slice(1)} X\r\nContent-Length: 0\r\n\r\n`);
  const servers = [origin.address, `127.0.0.1:${freePort()}`];
  const sluice = await Sluice.start(room, {
    workers: 2,
    pools: { "my-app.1": { servers, check: { tcp: true }, ejection: {} } },
  });
  for (const status of [200, 201, 304, 404, 500]) await (await fetch(`${sluice.url}/${status}`)).text();
  const load = new Load(sluice.port, { connections: 4, target: "/200" });
  await until("traffic", () => load.answered > 200);
  const checked = await ran([find("promtool")!, "check", "metrics"], {
    stdin: Buffer.from(await sluice.metricsText()),
  });
  await load.stop();
  expect(checked.out + checked.err).toBe("");
  expect(checked.code).toBe(0);
});

test("counters are exact over two workers: a thousand requests are a thousand", async () => {
  await using room = new Room();
  const statuses = [200, 204, 302, 404, 500];
  const origin = new Origin(room, ({ target }) =>
    target === "/200"
      ? ok("0123456789")
      : `HTTP/1.1 ${target.slice(1)} X\r\n${target === "/204" ? "" : "Content-Length: 0\r\n"}\r\n`,
  );
  const sluice = await Sluice.start(room, { workers: 2, pools: { app: { servers: [origin.address] } } });
  for (let batch = 0; batch < 100; batch++) {
    const each = Array.from({ length: 10 }, (_, index) =>
      fetch(`${sluice.url}/${statuses[index % 5]}`, { keepalive: batch % 2 === 0, redirect: "manual" }).then((it) =>
        it.text(),
      ),
    );
    await Promise.all(each);
  }
  await sluice.counted(1000, "sluice_requests_total");
  const requests = (code: string): Promise<number> => sluice.metric("sluice_requests_total", { code_class: code });
  expect([await requests("2xx"), await requests("3xx"), await requests("4xx"), await requests("5xx")]).toEqual([
    400, 200, 200, 200,
  ]);
  await sluice.counted(1000, "sluice_requests_processed_total");
  await sluice.counted(0, "sluice_requests_dropped_total");
  await sluice.counted(1000, "sluice_server_requests_total", { server: origin.address });
  await sluice.counted(1000, "sluice_server_attempts_total", { server: origin.address });
  await sluice.counted(1000, "sluice_request_duration_seconds_count");
  await sluice.counted(1000, "sluice_server_response_duration_seconds_count");
  await sluice.counted(0, "sluice_server_active_requests");
  expect(origin.asked).toHaveLength(1000);
  expect((await sluice.status()).listeners[0]!.requests).toBe(1000);
});

test("bytes are counted exactly, heads included", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("x".repeat(100_000)));
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  const request = get("/", "X-Padding: 123");
  for (let count = 1; count <= 5; count++) {
    client.send(request);
    await until("the answer", () => client.length > count * 100_000);
  }
  const bytes = (direction: string): Promise<number> => sluice.metric("sluice_bytes_total", { direction });
  await until("the last to be counted", async () => (await sluice.metric("sluice_requests_total")) === 5);
  expect(await bytes("received")).toBe(5 * request.length);
  expect(await bytes("sent")).toBe(client.length);
  await sluice.counted(origin.received.length, "sluice_server_bytes_total", { direction: "sent" });
});

test("connections are counted in and out, and those above the limit are refused and counted", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.start(room, { workers: 2, pools: { app: { servers: [origin.address] } } });
  const web = { listen: `127.0.0.1:${sluice.port}`, use: "app", maxConnections: 10 };
  await sluice.reload({ workers: 2, pools: { app: { servers: [origin.address] } }, listeners: { web } });
  const clients: Client[] = [];
  for (let count = 0; count < 10; count++) clients.push(await Client.connect(room, sluice.port));
  await until("ten", async () => (await sluice.metric("sluice_connections_active")) === 10);
  // One that is reset as soon as it is accepted may be so before we know that it was.
  const eleventh = await Client.connect(room, sluice.port).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNRESET") return null;
    throw error;
  });
  await until("the refusal", () => eleventh === null || eleventh.isClosed || eleventh.isEnded);
  await sluice.counted(1, "sluice_connections_refused_total");
  for (const client of clients) client.socket.terminate();
  await until("none", async () => (await sluice.metric("sluice_connections_active")) === 0);
  expect((await fetch(sluice.url)).status).toBe(200);
  await sluice.counted(11, "sluice_connections_accepted_total");
});

test("the admin interface wants its token where it has one, but for liveness", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const port = freePort();
  const admin = { listen: `127.0.0.1:${port}`, token: "a-token-of-some-length" };
  const sluice = await Sluice.start(
    room,
    { pools: { app: { servers: [origin.address] } }, admin },
    { isAwaited: false },
  );
  const ask = (path: string, token?: string): Promise<number> =>
    fetch(
      `http://127.0.0.1:${port}${path}`,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    ).then(
      (it) => it.status,
      () => 0,
    );
  await until("it to be ready", async () => (await ask("/readyz")) === 200);
  expect(await ask("/healthz")).toBe(200);
  expect([await ask("/api/v1/status"), await ask("/api/v1/status", "wrong")]).toEqual([401, 401]);
  expect(await ask("/api/v1/status", admin.token)).toBe(200);
  expect(sluice.child.exitCode).toBeNull();
});
