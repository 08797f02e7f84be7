// Each file of golden/ is a config with mistakes, NAME.EXT.in, and beside it what `sluice check` says of it, NAME.EXT.out.
// After a wanted change: GOLDEN=write bun test src/config/golden.test.ts, and read the diff.

import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "./load.ts";
import { formatProblem } from "./problem.ts";

const folder = join(import.meta.dir, "golden");
const environment = { HOMEPAGE: "set", EMPTY: "" };

async function told(name: string, text: string): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), "sluice-golden-"));
  try {
    writeFileSync(join(place, name), text);
    const loaded = await loadConfig(join(place, name), environment);
    const problems = loaded.ok ? loaded.warnings : loaded.problems;
    return `${problems.map((problem) => formatProblem(problem)).join("\n")}\n`.replaceAll(`${place}/`, "");
  } finally {
    rmSync(place, { recursive: true });
  }
}

const inputs = readdirSync(folder).filter((name) => name.endsWith(".in"));

test("there are mistakes in every format", () => {
  for (const format of ["yaml", "toml", "json", "ts"])
    expect(inputs.filter((name) => name.endsWith(`.${format}.in`)).length).toBeGreaterThan(2);
});

for (const input of inputs) {
  const name = input.slice(0, -".in".length);
  test(`the mistakes of ${name} are told as they always were`, async () => {
    const output = await told(name, readFileSync(join(folder, input), "utf8"));
    if (process.env["GOLDEN"] === "write") writeFileSync(join(folder, `${name}.out`), output);
    expect(output).toBe(readFileSync(join(folder, `${name}.out`), "utf8"));
  });
}

test("a file that is no config, or not there, is told without a place", async () => {
  const loaded = await loadConfig("/nowhere/sluice.yaml");
  expect(loaded).toMatchObject({
    ok: false,
    isRead: false,
    problems: [{ place: null, message: "there is no such file" }],
  });
  expect(await loadConfig("x.tmol")).toMatchObject({ ok: false, isRead: false });
  expect(await loadConfig(`${import.meta.dir}/golden/.json`)).toMatchObject({ ok: false, isRead: false });
});
