// Runs a program to its end, or to its time's end, and gives back what it said. The program is started in a group of its own,
// so that what it started ends with it.

import { spawn } from "node:child_process";

export interface Outcome {
  /** 0 is success; null when a signal or the time limit ended it. */
  readonly code: number | null;
  readonly output: string;
  readonly isTimedOut: boolean;
}

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Shown to the user while it runs. */
  readonly isShown?: boolean;
}

const outputCharactersMax = 4_000_000;

export function run(command: string, args: readonly string[], options: CommandOptions): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let output = "";
    let isTimedOut = false;
    const take = (chunk: Buffer): void => {
      if (options.isShown) process.stdout.write(chunk);
      output = (output + chunk.toString()).slice(-outputCharactersMax);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const timer = setTimeout(() => {
      isTimedOut = true;
      endGroup(child.pid);
    }, options.timeoutMs);
    const done = (code: number | null): void => {
      clearTimeout(timer);
      resolve({ code, output, isTimedOut });
    };
    child.on("error", (error) => {
      output += `${command}: ${error.message}\n`;
      done(null);
    });
    child.on("close", (code) => done(code));
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}
