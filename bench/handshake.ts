// Connections over TLS that make one request each, by several `openssl s_time` side by side: all of them with a handshake of
// their own, or all but the first of each, which it does not show, resumed. What it says of each connection (a star for a new session, an r for one
// that was used again) is counted, so that no figure of the one kind is taken for the other.

import { run } from "../scripts/stage/command.ts";
import type { LoadResult } from "./load.ts";

const clients = 4;
const patienceMs = 15_000;

export async function handshakes(port: number, isResumed: boolean, seconds: number): Promise<LoadResult> {
  const kind = isResumed ? "-reuse" : "-new";
  const args = ["s_time", "-connect", `127.0.0.1:${port}`, kind, "-time", String(seconds), "-www", "/"];
  const started = Array.from({ length: clients }, () =>
    run("openssl", args, { timeoutMs: seconds * 1000 + patienceMs }),
  );
  let requests = 0;
  let errors = 0;
  for (const { code, output } of await Promise.all(started)) {
    const made = readHandshakes(output);
    requests += isResumed ? made.resumed : made.full;
    errors += isResumed ? made.full : made.resumed;
    if (code !== 0) errors++;
  }
  return { requests, requestsPerSecond: requests / seconds, p50Ms: 0, p99Ms: 0, errors };
}

/** s_time prints a letter a connection, and sums up at the end. */
export function readHandshakes(output: string): { full: number; resumed: number } {
  const letters = /^[*rtuv\d?]{2,}$/gm;
  let full = 0;
  let resumed = 0;
  for (const [line] of output.matchAll(letters)) {
    for (const letter of line) {
      if (letter === "r") resumed++;
      else full++;
    }
  }
  return { full, resumed };
}
