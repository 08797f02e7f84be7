// The examples that have tests are run as their first lines say.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import { runFiles } from "./files.ts";
import { runTests } from "./run.ts";
import { subjectIn } from "./subject.ts";

const folder = join(import.meta.dir, "..", "..", "examples");

for (const [name, count] of [
  ["cache.yaml", 3],
  ["rewrite.yaml", 6],
  ["hooks/json.sluice.config.ts", 3],
  ["hooks/split.sluice.config.ts", 4],
] as const)
  test(`the tests of examples/${name} pass`, async () => {
    const loaded = await loadConfig(join(folder, name));
    expect(loaded.ok ? loaded.warnings : loaded.problems).toEqual([]);
    if (!loaded.ok) return;
    const results = await runTests(await subjectIn(loaded), loaded.config.tests);
    expect(results.flatMap(({ failure }) => (failure === null ? [] : [failure]))).toEqual([]);
    expect(results).toHaveLength(count);
  });

test("the test file of examples/hooks/signed.sluice.config.ts passes", async () => {
  const outcome = await runFiles([join(folder, "hooks", "signed.sluice.test.ts")], true);
  expect(outcome.cases.map(({ name, isPassed }) => [name, isPassed])).toEqual([
    ["a signed link leads to its file, without what signed it", true],
    ["a link to another file, for another time, or without a signature leads nowhere", true],
    ["a link ends at its time", true],
    ["the hook alone", true],
  ]);
  expect(outcome.isFailed).toBe(false);
}, 60_000);
