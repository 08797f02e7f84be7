import { expect, setDefaultTimeout, test } from "bun:test";
import { Client, get } from "./harness/client.ts";
import { DatagramClient, DatagramServer, freeDatagramPort } from "./harness/datagrams.ts";
import { Load } from "./harness/load.ts";
import { Origin, ok, write } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { ownName } from "./harness/processes.ts";
import { find, ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const testWithWrk = testWith(["wrk"]);

test("twenty reloads under load swap the pool, and no request fails", async () => {
  await using room = new Room();
  const [one, two] = [new Origin(room, () => ok("one")), new Origin(room, () => ok("two"))];
  const draft = (origin: Origin): Draft => ({ workers: 2, pools: { app: { servers: [origin.address] } } });
  const sluice = await Sluice.start(room, draft(one));
  const load = new Load(sluice.port, { connections: 8 });
  for (let count = 1; count <= 20; count++) {
    const origin = count % 2 === 1 ? two : one;
    const asked = origin.asked.length;
    sluice.rewrite(draft(origin));
    if (count % 5 === 0) {
      const answer = await sluice.cli("reload");
      expect([answer.code, answer.out]).toEqual([0, `reloaded: plan ${count + 1} is in force\n`]);
    } else {
      sluice.child.kill(count % 2 === 0 ? "SIGHUP" : "SIGUSR2");
      // As it comes to all of a service that is signalled whole.
      if (count % 2 === 1) for (const { pid } of (await sluice.status()).workers) process.kill(pid!, "SIGUSR2");
      await until("the plan to be in force", async () => (await sluice.status()).generation === count + 1);
    }
    await until("traffic at the other server", () => origin.asked.length > asked + 20);
  }
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
  expect(load.byBody.size).toBe(2);
  await until("all to be counted out", async () => (await sluice.metric("sluice_server_active_requests")) === 0);
  expect((await sluice.status()).workers.map(({ restarts }) => restarts)).toEqual([0, 0]);
});

testWithWrk("wrk sees no error while its server is replaced again and again", async () => {
  await using room = new Room();
  const [one, two] = [new Origin(room, () => ok("one")), new Origin(room, () => ok("two"))];
  const draft = (origin: Origin): Draft => ({ workers: 2, pools: { app: { servers: [origin.address] } } });
  const sluice = await Sluice.start(room, draft(one));
  const running = ran([find("wrk")!, "-t1", "-c16", "-d3s", `${sluice.url}/`]);
  let isOver = false;
  void running.then(() => {
    isOver = true;
  });
  for (let count = 0; !isOver; count++) {
    await sluice.reload(draft(count % 2 ? one : two));
    await Bun.sleep(100);
  }
  const answer = await running;
  expect(answer.out).toMatch(/\d+ requests in/);
  expect(answer.out).not.toMatch(/Socket errors|Non-2xx/);
});

test("a bad config leaves the old plan running, and its errors are told with their places", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const good = await Bun.file(sluice.configPath).text();
  await Bun.write(sluice.configPath, good.replace('"use":"app"', '"use":"ap"'));
  const answer = await sluice.cli("reload");
  expect(answer.code).toBe(1);
  expect(answer.err).toMatch(/sluice-\d+\.json:1:\d+/);
  expect(answer.err).toMatch(/did you mean "app"/);
  expect(answer.err).toContain("not reloaded: plan 1 stays in force");
  expect((await fetch(sluice.url)).status).toBe(200);
  await sluice.counted(0, "sluice_config_last_reload_successful");
  const status = await sluice.cli("status");
  expect(status.out).toContain("failed:");
  await Bun.write(sluice.configPath, good);
  expect((await sluice.cli("reload")).code).toBe(0);
  await sluice.counted(1, "sluice_config_last_reload_successful");
  // What runs with the file is found, though the file says nothing any more, and refuses it itself.
  await Bun.write(sluice.configPath, "{");
  const [found, refused] = [await named("status", sluice), await named("reload", sluice)];
  expect([found.code, found.out]).toEqual([0, expect.stringContaining("plan 2 from")]);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("not reloaded: plan 2 stays in force")]);
  await sluice.counted(0, "sluice_config_last_reload_successful");
});

const named = (word: string, { configPath }: Sluice) => ran([...command, word, "-c", configPath]);

