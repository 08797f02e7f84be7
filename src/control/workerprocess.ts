// A data worker as a child process: how one is started and how it talks, over Bun's IPC channel. It knows nothing of
// plans or of when to replace a worker; that is the supervisor's. A worker ends by itself when this channel closes, so
// a control process that is killed leaves none behind.

import type { FromWorker } from "../config/message.ts";
import type { Spawn } from "./supervisor.ts";

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
