// One run of wrk, and what it says. An error is anything that a client of a good proxy would not see: a socket error, a
// timeout, or a status other than 2xx and 3xx.

import { run } from "../scripts/stage/command.ts";

export interface Load {
  readonly path: string;
  readonly headers: readonly string[];
  readonly connections: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

/** Over the time of the load itself: start, connections, and wrk's own calibration. */
const patienceMs = 15_000;

/** What puts load on a port for so many seconds. */
export type Drive = (port: number, seconds: number) => Promise<LoadResult>;

export function wrk(what: Load, isTls: boolean): Drive {
  return (port, seconds) => load(`http${isTls ? "s" : ""}://127.0.0.1:${port}`, what, seconds);
}

async function load(origin: string, what: Load, seconds: number): Promise<LoadResult> {
  const args = ["-t1", `-c${what.connections}`, `-d${seconds}s`, "--latency", "--timeout", "10s"];
  for (const header of what.headers) args.push("-H", header);
  args.push(`${origin}${what.path}`);
  const outcome = await run("wrk", args, { timeoutMs: seconds * 1000 + patienceMs });
  if (outcome.code !== 0) throw new Error(`wrk failed: ${outcome.output}`);
  return readWrk(outcome.output);
}

export function readWrk(output: string): LoadResult {
  const number = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? Number.NaN);
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output);
  const socketErrors = (sockets?.slice(1) ?? []).reduce((sum, count) => sum + Number(count), 0);
  const statusErrors = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  const result = {
    requests: number(/(\d+) requests in/),
    requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: milliseconds(/\b50%\s+([\d.]+)(us|ms|s)/.exec(output)),
    p99Ms: milliseconds(/\b99%\s+([\d.]+)(us|ms|s)/.exec(output)),
    errors: socketErrors + statusErrors,
  };
  if (Number.isNaN(result.requests + result.requestsPerSecond)) throw new Error(`wrk said something else: ${output}`);
  return result;
}

function milliseconds(match: RegExpExecArray | null): number {
  if (match === null) return 0;
  const scale = { us: 0.001, ms: 1, s: 1000 }[match[2]!] ?? 1;
  return Number(match[1]) * scale;
}
