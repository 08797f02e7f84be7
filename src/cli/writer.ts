// Where commands write on a real terminal or pipe: results on stdout, everything else on stderr.

import type { Writer } from "./check.ts";

export const terminal: Writer = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
};
