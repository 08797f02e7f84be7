// Figures of a Sluice that there is not, for tests of what shows them: a web listener under load, a server that is down, a table that counts,
// an egress pool, and a cache. It knows shapes only.

import type { Figures, ServerFigures, Traffic } from "../../control/api/shape/figures.ts";

const statuses = { "1xx": 0, "2xx": 1200, "3xx": 0, "4xx": 30, "5xx": 4.2, none: 0 };
const traffic: Traffic = {
  requests: 1234.2,
  errors: 4.2,
  statuses,
  latency: { p50Ms: 1.2, p90Ms: 8, p99Ms: 120 },
};

export const sampleFigures: Figures = {
  ...traffic,
  at: "2026-11-22T09:06:03.000Z",
  state: "ready",
  generation: 4,
  confirmBy: null,
  uptimeSeconds: 9000,
  connections: 512,
  upstreamConnections: 40,
  bytesReceived: 204_800,
  bytesSent: 3_000_000,
  control: { cpu: 0.01, residentBytes: 80_000_000 },
  workers: [0, 1].map((worker) => ({
    ...{ worker, state: "up" as const, requests: 600, connections: 256, upstreamConnections: 20 },
    ...{ cpu: 0.45 + worker / 10, residentBytes: 60_000_000 },
  })),
  listeners: [
    {
      ...traffic,
      ...{ name: "web", mode: "http", address: "0.0.0.0:8080", connections: 512, accepted: 10, refused: 0 },
      ...{ bytesReceived: 204_800, bytesSent: 3_000_000, flows: [{ pool: "app", requests: 1234.2 }] },
    },
  ],
  pools: [{ name: "app", requests: 1234.2, errors: 4.2, queued: 0, retries: 1, servers: 3, eligible: 2, active: 12 }],
  caches: [{ name: "pages", hits: 900, misses: 100, hitRatio: 0.9, entries: 4321, bytes: 30e6, bytesMax: 64e6 }],
  egress: [{ pool: "out", requests: 20, failures: 1, members: 300, available: 287 }],
  rules: [],
  bans: 2,
};

const server: ServerFigures = {
  ...{ pool: "app", name: "10.0.0.1:80", address: "10.0.0.1:80", state: "up", reason: null },
  ...{ since: "2026-11-22T06:06:03.000Z", isEligible: true, isBackup: false, weight: 1 },
  ...{ active: 6, requests: 617, errors: 0, meanMs: 3.2 },
};

export const sampleServers: readonly ServerFigures[] = [
  server,
  { ...server, name: "10.0.0.2:80", requests: 618 },
  {
    ...server,
    ...{ name: "10.0.0.3:80", state: "down", isEligible: false, requests: 0, active: 0, meanMs: null },
    reason: "3 checks failed: connection refused",
  },
];
