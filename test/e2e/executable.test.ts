// The one executable that `npm run build` makes, of nothing but what the Dockerfile copies, as it runs in the image: as nobody in particular,
// without a home, in a folder whose files mean it no good. It starts its workers, and the process that runs a TypeScript config, from itself.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stateFolderOf } from "../../src/control/state.ts";
import type { Status } from "../../src/control/status.ts";
import { Load } from "./harness/load.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { childrenOf, isAlive } from "./harness/processes.ts";
import { find, ran, testWith } from "./harness/program.ts";
import { Redis } from "./harness/redis.ts";
import { Room } from "./harness/room.ts";
import { repository } from "./harness/sluice.ts";
import { until, within } from "./harness/wait.ts";
import { sluiceOf, walked } from "./harness/walk.ts";

setDefaultTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "sluice-executable-"));
const path = join(folder, "sluice");

beforeAll(async () => {
  chmodSync(folder, 0o755);
  const script = join(imageSource(), "scripts", "build.ts");
  const built = await ran([process.execPath, script, path], { timeoutMs: 50_000 });
  if (built.code !== 0) throw new Error(built.err);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The builder's folder, once all is copied: no tests, and no packages but those that `npm ci --omit=dev` installs. */
function imageSource(): string {
  const tree = join(folder, "source");
  const dockerfile = readFileSync(join(repository, "deploy", "Dockerfile"), "utf8");
  for (const [, words] of dockerfile.matchAll(/^COPY (?!--)(.*)$/gm)) {
    const [place, ...sources] = words!.split(" ").reverse();
    for (const source of sources)
      cpSync(join(repository, source), join(tree, place === "./" ? source : place!), {
        recursive: true,
        filter: (each) => !/\.test\.ts$|\/golden$|\/__snapshots__$/.test(each),
      });
  }
  const { packages } = JSON.parse(readFileSync(join(repository, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [name, { dev = false }] of Object.entries(packages)) {
    if (dev || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(name)) continue;
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    symlinkSync(join(repository, name), join(tree, name));
  }
  return tree;
}

/** As the image has it, where a test may become somebody else. */
const isRoot = process.getuid?.() === 0 && find("setpriv") !== null;
const asNobody: readonly string[] = isRoot
  ? [find("setpriv")!, "--reuid=1001", "--regid=1001", "--clear-groups", "--no-new-privs"]
  : [];

interface Running {
  readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  said(): string;
  /** All that it has to say, once it has ended. */
  readonly heard: Promise<unknown>;
}

/** The state folder of whoever it runs as. */
const stateOf = (identity: string): string =>
  stateFolderOf(identity).replace(/sluice-\d+-/, `sluice-${isRoot ? 1001 : process.getuid?.()}-`);

/** `env` is all that there is of an environment; `identity` is what its state folder is named by. */
function start(room: Room, words: readonly string[], env: Record<string, string>, identity = ""): Running {
  const child = Bun.spawn([...asNobody, path, ...words], {
    cwd: room.folder,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let said = "";
  const keep = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const chunk of stream) said += Buffer.from(chunk).toString();
  };
  const heard = Promise.all([keep(child.stdout), keep(child.stderr)]);
  room.ending(async () => {
    const workers = childrenOf(child.pid);
    child.kill("SIGKILL");
    await child.exited;
    for (const pid of workers) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    rmSync(stateOf(identity), { recursive: true, force: true });
  });
  return { child, said: () => said, heard };
}

async function ready({ child, said }: Running, address: string): Promise<void> {
  await until("it to be ready", async () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${said()}`);
    return (await fetch(`http://${address}/readyz`).catch(() => null))?.status === 200;
  });
}

test("it says its version, and does not read files that lie where it is started", async () => {
  await using room = new Room();
  chmodSync(room.folder, 0o755);
  room.write(".env", "REDIS_URL=nonsense:from:a:file\n");
  room.write("bunfig.toml", 'preload = ["./preload.ts"]\n');
  room.write("preload.ts", 'throw new Error("preloaded");\n');
  const { code, out, err } = await ran([path, "version"], { cwd: room.folder });
  const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
  expect([code, err]).toEqual([0, ""]);
  expect(out).toStartWith(`sluice ${version} (bun `);
  const sentinel = start(room, ["sentinel", "--targets", "127.0.0.1:1"], {});
  expect(await within("it to give up", sentinel.child.exited)).toBe(1);
  await within("its last words", sentinel.heard);
  expect(sentinel.said()).toContain('"addr":"localhost:16379"');
});

test("it serves with two workers that are itself, replaces one, reloads and drains, and nothing is lost", async () => {
  await using room = new Room();
  chmodSync(room.folder, 0o755);
  const origin = new Origin(room, ({ target }) => ok(`answer to ${target}`));
  const [port, adminPort] = [freePort(), freePort()];
  const admin = `127.0.0.1:${adminPort}`;
  const write = (text: string): void => writeFileSync(room.path("page.ts"), `export const page: string = "${text}";\n`);
  write("first");
  room.write(
    "sluice.config.ts",
    `import { defineConfig } from "sluice";
     import { page } from "./page.ts";
     export default defineConfig({
       workers: 2,
       admin: { listen: "${admin}" },
       drainTimeout: "5s",
       listeners: { web: { listen: "127.0.0.1:${port}", use: "app",
         onRequest: (request) => request.path === "/page" ? { status: 200, body: page } : undefined } },
       pools: { app: { servers: ["${origin.address}"], retries: 1 } },
     });`,
  );
  const running = start(room, ["run", "-c", "sluice.config.ts"], {}, room.path("sluice.config.ts"));
  await ready(running, admin);
  const look = async (file: string): Promise<string> => (await fetch(`http://${admin}/${file}`)).text();
  expect(await look("")).toBe(readFileSync(join(repository, "console", "dist", "index.html"), "utf8"));
  expect(await look("console.js")).toBe(readFileSync(join(repository, "console", "dist", "console.js"), "utf8"));
  const status = async (): Promise<Status> => (await (await fetch(`http://${admin}/api/v1/status`)).json()) as Status;
  const pids = async (): Promise<number[]> =>
    (await status()).workers.flatMap(({ pid, state }) => (pid === null || state !== "up" ? [] : [pid]));
  const workers = await pids();
  expect(workers).toHaveLength(2);
  for (const pid of [running.child.pid, ...workers]) expect(readlinkSync(`/proc/${pid}/exe`)).toBe(path);
  if (isRoot) expect(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${workers[0]}/status`, "utf8"))![1]).toBe("1001");
  const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/page`)).text();
  expect(await page()).toBe("first");

  process.kill(workers[0]!, "SIGKILL");
  await until("another worker in its place", async () => {
    const now = await pids();
    return now.length === 2 && !now.includes(workers[0]!);
  });

  // Another version in its place: what this one starts is still itself, a worker and what reads the config.
  renameSync(path, `${path}.former`);
  writeFileSync(path, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const [former] = await pids();
  process.kill(former!, "SIGKILL");
  await until("a worker of the former version", async () => {
    const now = await pids();
    return now.length === 2 && !now.includes(former!);
  });
  for (const pid of await pids()) {
    expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("sluice\n");
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toStartWith(`${path}\0worker`);
    expect(readlinkSync(`/proc/${pid}/exe`)).toBe(`${path}.former`);
  }
  expect((await fetch(`http://${admin}/api/v1/reload`, { method: "POST" })).status).toBe(200);
  renameSync(`${path}.former`, path);

  const load = new Load(port, { connections: 4 });
  await until("traffic", () => load.answered > 100);
  write("second");
  const reloaded = await ran([path, "reload", "-c", "sluice.config.ts"], { cwd: room.folder });
  expect([reloaded.code, reloaded.err]).toEqual([0, ""]);
  expect(await page()).toBe("second");
  const before = load.answered;
  await until("more traffic", () => load.answered > before + 100);
  await load.stop();
  expect(load.errors).toEqual([]);

  const slow = Promise.withResolvers<void>();
  origin.handler = async () => {
    await slow.promise;
    return ok("after all");
  };
  const asked = fetch(`http://127.0.0.1:${port}/slow`).then((response) => response.text());
  await until("a request under way", () => origin.asked.at(-1)?.target === "/slow");
  const last = await pids();
  running.child.kill("SIGTERM");
  await until("the drain", () => running.said().includes("draining"));
  slow.resolve();
  expect(await asked).toBe("after all");
  expect(await within("it to end", running.child.exited)).toBe(0);
  expect(last.filter(isAlive)).toEqual([]);
});

/** The health check of the image; METRICS_PORT is for those whose metrics are elsewhere. */
function healthCheck(busybox: string): string[] {
  const dockerfile = readFileSync(join(repository, "deploy", "Dockerfile"), "utf8");
  const words = JSON.parse(/^HEALTHCHECK [^\n]*\\\n\s*CMD (.*)$/m.exec(dockerfile)![1]!) as string[];
  return words.map((word) => word.replaceAll("/bin/busybox", busybox));
}

testWith(["redis-server", "busybox"])(
  "as gopherproxy and as sentinel it fits into the memory that compose.yaml gives, and the image's health check sees it",
  async () => {
    await using room = new Room();
    chmodSync(room.folder, 0o755);
    const redis = await Redis.start(room);
    const origin = new Origin(room);
    const [port, metrics] = [freePort(), freePort()];
    const env = {
      REDIS_URL: redis.address,
      PROXY_PORT: String(port),
      METRICS_PORT: String(metrics),
      SENTINEL_TARGETS: origin.address,
      SLUICE_ADMIN: `127.0.0.1:${freePort()}`,
    };
    const check = healthCheck(find("busybox")!);
    expect((await ran(check, { env: { METRICS_PORT: String(metrics) } })).code).not.toBe(0);
    const sentinel = start(room, ["sentinel"], env);
    const proxy = start(room, ["gopherproxy"], env, `gopherproxy :${port} :${metrics}`);
    await ready(proxy, `127.0.0.1:${metrics}`);
    expect((await ran(check, { env: { METRICS_PORT: String(metrics) } })).code).toBe(0);
    await until("the server to be found", async () => (await fetch(`http://127.0.0.1:${port}/`)).status === 200);
    const load = new Load(port, { connections: 4, accepted: [200, 429] });
    await until("traffic", () => load.answered > 5000, 40_000);
    await load.stop();
    expect(load.errors).toEqual([]);
    // Pages of the executable itself are given back when room is scarce, and one worker is what one core gets.
    const own = (pid: number): number =>
      Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024;
    const [worker] = childrenOf(proxy.child.pid);
    expect(own(proxy.child.pid) + own(worker!)).toBeLessThan(100 << 20);
    expect(own(sentinel.child.pid)).toBeLessThan(50 << 20);
    proxy.child.kill("SIGTERM");
    sentinel.child.kill("SIGTERM");
    expect(await Promise.all([proxy.child.exited, sentinel.child.exited])).toEqual([0, 0]);
    await within("its last words", proxy.heard);
    expect(proxy.said()).toContain("stopped cleanly");
  },
);

const engine =
  "it wants a container engine: deploy.test.ts reads what it is given, and what the image runs is asked here";

walked("docs/DEPLOYING.md", [], async (walk) => {
  await using room = new Room();
  await using container = new Room();
  const origin = new Origin(room);
  const configOf = (port: number): string => `listeners: { web: { listen: "127.0.0.1:${port}", use: app } }
pools: { app: { servers: ["${origin.address}"] } }
`;
  const running = await sluiceOf(container, configOf);
  room.write("sluice.yaml", `admin: { listen: "127.0.0.1:${freePort()}" }\n${configOf(freePort())}`);
  mkdirSync(room.path("deploy"));
  cpSync(join(repository, "deploy/.env.example"), room.path("deploy/.env.example"));
  await walk.follow({
    room,
    admin: running.admin,
    words: {
      "docker exec sluice sluice": path,
      "docker compose -f deploy/compose.yaml exec gopher-proxy sluice": path,
      "dist/sluice": path,
      "localhost:8080": `localhost:${running.port}`,
    },
    says: { "docker exec sluice sluice status": /^pool app /m },
    untried: {
      "npm run build": "its script has built what is asked here",
      "docker build -f deploy/Dockerfile -t sluice .": engine,
      "docker run -d --name sluice -p 8080:8080 -v ./sluice.yaml:/etc/sluice/sluice.yaml:ro --read-only --shm-size 256m --stop-timeout 45 sluice":
        engine,
      "make mock-backends &":
        "test/e2e/gettingstarted.test.ts has three servers in their place; deploy.test.ts looks at the target",
      "make up": engine,
      "kubectl apply -k deploy/kubernetes": "there is no cluster: kubernetes.test.ts reads what is applied",
    },
  });
});
