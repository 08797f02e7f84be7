import { describe, expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import { judge } from "../config/judge.ts";
import { type Certificate, noMaterials } from "../config/materials.ts";
import { Slots } from "../config/slots.ts";
import { Arena } from "../memory/arena.ts";
import { Board } from "../memory/board.ts";
import { bucketOf, listenerCell, poolCell, routeCell, serverCell, Tally, Totals, workerCell } from "../memory/tally.ts";
import { egressRecords, egressSummary } from "./egress/sample.fixture.ts";
import { metricsText } from "./metrics.ts";

const certificate: Certificate = {
  file: "/etc/sluice/a.pem",
  names: ["a.test", "b.test"],
  chain: { id: "1", text: "chain" },
  key: { id: "2", text: "SECRET" },
  keyKind: "ec",
  notBeforeMs: 0,
  notAfterMs: 2_000_000_000_500,
};

/** One worker that has answered 10 requests (one dropped, one aborted), a pool of two servers, one of them down. */
function page(): string {
  const { config } = judge({
    listeners: {
      web: {
        listen: "127.0.0.1:0",
        use: "app",
        tls: { certificates: "a.pem" },
        rules: [
          { name: "abusers", if: "path == '/a'", deny: 403, mode: "observe" },
          { if: "path == '/b'", rules: [{ name: "inner", setHeader: { "x-a": "b" } }] },
        ],
      },
      mail: { listen: "127.0.0.1:0", mode: "tcp", sni: [{ name: "a.test", use: "app" }] },
      dns: { listen: "127.0.0.1:0", mode: "udp", use: "names" },
    },
    pools: {
      app: {
        servers: ["127.0.0.1:8081", { address: "127.0.0.1:8082", tls: true }],
        cache: true,
        rules: { response: [{ name: "faults", if: "response.status == 500", log: "a fault" }] },
      },
      names: { servers: ["127.0.0.1:53"] },
    },
  });
  const materials = { ...noMaterials, certificatesOf: () => [certificate] };
  const plan = compile(config!, new Slots(), () => undefined, 3, materials);
  const arena = Arena.inMemory();
  const tally = new Tally(arena, 0);
  const board = new Board(arena);
  const [first, second] = plan.pools[0]!.servers;
  const state = { health: 1, admin: 0, isEjected: false, rampPermille: 1000, isEligible: true } as const;
  board.write(first!.slot, state);
  board.write(second!.slot, { ...state, health: 2, isEligible: false });
  const routeOf = (listener: number): number =>
    plan.routes.find((one) => one.listener === listener && one.pool === 0)!.slot;
  const route = tally.routeRow(routeOf(0));
  tally.cells[route + routeCell.status2xx] = 8;
  tally.cells[route + routeCell.status5xx] = 1;
  tally.cells[route + routeCell.dropped] = 1;
  tally.cells[route + routeCell.aborted] = 1;
  tally.cells[route + routeCell.durationSum] = 0.25;
  tally.cells[route + routeCell.bucket + bucketOf(0.003)] = 9;
  tally.cells[route + routeCell.bucket + bucketOf(60)] = 1;
  tally.cells[tally.serverRow(first!.slot) + serverCell.status2xx] = 8;
  tally.cells[tally.listenerRow(0) + listenerCell.bytesReceived] = 1000;
  tally.cells[tally.listenerRow(0) + listenerCell.handshakes] = 7;
  tally.cells[tally.listenerRow(0) + listenerCell.resumptions] = 3;
  tally.cells[tally.listenerRow(0) + listenerCell.handshakeFailures] = 2;
  tally.cells[tally.listenerRow(0) + listenerCell.http2Connections] = 13;
  tally.cells[tally.listenerRow(0) + listenerCell.streamsReset] = 14;
  tally.cells[tally.listenerRow(0) + listenerCell.streamsRefused] = 15;
  tally.cells[tally.listenerRow(0) + listenerCell.http2Errors] = 16;
  tally.cells[tally.listenerRow(1) + listenerCell.refusedPreamble] = 6;
  tally.cells[tally.listenerRow(2) + listenerCell.droppedDatagrams] = 4;
  tally.cells[tally.listenerRow(0) + listenerCell.refusedRules] = 11;
  tally.cells[tally.listenerRow(1) + listenerCell.banned] = 12;
  const carried = tally.routeRow(routeOf(1));
  tally.cells[carried + routeCell.sessions] = 5;
  tally.cells[carried + routeCell.open] = 2;
  tally.cells[carried + routeCell.bytesUp] = 100;
  tally.cells[carried + routeCell.bytesDown] = 200;
  tally.cells[carried + routeCell.bucket + bucketOf(0.2)] = 5;
  tally.cells[tally.serverRow(second!.slot) + serverCell.handshakeFailures] = 9;
  tally.cells[tally.poolRow(0) + poolCell.retries] = 2;
  tally.cells[tally.poolRow(0) + poolCell.cacheHit] = 6;
  tally.cells[tally.poolRow(0) + poolCell.cacheCollapsed] = 3;
  tally.cells[tally.workerRow() + workerCell.logDropped] = 5;
  tally.cells[tally.ruleCell(plan.listeners[0]!.rules.request[0]!.slot)] = 4;
  return metricsText({
    version: "0.0.0",
    startedAtMs: 1_000_000,
    isReady: true,
    plan,
    totals: new Totals(arena, 1),
    workers: [{ worker: 0, pid: process.pid, state: "up", generation: 3, restarts: 1, lastExit: null }],
    reload: { isSuccessful: false, succeededAtMs: 1_000_000 },
    certificateProblems: 1,
    acme: { issued: 2, renewed: 1, failed: 3, inUse: 2, missing: 1, failing: 1 },
    fleet: {
      ...{ name: "eu", node: "n1", redis: "127.0.0.1:6379", isUp: false, problem: "connection refused", since: null },
      ...{
        intervalMs: 200,
        staleMs: 5000,
        whenStale: "open",
        bans: true,
        outages: 2,
        nodes: 3,
        heartbeatAgeMs: 40,
        clockAheadMs: 3,
      },
      tables: [
        {
          ...{ table: "marked", ageMs: 250, isStale: false, exchanges: 40, failures: 1, keysSent: 7, keysReceived: 9 },
          problem: null,
        },
      ],
    },
    tables: [
      { name: "marked", entries: 5, entriesMax: 10, evictions: 3, refusals: 2, timeouts: 1, bytes: 4096, isFull: true },
    ],
    caches: [
      {
        ...{ name: "pages", entries: 3, marks: 1, fetching: 0, bytesUsed: 4096, bytesMax: 1_048_576 },
        ...{ evictions: 5, refusals: 2, misfits: 1, wipes: 0, timeouts: 0, bytesReady: 0, isShort: false },
      },
    ],
    remotes: [
      { name: "pages", isAway: false, isRefusing: true },
      { name: "images", isAway: true, isRefusing: false },
    ],
    egresses: [
      {
        ...{ summary: egressSummary, records: egressRecords },
        changes: [{ state: "cooling_down", cause: "failures", count: 4 }],
      },
    ],
    lists: [
      { name: "office", entries: 7, problem: null },
      { name: "robots", entries: 8, problem: "it is gone" },
    ],
    bans: 2,
    prefix: null,
    sources: [
      {
        pool: "app",
        sources: [
          {
            ...{
              source: "registry shop",
              servers: [{ address: "10.0.0.1:80" }],
              lastSuccessMs: 2_000_000,
              failures: 3,
            },
            ...{ changes: 5, lastChangeMs: 1_500_000, problem: { text: "is away", sinceMs: 1 }, remarks: [] },
            kept: { servers: ["10.0.0.1:80"], sinceMs: 1, why: "is away" },
          },
        ],
        kept: new Map(),
      },
    ],
    registry: { place: "10.0.0.9:6379", notice: "poll", problem: "connection refused", outages: 2 },
    sentinel: {
      ...{ set: "shop", voter: "one", problem: null, lastVote: "2026-01-01T00:00:00.000Z" },
      targets: (["up", "up", "down"] as const).map((state, index) => ({ target: `a:${index}`, state, reason: "" })),
      counts: { probesPassed: 20, probesFailed: 4, votesTaken: 8, votesFailed: 1, added: 3, removed: 1 },
    },
    stateOf: (slot) => board.read(slot),
    countsOf: () => ({ checksPassed: 4, checksFailed: 1, ejections: { consecutive_failures: 2 } }),
  });
}

test("a request is processed or dropped, never both", () => {
  const text = page();
  expect(text).toContain('sluice_requests_processed_total{listener="web",pool="app"} 8\n');
  expect(text).toContain('sluice_requests_dropped_total{listener="web",pool="app"} 1\n');
  expect(text).toContain('sluice_requests_total{listener="web",pool="app",code_class="aborted"} 1\n');
});

test("durations are cumulative, and the slowest stand under +Inf alone", () => {
  const lines = page().split("\n");
  const of = (bound: string) =>
    lines.find((line) => line.includes("request_duration") && line.includes(`le="${bound}"`));
  expect(of("0.0025")).toEndWith(" 0");
  expect(of("0.005")).toEndWith(" 9");
  expect(of("10")).toEndWith(" 9");
  expect(of("+Inf")).toEndWith(" 10");
});

test("servers, workers, the log and the reload are told", () => {
  const text = page();
  for (const line of [
    'sluice_pool_servers{pool="app"} 2',
    'sluice_pool_active_servers{pool="app"} 1',
    'sluice_server_up{pool="app",server="127.0.0.1:8081"} 1',
    'sluice_server_up{pool="app",server="127.0.0.1:8082"} 0',
    'sluice_server_requests_total{pool="app",server="127.0.0.1:8081",code_class="2xx"} 8',
    'sluice_ejections_total{pool="app",server="127.0.0.1:8081",reason="consecutive_failures"} 2',
    'sluice_checks_total{pool="app",server="127.0.0.1:8081",result="failed"} 1',
    'sluice_bytes_total{listener="web",direction="received"} 1000',
    'sluice_retries_total{pool="app"} 2',
    'sluice_worker_up{worker="0"} 1',
    'sluice_worker_restarts_total{worker="0"} 1',
    'sluice_access_log_dropped_total{worker="0"} 5',
    "sluice_config_last_reload_successful 0",
    "sluice_config_generation 3",
    "sluice_ready 1",
  ])
    expect(text).toContain(`\n${line}\n`);
  expect(text).toMatch(/sluice_worker_resident_memory_bytes\{worker="0"\} \d{7,}/);
});

test("sources, the registry and what its sentinel says are told, each by what it is called", () => {
  const text = page();
  for (const line of [
    'sluice_discovery_servers{pool="app",source="registry shop"} 1',
    'sluice_discovery_kept_servers{pool="app",source="registry shop"} 1',
    'sluice_discovery_changes_total{pool="app",source="registry shop"} 5',
    'sluice_discovery_last_change_timestamp_seconds{pool="app",source="registry shop"} 1500',
    "sluice_registry_up 0",
    "sluice_registry_notified 0",
    "sluice_registry_outages_total 2",
    'sluice_sentinel_targets{set="shop",state="up"} 2',
    'sluice_sentinel_targets{set="shop",state="down"} 1',
    'sluice_sentinel_targets{set="shop",state="unchecked"} 0',
    'sluice_sentinel_probes_total{set="shop",result="failed"} 4',
    'sluice_sentinel_votes_total{set="shop",result="taken"} 8',
    'sluice_sentinel_changes_total{set="shop",change="added"} 3',
    'sluice_sentinel_last_vote_timestamp_seconds{set="shop"} 1767225600',
  ])
    expect(text).toContain(`\n${line}\n`);
});

test("handshakes, sessions and certificates are told, each where it can be", () => {
  const text = page();
  for (const line of [
    'sluice_tls_handshakes_total{listener="web",result="full"} 4',
    'sluice_tls_handshakes_total{listener="web",result="resumed"} 3',
    'sluice_tls_handshakes_total{listener="web",result="failed"} 2',
    'sluice_http2_connections_total{listener="web"} 13',
    'sluice_http2_streams_reset_total{listener="web"} 14',
    'sluice_http2_streams_refused_total{listener="web"} 15',
    'sluice_http2_errors_total{listener="web"} 16',
    'sluice_preambles_refused_total{listener="mail"} 6',
    'sluice_datagrams_dropped_total{listener="dns"} 4',
    'sluice_sessions_total{listener="mail",pool="app"} 5',
    'sluice_sessions_open{listener="mail",pool="app"} 2',
    'sluice_session_bytes_total{listener="mail",pool="app",direction="up"} 100',
    'sluice_session_bytes_total{listener="mail",pool="app",direction="down"} 200',
    'sluice_session_duration_seconds_bucket{listener="mail",pool="app",le="0.25"} 5',
    'sluice_server_tls_failures_total{pool="app",server="127.0.0.1:8082"} 9',
    'sluice_certificate_not_after_timestamp_seconds{file="/etc/sluice/a.pem",name="a.test"} 2000000000.5',
    "sluice_certificate_problems 1",
  ])
    expect(text).toContain(`\n${line}\n`);
  expect(text).not.toMatch(/sluice_requests_total\{listener="(mail|dns)"/);
  expect(text).not.toMatch(/sluice_sessions_total\{listener="web"/);
  expect(text).not.toMatch(/sluice_tls_handshakes_total\{listener="mail"/);
  expect(text).not.toMatch(/sluice_http2_\w+\{listener="(mail|dns)"/);
  expect(text).not.toMatch(/sluice_server_tls_failures_total\{pool="app",server="127.0.0.1:8081"/);
  expect(text).not.toContain("SECRET");
});

test("whom rules and bans refused is told of each listener", () => {
  const lines = page()
    .split("\n")
    .filter((line) => line.startsWith("sluice_listener_refusals_total"));
  expect(lines).toEqual([
    'sluice_listener_refusals_total{listener="web",reason="rule"} 11',
    'sluice_listener_refusals_total{listener="web",reason="banned"} 0',
    'sluice_listener_refusals_total{listener="mail",reason="rule"} 0',
    'sluice_listener_refusals_total{listener="mail",reason="banned"} 12',
    'sluice_listener_refusals_total{listener="dns",reason="rule"} 0',
    'sluice_listener_refusals_total{listener="dns",reason="banned"} 0',
  ]);
});

test("rules are told by who has them, tables, lists and bans by their names", () => {
  const text = page();
  for (const line of [
    'sluice_rule_hits_total{listener="web",phase="request",rule="abusers",mode="observe",action="deny"} 4',
    'sluice_rule_hits_total{listener="web",phase="request",rule="request[1]",mode="enforce",action="rules"} 0',
    'sluice_rule_hits_total{listener="web",phase="request",rule="inner",mode="enforce",action="field"} 0',
    'sluice_rule_hits_total{pool="app",phase="response",rule="faults",mode="enforce",action="log"} 0',
    'sluice_table_entries{table="marked"} 5',
    'sluice_table_capacity{table="marked"} 10',
    'sluice_table_bytes{table="marked"} 4096',
    'sluice_table_full{table="marked"} 1',
    'sluice_table_evictions_total{table="marked"} 3',
    'sluice_table_refusals_total{table="marked"} 2',
    'sluice_table_timeouts_total{table="marked"} 1',
    "sluice_bans 2",
    'sluice_list_entries{list="office"} 7',
    "sluice_list_problems 1",
  ])
    expect(text).toContain(`\n${line}\n`);
});

test("caches are told by what they did for a pool and by what they hold", () => {
  const text = page();
  for (const line of [
    'sluice_cache_requests_total{pool="app",result="hit"} 6',
    'sluice_cache_requests_total{pool="app",result="miss"} 0',
    'sluice_cache_requests_total{pool="app",result="collapsed"} 3',
    'sluice_cache_entries{cache="pages"} 3',
    'sluice_cache_remote_up{cache="pages"} 1',
    'sluice_cache_remote_up{cache="images"} 0',
    'sluice_cache_bytes{cache="pages"} 4096',
    'sluice_cache_capacity_bytes{cache="pages"} 1048576',
    'sluice_cache_evictions_total{cache="pages"} 5',
    'sluice_cache_refusals_total{cache="pages",reason="room"} 1',
  ])
    expect(text).toContain(`\n${line}\n`);
});

test("the names are these, and a dashboard may rely on them", () => {
  const names = [...page().matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => `${match[1]} ${match[2]}`);
  expect(names).toMatchSnapshot();
});

describe.skipIf(Bun.which("promtool") === null)("promtool", () => {
  test("finds nothing to complain of", () => {
    const result = Bun.spawnSync([Bun.which("promtool")!, "check", "metrics"], { stdin: Buffer.from(page()) });
    expect(result.stderr.toString() + result.stdout.toString()).toBe("");
    expect(result.exitCode).toBe(0);
  });
});
