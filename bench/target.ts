// What is measured, as a running thing: its port, its processes, how it is started and ended. The programs themselves are in
// target/, one file each, configured as a reasonable operator would: keep-alive to the origin, client addresses passed on,
// limits that fit 10,000 connections into 20,000 descriptors. What is given to one is given to all.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { treeOf, workersOf } from "./process.ts";
import type { Spread } from "./scenario.ts";

export interface Target {
  readonly name: string;
  readonly port: number;
  /** Processes that carry traffic. */
  readonly workers: number[];
  /** Those and their masters. */
  readonly all: number[];
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** Folder of its own for configuration, logs and temporary files. */
  readonly folder: string;
  readonly originPort: number;
  readonly workers: number;
  readonly isLogging: boolean;
  /** Each client's rate of requests is counted, and each request judged by it. */
  readonly isTracking: boolean;
  /** Responses are cached as their Cache-Control allows. */
  readonly isCaching: boolean;
  /** A field is set in each request and in each response: by a hook, or by the config of what has none. */
  readonly isHooked: boolean;
  /** Set: somebody listens to these topics of its event stream, as the console does. */
  readonly watched: string | null;
  readonly mode: "http" | "tcp";
  /** Set: it is a forward proxy, by so many outbound addresses; 0: by the system's own. */
  readonly outbound: number | null;
  /** Of a program that has no pools of them: how one is chosen. */
  readonly spread: Spread | null;
  /** A PEM file with certificate and key: clients speak TLS. */
  readonly certificate: string | null;
  /** Clients speak HTTP/2. */
  readonly isHttp2: boolean;
  /** The origin is asked by HTTP/2, without TLS. */
  readonly isOriginHttp2: boolean;
  /** More environment; for Sluice's profile. */
  readonly env?: Record<string, string>;
}

export type Starter = (options: ProxyOptions) => Promise<Target>;

/** Where files are memory. */
const memoryFolder: string = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const startTimeoutMs = 20_000;
const answerTimeoutMs = 2000;
const stopTimeoutMs = 10_000;

/** Loopback addresses from 127.0.1.0 on; the origin is one too. */
const firstOutbound = 0x7f_00_01_00;

export function outboundAddress(index: number): string {
  return [24, 16, 8, 0].map((bits) => ((firstOutbound + index) >>> bits) & 255).join(".");
}

/** Where the origin is asked; at the second address it speaks HTTP/2 alone. */
export function originOf({ originPort, isOriginHttp2 }: Pick<ProxyOptions, "originPort" | "isOriginHttp2">): string {
  return `${isOriginHttp2 ? "127.0.2.1" : "127.0.0.1"}:${originPort}`;
}

/** Starts a program and waits until it answers HTTP on its port. */
export async function start(
  name: string,
  command: string,
  args: string[],
  port: number,
  options: ProxyOptions,
): Promise<Target> {
  const output = join(options.folder, `${name.replaceAll(" ", "-")}.out`);
  const file = openSync(output, "w");
  const child = spawn(command, args, { stdio: ["ignore", file, file], env: { ...process.env, ...options.env } });
  closeSync(file);
  const failed = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("exit", (code) =>
      reject(new Error(`${name} ended with ${code}: ${readFileSync(output, "utf8").slice(-2000)}`)),
    );
  });
  failed.catch(() => {});
  const stop = (): Promise<void> => stopTree(child);
  try {
    await Promise.race([answers(port, options, child), failed]);
  } catch (error) {
    await stop();
    throw error;
  }
  const pid = child.pid!;
  return {
    name,
    port,
    stop,
    get workers(): number[] {
      return workersOf(pid);
    },
    get all(): number[] {
      return treeOf(pid);
    },
  };
}

/** What keeps files in memory: it is given a folder there, which goes with it. */
export async function startInMemory(starter: (place: string) => Promise<Target>): Promise<Target> {
  const place = mkdtempSync(join(memoryFolder, "sluice-bench-"));
  const remove = (): void => rmSync(place, { recursive: true, force: true });
  try {
    const target = await starter(place);
    return stopping(target, async () => {
      await target.stop();
      remove();
    });
  } catch (error) {
    remove();
    throw error;
  }
}

/** The same, by another name or with more to do at its end. */
export function stopping(target: Target, stop: () => Promise<void>, name: string = target.name): Target {
  return {
    name,
    port: target.port,
    stop,
    get workers(): number[] {
      return target.workers;
    },
    get all(): number[] {
      return target.all;
    },
  };
}

async function answers(port: number, options: ProxyOptions, child: ChildProcess): Promise<void> {
  const { workers, certificate, outbound, originPort } = options;
  const deadlineMs = performance.now() + startTimeoutMs;
  const own = `http${certificate === null ? "" : "s"}://127.0.0.1:${port}`;
  let answered = 0;
  while (answered < 3 * workers) {
    if (child.exitCode !== null) return;
    if (performance.now() > deadlineMs) throw new Error(`nothing answers on port ${port}`);
    try {
      const response = await fetch(`${outbound === null ? own : `http://127.0.0.1:${originPort}`}/`, {
        ...(outbound === null ? {} : { proxy: own }),
        headers: { connection: "close" },
        signal: AbortSignal.timeout(answerTimeoutMs),
        tls: { rejectUnauthorized: false },
      });
      await response.bytes();
      if (response.ok) answered++;
    } catch {
      await Bun.sleep(50);
    }
  }
}

async function stopTree(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const tree = treeOf(child.pid!);
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  child.kill("SIGTERM");
  await Promise.race([ended, Bun.sleep(stopTimeoutMs)]);
  for (const pid of tree) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended, as it should.
    }
  }
}
