// Where commands write on a real terminal or pipe: results on stdout, so that they can be piped on, everything else on stderr.
// Commands take a Writer as a parameter, and tests give them one that remembers; this is the one that the program gives them.
// It adds the last line's end, and lets nothing through that would give the terminal orders (printable.ts): what commands write is often
// what somebody else has said.

import { once } from "node:events";
import type { Writer } from "./check.ts";
import { printableLines } from "./printable.ts";

export const terminal: Writer = {
  out: (text) => void process.stdout.write(`${printableLines(text)}\n`),
  err: (text) => void process.stderr.write(`${printableLines(text)}\n`),
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
  },
};

/** For commands that may write more than their reader wants (`| head`): they end when it has gone, and nothing is wrong. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // EIO: the terminal has gone.
      if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
      process.exit(0);
    });
}
