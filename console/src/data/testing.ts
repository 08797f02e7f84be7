// Figures and servers for tests of the console's pure parts: quiet ones, of which each test changes what it is about. In the shapes of the
// API, so that the checker tells when those change.

import type { Figures, PoolFigures, ServerFigures } from "../../../src/control/api/shape/figures.ts";

const statuses = { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0, none: 0 } as const;

export function figuresOf(second: number, more: Partial<Figures> = {}): Figures {
  return {
    ...{ at: new Date(second * 1000).toISOString(), state: "ready", generation: 1, confirmBy: null, uptimeSeconds: 10 },
    ...{ requests: 100, errors: 0, statuses, latency: { p50Ms: 1, p90Ms: 2, p99Ms: 4 } },
    ...{ connections: 3, upstreamConnections: 2, bytesReceived: 0, bytesSent: 0 },
    ...{ control: { cpu: 0, residentBytes: 0 }, workers: [], listeners: [], pools: [], caches: [], egress: [] },
    ...{ rules: [], bans: 0 },
    ...more,
  };
}

export function poolOf(name: string, more: Partial<PoolFigures> = {}): PoolFigures {
  return { ...{ name, requests: 0, errors: 0, queued: 0, retries: 0, servers: 1, eligible: 1, active: 0 }, ...more };
}

export function serverOf(pool: string, name: string, more: Partial<ServerFigures> = {}): ServerFigures {
  return {
    ...{ pool, name, address: "10.0.0.1:80", state: "up", reason: null, since: "2026-01-01T00:00:00.000Z" },
    ...{ isEligible: true, isBackup: false, weight: 1, active: 0, requests: 0, errors: 0, meanMs: null },
    ...more,
  };
}
