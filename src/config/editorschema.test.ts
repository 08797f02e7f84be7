// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of configs are meant, not forgotten templates.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { editorSchema } from "./editorschema.ts";
import { judgeSubstituted } from "./judge.ts";
import { jsonSchema } from "./schema.ts";
import { substitute } from "./substitute.ts";
import { readYaml } from "./yaml.ts";

type Tree = Record<string | number, unknown>;

const full = JSON.parse(readFileSync(join(import.meta.dir, "../../examples/full.json"), "utf8")) as Tree; // Its own test loads it.
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
const validate = ajv.compile(editorSchema());

/** Where values stand that are neither sections nor lists. */
function places(tree: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof tree !== "object" || tree === null) return [path];
  return Object.entries(tree).flatMap(([key, value]) =>
    places(value, [...path, Array.isArray(tree) ? Number(key) : key]),
  );
}

function valueAt(tree: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce((node, key) => (node as Tree)[key], tree);
}

function withValue(tree: Tree, path: readonly (string | number)[], value: unknown): Tree {
  const copy = structuredClone(tree);
  (valueAt(copy, path.slice(0, -1)) as Tree)[path.at(-1)!] = value;
  return copy;
}

function messages(value: Tree): string[] {
  return validate(value) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

test("a variable may stand in the place of every value, as it may for the check", () => {
  expect(messages(full)).toEqual([]);
  const all = places(full);
  expect(all.length).toBeGreaterThan(100);
  for (const path of all) {
    const config = withValue(full, path, `\${X:-${String(valueAt(full, path))}}`);
    expect({ path, faults: messages(config) }).toEqual({ path, faults: [] });
    const found = judgeSubstituted(substitute(config, {})).findings.filter(({ severity }) => severity === "error");
    expect({ path, found }).toEqual({ path, found: [] });
  }
});

test("in the other examples too", () => {
  const folder = join(import.meta.dir, "../../examples");
  let count = 0;
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".yaml"))) {
    const document = readYaml(readFileSync(join(folder, name), "utf8"));
    if (!document.ok) throw new Error(`${name} cannot be read`);
    for (const path of places(document.value)) {
      const faults = messages(withValue(document.value as Tree, path, "${X}"));
      expect({ name, path, faults }).toEqual({ name, path, faults: [] });
      count++;
    }
  }
  expect(count).toBeGreaterThan(300);
});

test("values that no example has take one too", () => {
  const base = { listeners: { web: { listen: ":80", use: "app" } }, pools: { app: { servers: ["a:1"] } } };
  const pools = (app: object): Tree => ({ ...base, pools: { app: { servers: ["a:1"], ...app } } });
  for (const config of [
    { ...base, workers: "${N}" },
    { ...base, limits: { body: "${N}", fields: "${N}" } },
    { ...base, log: { level: "${LEVEL:-info}" } },
    { ...base, accessLog: { fields: { a: "${A}" } } },
    pools({ tls: "${TLS}" }),
    pools({ check: { tcp: "${YES}", expect: "2${N}" } }),
    pools({ servers: [{ address: "${A}:${P}", weight: "${W}" }] }),
    pools({ ejection: { errorRatio: "${R}" } }),
    pools({ balance: "${B}" }),
  ] as Tree[])
    expect({ config, faults: messages(config) }).toEqual({ config, faults: [] });
});

test("nothing may be written with several zeros, as it may for the check", () => {
  for (const [key, zeros] of [
    ["drainTimeout", ["0", "00", "0.0"]],
    ["limits", [{ body: "0" }, { body: "00" }, { body: "0.00" }]],
  ] as const)
    for (const zero of zeros) {
      const config = { ...full, [key]: zero };
      const found = judgeSubstituted(substitute(config, {})).findings.filter(({ severity }) => severity === "error");
      expect({ zero, faults: messages(config), found }).toEqual({ zero, faults: [], found: [] });
    }
});

test("what is wrong is said of the value, and not of a variable that nobody meant", () => {
  const said = (change: object): string[] => messages({ ...full, ...change });
  expect(said({ limits: { fields: 5 } })).toEqual(["/limits/fields must be >= 8"]);
  expect(said({ limits: { fields: true } })).toEqual(["/limits/fields must be integer,string"]);
  expect(said({ log: { level: "loud" } })[0]).toBe("/log/level must be equal to one of the allowed values");
  expect(said({ wrokers: 1 })[0]).toContain("must NOT have additional properties");
  for (const change of [
    { limits: { fields: "many" } },
    { drainTimeout: "5x" },
    { drainTimeout: "$" },
    { workers: "Auto" },
    { pools: { a: { servers: "${SERVERS}" } } },
    { pools: "${POOLS}" },
    { listeners: { "${A}": { listen: ":80", use: "a" } } },
  ])
    expect({ change, count: said(change).length > 0 }).toEqual({ change, count: true });
});

test("it says what the schema of the keys says, and is little larger", () => {
  const [bare, wide] = [JSON.stringify(jsonSchema()), JSON.stringify(editorSchema())];
  expect(wide.length).toBeLessThan(bare.length * 1.15);
  for (const part of ["description", "default"])
    expect(wide.split(`"${part}":`).length).toBeGreaterThanOrEqual(bare.split(`"${part}":`).length);
});