test("a config without a bottom is one error, and is the outcome of a signal's reload too", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const good = await Bun.file(sluice.configPath).text();
  const brackets = "[".repeat(30_000) + "]".repeat(30_000);
  await Bun.write(sluice.configPath, good.replace('"use":"app"', `"use":${brackets}`));
  sluice.child.kill("SIGHUP");
  await sluice.counted(0, "sluice_config_last_reload_successful");
  const { generation, lastReload } = await sluice.status();
  expect([generation, lastReload.successful]).toEqual([1, false]);
  expect(lastReload.problems[0]).toContain("the config is nested more than 100 deep");
  const answer = await sluice.cli("reload");
  expect([answer.code, answer.err.includes("nested more than 100 deep")]).toEqual([1, true]);
  expect((await fetch(sluice.url)).status).toBe(200);
});

test("an exchange ends under the plan it began with, and its server is shown until then", async () => {
  await using room = new Room();
  const [one, two] = [new Origin(room, () => null), new Origin(room, () => ok("two"))];
  const sluice = await Sluice.start(room, { pools: { app: { servers: [one.address] } } });
  const client = (await Client.connect(room, sluice.port)).send(get("/1"));
  const { socket } = await one.request(1);
  await sluice.reload({ pools: { app: { servers: [two.address] } } });
  const told = { pool: "app", name: one.address, address: one.address, active: 1 };
  expect((await sluice.status()).removedServers).toEqual([{ ...told, since: expect.any(String) as string }]);
  write(socket, ok("from one"));
  await client.saw("from one");
  await until("it to be shown no more", async () => (await sluice.status()).removedServers.length === 0);
  await client.send(get("/2")).saw("two");
  await until("the old server's connection to be closed", () => one.open === 0);
});

test("an upload that is under way goes on over reloads, to the server it began with", async () => {
  await using room = new Room();
  const [one, two] = [new Origin(room, ({ body }) => ok(Bun.SHA256.hash(body, "hex"))), new Origin(room)];
  const sluice = await Sluice.start(room, { pools: { app: { servers: [one.address] } } });
  const body = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)));
  const client = await Client.connect(room, sluice.port);
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
  await until("it to begin", () => one.received.includes("\r\n\r\n"));
  for (let part = 0; part < 6; part++) {
    client.send(body.subarray(part * 10_000, (part + 1) * 10_000));
    await sluice.reload({ pools: { app: { servers: [part % 2 ? one.address : two.address] } } });
  }
  await client.saw(Bun.SHA256.hash(body, "hex"));
  expect(two.asked).toHaveLength(0);
});

test("a listener comes and goes with a reload, and the one that stays loses nothing", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const pools = { app: { servers: [origin.address] } };
  const sluice = await Sluice.start(room, { workers: 2, pools });
  const load = new Load(sluice.port, { connections: 4 });
  const port = freePort();
  const web = { listen: `127.0.0.1:${sluice.port}`, use: "app" };
  await sluice.reload({ workers: 2, pools, listeners: { web, extra: { listen: `127.0.0.1:${port}`, use: "app" } } });
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  const kept = await Client.connect(room, port);
  await kept.send(get("/")).saw("ok");
  await sluice.reload({ workers: 2, pools });
  await until("the address to be given back", () =>
    fetch(`http://127.0.0.1:${port}/`, { keepalive: false }).then(
      () => false,
      () => true,
    ),
  );
  expect(kept.isReset).toBe(false);
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
});

test("a listener whose port is taken refuses the reload and names the holder", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const pools = { app: { servers: [origin.address] } };
  const sluice = await Sluice.start(room, { pools });
  const web = { listen: `127.0.0.1:${sluice.port}`, use: "app" };
  sluice.rewrite({ pools, listeners: { web, extra: { listen: origin.address, use: "app" } } });
  const answer = await sluice.cli("reload");
  expect(answer.code).toBe(1);
  expect(answer.err).toContain(
    `cannot listen on ${origin.address}: the address is in use by ${ownName()} (process ${process.pid})`,
  );
  expect((await fetch(sluice.url)).status).toBe(200);
});

const webOn = (listen: string, mode: "http" | "udp" = "http"): NonNullable<Draft["listeners"]> => ({
  web: { mode, listen, use: "app" },
});

