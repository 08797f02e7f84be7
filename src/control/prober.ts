// Active checks: every server that has one is probed on a timer of its own, all side by side, so that a server that does not
// answer delays no other. It knows sockets and time; what a response means is health/probe.ts, what a result means the fleet's.
// The first probe of a server goes out at once, later ones with a jitter of a tenth, so that probes do not run in step.
// node:net and not Bun's raw sockets: a raw connect that is under way cannot be given up.

import { connect } from "node:net";
import type { CheckPlan, Plan, ServerPlan } from "../config/plan.ts";
import { Probe, type ProbeResult } from "../health/probe.ts";

const JITTER = 0.1;

export type Observed = (slot: number, result: ProbeResult) => void;

interface Task {
  readonly slot: number;
  /** Resolves with the first result, or when the task is stopped. */
  readonly first: Promise<void>;
  stop(): void;
}

export class Prober {
  readonly #observed: Observed;
  readonly #random: () => number;
  /** By everything a probe depends on: what has not changed goes on undisturbed. */
  #tasks = new Map<string, Task>();

  constructor(observed: Observed, random: () => number = Math.random) {
    this.#observed = observed;
    this.#random = random;
  }

  /** Probe the servers of this plan and no others. Resolves when each of them has had a first result. */
  async adopt(plan: Plan): Promise<void> {
    const former = this.#tasks;
    const tasks = new Map<string, Task>();
    for (const { check, servers } of plan.pools) {
      if (check === null) continue;
      for (const server of servers) {
        if (server.address.kind === "tcp" && server.address.port === 0) continue;
        const key = JSON.stringify([server.slot, server.id, server.address, check]);
        tasks.set(key, former.get(key) ?? this.#begin(server, check));
      }
    }
    for (const [key, task] of former) if (!tasks.has(key)) task.stop();
    this.#tasks = tasks;
    await Promise.all([...tasks.values()].map((task) => task.first));
  }

  close(): void {
    for (const task of this.#tasks.values()) task.stop();
    this.#tasks = new Map();
  }

  #begin(server: ServerPlan, check: CheckPlan): Task {
    let abort: (() => void) | null = null;
    let timer: Timer | null = null;
    let isStopped = false;
    const { promise: first, resolve } = Promise.withResolvers<void>();
    const once = (): void => {
      const startedMs = performance.now();
      abort = probe(server, check, (result) => {
        abort = null;
        this.#observed(server.slot, result);
        resolve();
        if (isStopped) return;
        const periodMs = check.everyMs * (1 + JITTER * (2 * this.#random() - 1));
        timer = setTimeout(once, Math.max(0, startedMs + periodMs - performance.now()));
      });
    };
    once();
    return {
      slot: server.slot,
      first,
      stop: () => {
        isStopped = true;
        abort?.();
        if (timer !== null) clearTimeout(timer);
        resolve();
      },
    };
  }
}

/** One probe; `done` is called once, and not after the function that is returned has been called. */
function probe(server: ServerPlan, plan: CheckPlan, done: (result: ProbeResult) => void): () => void {
  const check = new Probe(withHost(plan, server));
  let isConnected = false;
  let isDone = false;
  const { address } = server;
  const socket =
    address.kind === "unix"
      ? connect({ path: address.path })
      : connect({ host: address.host, port: plan.port ?? address.port });
  const finish = (result: ProbeResult | null): void => {
    if (result === null || isDone) return;
    isDone = true;
    clearTimeout(timer);
    socket.destroy();
    done(result);
  };
  const timer = setTimeout(() => finish(check.expired(isConnected)), plan.timeoutMs);
  socket.on("connect", () => {
    isConnected = true;
    const result = check.connected();
    if (result === null) socket.write(check.request);
    finish(result);
  });
  socket.on("data", (bytes: Buffer) => finish(check.received(bytes)));
  socket.on("end", () => finish(check.ended()));
  socket.on("error", (error: NodeJS.ErrnoException) =>
    finish(isConnected ? check.ended() : check.refused(reasonOf(error))),
  );
  socket.on("close", () => finish(check.ended()));
  return () => {
    isDone = true;
    clearTimeout(timer);
    socket.destroy();
  };
}

/** Without a host of its own a check asks for the server by the name that the operator wrote. */
function withHost(check: CheckPlan, server: ServerPlan): CheckPlan {
  if (check.http === null || check.http.host !== "") return check;
  const host = server.address.kind === "unix" ? "localhost" : server.name;
  return { ...check, http: { ...check.http, host } };
}

const reasons: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "timed out",
  ENOENT: "no such socket",
  EACCES: "permission denied",
  EMFILE: "no file descriptor is left",
};

function reasonOf(error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? ""] ?? error.code ?? error.message;
}
