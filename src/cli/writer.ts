// Where commands write on a real terminal or pipe: results on stdout, so that they can be piped on, everything else on stderr.
// Commands take a Writer as a parameter, and tests give them one that remembers; this is the one that the program gives them.
// It adds the last line's end and nothing else.

import type { Writer } from "./check.ts";

export const terminal: Writer = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
};
