// What a load needs when no URL is given, started here and ended with it: three mock servers, a Redis that knows them where there is
// a redis-server, and Sluice in GopherProxy's place, `sluice gopherproxy` with nothing but its environment. Without redis-server a
// Sluice whose own registry a sentinel keeps. Everything listens on free ports of 127.0.0.1, and is ended by process id.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigInput } from "../../src/config/input.ts";
import { stateFolderOf } from "../../src/control/state.ts";
import { freePort } from "../../test/e2e/harness/port.ts";
import { cpuUs, treeOf } from "../process.ts";

export interface Proxy {
  readonly port: number;
  /** Of all its processes so far. */
  cpuUs(): number;
  stop(): Promise<void>;
}

const root = join(import.meta.dir, "..", "..");
const main = join(root, "src", "main.ts");
const setName = "gopher_backends";
const readyTimeoutMs = 20_000;
const stopTimeoutMs = 10_000;
const pollMs = 20;

type Child = Bun.Subprocess<"pipe" | "ignore", "pipe" | "ignore", number | "ignore" | "inherit">;

export class Stand implements AsyncDisposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "sluice-load-"));
  readonly #endings: (() => unknown)[] = [];
  #servers: readonly string[] = [];
  #redis: string | null = null;
  #started = 0;

  /** `isRedis` false leaves Redis out where there is one. */
  static async start(isRedis = true): Promise<Stand> {
    const stand = new Stand();
    try {
      stand.#servers = await stand.#startMocks();
      const path = isRedis
        ? Bun.which("redis-server", { PATH: `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin` })
        : null;
      if (path !== null) stand.#redis = await stand.#startRedis(path);
    } catch (error) {
      await stand[Symbol.asyncDispose]();
      throw error;
    }
    return stand;
  }

  /** What it consists of, for people. */
  get text(): string {
    const registry =
      this.#redis === null
        ? "`sluice run` with a registry of its own, without Redis"
        : "`sluice gopherproxy`, a real Redis as its registry";
    return `${registry}, three mock servers`;
  }

  async startProxy(isLimited: boolean): Promise<Proxy> {
    const port = freePort();
    const place = this.#redis === null ? this.#ownConfig(port, isLimited) : this.#gopherproxy(port, isLimited);
    const errors = join(this.#folder, `sluice-${this.#started++}.err`);
    const file = openSync(errors, "w");
    const words = [process.execPath, main, ...place.words];
    const child = Bun.spawn(words, {
      cwd: this.#folder,
      env: { ...process.env, NO_COLOR: "1", ...place.env },
      // Its access log: written as it always is, and kept nowhere.
      stdio: ["ignore", "ignore", file],
    });
    closeSync(file);
    const stop = once(async () => {
      await end(child);
      for (const identity of place.identities) rmSync(stateFolderOf(identity), { recursive: true, force: true });
    });
    this.#endings.push(stop);
    await until(
      child,
      () => answersReady(`http://127.0.0.1:${place.healthPort}${place.health}`, port),
      () => `sluice ${place.words.join(" ")} did not become ready: ${readFileSync(errors, "utf8").slice(-2000)}`,
    );
    return { port, cpuUs: () => cpuUs(treeOf(child.pid)), stop };
  }

  #gopherproxy(port: number, isLimited: boolean): Place {
    const [metricsPort, admin] = [freePort(), `127.0.0.1:${freePort()}`];
    const env: Record<string, string> = {
      REDIS_URL: this.#redis!,
      PROXY_PORT: String(port),
      METRICS_PORT: String(metricsPort),
      SLUICE_ADMIN: admin,
      ...(isLimited ? {} : { RATE_LIMIT: "off" }),
    };
    return {
      words: ["gopherproxy"],
      env,
      healthPort: metricsPort,
      health: "/healthz",
      identities: [`gopherproxy :${port} :${metricsPort}`],
    };
  }

  #ownConfig(port: number, isLimited: boolean): Place {
    const adminPort = freePort();
    const path = join(this.#folder, `sluice-${port}.json`);
    const deny = { status: 429, body: "Too Many Requests\n" };
    const rules = isLimited ? [{ name: "rate limit", limit: { rate: "2/s", burst: 5, by: "src" }, deny }] : [];
    const config: ConfigInput = {
      admin: { listen: `127.0.0.1:${adminPort}` },
      accessLog: { path: "-", format: "json" },
      sentinel: { targets: [...this.#servers], set: setName, check: { tcp: true, every: "1s" } },
      listeners: { proxy: { listen: `127.0.0.1:${port}`, use: "backends", rules } },
      pools: { backends: { discover: { registry: setName }, balance: "roundRobin" } },
    };
    writeFileSync(path, JSON.stringify(config));
    return { words: ["run", "-c", path], env: {}, healthPort: adminPort, health: "/readyz", identities: [path] };
  }

  async #startMocks(): Promise<readonly string[]> {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "mocks.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#endings.push(() => end(child));
    for await (const chunk of child.stdout) return Buffer.from(chunk).toString().trim().split(",");
    throw new Error("the mock servers did not start");
  }

  async #startRedis(program: string): Promise<string> {
    const port = freePort();
    const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const child = Bun.spawn([program, ...words, "--dir", this.#folder], { stdio: ["ignore", "ignore", "inherit"] });
    this.#endings.push(() => end(child));
    const address = `127.0.0.1:${port}`;
    await until(
      child,
      () => this.#fill(address),
      () => "redis-server did not start",
    );
    return address;
  }

  async #fill(address: string): Promise<boolean> {
    const client = new Bun.RedisClient(`redis://${address}`, { connectionTimeout: 1000, autoReconnect: false });
    try {
      await client.send("SADD", [setName, ...this.#servers.map((server) => `http://${server}`)]);
      return true;
    } catch {
      return false;
    } finally {
      client.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const ending of this.#endings.reverse()) await ending();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface Place {
  readonly words: readonly string[];
  readonly env: Record<string, string>;
  readonly healthPort: number;
  readonly health: string;
  /** What names its state folders. */
  readonly identities: readonly string[];
}

/** Alive, and with servers: at the first answers the registry may not have been read. */
async function answersReady(healthUrl: string, port: number): Promise<boolean> {
  for (const url of [healthUrl, `http://127.0.0.1:${port}/`]) {
    const response = await fetch(url, { headers: { connection: "close" } }).catch(() => null);
    await response?.bytes();
    if (response?.status !== 200) return false;
  }
  return true;
}

async function until(child: Child, ask: () => Promise<boolean>, problem: () => string): Promise<void> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (!(await ask())) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadlineMs)
      throw new Error(problem());
    await Bun.sleep(pollMs);
  }
}

async function end(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const tree = treeOf(child.pid);
  child.kill("SIGTERM");
  await Promise.race([child.exited, Bun.sleep(stopTimeoutMs)]);
  if (child.exitCode !== null || child.signalCode !== null) return;
  for (const pid of tree) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended, as it should.
    }
  }
  await child.exited;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}
