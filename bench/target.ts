// The proxies that are compared, and the origin behind them, each started on a free port of loopback and ended with all its
// processes. Configured as a reasonable operator would: keep-alive to the origin, client addresses passed on, limits that fit
// 10,000 connections into 20,000 descriptors. What is given to one is given to all.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { treeOf, workersOf } from "./process.ts";

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
  /** More environment; for Sluice's profile. */
  readonly env?: Record<string, string>;
}

export type Starter = (options: ProxyOptions) => Promise<Target>;

const startTimeoutMs = 20_000;
const answerTimeoutMs = 2000;
const stopTimeoutMs = 10_000;

/** A port that was free a moment ago. */
export function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

export const startHaproxy: Starter = (options) => {
  const port = freePort();
  const config = [
    "global",
    `  nbthread ${options.workers}`,
    "  maxconn 15000",
    // One connection takes a descriptor on each side only while it works; idle ones share the origin's.
    "  no strict-limits",
    ...(options.isLogging ? ["  log stdout format raw local0"] : []),
    "defaults",
    "  mode http",
    ...(options.isLogging ? ["  log global", "  option httplog"] : []),
    "  option forwardfor",
    "  timeout connect 5s",
    "  timeout client 300s",
    "  timeout server 60s",
    "  timeout http-keep-alive 300s",
    "frontend web",
    `  bind 127.0.0.1:${port}`,
    "  http-request set-header X-Forwarded-Proto http",
    "  default_backend app",
    "backend app",
    // Without it the first request of each client connection opens a connection to the origin too; the others share theirs.
    "  http-reuse always",
    `  server origin 127.0.0.1:${options.originPort}`,
    "",
  ];
  const path = join(options.folder, "haproxy.cfg");
  writeFileSync(path, config.join("\n"));
  return start("haproxy", "haproxy", ["-db", "-q", "-f", path], port, options);
};

export const startNginx: Starter = (options) => {
  const port = freePort();
  const server = `
    upstream app { server 127.0.0.1:${options.originPort}; keepalive 200; keepalive_requests 100000000; }
    server {
      listen 127.0.0.1:${port} backlog=4096;
      location / {
        proxy_pass http://app;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        # Bodies that a client takes slowly are held back, not written to a disk.
        proxy_max_temp_file_size 0;
      }
    }`;
  return startAnyNginx("nginx", port, server, options);
};

/** Answers everything with a small body, and /1m with a megabyte. */
export const startOrigin: Starter = (options) => {
  const port = freePort();
  writeFileSync(join(options.folder, "1m"), Buffer.alloc(1 << 20, "0123456789abcdef"));
  const server = `
    server {
      listen 127.0.0.1:${port} backlog=4096;
      location / { default_type text/plain; return 200 "${"hello world ".repeat(5)}\\n"; }
      location = /1m { root ${options.folder}; }
    }`;
  return startAnyNginx("origin", port, server, options);
};

function startAnyNginx(name: string, port: number, server: string, options: ProxyOptions): Promise<Target> {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const config = `
  ${process.getuid?.() === 0 ? "user root;" : ""}
  worker_processes ${options.workers}; daemon off; error_log error.log; pid nginx.pid;
  events { worker_connections 19000; }
  http {
    ${kinds.map((kind) => `${kind}_temp_path ${kind};`).join(" ")}
    access_log ${options.isLogging ? "access.log combined buffer=64k flush=1s" : "off"};
    sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 300s;
    ${server}
  }\n`;
  const path = join(options.folder, "nginx.conf");
  writeFileSync(path, config);
  return start(name, "nginx", ["-p", options.folder, "-c", path, "-e", "error.log"], port, options);
}

/** `launcher`: bin/sluice of this checkout, or of another to compare with. */
export function sluiceStarter(launcher: string): Starter {
  return (options) => {
    const port = freePort();
    const admin = `127.0.0.1:${freePort()}`;
    const [listen, server] = [`127.0.0.1:${port}`, `127.0.0.1:${options.originPort}`];
    const path = join(options.folder, "sluice.json");
    const config = {
      workers: options.workers,
      admin: { listen: admin },
      accessLog: { path: join(options.folder, "access.log"), format: "json" },
      timeouts: { idle: "300s" },
      listeners: { web: { listen, use: "app" } },
      pools: { app: { servers: [server] } },
    };
    writeFileSync(path, JSON.stringify(config));
    const flags = ["--listen", listen, "--to", server, "--workers", String(options.workers), "--admin", admin];
    const args = [launcher, "run", ...(options.isLogging ? ["-c", path] : flags)];
    return start("sluice", "node", args, port, options);
  };
}

async function start(
  name: string,
  command: string,
  args: string[],
  port: number,
  options: ProxyOptions,
): Promise<Target> {
  const output = join(options.folder, `${name}.out`);
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
    await Promise.race([answers(port, options.workers, child), failed]);
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

async function answers(port: number, workers: number, child: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + startTimeoutMs;
  let answered = 0;
  while (answered < 3 * workers) {
    if (child.exitCode !== null) return;
    if (performance.now() > deadlineMs) throw new Error(`nothing answers on port ${port}`);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`, {
        headers: { connection: "close" },
        signal: AbortSignal.timeout(answerTimeoutMs),
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
