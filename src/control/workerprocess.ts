// A data worker as a child process: how one is started and how it talks, over Bun's IPC channel. It knows nothing of
// plans or of when to replace a worker; that is the supervisor's. A worker ends by itself when this channel closes, so
// a control process that is killed leaves none behind.

import type { FromWorker, ToWorker, WorkerStart } from "../config/message.ts";

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

export type Spawn = (start: WorkerStart, events: WorkerEvents) => WorkerProcess;

/** Starts workers by a command line; each finds its WorkerStart in the environment as SLUICE_WORKER. */
export function workerProcesses(command: readonly string[]): Spawn {
  return (start, events) => {
    const child = Bun.spawn([...command], {
      env: { ...process.env, SLUICE_WORKER: JSON.stringify(start) },
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (message) => events.told(message as FromWorker), // The other end is our own program.
      onExit: (_child, code, signal) => events.exited(signal === null ? `exit code ${code}` : `signal ${signal}`),
    });
    return {
      pid: child.pid,
      send: (message) => {
        try {
          child.send(message);
        } catch {
          // It has died and onExit is about to say so.
        }
      },
      kill: () => child.kill("SIGKILL"),
    };
  };
}
