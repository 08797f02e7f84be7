// Every example is a config that runs, and the four formats say the same.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { Examples, exampleNames } from "../../test/examples.ts";
import { compile } from "./compile.ts";
import type { Document } from "./document.ts";
import { editorSchema } from "./editorschema.ts";
import { placeLiteral } from "./literal.ts";
import { type Loaded, loadConfig } from "./load.ts";
import { Places } from "./place.ts";
import type { Plan } from "./plan.ts";
import type { Path } from "./problem.ts";
import { Slots } from "./slots.ts";
import { readToml } from "./toml.ts";
import { readJson, readYaml } from "./yaml.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-examples-"));
const made = new Examples(folder);
afterAll(() => {
  made[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});
const examples = exampleNames();
const skins = [".sluice.config.ts", ".toml", ".yaml", ".json"];

function planOf(loaded: Loaded): Plan {
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => problem.message).join("\n"));
  return compile(loaded.config, new Slots(), () => "10.9.9.9", 1, loaded.materials);
}

test("there is an example of each format", () => {
  for (const skin of skins) expect(examples.some((name) => name.endsWith(skin))).toBe(true);
});

for (const name of examples) {
  test(`${name} loads without a warning and compiles`, async () => {
    const loaded = await loadConfig(join(folder, name), {});
    expect(loaded.ok && loaded.warnings).toEqual([]);
    const plan = planOf(loaded);
    expect(plan.listeners.length).toBeGreaterThan(0);
    // So it reaches workers.
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan as unknown);
  });
}

test("those of sources of servers load without a warning, whoever they ask", async () => {
  const names = readdirSync(join(folder, "discovery")).filter((name) => name.endsWith(".yaml"));
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) {
    const loaded = await loadConfig(join(folder, "discovery", name), {});
    expect([name, loaded.ok ? loaded.warnings : loaded.problems]).toEqual([name, []]);
  }
});

test("those of egress pools load without a warning, and each is paced at every host and open to nobody else", async () => {
  const names = readdirSync(join(folder, "egress")).filter((name) => /\.(yaml|ts)$/.test(name));
  expect(names.length).toBeGreaterThan(2);
  for (const name of names) {
    const loaded = await loadConfig(join(folder, "egress", name), {});
    expect([name, loaded.ok ? loaded.warnings : loaded.problems]).toEqual([name, []]);
    const { egresses, listeners, pools } = planOf(loaded);
    for (const { address } of listeners) expect(address).toMatchObject({ host: "127.0.0.1" });
    for (const { pace, members } of egresses)
      expect([name, pace.intervalMs > 0, members.length > 1]).toEqual([name, true, true]);
    for (const { targets } of pools) expect([name, targets?.isPrivateAllowed]).toEqual([name, false]);
  }
});

test("an editor with the JSON Schema finds no fault with any example", () => {
  const editor = z.fromJSONSchema(editorSchema());
  // Those of other programs have other keys.
  for (const name of examples.filter((each) => !/\.(ts|cfg)$|^gobetween\./.test(each))) {
    const text = readFileSync(join(folder, name), "utf8");
    const document = name.endsWith(".toml") ? readToml(text) : name.endsWith(".json") ? readJson(text) : readYaml(text);
    if (!document.ok) throw new Error(`${name} cannot be read`);
    const faults = editor.safeParse(document.value).error?.issues ?? [];
    expect([name, faults]).toEqual([name, []]);
  }
});

for (const name of ["minimal", "full"]) {
  test(`the four formats of ${name} give one plan`, async () => {
    const plans = await Promise.all(
      skins.map(async (skin) => planOf(await loadConfig(join(folder, `${name}${skin}`), {}))),
    );
    for (const plan of plans) expect(plan).toEqual(plans[0]!);
  });
}

/** Every key of a tree, lists' elements included. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const keys: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...keys.flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

function checkPlaces(document: Document, text: string): void {
  if (!document.ok) throw new Error("the example cannot be read");
  const lines = text.split("\n");
  for (const path of pathsOf(document.value).slice(1)) {
    expect({ path, hasPlace: document.places.has(path) }).toEqual({ path, hasPlace: true });
    const key = path.at(-1);
    const { line, column } = document.places.find(path, "key");
    const rest = lines[line - 1]!.slice(column - 1);
    if (typeof key === "string")
      expect(rest.replace(/^["[]+/, "").startsWith(key) || rest.includes(`.${key}`)).toBe(true);
  }
}

test("every key of an example has a place of its own, at its name, in every format", () => {
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  for (const name of ["minimal", "full"]) {
    checkPlaces(readToml(read(`${name}.toml`)), read(`${name}.toml`));
    checkPlaces(readYaml(read(`${name}.yaml`)), read(`${name}.yaml`));
    checkPlaces(readJson(read(`${name}.json`)), read(`${name}.json`));
    const program = read(`${name}.sluice.config.ts`);
    const places = new Places(program);
    placeLiteral(program, places);
    const same = name === "full" ? readJson(read(`${name}.json`)) : readYaml(read(`${name}.yaml`));
    if (same.ok) checkPlaces({ ok: true, value: same.value, places }, program);
  }
});
