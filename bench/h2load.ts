// Requests by HTTP/2: h2load with many streams on few connections. Each request's time is read from its log, since it tells no
// percentiles by itself. An error is a request that failed, or was answered by anything but 2xx and 3xx, and any protocol but h2.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../scripts/stage/command.ts";
import type { Drive, LoadResult } from "./load.ts";

export interface Streams {
  readonly path: string;
  readonly connections: number;
  /** Under way at once, on each connection. */
  readonly streams: number;
}

const patienceMs = 15_000;

export function h2load({ path, connections, streams }: Streams, isTls: boolean): Drive {
  return async (port, seconds) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
    const log = join(folder, "log");
    try {
      const amount = ["-t1", `-c${connections}`, `-m${streams}`, "-D", String(seconds), `--log-file=${log}`];
      const url = `http${isTls ? "s" : ""}://127.0.0.1:${port}${path}`;
      const outcome = await run("h2load", [...amount, url], { timeoutMs: seconds * 1000 + patienceMs });
      if (outcome.code !== 0) throw new Error(`h2load failed: ${outcome.output}`);
      return readH2load(outcome.output, readFileSync(log, "utf8"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** `log`: a line each with the time of the beginning, the status, and the microseconds that it took. */
export function readH2load(output: string, log: string): LoadResult {
  const number = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? Number.NaN);
  const requests = number(/, (\d+) done, /);
  const requestsPerSecond = number(/^finished in [^,]+, ([\d.]+) req\/s/m);
  if (Number.isNaN(requests + requestsPerSecond)) throw new Error(`h2load said something else: ${output}`);
  const failed = number(/, (\d+) failed, /) + number(/, (\d+) errored, /) + number(/, (\d+) timeout/);
  const statuses = number(/(\d+) 4xx/) + number(/(\d+) 5xx/);
  const isOther = !/^Application protocol: h2c?$/m.test(output);
  const times = Array.from(log.matchAll(/^\d+\t\d+\t(\d+)$/gm), (match) => Number(match[1])).sort((a, b) => a - b);
  const share = (of: number): number => (times[Math.floor((times.length - 1) * of)] ?? 0) / 1000;
  const errors = failed + statuses + (isOther ? 1 : 0);
  return { requests, requestsPerSecond, p50Ms: share(0.5), p99Ms: share(0.99), errors };
}
