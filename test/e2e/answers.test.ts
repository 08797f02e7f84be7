// What an operator is told when something is not as it should be: one clear sentence, with the way out, and the right exit code.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Client, get } from "./harness/client.ts";
import { Load } from "./harness/load.ts";
import { Origin } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { cpuSeconds, openFiles, ownName } from "./harness/processes.ts";
import { find, ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

/** A start that fails: its exit code and what it said. */
async function refused(sluice: Sluice): Promise<{ code: number; said: string }> {
  const code = await sluice.exited();
  await until("its last words", () => sluice.stderr.endsWith("\n"));
  return { code, said: sluice.stderr };
}

test("a port that is taken is refused, and the holder named", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const words = ["--to", "127.0.0.1:1", "--listen", origin.address];
  const { code, said } = await refused(await Sluice.run(room, words, { isAwaited: false }));
  expect(code).toBe(1);
  expect(said).toContain(
    `cannot listen on ${origin.address}: the address is in use by ${ownName()} (process ${process.pid})`,
  );
});

test("an admin port that is taken is refused, and the holder named", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const words = ["--to", "127.0.0.1:1", "--admin", origin.address];
  const { code, said } = await refused(await Sluice.run(room, words, { isAwaited: false }));
  expect(code).toBe(1);
  expect(said).toContain(`the admin interface cannot listen on ${origin.address}: the address is in use by bun`);
});

test("a second Sluice does not steal half of the first one's connections", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const first = await Sluice.run(room, ["--to", origin.address, "--workers", "2"]);
  const words = ["--to", "127.0.0.1:1", "--listen", `127.0.0.1:${first.port}`];
  const { code, said } = await refused(await Sluice.run(room, words, { isAwaited: false }));
  expect(code).toBe(1);
  expect(said).toMatch(/the address is in use by another Sluice \(process \d+\)/);
  for (let count = 0; count < 20; count++) expect((await fetch(first.url, { keepalive: false })).status).toBe(200);
});

test("an unknown pool is answered with the one meant, by check and by run", async () => {
  await using room = new Room();
  const path = room.write(
    "bad.toml",
    '[listeners.web]\nlisten = ":8080"\nuse = "shopp"\n\n[pools.shop]\nservers = ["127.0.0.1:1"]\nbalanse = "p2c"\n',
  );
  const checked = await ran([...command, "check", path]);
  expect(checked.code).toBe(1);
  const said = checked.out + checked.err;
  expect(said).toMatch(/bad\.toml:3:\d+/);
  expect(said).toContain('did you mean "shop"');
  // All at once, not one after the other.
  expect(said).toMatch(/bad\.toml:7:\d+/);
  expect(said).toContain('did you mean "balance"');
  const run = await ran([...command, "run", "-c", path]);
  expect(run.code).toBe(1);
  expect(run.err).toContain('did you mean "shop"');
});

test("a name that does not resolve is said, and the others serve", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const name = "no-such-host.invalid:80";
  const sluice = await Sluice.run(room, ["--to", `${name},${origin.address}`, "--workers", "1"]);
  for (let count = 0; count < 6; count++) expect((await fetch(sluice.url)).status).toBe(200);
  const server = await sluice.server(name);
  expect(server.state).toBe("unresolved");
  expect(server.reason).toBe("there is no such name");
  await says(sluice, "no-such-host.invalid");
});

test("an access log that cannot be opened refuses the start, with its path", async () => {
  await using room = new Room();
  const path = room.path("missing/too/access.log");
  const words = ["--to", "127.0.0.1:1", "--access-log", path];
  const { code, said } = await refused(await Sluice.run(room, words, { isAwaited: false }));
  expect(code).toBe(1);
  expect(said).toContain(path);
});

test("flags that do not fit are answered with usage and exit code 2", async () => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [["run"], /say what to run: -c FILE, or --listen ADDRESS --to/],
    [["run", "--lisen", ":1", "--to", "a:1"], /Did you mean --listen/i],
    [["rnu"], /Did you mean run/i],
    [["run", "-c", "a.toml", "--listen", ":1"], /--listen stands in the config/],
    [["run", "--to", "nonsense"], /--to/],
    [["run", "--to", "127.0.0.1:1", "--listen", "127.0.0.1:99999"], /--listen/],
    [["run", "--to", "127.0.0.1:1", "--workers", "zero"], /--workers/],
    [["run", "--to", "127.0.0.1:1", "--admin", "0.0.0.0:2112"], /token/],
    [["run", "-c", "/nonexistent/sluice.toml"], /\/nonexistent\/sluice\.toml/],
    [["drain", "app", "--admin", "127.0.0.1:1"], /pool\/host:port/],
  ];
  const answers = await Promise.all(cases.map(([words]) => ran([...command, ...words])));
  for (const [index, [words, expected]] of cases.entries()) {
    const { code, err } = answers[index]!;
    expect(`${words.join(" ")}: ${code} ${err}`).toMatch(expected);
    expect(`${words.join(" ")}: ${code}`).toBe(`${words.join(" ")}: 2`);
  }
});

