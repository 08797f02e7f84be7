// The whole control process in this one, with worker processes that speak the messages and carry no traffic: what they are told to
// fail at stands in the name of a pool.

import { afterAll, afterEach, expect, setSystemTime, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigInput } from "../config/input.ts";
import { judge } from "../config/judge.ts";
import type { Loaded } from "../config/load.ts";
import { noMaterials } from "../config/materials.ts";
import type { Config } from "../config/types.ts";
import { Control } from "./control.ts";
import { openLog } from "./log.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-control-"));
const script = join(folder, "worker.ts");
writeFileSync(
  script,
  `process.on("disconnect", () => process.exit(0));
   process.on("message", (said: any) => {
     const message = typeof said === "string" ? JSON.parse(said) : said;
     if (message.kind === "drain") return process.exit(0);
     const generation = message.plan.generation;
     const isRefused = message.plan.pools.some((pool: any) => pool.name === "refuse");
     process.send!(isRefused ? { kind: "failed", generation, message: "refused" } : { kind: "planned", generation });
   });`,
);
let next = 0;
/** Of another Sluice that lives; no process can have it. */
const otherId = 4_194_305;
const running: Control[] = [];
const closing: { stop(force: boolean): void }[] = [];
afterEach(async () => {
  for (const control of running.splice(0)) await control.end();
  for (const listener of closing.splice(0)) listener.stop(true);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configOf(input: Partial<ConfigInput>): Config {
  const { config, findings } = judge({
    workers: 2,
    admin: { listen: "127.0.0.1:0" },
    listeners: { web: { listen: "127.0.0.1:0", use: "app" } },
    pools: { app: { servers: ["127.0.0.1:1"] } },
    ...input,
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
}

function stage(input: Partial<ConfigInput> = {}, stateFolder = join(folder, String(next++))) {
  const lines: string[] = [];
  const config = configOf(input);
  const rest = { ok: true, file: "x.toml", materials: noMaterials, lists: {}, folder: ".", warnings: [] } as const;
  let now: Loaded = { ...rest, config };
  const start = async (): Promise<Control> => {
    const control = await Control.start({
      source: { path: "/x.toml", load: async () => now },
      config,
      materials: noMaterials,
      lists: {},
      folder: ".",
      log: openLog({ level: "info", format: "json", isColored: false, write: (line) => lines.push(line) }),
      version: "1.2.3",
      workerCommand: () => ({ cmd: [process.execPath, script], argv0: process.execPath }),
      stateFolder,
      owner: {
        id: process.pid,
        startedAt: 1,
        isAlive: (id) => id === process.pid || id === otherId,
        relax: () => {},
        tryFlock: () => true,
      },
      sharedMs: () => performance.now() >>> 0,
    });
    running.push(control);
    return control;
  };
  const load = (loaded: Partial<ConfigInput> | Loaded): void => {
    now = isLoaded(loaded) ? loaded : { ...rest, config: configOf(loaded) };
  };
  return { start, load, lines, stateFolder };
}

function isLoaded(given: Partial<ConfigInput> | Loaded): given is Loaded {
  return "ok" in given;
}

function busyPort(): number {
  const shared = { hostname: "127.0.0.1", port: 0, reusePort: true };
  const listener = Bun.listen({ ...shared, socket: { data() {} } });
  closing.push(listener);
  return listener.port;
}

function url(control: Control, path: string): string {
  const { adminAddress } = control;
  return `http://127.0.0.1:${adminAddress.kind === "tcp" ? adminAddress.port : 0}${path}`;
}

test("it starts, says so on the admin interface, drains, and leaves nothing behind", async () => {
  const { start, stateFolder } = stage();
  const control = await start();
  expect((await fetch(url(control, "/readyz"))).status).toBe(200);
  expect(control.status()).toMatchObject({
    version: "1.2.3",
    state: "ready",
    generation: 1,
    config: "/x.toml",
    workers: [{ state: "up" }, { state: "up" }],
    listeners: [{ name: "web", pool: "app" }],
    pools: [{ name: "app", servers: [{ name: "127.0.0.1:1", state: "up" }] }],
  });
  expect(await (await fetch(url(control, "/metrics"))).text()).toContain("\nsluice_ready 1\n");
  const drained = control.drain();
  expect(control.unreadiness()).toBe("draining");
  await drained;
  running.splice(0);
  expect(existsSync(stateFolder)).toBe(false);
});

test("how long it has been up is not by the wall clock, which somebody may set", async () => {
  const { start } = stage();
  const control = await start();
  const { startedAt } = control.status();
  try {
    setSystemTime(new Date(Date.now() - 86_400_000));
    const { startedAt: later, uptimeSeconds } = control.status();
    expect(later).toBe(startedAt);
    expect(uptimeSeconds).toBeGreaterThanOrEqual(0);
    expect(uptimeSeconds).toBeLessThan(60);
  } finally {
    setSystemTime();
  }
});

test("a reload puts the new config in force; servers that stay keep their counters' rows", async () => {
  const { start, load } = stage();
  const control = await start();
  const slot = control.plan.pools[0]!.servers[0]!.slot;
  load({ pools: { app: { servers: ["127.0.0.1:2", "127.0.0.1:1"] } } });
  const response = await fetch(url(control, "/api/v1/reload"), { method: "POST" });
  expect(await response.json()).toMatchObject({ successful: true, generation: 2, problems: [], warnings: [] });
  expect(control.plan.pools[0]!.servers.map((server) => [server.name, server.slot === slot])).toEqual([
    ["127.0.0.1:2", false],
    ["127.0.0.1:1", true],
  ]);
});

test("a bad config is told with all its problems, and the old plan stays", async () => {
  const { start, load, lines } = stage();
  const control = await start();
  const problem = { severity: "error", file: "x.toml", place: { line: 3, column: 1 }, source: "" } as const;
  const problems = ["a", "b"].map((key) => ({ ...problem, key, message: "must be a number" }));
  const warned = { ...problem, severity: "warning", key: "c", message: "is approximated" } as const;
  load({ ok: false, file: "x.toml", problems: [warned, ...problems], isRead: true });
  const outcome = await control.reload();
  expect(outcome).toEqual({
    successful: false,
    generation: 1,
    problems: ["x.toml:3:1: error: a must be a number", "x.toml:3:1: error: b must be a number"],
    warnings: ["x.toml:3:1: warning: c is approximated"],
  });
  expect(lines.join("")).toContain("x.toml:3:1: error: b must be a number");
  expect(control.metrics()).toContain("\nsluice_config_last_reload_successful 0\n");
  expect(control.plan.generation).toBe(1);
});

test("a plan that workers refuse is taken back, servers and all", async () => {
  const { start, load } = stage();
  const control = await start();
  load({
    listeners: { web: { listen: "127.0.0.1:0", use: "refuse" } },
    pools: { refuse: { servers: ["127.0.0.1:9"] } },
  });
  expect(await control.reload()).toMatchObject({ successful: false, problems: ["refused"] });
  expect(control.status().pools).toMatchObject([{ name: "app", servers: [{ state: "up", isEligible: true }] }]);
  load({});
  expect(await control.reload()).toMatchObject({ successful: true });
});

test("a port that is taken is told before a worker starts, by its holder", async () => {
  const port = busyPort();
  const { start, stateFolder } = stage({ listeners: { web: { listen: `127.0.0.1:${port}`, use: "app" } } });
  expect(start()).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: the address is in use`);
  expect(existsSync(stateFolder)).toBe(false);
});

test("the same config started twice is told as that, not as ports that are taken", async () => {
  const { start, stateFolder } = stage({ listeners: { web: { listen: `127.0.0.1:${busyPort()}`, use: "app" } } });
  mkdirSync(stateFolder);
  writeFileSync(join(stateFolder, "control.pid"), `${otherId} 1\n`);
  expect(await start().catch((error: Error) => error.message)).toStartWith(
    `Sluice already runs here as process ${otherId} `,
  );
});

test("a port that a reload wants and another process has is told too", async () => {
  const { start, load } = stage();
  const control = await start();
  const port = busyPort();
  load({ listeners: { web: { listen: `127.0.0.1:${port}`, use: "app" } } });
  expect((await control.reload()).problems[0]).toStartWith(`cannot listen on 127.0.0.1:${port}: the address is in use`);
});

test("an admin port that is taken is told, and nothing is left behind", async () => {
  const port = busyPort();
  const { start, stateFolder } = stage({ admin: { listen: `127.0.0.1:${port}` } });
  expect(await start().catch((error: Error) => error.message)).toStartWith(
    `the admin interface cannot listen on 127.0.0.1:${port}: the address is in use`,
  );
  expect(existsSync(stateFolder)).toBe(false);
});

test("a first plan that workers refuse ends the start with their reason", async () => {
  const { start, stateFolder } = stage({
    listeners: { web: { listen: "127.0.0.1:0", use: "refuse" } },
    pools: { refuse: { servers: ["127.0.0.1:9"] } },
  });
  expect(await start().catch((error: Error) => error.message)).toBe("refused");
  expect(existsSync(stateFolder)).toBe(false);
});

test("a server that fails its first check does not serve, and does not stop the start", async () => {
  const { start } = stage({ pools: { app: { servers: ["127.0.0.1:1"], check: { tcp: true } } } });
  const control = await start();
  expect(control.status().pools[0]!.servers[0]).toMatchObject({
    state: "down",
    isEligible: false,
    reason: "connecting failed: connection refused (first check)",
  });
});

test("a server is drained over the admin interface", async () => {
  const { start } = stage();
  const control = await start();
  const path = "/api/v1/pools/app/servers/127.0.0.1:1";
  expect((await fetch(url(control, `${path}/drain`), { method: "POST" })).status).toBe(200);
  expect(control.status().pools[0]!.servers[0]).toMatchObject({ state: "draining", isEligible: false });
  expect(control.metrics()).toContain('sluice_server_draining{pool="app",server="127.0.0.1:1"} 1');
  expect(control.steer("app", "127.0.0.1:7", "drain")).toBe("pool app has no server 127.0.0.1:7; it has 127.0.0.1:1");
  expect(control.steer("web", "127.0.0.1:1", "drain")).toBe("there is no pool web");
});

test("what cannot change while it runs is said to need a new start", async () => {
  const { start, load, lines } = stage();
  const control = await start();
  load({ workers: 3 });
  expect((await control.reload()).successful).toBe(true);
  expect(lines.join("")).toContain("changes of workers take effect at the next start only");
});
