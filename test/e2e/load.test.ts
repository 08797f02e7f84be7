// `npm run load`, shortened: it starts what it needs by itself, asks, judges, writes its results and ends what it started. Its
// figures are not judged here, for the machine may be busy with other tests; that they are what came of the requests is.

import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { type Ran, ran } from "./harness/program.ts";
import { withRedis } from "./harness/rediscache.ts";
import { Room } from "./harness/room.ts";
import { repository } from "./harness/sluice.ts";

setDefaultTimeout(60_000);

interface Spoken {
  readonly variant: string;
  readonly isPassed: boolean;
  readonly verdicts: readonly { readonly metric: string; readonly isPassed: boolean }[];
  readonly proxyCpuUs: number | null;
  readonly summary: {
    readonly metrics: Readonly<Record<string, { readonly values: Readonly<Record<string, number>> }>>;
    readonly sluice: { readonly sources: number; readonly statuses: Readonly<Record<string, number>> };
  };
}

const program = join(repository, "bench", "load", "main.ts");

function load(room: Room, ...words: readonly string[]): Promise<Ran> {
  const env = { TMPDIR: room.folder };
  return ran([process.execPath, program, ...words, "--out", room.path("out")], { env, timeoutMs: 50_000 });
}

/** It ends with what its thresholds say, whatever that is on a machine that is busy. */
function spoken(outcome: Ran): Spoken[] {
  expect(outcome.err).toBe("");
  const results = JSON.parse(outcome.out) as Spoken[];
  expect(outcome.code).toBe(results.every(({ isPassed }) => isPassed) ? 0 : 1);
  return results;
}

const rate = (result: Spoken, metric: string): number => result.summary.metrics[metric]!.values["rate"]!;

withRedis("smoke runs against gopherproxy with nothing prepared, and leaves nothing but its results", async () => {
  await using room = new Room();
  const [off] = spoken(await load(room, "smoke", "--duration-scale", "0.1", "--limiter", "off", "--json"));
  expect(off!.variant).toBe("limiter off");
  expect(off!.summary.metrics["http_reqs"]!.values["count"]).toBeGreaterThan(50);
  expect([rate(off!, "http_req_failed"), rate(off!, "rate_limited")]).toEqual([0, 0]);
  expect(off!.proxyCpuUs).toBeGreaterThan(0);
  expect(readdirSync(room.folder)).toEqual(["out"]);
  const file = join(room.path("out"), "k6-results-smoke-limiter-off.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(off!.summary);
});

test("one address is limited, many are not; without Redis a registry of its own serves", async () => {
  await using room = new Room();
  const words = ["--scenario", "smoke", "--duration-scale", "0.05", "--limiter", "on", "--no-redis", "--json"];
  const [documented, many] = spoken(await load(room, ...words));
  expect(documented!.summary.sluice).toMatchObject({ sources: 1 });
  // Five at once, two a second from then on, and the ones that asked whether it is ready.
  expect(documented!.summary.sluice.statuses["200"]).toBeLessThanOrEqual(5 + 2 * 10);
  expect(rate(documented!, "rate_limited")).toBeGreaterThan(0.5);
  expect(many!.summary.sluice.sources).toBe(60);
  expect(rate(many!, "rate_limited")).toBe(0);
  expect([rate(documented!, "http_req_failed"), rate(many!, "http_req_failed")]).toEqual([0, 0]);
});

test("a proxy that runs is asked as it is; a page gets the table", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("hello"));
  const page = room.write(
    "LOAD.md",
    "# Load\n\n<!-- begin: results of npm run load -->\n<!-- end: results of npm run load -->\n",
  );
  const words = ["smoke", "--url", `http://${origin.address}/x`, "--duration-scale", "0.02", "--write", page];
  const outcome = await load(room, ...words);
  expect(outcome.out).toContain("smoke: 10 users; 0:00 min, every stage shortened to 0.02 of its time");
  expect(outcome.out).toContain(`| ${origin.address} |`);
  expect(origin.asked.every(({ target }) => target === "/x")).toBeTrue();
  expect(readFileSync(page, "utf8")).toContain("### smoke: 10 users; 0:00 min, every stage shortened");
  expect(existsSync(join(room.path("out"), "k6-results-smoke.json"))).toBeTrue();
});

test("thresholds that fail end it with 1, what is not understood with 2", async () => {
  await using room = new Room();
  const nobody = `http://127.0.0.1:${freePort()}`;
  const failed = await load(room, "smoke", "--url", nobody, "--duration-scale", "0.01");
  expect(failed.code).toBe(1);
  expect(failed.out).toContain("x ECONNREFUSED");
  expect(failed.out).toMatch(/FAILED {2}.*http_req_failed rate<0.01 \(1\)/);
  const misspelt = await load(room, "smok");
  expect(misspelt.code).toBe(2);
  expect(misspelt.err).toContain('there is no scenario "smok"');
});
