import { expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import { judge } from "../config/judge.ts";
import { noMaterials } from "../config/materials.ts";
import { Slots } from "../config/slots.ts";
import { Arena } from "../memory/arena.ts";
import { Board } from "../memory/board.ts";
import { bucketOf, routeCell, serverCell, Tally, Totals } from "../memory/tally.ts";
import { Exposition } from "./exposition.ts";
import type { MetricsSource } from "./metricssource.ts";
import { writePrefixed } from "./prefixmetrics.ts";

/** Two pools that have a server in common; of the three servers "a:1" alone is up. */
function stage(prefix: string | null) {
  const { config } = judge({
    listeners: { web: { listen: "127.0.0.1:0", use: "one", rules: [{ if: "path == '/2'", use: "two" }] } },
    pools: { one: { servers: ["a:1", "b:1"] }, two: { servers: ["a:1"] } },
  });
  const plan = compile(config!, new Slots(), () => "127.0.0.1", 1, noMaterials);
  const arena = Arena.inMemory();
  const tally = new Tally(arena, 0);
  const board = new Board(arena);
  const servers = plan.pools.flatMap((pool) => pool.servers);
  for (const { name, slot } of servers) {
    board.write(slot, { health: 0, admin: 0, isEjected: false, rampPermille: 1000, isEligible: name === "a:1" });
  }
  const source = { prefix, plan, totals: new Totals(arena, 1), stateOf: (slot: number) => board.read(slot) };
  const text = (): string => {
    const out = new Exposition();
    writePrefixed(out, source as unknown as MetricsSource); // It reads these members only.
    return out.toString();
  };
  return { tally, plan, servers, text };
}

test("without a prefix there is nothing", () => {
  expect(stage(null).text()).toBe("");
});

test("both counters are sums of all routes, and a server of two pools is one", () => {
  const { tally, plan, text } = stage("shop");
  for (const { slot } of plan.routes) {
    tally.cells[tally.routeRow(slot) + routeCell.served] = 5;
    tally.cells[tally.routeRow(slot) + routeCell.failed] = 2;
  }
  const routes = plan.routes.length;
  expect(routes).toBeGreaterThan(1);
  expect(text()).toContain(`shop_processed_requests_total ${5 * routes}\n`);
  expect(text()).toContain(`shop_dropped_requests_total ${2 * routes}\n`);
  expect(text()).toContain("shop_active_backends 1\n");
});

test("durations by backend are in Prometheus' default buckets, of all its pools together", () => {
  const { tally, servers, text } = stage("shop");
  for (const { name, slot } of servers) {
    if (name !== "a:1") continue;
    for (const seconds of [0.0001, 0.005, 0.0051, 9.9, 60])
      tally.cells[tally.serverRow(slot) + serverCell.bucket + bucketOf(seconds)]!++;
    tally.cells[tally.serverRow(slot) + serverCell.durationSum] = 70;
  }
  const lines = text()
    .split("\n")
    .filter((line) => line.includes('backend="a:1"'));
  const buckets = lines.filter((line) => line.includes("_bucket")).map((line) => /le="(.*)"\} (\d+)/.exec(line)!);
  expect(buckets.map(([, bound]) => bound)).toEqual([
    "0.005",
    "0.01",
    "0.025",
    "0.05",
    "0.1",
    "0.25",
    "0.5",
    "1",
    "2.5",
    "5",
    "10",
    "+Inf",
  ]);
  expect(buckets.map(([, , count]) => Number(count))).toEqual([4, 6, 6, 6, 6, 6, 6, 6, 6, 6, 8, 10]);
  expect(lines.slice(-2)).toEqual([
    'shop_request_duration_seconds_sum{backend="a:1"} 140',
    'shop_request_duration_seconds_count{backend="a:1"} 10',
  ]);
  expect(text()).toContain('shop_request_duration_seconds_count{backend="b:1"} 0\n');
});
