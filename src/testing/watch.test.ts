import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import type { TestResult } from "./run.ts";
import { runWatched, stallLimit } from "./watch.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-watch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Its first test passes. */
function write(name: string, onRequest: string, before = ""): string {
  const path = join(folder, `${name}.sluice.config.ts`);
  writeFileSync(
    path,
    `${before}
     export default {
       listeners: { web: { listen: ":80", use: "app", onRequest: ({ path }: { path: string }) => { ${onRequest} } } },
       pools: { app: { servers: ["a:1"] } },
       tests: ["/", "/b", "/c"].map((request) => ({ name: request, request, expect: 200 })) };`,
  );
  return path;
}

const told = (results: readonly TestResult[]): string[] =>
  results.map(({ name, isPassed, failure }) => `${name} ${isPassed ? "ok" : failure!.message}`);

test("results come in order, from as many processes as it takes", async () => {
  const path = write("mixed", 'if (path === "/b") process.exit(3);');
  expect(told(await runWatched(path, ["/", "/b", "/c"], 10_000))).toEqual([
    "/ ok",
    "/b code of the config has ended the process (3)",
    "/c ok",
  ]);
}, 60_000);

test("what keeps the tests from beginning is told of each, and tried once", async () => {
  const path = write("never", "", 'if (process.env["SLUICE_TESTED"] !== undefined) process.exit(4);');
  const results = told(await runWatched(path, ["/", "/b", "/c"], 10_000));
  expect(results).toHaveLength(3);
  expect(new Set(results.map((text) => text.slice(text.indexOf(" ") + 1))).size).toBe(1);
  expect(results[0]).not.toContain("ok");
}, 60_000);

test("they may stand still for as long as workers may, or 10 s where these have no limit", async () => {
  const path = join(folder, "limit.yaml");
  const limitOf = async (stallTimeout: string): Promise<number> => {
    writeFileSync(
      path,
      `stallTimeout: ${stallTimeout}\nlisteners: { web: { listen: ":80", use: app } }\npools: { app: { servers: ["a:1"] } }\n`,
    );
    const loaded = await loadConfig(path);
    return stallLimit((loaded as typeof loaded & { ok: true }).config);
  };
  expect([await limitOf("3s"), await limitOf("0s")]).toEqual([3000, 10_000]);
});
