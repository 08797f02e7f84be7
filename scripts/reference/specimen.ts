// What /metrics is written from, with something of everything, so that each family of metrics has a sample: a plan of every mode, a cache,
// hooks, rules of every phase, a fleet, a registry, an egress pool. Figures are zero; only names and labels matter here.

import { compile } from "../../src/config/compile.ts";
import { judge } from "../../src/config/judge.ts";
import { type Certificate, noMaterials } from "../../src/config/materials.ts";
import type { Plan } from "../../src/config/plan.ts";
import { hookNames } from "../../src/config/plancontent.ts";
import { Slots } from "../../src/config/slots.ts";
import { egressRecords, egressSummary } from "../../src/control/egress/sample.fixture.ts";
import type { FleetStatus } from "../../src/control/fleet/nodestatus.ts";
import type { MetricsSource } from "../../src/control/metricssource.ts";
import { Arena } from "../../src/memory/arena.ts";
import { Board } from "../../src/memory/board.ts";
import { Totals } from "../../src/memory/tally.ts";

const certificate: Certificate = {
  file: "/etc/sluice/a.pem",
  names: ["a.test"],
  chain: { id: "1", text: "" },
  key: { id: "2", text: "" },
  keyKind: "ec",
  notBeforeMs: 0,
  notAfterMs: 0,
};

const written = {
  listeners: {
    web: {
      listen: "127.0.0.1:0",
      use: "app",
      tls: { certificates: "a.pem" },
      rules: {
        connection: [{ name: "there", if: "src in cidr('192.0.2.0/24')", reject: true }],
        request: [{ name: "abusers", if: "path == '/a'", deny: 403, mode: "observe" }],
        response: [{ name: "seen", log: "seen" }],
      },
    },
    out: { listen: "127.0.0.1:0", proxy: true, auth: { users: { john: "secret" } } },
    mail: { listen: "127.0.0.1:0", mode: "tcp", use: "app" },
    dns: { listen: "127.0.0.1:0", mode: "udp", use: "names" },
  },
  caches: { pages: { redis: "127.0.0.1:6379" } },
  pools: {
    app: { servers: ["127.0.0.1:8081", { address: "127.0.0.1:8082", tls: true }], cache: "pages" },
    names: { servers: ["127.0.0.1:53"] },
  },
};

function specimenPlan(): Plan {
  const { config, findings } = judge(written);
  if (config === null) throw new Error(`the specimen is no config: ${JSON.stringify(findings)}`);
  const materials = { ...noMaterials, certificatesOf: () => [certificate] };
  const plan = compile(config, new Slots(), () => undefined, 1, materials);
  const hooks = { names: [...hookNames], budgetMs: 1, failure: null, bodyBytesMax: 1, tooLarge: "fail" as const };
  return { ...plan, pools: plan.pools.map((pool) => ({ ...pool, hooks })) };
}

const fleet: FleetStatus = {
  ...{ name: "eu", node: "n1", redis: "127.0.0.1:6379", isUp: true, problem: null, since: null, intervalMs: 200 },
  ...{ staleMs: 5000, whenStale: "open", bans: true, outages: 0, nodes: 1, heartbeatAgeMs: 40, clockAheadMs: 3 },
  tables: [
    {
      ...{ table: "marked", ageMs: 0, isStale: false, exchanges: 0, failures: 0, keysSent: 0, keysReceived: 0 },
      problem: null,
    },
  ],
};

export function specimen(prefix: string): MetricsSource {
  const arena = Arena.inMemory();
  const board = new Board(arena);
  const source = {
    ...{ source: "dns api.internal", servers: [], lastSuccessMs: 1, failures: 0, changes: 0, lastChangeMs: 1 },
    ...{ problem: null, remarks: [], kept: null },
  };
  return {
    ...{ version: "0.0.0", startedAtMs: 0, isReady: true, plan: specimenPlan(), totals: new Totals(arena, 1) },
    workers: [{ worker: 0, pid: process.pid, state: "up", generation: 1, restarts: 0, lastExit: null }],
    ...{ reload: { isSuccessful: true, succeededAtMs: 0 }, certificateProblems: 0, fleet, prefix },
    acme: { issued: 0, renewed: 0, failed: 0, inUse: 0, missing: 0, failing: 0 },
    tables: [
      { name: "marked", entries: 0, entriesMax: 1, evictions: 0, refusals: 0, timeouts: 0, bytes: 0, isFull: false },
    ],
    caches: [
      {
        ...{ name: "pages", entries: 0, marks: 0, fetching: 0, bytesUsed: 0, bytesMax: 1 },
        ...{ evictions: 0, refusals: 0, misfits: 0, wipes: 0, timeouts: 0, bytesReady: 0, isShort: false },
      },
    ],
    remotes: [{ name: "pages", isAway: false, isRefusing: false }],
    egresses: [{ summary: egressSummary, changes: [], records: egressRecords }],
    lists: [{ name: "office", entries: 0, problem: null }],
    bans: 0,
    sources: [{ pool: "app", sources: [source], kept: new Map() }],
    registry: { place: "127.0.0.1:6379", notice: "poll", problem: null, outages: 0 },
    sentinel: {
      ...{ set: "shop", voter: "one", problem: null, lastVote: "2026-01-01T00:00:00.000Z", targets: [] },
      counts: { probesPassed: 0, probesFailed: 0, votesTaken: 0, votesFailed: 0, added: 0, removed: 0 },
    },
    stateOf: (slot) => board.read(slot),
    countsOf: () => ({
      ...{ checksPassed: 0, checksFailed: 0 },
      ejections: { consecutive_failures: 0, error_ratio: 0, latency: 0 },
    }),
  };
}
