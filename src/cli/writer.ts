// Where commands write on a real terminal or pipe: results on stdout, so that they can be piped on, everything else on stderr.
// Commands take a Writer as a parameter, and tests give them one that remembers; this is the one that the program gives them.
// It adds the last line's end and nothing else.

import { once } from "node:events";
import type { Writer } from "./check.ts";

export const terminal: Writer = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
  },
};

/** For commands that may write more than their reader wants (`| head`): they end when it has gone, and nothing is wrong. */
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}
