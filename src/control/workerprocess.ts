// A data worker as a child process: how one is started and how it talks, over Bun's IPC channel. It knows nothing of
// plans or of when to replace a worker; that is the supervisor's. A worker ends by itself when this channel closes, so
// a control process that is killed leaves none behind. Plans are large, come often where servers do, and are the same for all
// workers: each is put into words once, which takes a quarter of what the channel takes for an object, and that for each worker.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { runtimeThreads } from "../base/limits.ts";
import type { SelfCommand } from "../config/loadself.ts";
import type { FromWorker, ToWorker, WorkerStart } from "../config/message.ts";
import type { Plan } from "../config/plan.ts";
import { layouts } from "../memory/layouts.ts";

export interface WorkerProcess {
  readonly pid: number;
  send(message: ToWorker): void;
  kill(): void;
}

export interface WorkerEvents {
  told(message: FromWorker): void;
  /** `reason` says "exit code 1" or "signal SIGKILL". */
  exited(reason: string): void;
}

export interface SpawnOrder extends Omit<WorkerStart, "code"> {
  /** A descriptor of the arena, whose path leads nowhere: the worker inherits it. */
  readonly lostArena?: number;
}

export type Spawn = (order: SpawnOrder, events: WorkerEvents) => WorkerProcess;

/** The first that a child may inherit beside its input and outputs. */
const inherited = 3;

/**
 * Starts workers by a command line; each finds its WorkerStart in the environment as SLUICE_WORKER. `version` is our own; `started` is told of
 * each in its first moment.
 */
export function workerProcesses(
  command: () => SelfCommand,
  version: string,
  started: (pid: number) => void = () => {},
): Spawn {
  return ({ lostArena, ...named }, events) => {
    const isLost = lostArena !== undefined;
    const arenaPath = isLost ? ownPath(inherited) : named.arenaPath;
    const start: WorkerStart = { ...named, arenaPath, code: { version, layouts } };
    const child = Bun.spawn({
      ...command(),
      env: { ...process.env, UV_THREADPOOL_SIZE: String(runtimeThreads), SLUICE_WORKER: JSON.stringify(start) },
      stdio: ["ignore", "inherit", "inherit", ...(isLost ? [lostArena] : [])],
      ipc: (message) => events.told(message as FromWorker), // The other end is our own program.
      onExit: (_child, code, signal) => events.exited(signal === null ? `exit code ${code}` : `signal ${signal}`),
    });
    started(child.pid);
    return {
      pid: child.pid,
      send: (message) => {
        try {
          child.send(spoken(message));
        } catch {
          // It has died and onExit is about to say so.
        }
      },
      kill: () => child.kill("SIGKILL"),
    };
  };
}

/** Of what the process that opens it has as this descriptor: the same file, also without a name of its own. */
function ownPath(descriptor: number): string {
  return join(existsSync("/proc/self/fd") ? "/proc/self/fd" : "/dev/fd", String(descriptor));
}

const planTexts = new WeakMap<Plan, string>();

/** A text is JSON. */
function spoken(message: ToWorker): ToWorker | string {
  if (message.kind !== "plan") return message;
  const { plan, files } = message;
  const text = planTexts.get(plan) ?? JSON.stringify(plan);
  planTexts.set(plan, text);
  return `{"kind":"plan","plan":${text},"files":${JSON.stringify(files)}}`;
}