test("commands that find no Sluice say where they looked, and end with 1", async () => {
  const admin = `127.0.0.1:${freePort()}`;
  for (const words of [["status"], ["reload"], ["drain", "app/a:1"]]) {
    const { code, err } = await ran([...command, ...words, "--admin", admin]);
    expect(code).toBe(1);
    expect(err).toBe(
      `sluice: no Sluice answers at http://${admin}: nothing listens there (is Sluice running? --admin names another address)\n`,
    );
  }
});

test("status shows workers, listeners and servers to people, and all of it as JSON", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.run(room, ["--to", origin.address, "--workers", "2"]);
  await fetch(sluice.url);
  const shown = await sluice.cli("status");
  expect(shown.code).toBe(0);
  expect(shown.out).toContain(`127.0.0.1:${sluice.port}`);
  expect(shown.out).toMatch(new RegExp(`${origin.address} +up +1 +0 +1 +0`));
  const json = await sluice.cli("status", "--json");
  expect(JSON.parse(json.out)).toMatchObject({ state: "ready", generation: 1 });
});

test("a low ulimit -n is said at the start", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const prefix = ["bash", "-c", 'ulimit -n 256; exec "$@"', "bash"];
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } }, { prefix });
  await says(sluice, "ulimit -n is 256", "set it to what you expect, or raise the limit");
});

test("with more clients than descriptors Sluice neither dies nor spins, and serves those it has taken", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const prefix = ["bash", "-c", 'ulimit -n 128; exec "$@"', "bash"];
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } }, { prefix });
  const [worker] = await sluice.workers();
  const clients: Client[] = [];
  for (let count = 0; count < 300; count++) {
    // One that is reset as soon as it is accepted may be so before we know that it was.
    const client = await Client.connect(room, sluice.port).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET") return null;
      throw error;
    });
    if (client !== null) clients.push(client);
  }
  const isOpen = ({ isClosed, isEnded }: Client): boolean => !isClosed && !isEnded;
  await until("those to be refused that are too many", async () => {
    const taken = clients.filter(isOpen).length;
    return taken < 64 && (await sluice.metric("sluice_connections_refused_total")) === 300 - taken;
  });
  await says(sluice, "worker 0 may open no more files, and closes connections of clients at once: raise ulimit -n");
  expect(sluice.stderr.split("may open no more files").length - 1).toBe(1);
  const [cpu, sinceMs] = [cpuSeconds(worker!), performance.now()];
  await Bun.sleep(1000);
  const share = (cpuSeconds(worker!) - cpu) / ((performance.now() - sinceMs) / 1000);
  expect(share).toBeLessThan(0.3);
  // Each of those that were taken has its answer, all at once.
  const taken = clients.filter(isOpen);
  expect(taken.length).toBeGreaterThan(20);
  for (const client of taken) client.send(get("/"));
  await Promise.all(taken.map((client) => client.saw("HTTP/1.1 200 ")));
  expect(openFiles(worker!)).toBeLessThan(128);
  for (const client of clients) client.socket.terminate();
  await until("an answer for a new client", () =>
    fetch(sluice.url, { keepalive: false, signal: AbortSignal.timeout(1000) }).then(
      (response) => response.status === 200,
      () => false,
    ),
  );
  expect((await sluice.status()).workers[0]).toMatchObject({ pid: worker, restarts: 0 });
});

const canMount = process.platform === "linux" && process.getuid?.() === 0 && find("mount") !== null;
const testAsRoot = canMount ? test : test.skip;

testAsRoot(
  `a full disk costs lines of the log, counted, and no request${canMount ? "" : " (skipped: needs root on Linux)"}`,
  async () => {
    await using room = new Room();
    const folder = room.path("disk");
    await ran(["mkdir", folder]);
    const mounted = await ran([find("mount")!, "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
    if (mounted.code !== 0) return; // A container may forbid it.
    room.ending(() => ran([find("umount") ?? "umount", "-l", folder]));
    const origin = new Origin(room);
    const accessLog = { path: `${folder}/access.log`, buffer: "16kb", flush: "10ms" };
    const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } }, accessLog });
    const load = new Load(sluice.port, { connections: 4 });
    await until("lines to be dropped", async () => (await sluice.metric("sluice_access_log_dropped_total")) > 0);
    const before = load.answered;
    await until("traffic to go on", () => load.answered > before + 500);
    await load.stop();
    expect(load.errors).toEqual([]);
    await until("the reason in the log", () => sluice.stderr.includes("cannot be written (ENOSPC)"));
    await ran([find("umount") ?? "umount", "-l", folder]);
  },
);

testWith(["curl"])("the admin interface is not reachable through the proxy's port", async () => {
  await using room = new Room();
  const origin = new Origin(
    room,
    ({ target }) => `HTTP/1.1 404 Not Found\r\nContent-Length: ${target.length}\r\n\r\n${target}`,
  );
  const sluice = await Sluice.run(room, ["--to", origin.address, "--workers", "1"]);
  for (const path of ["/metrics", "/healthz", "/readyz", "/api/v1/status"]) {
    const response = await fetch(`${sluice.url}${path}`);
    expect([response.status, await response.text()]).toEqual([404, path]);
  }
  const client = await Client.connect(room, sluice.port);
  await client.send(`GET http://${sluice.admin}/metrics HTTP/1.1\r\nHost: ${sluice.admin}\r\n\r\n`).saw("/metrics");
  expect(client.text).toStartWith("HTTP/1.1 404");
});
