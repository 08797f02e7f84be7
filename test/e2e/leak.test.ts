// Guards the pinned runtime and our own book-keeping: after thousands of exchanges that end in every bad way, descriptors,
// gauges and memory are back where they were. Slow, on purpose: some 10 s.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Client, get } from "./harness/client.ts";
import { Load } from "./harness/load.ts";
import { Origin, ok, write } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { openFiles, residentBytes } from "./harness/processes.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(90_000);
const body = "x".repeat(20_000);

/** Each ends a connection in a way of its own; all at once, many times over. */
const manners: Readonly<Record<string, (client: Client) => Promise<unknown>>> = {
  "a good exchange": async (client) => {
    await client.send(get("/")).saw("ok");
    client.socket.end();
  },
  "gone before the answer": async (client) => {
    client.send(get("/never"));
    await Bun.sleep(2);
    client.socket.terminate();
  },
  "gone inside the answer": async (client) => {
    await client.send(get("/long")).saw("xxxx");
    client.socket.terminate();
  },
  "gone inside the upload": async (client) => {
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${body}`);
    await Bun.sleep(2);
    client.socket.terminate();
  },
  "half-closed inside the upload": async (client) => {
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
    client.socket.shutdown();
    await client.over();
  },
  "half-closed after the request": async (client) => {
    client.send(get("/")).socket.shutdown();
    await client.saw("ok");
    await client.over();
  },
  "nothing said": async (client) => {
    client.socket.shutdown();
    await client.over();
  },
  "half a head": async (client) => {
    client.send("GET / HTTP/1.1\r\nHo").socket.shutdown();
    await client.over();
  },
  "refused as malformed": async (client) => {
    await client.send("NO\r\n\r\n").over();
  },
  "an answer cut off by the server": async (client) => {
    await client.send(get("/cut")).over();
  },
  "a server that resets": async (client) => {
    await client.send(`POST /reset HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx`).saw("502");
    client.socket.end();
  },
  "an upgrade, ended by the client": async (client) => {
    await client.send(get("/tunnel", "Connection: upgrade", "Upgrade: x")).saw("101");
    client.socket.terminate();
  },
};

function origin(room: Room): Origin {
  return new Origin(room, ({ target, socket }) => {
    switch (target) {
      case "/never":
        return null;
      case "/long":
        write(socket, `HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n${body}`);
        return null;
      case "/cut":
        write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut");
        socket.end();
        return null;
      case "/reset":
        socket.terminate();
        return null;
      case "/tunnel":
        return "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
      default:
        return ok("ok");
    }
  });
}

async function round(room: Room, port: number, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    await Promise.all(
      Object.entries(manners).map(async ([name, manner]) => {
        const client = await Client.connect(room, port);
        await manner(client).catch((error: Error) => {
          throw new Error(`${name}: ${error.message}`);
        });
        client.socket.terminate();
      }),
    );
  }
}

test("after thousands of exchanges that ended badly, descriptors, gauges and memory are as before", async () => {
  await using room = new Room();
  const server = origin(room);
  const sluice = await Sluice.start(room, {
    pools: { app: { servers: [server.address], idle: { connections: 4, timeout: "1s" } } },
    timeouts: { linger: "100ms" },
  });
  const [worker] = await sluice.workers();
  const calm = async (): Promise<void> => {
    await until("all to be counted out", async () => {
      const status = await sluice.status();
      return status.workers[0]!.connections === 0 && status.pools[0]!.servers[0]!.active === 0;
    });
    await until(
      "connections to the server to be closed",
      async () => (await sluice.metric("sluice_server_connections")) === 0,
    );
    await sluice.counted(0, "sluice_server_idle_connections");
    await sluice.counted(0, "sluice_connections_active");
    await sluice.counted(0, "sluice_pool_queued_requests");
  };
  await round(room, sluice.port, 100);
  await calm();
  const files = openFiles(worker!);
  const bytes = residentBytes(worker!);
  await round(room, sluice.port, 300);
  await calm();
  expect(openFiles(worker!)).toBeLessThanOrEqual(files);
  await until("memory as before", () => residentBytes(worker!) - bytes < 24 << 20);
  await until("the server's side to be closed", () => server.open === 0);
  const { restarts } = (await sluice.status()).workers[0]!;
  expect(restarts).toBe(0);
  await sluice.counted(0, "sluice_worker_asserts_total");
});

test("refused servers cost no descriptor", async () => {
  await using room = new Room();
  const servers = [`127.0.0.1:${freePort()}`, `127.0.0.1:${freePort()}`];
  const sluice = await Sluice.start(room, { pools: { app: { servers } } });
  const [worker] = await sluice.workers();
  const run = async (count: number): Promise<void> => {
    const load = new Load(sluice.port, { connections: 8, accepted: [502] });
    await until("refusals", () => load.answered >= count);
    await load.stop();
    expect(load.errors).toEqual([]);
    await until("all to be counted out", async () => (await sluice.status()).workers[0]!.connections === 0);
  };
  await run(200);
  const files = openFiles(worker!);
  await run(2000);
  await until("descriptors as before", () => openFiles(worker!) <= files);
  await sluice.counted(0, "sluice_server_active_requests");
  await sluice.counted(0, "sluice_server_connections");
});

test("twenty thousand requests leave no memory behind", async () => {
  await using room = new Room();
  const server = new Origin(room, () => ok(body));
  const sluice = await Sluice.start(room, { pools: { app: { servers: [server.address] } } });
  const [worker] = await sluice.workers();
  const run = async (count: number): Promise<void> => {
    server.asked.length = 0;
    const load = new Load(sluice.port, { connections: 16 });
    await until(
      "answers",
      () => {
        server.asked.length = 0;
        return load.answered >= count;
      },
      60_000,
    );
    await load.stop();
    expect(load.errors).toEqual([]);
  };
  await run(5000);
  const bytes = residentBytes(worker!);
  await run(20_000);
  await until("memory as before", () => residentBytes(worker!) - bytes < 24 << 20);
});
