import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stateFolderOf } from "../../src/control/state.ts";
import { Client, get } from "./harness/client.ts";
import { Load } from "./harness/load.ts";
import { Origin, ok, write } from "./harness/origin.ts";
import { isAlive } from "./harness/processes.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

test("SIGTERM lets what is under way end, says no to /readyz meanwhile, and ends with 0", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => null);
  const draft = { workers: 2, drainTimeout: "20s", pools: { app: { servers: [origin.address] } } };
  const sluice = await Sluice.start(room, draft);
  const workers = await sluice.workers();
  const client = (await Client.connect(room, sluice.port)).send(get("/slow"));
  const idle = await Client.connect(room, sluice.port);
  const { socket } = await origin.request(1);
  sluice.child.kill("SIGTERM");
  await until("/readyz to say no", async () => (await fetch(`http://${sluice.admin}/readyz`)).status === 503);
  expect(await (await fetch(`http://${sluice.admin}/readyz`)).text()).toBe("not ready: draining\n");
  expect((await fetch(`http://${sluice.admin}/healthz`)).status).toBe(200);
  await until("idle connections to be closed", () => idle.isEnded || idle.isClosed);
  await until("new connections to be refused", () =>
    fetch(sluice.url, { keepalive: false }).then(
      () => false,
      () => true,
    ),
  );
  write(socket, ok("at last"));
  const answer = await client.saw("at last");
  expect(answer).toMatch(/\r\nConnection: close\r\n/i);
  expect(await sluice.exited()).toBe(0);
  expect(workers.filter(isAlive)).toEqual([]);
  expect(existsSync(stateFolderOf(sluice.configPath))).toBe(false);
});

test("SIGTERM under load costs no request that was begun", async () => {
  await using room = new Room();
  const origin = new Origin(room, async () => {
    await Bun.sleep(2);
    return ok("ok");
  });
  const sluice = await Sluice.start(room, {
    workers: 2,
    drainTimeout: "10s",
    pools: { app: { servers: [origin.address] } },
  });
  const load = new Load(sluice.port, { connections: 10 });
  await until("traffic", () => load.answered > 200);
  sluice.child.kill("SIGTERM");
  expect(await sluice.exited()).toBe(0);
  await load.stop();
  // Connections that come after are refused, as they should be, and a request may meet the close of an idle connection. But
  // none that reached a server was lost, and no answer was cut off.
  expect(load.errors.filter((error) => error.startsWith("cut off"))).toEqual([]);
  expect(load.answered).toBe(origin.asked.length);
});

test("the drain time bounds what a stubborn client can hold", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => null);
  const sluice = await Sluice.start(room, { drainTimeout: "500ms", pools: { app: { servers: [origin.address] } } });
  const client = (await Client.connect(room, sluice.port)).send(get("/never"));
  await origin.request(1);
  const startedMs = performance.now();
  sluice.child.kill("SIGTERM");
  expect(await sluice.exited()).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(4000);
  await until("the client to be let go", () => client.isClosed || client.isEnded);
});

test("an upgraded connection is given the drain time, and then closed", async () => {
  await using room = new Room();
  const origin = new Origin(
    room,
    () => "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
  );
  const sluice = await Sluice.start(room, { drainTimeout: "3s", pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  await client.send(get("/", "Connection: upgrade", "Upgrade: x")).saw("101 Switching Protocols");
  sluice.child.kill("SIGTERM");
  await until("it to drain", async () => (await fetch(`http://${sluice.admin}/readyz`)).status === 503);
  write(origin.asked[0]!.socket, "still here");
  await client.saw("still here");
  expect(await sluice.exited()).toBe(0);
  await until("the client to be let go", () => client.isClosed || client.isEnded);
});

test("a worker killed with -9 under load takes only its own connections with it, and is replaced", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target }) => (target === "/held" ? null : ok("ok")));
  const sluice = await Sluice.start(room, { workers: 2, pools: { app: { servers: [origin.address] } } });
  const held = await Promise.all(Array.from({ length: 16 }, () => Client.connect(room, sluice.port)));
  for (const client of held) client.send(get("/held"));
  await until("all to be held", async () => (await sluice.server(origin.address)).active === 16);
  const load = new Load(sluice.port, { connections: 8 });
  await until("traffic", () => load.answered > 500);
  const victim = (await sluice.status()).workers[0]!;
  const before = await sluice.metric("sluice_requests_total", { code_class: "2xx" });
  process.kill(victim.pid!, "SIGKILL");
  await until("a new worker", async () => {
    const [worker] = (await sluice.status()).workers;
    return worker!.state === "up" && worker!.pid !== victim.pid;
  });
  const lost = held.filter(({ isClosed, isEnded }) => isClosed || isEnded).length;
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeLessThan(16);
  expect((await sluice.status()).workers[0]).toMatchObject({ restarts: 1, lastExit: "signal SIGKILL" });
  const answered = load.answered;
  await until("traffic to go on", () => load.answered > answered + 500);
  await load.stop();
  // What the dead worker had under way is not in flight any more; the living one's is.
  await until("the counts to be right", async () => (await sluice.server(origin.address)).active === 16 - lost);
  for (const client of held) client.socket.terminate();
  await until("nothing to be in flight", async () => (await sluice.server(origin.address)).active === 0);
  await sluice.counted(0, "sluice_connections_active");
  expect(await sluice.metric("sluice_requests_total", { code_class: "2xx" })).toBeGreaterThanOrEqual(
    Math.max(before, load.answered),
  );
  // Each of the load's connections can have lost one request at most, and only those of the dead worker.
  expect(load.errors.length).toBeLessThanOrEqual(8);
});

