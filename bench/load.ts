// One run of wrk, and what it says. An error is anything that a client of a good proxy would not see: a socket error, a
// timeout, or a status other than 2xx and 3xx.

import { join } from "node:path";
import { run } from "../scripts/stage/command.ts";

export interface Load {
  readonly path: string;
  readonly headers: readonly string[];
  readonly connections: number;
  /** Set: the origin is asked for through a forward proxy, with so many keys in turn; 0 without any. */
  readonly keys?: number;
  /** Then: at so many addresses of the origin, at most 1,000, one by chance for each request. Absent: at one. */
  readonly targets?: number;
  /** Then: ms that a connection waits before it asks again, so that whoever is compared is asked as often, whatever it costs; 0 or absent: none. */
  readonly thinkMs?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

const forwardScript = join(import.meta.dir, "forward.lua");

/** Over the time of the load itself: start, connections, and wrk's own calibration. */
const patienceMs = 15_000;

/** What puts load on a port for so many seconds. The origin's port is for those that have to name it; `thinkMs` in place of the load's own. */
export type Drive = (port: number, seconds: number, originPort: number, thinkMs?: number) => Promise<LoadResult>;

export function wrk(what: Load, isTls: boolean): Drive {
  return (port, seconds, originPort, thinkMs = what.thinkMs ?? 0) =>
    load(
      `http${isTls ? "s" : ""}://127.0.0.1:${port}`,
      `http://127.0.0.1:${originPort}`,
      { ...what, thinkMs },
      seconds,
    );
}

async function load(proxy: string, origin: string, what: Load, seconds: number): Promise<LoadResult> {
  const args = ["-t1", `-c${what.connections}`, `-d${seconds}s`, "--latency", "--timeout", "10s"];
  for (const header of what.headers) args.push("-H", header);
  if (what.keys === undefined) args.push(`${proxy}${what.path}`);
  else args.push("-s", forwardScript, proxy, "--", `${origin}${what.path}`, ...numbersOf(what));
  const outcome = await run("wrk", args, { timeoutMs: seconds * 1000 + patienceMs });
  if (outcome.code !== 0) throw new Error(`wrk failed: ${outcome.output}`);
  return readWrk(outcome.output);
}

function numbersOf({ keys, targets, thinkMs }: Load): readonly string[] {
  return [keys, targets, thinkMs].map((number) => String(number ?? 0));
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
