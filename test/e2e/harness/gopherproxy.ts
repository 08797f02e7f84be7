// `sluice gopherproxy` as its users start it: by REDIS_URL, PROXY_PORT and METRICS_PORT alone, and what else a test adds. What it writes
// to stdout is kept line by line, and it is waited for where its users can: at /readyz on the port for metrics.

import { rmSync } from "node:fs";
import { stateFolderOf } from "../../../src/control/state.ts";
import { freePort } from "./port.ts";
import { childrenOf, isAlive } from "./processes.ts";
import type { Redis } from "./redis.ts";
import type { Room } from "./room.ts";
import { command } from "./sluice.ts";
import { until, within } from "./wait.ts";

type Line = Readonly<Record<string, unknown>>;

/** Variables of the machine that tests run on are none of a test's. */
const silenced = { TRUSTED_PROXIES: "", RATE_LIMIT: "", RATE_BURST: "", VERSION: "", COMMIT: "", SLUICE_ADMIN: "" };

export class Gopherproxy {
  readonly port: number = freePort();
  readonly metricsPort: number = freePort();
  readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  stdout = "";
  stderr = "";
  readonly #heard: Promise<unknown>;

  constructor(room: Room, redisUrl: string, more: Readonly<Record<string, string>> = {}) {
    this.child = Bun.spawn([...command, "gopherproxy"], {
      cwd: room.folder,
      env: {
        ...process.env,
        ...silenced,
        REDIS_URL: redisUrl,
        PROXY_PORT: String(this.port),
        METRICS_PORT: String(this.metricsPort),
        ...more,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#heard = Promise.all([
      keep(this.child.stdout, (text) => {
        this.stdout += text;
      }),
      keep(this.child.stderr, (text) => {
        this.stderr += text;
      }),
    ]);
    room.ending(() => this.#end());
  }

  /** Until it is ready. */
  static async start(room: Room, redis: Redis, more: Readonly<Record<string, string>> = {}): Promise<Gopherproxy> {
    const proxy = new Gopherproxy(room, redis.address, more);
    const outcome = await until(
      "it to be ready",
      async () => {
        if (proxy.child.exitCode !== null) return `it ended: ${proxy.stdout}${proxy.stderr}`;
        return (await proxy.health("/readyz")) === 200 ? "ready" : null;
      },
      20_000,
    );
    if (outcome !== "ready") throw new Error(outcome);
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get metricsUrl(): string {
    return `http://127.0.0.1:${this.metricsPort}`;
  }

  /** The log, requests among them. */
  get lines(): Line[] {
    return this.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  }

  said(msg: string): Line[] {
    return this.lines.filter((line) => line["msg"] === msg);
  }

  /** The same, once it has been said so often: what it writes may be read later than what it counts is asked for. */
  hasSaid(msg: string, count = 1): Promise<Line[]> {
    return until(`it to say "${msg}" ${count} times`, () => {
      const lines = this.said(msg);
      return lines.length >= count ? lines : null;
    });
  }

  /** 0 when nobody answers. */
  async health(path: "/healthz" | "/readyz"): Promise<number> {
    return (await fetch(`${this.metricsUrl}${path}`).catch(() => null))?.status ?? 0;
  }

  /** One of the four; NaN when the page is without it. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.metricsUrl}/metrics`)).text();
    const line = text.split("\n").find((each) => each.startsWith(`gopherproxy_${name} `));
    return line === undefined ? Number.NaN : Number(line.split(" ").at(-1));
  }

  /** A worker counts a request a moment after its last byte has left. */
  async counted(processed: number, dropped: number): Promise<void> {
    let found = "";
    const wanted = `${processed} processed, ${dropped} dropped`;
    await until(wanted, async () => {
      const both = [await this.metric("processed_requests_total"), await this.metric("dropped_requests_total")];
      found = `${both[0]} processed, ${both[1]} dropped`;
      return found === wanted;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; there are ${found}`);
    });
  }

  async active(count: number): Promise<void> {
    await until(`${count} active backends`, async () => (await this.metric("active_backends")) === count);
  }

  /** Its exit code, when its last words have been read: they come by pipes, and may come later than that. */
  async exited(): Promise<number> {
    const code = await within(`it to end; it said:\n${this.stdout}${this.stderr}`, this.child.exited, 15_000);
    await Promise.race([this.#heard, Bun.sleep(2000)]);
    return code;
  }

  async #end(): Promise<void> {
    const workers = this.child.exitCode === null ? childrenOf(this.child.pid) : [];
    this.child.kill("SIGTERM");
    await Promise.race([this.child.exited, Bun.sleep(700)]);
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGKILL");
      await this.child.exited;
    }
    for (const pid of workers) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    rmSync(stateFolderOf(`gopherproxy :${this.port} :${this.metricsPort}`), { recursive: true, force: true });
  }
}

async function keep(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) add(decoder.decode(chunk, { stream: true }));
}