test("a port that Sluice holds may come to be listened on by another address, and back, but not while a stranger has one of them", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const port = freePort();
  const draft = (listen: string): Draft => ({
    workers: 2,
    pools: { app: { servers: [origin.address] } },
    listeners: webOn(listen),
  });
  const sluice = await Sluice.start(room, draft(`127.0.0.1:${port}`));
  for (const listen of [`:${port}`, `127.0.0.1:${port}`, `127.0.0.2:${port}`, `0.0.0.0:${port}`, `127.0.0.1:${port}`]) {
    await sluice.reload(draft(listen));
    const host = listen.startsWith("127.0.0.2") ? "127.0.0.2" : "127.0.0.1";
    expect((await fetch(`http://${host}:${port}`, { keepalive: false })).status).toBe(200);
  }
  // Bun's types leave reusePort out of what listen takes.
  const options = { hostname: "127.0.0.3", port, reusePort: true, socket: { data() {} } };
  const stranger = Bun.listen(options);
  room.ending(() => stranger.stop(true));
  sluice.rewrite(draft(`:${port}`));
  const answer = await sluice.cli("reload");
  expect(answer.code).toBe(1);
  expect(answer.err).toContain(`:${port}: the address is in use by ${ownName()} (process ${process.pid})`);
  expect((await fetch(`http://127.0.0.1:${port}`, { keepalive: false })).status).toBe(200);
});

test("so may a port of datagrams", async () => {
  await using room = new Room();
  const server = await DatagramServer.start("one");
  room.ending(() => server.stop());
  const port = await freeDatagramPort();
  const draft = (listen: string): Draft => ({
    pools: { app: { servers: [`127.0.0.1:${server.port}`] } },
    listeners: webOn(listen, "udp"),
  });
  const sluice = await Sluice.start(room, draft(`127.0.0.1:${port}`));
  for (const listen of [`:${port}`, `127.0.0.1:${port}`]) {
    await sluice.reload(draft(listen));
    const client = await DatagramClient.start(port);
    room.ending(() => client.stop());
    client.send(listen);
    await until("an answer", () => client.got.includes(`one:${listen}`));
  }
});

test("who is there is counted on (conn_cur) over reloads that give the table another shape", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const port = freePort();
  const draft = (size: number, store: readonly string[]): Draft => ({
    workers: 2,
    tables: { seen: { key: "ip", size, expire: "1h", store: ["conn_cur", ...store] } },
    listeners: {
      web: {
        listen: `127.0.0.1:${port}`,
        use: "app",
        rules: {
          connection: [{ track: { table: "seen", by: "src" } }, { if: "seen[src].conn_cur > 8", reject: true }],
        },
      },
    },
    pools: { app: { servers: [origin.address] } },
  });
  const sluice = await Sluice.start(room, draft(1000, []));
  const countIs = async (count: number): Promise<void> => {
    await until(`${count} to be counted`, async () => {
      const answer = await fetch(`http://${sluice.admin}/api/v1/tables/seen/entries/127.0.0.1`);
      return JSON.stringify(await answer.json()).includes(`"conn_cur":${count}`);
    });
  };
  const come = async (): Promise<Client> => {
    const client = (await Client.connect(room, port)).send(get("/"));
    await client.saw("200 OK");
    return client;
  };
  const clients = await Promise.all(Array.from({ length: 8 }, come));
  await countIs(8);
  for (const [size, store] of [[2000, []] as const, [2000, ["gpc0"]] as const, [500, []] as const]) {
    await sluice.reload(draft(size, store));
    expect(await (await Client.connect(room, port)).over()).toBe("");
    await countIs(8);
  }
  for (const { socket } of clients.slice(0, 5)) socket.terminate();
  await countIs(3);
  await come();
});

test("what was counted before a reload is counted on after it", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  for (let count = 0; count < 10; count++) await fetch(sluice.url);
  await sluice.reload({ pools: { app: { servers: [origin.address, "127.0.0.1:9"], balance: "first" } } });
  for (let count = 0; count < 10; count++) await fetch(sluice.url);
  await sluice.counted(20, "sluice_requests_total", { code_class: "2xx" });
  expect((await sluice.server(origin.address)).requests).toBe(20);
});
