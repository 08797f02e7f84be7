// What is under test: a config, from a file or as a value, with what its files hold and the functions of its hooks. Whatever is wrong
// with it is an Error that says all of it, with places where there are any.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HookNames, hasHooks, hooksIn, takeHooks } from "../config/hookfunctions.ts";
import type { PoolHooks } from "../config/hooktypes.ts";
import { judge } from "../config/judge.ts";
import { type Loaded, loadConfig } from "../config/load.ts";
import { loadMaterials } from "../config/loadmaterials.ts";
import { type ListSource, listSources } from "../config/loadreplies.ts";
import type { Materials, Program } from "../config/materials.ts";
import { formatProblem, keyText } from "../config/problem.ts";
import { isSection, type Section, sectionOf } from "../config/section.ts";
import type { Config } from "../config/types.ts";
import { readyOf } from "../data/hooks.ts";
import type { HookFunctions } from "../flow/hooks.ts";

export interface Subject {
  readonly config: Config;
  readonly materials: Materials;
  readonly lists: Readonly<Record<string, ListSource>>;
  hooks(owner: "listeners" | "pools", name: string): HookFunctions;
}

/** A config's path, or the value of `defineConfig`. */
export async function subjectOf(config: string | object): Promise<Subject> {
  return typeof config === "string" ? subjectIn(await loadConfig(config)) : await subjectFrom(config as Section);
}

/** What was loaded already. */
export async function subjectIn(loaded: Loaded): Promise<Subject> {
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join("\n"));
  const { config, materials, lists } = loaded;
  const { program } = materials;
  const value = program === null ? {} : await imported(program);
  return { config, materials, lists, hooks: (owner, name) => functionsIn(value, owner, name) };
}

async function subjectFrom(value: Section): Promise<Subject> {
  const { config: rest, names } = takeHooks(value);
  const { config, findings } = judge(rest);
  if (config === null)
    throw new Error(
      findings.map(({ severity, path, message }) => `${severity}: ${keyText(path)} ${message}`).join("\n"),
    );
  const folder = process.cwd();
  const program = hasHooks(names) ? programOf(names) : undefined;
  const materials = await loadMaterials(config, folder, Date.now(), undefined, program);
  return {
    config,
    materials,
    lists: listSources(config, folder),
    hooks: (owner, name) => functionsIn(value, owner, name),
  };
}

/** Its functions are here already. */
function programOf(names: HookNames): Program {
  return { path: process.cwd(), text: "", digest: "", names };
}

function functionsIn(value: Section, owner: "listeners" | "pools", name: string): HookFunctions {
  return readyOf(hooksIn(sectionOf(sectionOf(value[owner])[name]), owner) as PoolHooks); // As in a worker.
}

/** What a config takes from "sluice"; in a test that may be another's already. */
const sluice = "export const defineConfig = (config) => config;\nexport const testConfig = null, testHook = null;\n";

/** The module that workers would import. */
async function imported({ text }: Program): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  try {
    const file = join(folder, "config.mjs");
    writeFileSync(join(folder, "sluice.mjs"), sluice);
    writeFileSync(file, text.replaceAll(/^(import .* from )"sluice";$/gm, '$1"./sluice.mjs";'));
    const value = await ((await import(file)) as { default?: unknown }).default; // Whatever the operator wrote.
    return isSection(value) ? sectionOf(value) : {};
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
