// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, as an operator writes them.
// Each NAME.toml of golden/ is a gobetween config, and beside it, in NAME.out, the config that is made from it and what
// `sluice check` says. After a wanted change: GOLDEN=write bun test src/config/foreign/gobetween, and read the diff.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inOrder, keyText, problemLine } from "../../problem.ts";
import { readToml } from "../../toml.ts";
import { readJson } from "../../yaml.ts";
import { judgeForeign } from "../foreign.ts";
import { isGobetween, translateGobetween } from "./gobetween.ts";

const folder = join(import.meta.dir, "golden");
const names = readdirSync(folder).filter((name) => /\.(?:toml|json)$/.test(name));

function told(name: string): string {
  const text = readFileSync(join(folder, name), "utf8");
  const document = name.endsWith(".toml") ? readToml(text) : readJson(text);
  if (!document.ok || !isGobetween(document.value)) throw new Error(`${name} is no config of gobetween`);
  const judgement = judgeForeign(document.value, {});
  const problems = (judgement?.findings ?? []).map(({ severity, path, part, message }) => {
    const place = document.places.find(path, part);
    return { severity, file: name, place, key: keyText(path), message, source: null };
  });
  const { input } = translateGobetween(document.value as object);
  return [
    ...inOrder(problems).map(problemLine),
    JSON.stringify(judgement?.origin()),
    JSON.stringify(input, null, 2),
    "",
  ].join("\n");
}

test("there is a golden file for what is kept, what is approximated, and what is refused", () => {
  expect(names.length).toBeGreaterThan(5);
});

for (const name of names)
  test(`${name} becomes what it always became`, () => {
    const output = told(name);
    const file = join(folder, `${name}.out`);
    if (process.env["GOLDEN"] === "write") writeFileSync(file, output);
    expect(output).toBe(readFileSync(file, "utf8"));
  });

test("a config of gobetween is known by its servers, and nothing of ours is taken for one", () => {
  const server = { bind: ":3000", discovery: { kind: "static", static_list: ["a:1"] } };
  expect(isGobetween({ servers: { web: server } })).toBe(true);
  expect(isGobetween({ servers: { web: server }, listeners: {} })).toBe(false);
  expect(isGobetween({ servers: { web: server }, pools: {} })).toBe(false);
  expect(isGobetween({ servers: {}, api: { enabled: true } })).toBe(true);
  for (const other of [null, [], "servers", {}, { servers: [] }, { servers: {} }, { servers: { web: { port: 1 } } }])
    expect(isGobetween(other)).toBe(false);
});

test("what our own judgement finds is told at gobetween's key", () => {
  const tree = {
    servers: {
      a: { bind: "gateway:1", discovery: { kind: "static", static_list: ["a:1"] } },
      b: { bind: ":2", discovery: { kind: "static", static_list: ["a:1", "b:70000"] } },
    },
  };
  const found = judgeForeign(tree, {})?.findings.map(({ path }) => keyText(path));
  expect(found).toEqual(["servers.a.bind", "servers.b.discovery.static_list[1]"]);
});

test("a variable that is not set is told once, and one that is set is filled in", () => {
  const tree = { servers: { a: { bind: "${BIND}", discovery: { kind: "static", static_list: ["a:1"] } } } };
  const missing = judgeForeign(tree, {});
  expect(missing?.config).toBeNull();
  expect(missing?.findings).toMatchObject([{ path: ["servers", "a", "bind"], severity: "error" }]);
  expect(judgeForeign(tree, { BIND: ":3000" })?.config?.listeners["a"]?.listen).toBe(":3000");
});

test("servers whose names come to the same here are kept apart", () => {
  const server = (port: number) => ({ bind: `:${port}`, discovery: { kind: "static", static_list: ["a:1"] } });
  const { input } = translateGobetween({
    servers: { "my web": server(1), "my-web": server(2), Web: server(3), web: server(4) },
  });
  expect(Object.entries(input.listeners).map(([name, { listen, use }]) => [name, listen, use])).toEqual([
    ["my-web", ":1", "my-web"],
    ["my-web-2", ":2", "my-web-2"],
    ["Web", ":3", "Web"],
    ["web", ":4", "web"],
  ]);
});
