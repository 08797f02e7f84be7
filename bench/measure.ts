// Takes turns: each round runs every target once, A B C A B C, so that whatever else the machine does falls on all alike;
// the median over the rounds is what counts.

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Drive } from "./load.ts";
import { cpuUs, residentKb } from "./process.ts";
import type { Target } from "./target.ts";

export interface Figures {
  readonly target: string;
  /** CPU microseconds a request: of the workers, and with their masters. */
  readonly workerUs: number;
  readonly allUs: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** Smallest share of the CPU time that one worker took: 0.5 is even for two. */
  readonly leastShare: number;
}

export interface IdleFigures {
  readonly target: string;
  readonly kbEach: number;
}

/** A worker compiles what is hot in its first seconds, and runs for weeks: rounds measure the weeks, of all alike. */
const warmUpSeconds = 5;

export async function measure(
  proxies: readonly Target[],
  drive: Drive,
  rounds: number,
  seconds: number,
  originPort: number,
  thinkMs?: number,
): Promise<Figures[]> {
  for (const proxy of proxies) await drive(proxy.port, warmUpSeconds, originPort, thinkMs);
  const runs = new Map<Target, Figures[]>(proxies.map((proxy) => [proxy, []]));
  for (let round = 0; round < rounds; round++) {
    for (const proxy of proxies) {
      runs
        .get(proxy)!
        .push(
          await measureOnce(proxy, (port, each, origin) => drive(port, each, origin, thinkMs), seconds, originPort),
        );
      process.stderr.write(".");
    }
  }
  process.stderr.write("\n");
  return proxies.map((proxy) => middle(runs.get(proxy)!));
}

async function measureOnce(proxy: Target, drive: Drive, seconds: number, originPort: number): Promise<Figures> {
  const { workers, all } = proxy;
  const before = { each: workers.map((pid) => cpuUs([pid])), all: cpuUs(all) };
  const result = await drive(proxy.port, seconds, originPort);
  const each = workers.map((pid, index) => cpuUs([pid]) - before.each[index]!);
  const workersUs = each.reduce((sum, us) => sum + us, 0);
  return {
    target: proxy.name,
    workerUs: workersUs / result.requests,
    allUs: (cpuUs(all) - before.all) / result.requests,
    requestsPerSecond: result.requestsPerSecond,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    errors: result.errors,
    leastShare: Math.min(...each) / workersUs,
  };
}

/** The median of each figure, and the sum of the errors. */
function middle(runs: readonly Figures[]): Figures {
  const of = (figure: (run: Figures) => number): number => median(runs.map(figure));
  return {
    target: runs[0]!.target,
    workerUs: of((run) => run.workerUs),
    allUs: of((run) => run.allUs),
    requestsPerSecond: of((run) => run.requestsPerSecond),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    errors: runs.reduce((sum, run) => sum + run.errors, 0),
    leastShare: of((run) => run.leastShare),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/**
 * What `count` idle connections add to the resident memory of a freshly started proxy that holds some already, so that code
 * and tables that are made once are not counted, and no garbage of an earlier load makes room for them. The kernel's share is
 * not in it.
 */
export async function measureIdle(
  starters: readonly (() => Promise<Target>)[],
  count: number,
  rounds: number,
  isTls: boolean,
): Promise<IdleFigures[]> {
  const results = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const start of starters) {
      const proxy = await start();
      const first = new IdleClient(proxy, firstConnections, isTls);
      const second = new IdleClient(proxy, count, isTls);
      try {
        await first.open();
        const beforeKb = residentKb(proxy.workers);
        await second.open();
        const kb = (residentKb(proxy.workers) - beforeKb) / count;
        results.set(proxy.name, [...(results.get(proxy.name) ?? []), kb]);
      } finally {
        first.close();
        second.close();
        await proxy.stop();
      }
      process.stderr.write(".");
    }
  }
  process.stderr.write("\n");
  return [...results].map(([target, values]) => ({ target, kbEach: median(values) }));
}

const firstConnections = 2000;
const openTimeoutMs = 60_000;
const settleMs = 2000;

class IdleClient {
  readonly #target: Target;
  readonly #count: number;
  readonly #isTls: boolean;
  #process: ChildProcess | null = null;

  constructor(target: Target, count: number, isTls: boolean) {
    this.#isTls = isTls;
    this.#target = target;
    this.#count = count;
  }

  /** Until all connections are open, have been used once, and some time has passed. */
  async open(): Promise<void> {
    const { name, port } = this.#target;
    const args = [join(import.meta.dir, "idle.ts"), String(port), String(this.#count), this.#isTls ? "tls" : "plain"];
    const client = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#process = client;
    const said = await new Promise<string>((resolve, reject) => {
      client.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString()));
      client.once("exit", () => reject(new Error("the idle client ended")));
      const late = `${name}: ${this.#count} connections were not open in time`;
      setTimeout(() => reject(new Error(late)), openTimeoutMs).unref();
    });
    if (!said.startsWith("ready")) throw new Error(`${name}: ${said}`);
    await Bun.sleep(settleMs);
    if (client.exitCode !== null) throw new Error(`${name} closed an idle connection`);
  }

  close(): void {
    this.#process?.kill();
  }
}
