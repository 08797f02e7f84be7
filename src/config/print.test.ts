// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, as an operator writes them.
// What is printed is read back as what was meant, in each of the four skins: of every configuration in the fixtures of the foreign
// formats the plan is the same, whether it comes from the other program's file or from the file that was printed of it.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority } from "../../test/authority.ts";
import { compile } from "./compile.ts";
import type { ConfigInput } from "./input.ts";
import { type Loaded, loadConfig } from "./load.ts";
import type { Plan } from "./plan.ts";
import { printConfig, skins } from "./print.ts";
import { Slots } from "./slots.ts";
import { readYaml } from "./yaml.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-print-"));
const haproxy = join(import.meta.dir, "foreign", "haproxy", "fixtures");
const gobetween = join(import.meta.dir, "foreign", "gobetween", "golden");
const extensions = { yaml: ".yaml", toml: ".toml", json: ".json", ts: ".sluice.config.ts" };
const authority = new Authority();

/** With the certificates that they name. */
beforeAll(() => {
  cpSync(haproxy, folder, { recursive: true });
  cpSync(gobetween, folder, { recursive: true });
  mkdirSync(join(folder, "pki"));
  for (const name of ["site", "other"]) {
    const { cert, key } = authority.issue([`DNS:${name}.example.test`], 90);
    writeFileSync(join(folder, "pki", `${name}.pem`), `${cert}\n${key}`, { mode: 0o600 });
  }
  writeFileSync(join(folder, "pki", "authority.pem"), authority.cert);
});
afterAll(() => {
  authority[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function planOf(loaded: Loaded): Plan {
  if (!loaded.ok) throw new Error(loaded.problems.map(({ place, message }) => `${place?.line} ${message}`).join("\n"));
  return compile(loaded.config, new Slots(), () => "10.9.9.9", 1, loaded.materials);
}

const names = [...readdirSync(haproxy), ...readdirSync(gobetween)].filter(
  (name) => /\.(?:cfg|toml)$/.test(name) && !/^(?:wrong|refused)\./.test(name),
);

test("there are configurations of every foreign format", () => {
  expect(names.filter((name) => name.endsWith(".cfg")).length).toBeGreaterThan(10);
  expect(names.filter((name) => name.endsWith(".toml")).length).toBeGreaterThan(2);
});

for (const name of names)
  for (const skin of skins)
    test(`${name} printed as ${skin} comes to the same plan`, async () => {
      const loaded = await loadConfig(join(folder, name), {});
      // Those of gobetween name certificates that are not there, and none of them is what is tested.
      if (!loaded.ok && name.endsWith(".toml")) return expect(loaded.conversion).toBeDefined();
      const path = join(folder, `${name}${extensions[skin]}`);
      writeFileSync(path, printConfig(loaded.conversion!.input, skin));
      expect(planOf(await loadConfig(path, {}))).toEqual(planOf(loaded));
    });

const input: ConfigInput = {
  listeners: { web: { listen: ":80", use: "app", requestId: false } },
  pools: { app: { servers: ["a:1", { address: "b:1", maxConnections: 5 }], sticky: undefined } },
};

test("a ${ that stands for itself still does in the text formats", () => {
  const odd: ConfigInput = { ...input, listeners: { web: { ...input.listeners["web"]!, via: "${x}" } } };
  expect(printConfig(odd, "yaml")).toContain("via: $${x}");
  expect(printConfig(odd, "toml")).toContain('via = "$${x}"');
  expect(printConfig(odd, "json")).toContain('"via": "$${x}"');
  expect(printConfig(odd, "ts")).toContain('via: "${x}"');
});

test("a remark stands once, above the first key that it is about, and at the top when it is about none", () => {
  const all = ["about the listener", "about nothing"];
  const of = (path: readonly (string | number)[]): readonly string[] =>
    path[0] === "listeners" && path.length >= 2
      ? ["about the listener"]
      : path.join(".") === "pools.app.servers.1"
        ? ["the second"]
        : [];
  const text = printConfig(input, "yaml", { of, all });
  expect(text).toBe(`# about nothing

listeners:
  # about the listener
  web:
    listen: :80
    use: app
    requestId: false
pools:
  app:
    servers:
      - a:1
      # the second
      - address: b:1
        maxConnections: 5
`);
  expect(readYaml(text)).toMatchObject({ ok: true });
});

test("in TypeScript remarks stand above their keys too", () => {
  const of = (path: readonly (string | number)[]): readonly string[] =>
    path.join(".") === "pools.app.servers.1" ? ["the second"] : [];
  expect(printConfig(input, "ts", { of, all: ["the second", "about nothing"] })).toContain(`// about nothing
export default`);
  expect(printConfig(input, "ts", { of, all: [] })).toContain(`    app: {
      servers: [
        "a:1",
        // the second
        { address: "b:1", maxConnections: 5 },
      ],
    },
`);
});

test("as TypeScript, short sections stand on one line", () => {
  expect(printConfig(input, "ts")).toBe(`import { defineConfig } from "sluice";

export default defineConfig({
  listeners: { web: { listen: ":80", use: "app", requestId: false } },
  pools: { app: { servers: ["a:1", { address: "b:1", maxConnections: 5 }] } },
});
`);
});