test("an arena whose file somebody removed is still shared by workers that start later", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const sluice = await Sluice.start(room, { workers: 2, pools: { app: { servers: [origin.address] } } });
  const arenaPath = join(stateFolderOf(sluice.configPath), "arena");
  for (const victim of await sluice.workers()) {
    rmSync(arenaPath, { force: true });
    process.kill(victim, "SIGKILL");
    await until("another worker in its place", async () => {
      const workers = await sluice.workers();
      return workers.length === 2 && !workers.includes(victim);
    });
  }
  await says(sluice, "was removed while Sluice runs");
  expect(sluice.stderr.split("was removed while Sluice runs").length - 1).toBe(1);
  // Both count where control reads, and see what it says of servers.
  for (let index = 0; index < 10; index++)
    expect(await (await fetch(sluice.url, { keepalive: false })).text()).toBe("ok");
  await until("ten requests to be counted", async () => (await sluice.server(origin.address)).requests === 10);
  expect((await sluice.cli("drain", `app/${origin.address}`)).code).toBe(0);
  await until("a server that is drained to get nothing", async () => (await fetch(sluice.url)).status === 503);
  sluice.child.kill("SIGTERM");
  expect(await sluice.exited()).toBe(0);
});

test("when the control process is killed its workers end by themselves, and the next start works", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.start(room, { workers: 2, pools: { app: { servers: [origin.address] } } });
  const workers = await sluice.workers();
  const client = await Client.connect(room, sluice.port);
  await client.send(get("/")).saw("ok");
  sluice.child.kill("SIGKILL");
  await until("the workers to end", () => !workers.some(isAlive));
  const next = await Sluice.again(room, sluice);
  expect((await fetch(next.url)).status).toBe(200);
  expect(next.stderr).not.toMatch(/"level":"error"/);
});

test("a signal while it waits for first checks ends it at once, with 0, and leaves nothing behind", async () => {
  await using room = new Room();
  const silent = new Origin(room, () => null);
  const app = { servers: [silent.address], check: { http: "/", timeout: "5m", every: "5m" } };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const sluice = await Sluice.start(room, { pools: { app } }, { isAwaited: false });
    await says(sluice, `waiting for the first checks of app/${silent.address}`);
    expect(existsSync(stateFolderOf(sluice.configPath))).toBe(true);
    sluice.child.kill(signal);
    expect(await sluice.exited()).toBe(0);
    expect(sluice.stderr).toContain(`${signal}: it ends before it has started`);
    expect(sluice.stderr).not.toMatch(/"level":"(warn|error)"[^\n]*server/);
    expect(existsSync(stateFolderOf(sluice.configPath))).toBe(false);
  }
});

test("a second signal during a start ends that at once, with 1, and the next start works; two close together are one", async () => {
  await using room = new Room();
  // A registry that says nothing: taking leave of it takes a while, in which the second one comes.
  const registry = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  room.ending(() => registry.stop(true));
  const silent = new Origin(room, () => null);
  const app = { servers: [silent.address], check: { http: "/", timeout: "5m", every: "5m" } };
  const draft = {
    pools: { app },
    registry: `redis://127.0.0.1:${registry.port}`,
    sentinel: { set: "shop", targets: [silent.address] },
  };
  const sluice = await Sluice.start(room, draft, { isAwaited: false });
  await says(sluice, `waiting for the first checks of app/${silent.address}`);
  sluice.child.kill("SIGTERM");
  await until("it to end", () => {
    if (sluice.child.exitCode !== null) return true;
    sluice.child.kill("SIGTERM");
    return false;
  });
  expect(await sluice.exited()).toBe(1);
  expect(sluice.stderr).toContain("SIGTERM again: ended before it had started");
  expect(existsSync(join(stateFolderOf(sluice.configPath), "control.pid"))).toBe(true);
  const next = await Sluice.again(room, sluice, { isAwaited: false });
  await says(next, `waiting for the first checks of app/${silent.address}`);
  next.child.kill("SIGTERM");
  next.child.kill("SIGINT");
  expect(await next.exited()).toBe(0);
  expect(next.stderr).not.toMatch(/SIG[A-Z]+ again/);
  expect(existsSync(stateFolderOf(sluice.configPath))).toBe(false);
});

test("a second signal ends it at once, with 1", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => null);
  const sluice = await Sluice.start(room, { drainTimeout: "30s", pools: { app: { servers: [origin.address] } } });
  (await Client.connect(room, sluice.port)).send(get("/never"));
  await origin.request(1);
  sluice.child.kill("SIGTERM");
  await until("it to drain", async () => (await fetch(`http://${sluice.admin}/readyz`)).status === 503);
  // Signals close together count as one, for a terminal sends them twice: it is sent until it is heard.
  await until("it to end", () => {
    if (sluice.child.exitCode !== null) return true;
    sluice.child.kill("SIGTERM");
    return false;
  });
  expect(sluice.child.exitCode).toBe(1);
});

test("when nobody reads its log any more, traffic goes on, and so does it", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  // Its stderr is a pipe whose reader has gone.
  const prefix = ["sh", "-c", '"$@" 2>&1 | true', "sh"];
  const draft: Draft = { pools: { app: { servers: [origin.address] } } };
  const sluice = await Sluice.start(room, draft, { prefix });
  const { pid } = await sluice.status();
  await sluice.reload(draft);
  const [worker] = await sluice.workers();
  process.kill(worker!, "SIGKILL");
  await until("a new worker", async () => {
    const [next] = await sluice.workers();
    return next !== undefined && next !== worker;
  });
  expect(await (await fetch(sluice.url)).text()).toBe("ok");
  expect((await sluice.status()).pid).toBe(pid);
  process.kill(pid, "SIGTERM");
  await sluice.exited();
});
