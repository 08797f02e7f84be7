import { expect, test } from "bun:test";
import type { FleetStatus, NodeStatus } from "../control/fleet/nodestatus.ts";
import { fleetStatus, fleetText } from "./fleetstatus.ts";

const nowMs = Date.UTC(2026, 0, 1, 12);
const since = new Date(nowMs - 65_000).toISOString();
const fleet: FleetStatus = {
  ...{ name: "eu", node: "n1", redis: "10.0.0.9:6379", isUp: true, problem: null, since, intervalMs: 200 },
  ...{ staleMs: 5000, whenStale: "open", bans: true, outages: 1, nodes: 2 },
  ...{ heartbeatAgeMs: 40, clockAheadMs: 3 },
  tables: [
    {
      table: "shop",
      ageMs: 120,
      isStale: false,
      exchanges: 40,
      failures: 1,
      keysSent: 7,
      keysReceived: 9,
      problem: null,
    },
  ],
};
const node: NodeStatus = {
  ...{ name: "n1", isSelf: true, standing: "here", seenMsAgo: 40, version: "0.1.0", address: "10.0.0.1:2112" },
  ...{ state: "ready", startedAt: since, workers: { up: 2, all: 2 }, connections: 17, requests: 23456 },
  ...{ requestsPerSecond: 310.5, servers: { up: 3, all: 4 }, config: "0123456789abcdef", bans: 2 },
  ...{ exchangeAgeMs: 120, isStale: false, clockAheadMs: 3 },
};

test("the fleet reads like this", () => {
  const gone: NodeStatus = {
    ...{ ...node, name: "n2", isSelf: false, standing: "gone", seenMsAgo: 61_000, address: "10.0.0.2:2112" },
    ...{ exchangeAgeMs: 120, isStale: false, clockAheadMs: -12_340 },
  };
  expect(fleetText(fleet, [node, gone], nowMs)).toMatchInlineSnapshot(`
    "fleet eu, node n1, Redis 10.0.0.9:6379 answers for 1m 5s
      tables are exchanged every 200ms, stale after 5s, then open; bans are of all nodes

      NODE  STATE           ADMIN          WORKERS  SERVERS  CONNECTIONS  REQ/S  REQUESTS  BANS  HEARD              CLOCK          CONFIG    VERSION
      n1 *  ready           10.0.0.1:2112  2/2      3/4               17  310.5     23456     2  120ms ago          right          01234567  0.1.0
      n2    gone for 1m 1s  10.0.0.2:2112  2/2      3/4               17  310.5     23456     2  1m 1s ago (stale)  12.3 s behind  01234567  0.1.0

      TABLE  HEARD      EXCHANGES  FAILURES  SENT  RECEIVED  PROBLEM
      shop   120ms ago         40         1     7         9"
  `);
});

test("a Redis that is away is told with the reason, and nodes are those of before", () => {
  const away = { ...fleet, isUp: false, problem: "connection refused", tables: [] };
  const other: NodeStatus = { ...node, name: "n2", isSelf: false };
  const text = fleetText(away, [node, other], nowMs);
  expect(text).toStartWith("fleet eu, node n1, Redis 10.0.0.9:6379 is away for 1m 5s: connection refused\n");
  expect(text).toContain("other nodes as they were told of last:");
  // Who was here when Redis went is not gone for that.
  const aged = (seenMsAgo: number): string =>
    fleetText({ ...away, heartbeatAgeMs: 65_000 }, [node, { ...other, standing: "gone", seenMsAgo }], nowMs);
  expect(aged(67_000)).toContain("unheard for 1m 7s");
  expect(aged(125_000)).toContain("gone for 2m 5s");
  expect(fleetText({ ...away, problem: null, since: null }, [], nowMs)).toContain("is away: not connected yet");
});

test("what does not get through to a Redis that answers is told at once", () => {
  const problem = "the heartbeat does not get through: it refuses: NOPERM";
  expect(fleetText({ ...fleet, problem }, [node], nowMs)).toStartWith(
    `fleet eu, node n1, Redis 10.0.0.9:6379 answers for 1m 5s, but ${problem}\n`,
  );
});

test("a node without a fleet, and no node at all, end with 1", async () => {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ fleet: null, nodes: [] }) });
  const said: string[] = [];
  const writer = {
    out: (text: string) => void said.push(text),
    err: (text: string) => void said.push(text),
    note: (text: string) => void said.push(text),
  };
  const admin = `127.0.0.1:${server.port}`;
  expect(await fleetStatus({ admin }, writer)).toBe(1);
  expect(said).toEqual(["sluice: the config has no fleet: this node is alone"]);
  expect(await fleetStatus({ admin, json: true }, writer)).toBe(1);
  expect(JSON.parse(said[1]!)).toEqual({ fleet: null, nodes: [] });
  await server.stop(true);
  expect(await fleetStatus({ admin }, writer)).toBe(1);
  expect(said[2]).toStartWith("sluice: ");
});
