// The terminal at which somebody is asked to confirm a reload: a line that counts down, and what is typed meanwhile. Without a
// terminal nobody is asked.

import { createInterface, type Interface } from "node:readline";
import type { Vigil } from "./reload.ts";

export function terminalVigil(): Vigil {
  let lines: Interface | null = null;
  const typed: string[] = [];
  let heard: (() => void) | null = null;
  const listen = (): void => {
    if (lines !== null) return;
    lines = createInterface({ input: process.stdin });
    lines.on("line", (line) => {
      typed.push(line);
      heard?.();
    });
    // It only listens: what ends the command does not wait for it.
    process.stdin.unref();
  };
  return {
    isTerminal: process.stdin.isTTY === true && process.stderr.isTTY === true,
    show: (text) => void process.stderr.write(`\r\x1b[K${text}`),
    wait: async (ms) => {
      listen();
      await new Promise<void>((resume) => {
        heard = resume;
        setTimeout(resume, ms);
      });
      const line = typed.shift() ?? null;
      if (line !== null) lines?.close();
      return line;
    },
  };
}
