// Active checks: every server that has one is probed by itself, all side by side, so that a server that does not
// answer delays no other, and no probe of a server begins before its last one has ended. It knows the time and the kinds of
// probes (prober/: connection, datagram, command); what an answer means is health/probe.ts, what a result means the roster's.
// The first probe of a server goes out at once, later ones with a jitter of a tenth (prober/pace.ts), so that probes do not run in step. While this process
// may open no more files nobody is probed: what fails for want of them says nothing of the server, nor does what fails for want of a port or a process.

import type { CheckPlan, Plan, ServerPlan } from "../config/plan.ts";
import type { ProbeResult } from "../health/probe/result.ts";
import type { Standing } from "../health/verdict.ts";
import type { Log } from "./log.ts";
import { hasFreeFiles, Shortage } from "./openfiles.ts";
import { CommandProbing } from "./prober/command.ts";
import { ConnectionProbing, type ProbeDone } from "./prober/connection.ts";
import { DatagramProbing } from "./prober/datagram.ts";
import { Pace } from "./prober/pace.ts";
import { SecureContexts } from "./prober/secure.ts";
import type { Roster } from "./roster.ts";

/** Files that a command's probe opens at most, pipes for its words among them; any other one opens a socket. */
const COMMAND_FILES = 8;

/** Of a plan only this is looked at. */
export interface Probed {
  readonly pems: Plan["pems"];
  readonly pools: readonly { readonly check: CheckPlan | null; readonly servers: readonly ServerPlan[] }[];
}

export type Observed = (slot: number, result: ProbeResult) => void;

export interface ProberOptions {
  /** Told why nobody is probed just now. */
  readonly log?: Pick<Log, "warn">;
  /** How a server stands after its last result; absent: up. */
  readonly standingOf?: (slot: number) => Standing;
  readonly random?: () => number;
  readonly hasFreeFiles?: (count: number) => boolean;
}

/** One probe under way. After `abort` it holds nothing any more and tells nothing. */
interface Probing {
  abort(): void;
}

interface Task {
  readonly slot: number;
  /** Resolves with the first result, when there can be none, or when the task is stopped. */
  readonly first: Promise<void>;
  stop(): void;
}

export class Prober {
  readonly #observed: Observed;
  readonly #log: Pick<Log, "warn"> | null;
  readonly #pace: Pace;
  readonly #hasFree: (count: number) => boolean;
  readonly #standingOf: (slot: number) => Standing;
  readonly #shortage = new Shortage("no server is checked, and each stays as it was");
  readonly #portShortage = new Shortage(
    "it is not checked, and stays as it was",
    "this process may not connect to a server, for all local ports towards it are in use",
    "widen net.ipv4.ip_local_port_range, or have connections come from more addresses (source)",
  );
  readonly #processShortage = new Shortage(
    "checks by a command find out nothing, and servers stay as they were",
    "this process may start no other, or there is no memory for one",
    "raise the limit (TasksMax, docker run --pids-limit, ulimit -u), or see who has taken it",
  );
  readonly #contexts: SecureContexts = new SecureContexts();
  /** By everything a probe depends on: what has not changed goes on undisturbed. */
  #tasks = new Map<string, Task>();

  constructor(observed: Observed, options: ProberOptions = {}) {
    this.#observed = observed;
    this.#log = options.log ?? null;
    this.#pace = new Pace(options.random ?? Math.random);
    this.#hasFree = options.hasFreeFiles ?? hasFreeFiles;
    this.#standingOf = options.standingOf ?? (() => "up");
  }

  /** Probe the servers of this plan and no others. Resolves when each of them has had a first result, or could have none. */
  async adopt(plan: Probed): Promise<void> {
    this.#contexts.adopt(plan.pems);
    const former = this.#tasks;
    const tasks = new Map<string, Task>();
    for (const { check, servers } of plan.pools) {
      if (check === null) continue;
      for (const server of servers) {
        // Not resolved yet, which the roster knows and says.
        if (server.address.kind === "tcp" && server.address.port === 0) continue;
        const { slot, id, address, tls, isHttp2, proxyProtocol, source } = server;
        const key = JSON.stringify([slot, id, address, tls, isHttp2, proxyProtocol, source, check]);
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
    let probing: Probing | null = null;
    let callOff: () => void = () => {};
    let isStopped = false;
    const { promise: first, resolve } = Promise.withResolvers<void>();
    const once = (): void => {
      const startedMs = performance.now();
      const again = (): void => {
        resolve();
        if (isStopped) return;
        callOff = this.#pace.next(startedMs, periodOf(check, this.#standingOf(server.slot)), once);
      };
      if (!this.#canProbe(check)) return again();
      probing = this.#probe(server, check, (result, isShort) => {
        if (isShort) (check.kind === "exec" ? this.#processShortage : this.#portShortage).tell(this.#log);
        else if (result.isHealthy || this.#canProbe(check)) this.#observed(server.slot, result);
        again();
      });
    };
    once();
    return {
      slot: server.slot,
      first,
      stop: () => {
        isStopped = true;
        probing?.abort();
        callOff();
        resolve();
      },
    };
  }

  #canProbe({ kind }: CheckPlan): boolean {
    if (this.#hasFree(kind === "exec" ? COMMAND_FILES : 1)) return true;
    this.#shortage.tell(this.#log);
    return false;
  }

  /** `done` is called once, maybe before this returns, and not after `abort`. */
  #probe(server: ServerPlan, check: CheckPlan, done: ProbeDone): Probing {
    if (check.kind === "udp") return new DatagramProbing(server, check, done);
    if (check.exec !== null && check.kind === "exec") return new CommandProbing(server, check, check.exec, done);
    return new ConnectionProbing(server, check, this.#contexts, done);
  }
}

function periodOf({ everyMs, everyDownMs, everyChangingMs }: CheckPlan, standing: Standing): number {
  const period = { up: everyMs, down: everyDownMs, changing: everyChangingMs }[standing];
  return period ?? everyMs;
}

/** One whose results a roster is told, and which asks it how servers stand. */
export function proberOf(roster: Pick<Roster, "checked" | "standingOf">, log: Log, nowMs: () => number): Prober {
  const standingOf = (slot: number): Standing => roster.standingOf(slot);
  return new Prober((slot, result) => roster.checked(slot, result, nowMs()), { log, standingOf });
}
