import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadConfig } from "./load.ts";
import { bundleProgram } from "./loadbundle.ts";

let folder = "";

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "sluice-bundle-")));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

test("a config and what it imports beside it become one module, which knows where its files stand", async () => {
  write("one/lib/place.ts", "export const place: string = import.meta.dir;");
  const path = write("one/sluice.config.ts", 'import { place } from "./lib/place.ts";\nexport default { place };');
  const { text } = await bundleProgram(path);
  const copy = write("elsewhere/copy.mjs", text);
  expect(((await import(copy)) as { default: unknown }).default).toEqual({ place: join(folder, "one/lib") });
});

test("the digest changes with a file that is imported, and with nothing else", async () => {
  const lib = write("two/lib.ts", "export const a = 1;");
  const path = write("two/sluice.config.ts", 'import { a } from "./lib.ts";\nexport default { a };');
  const before = (await bundleProgram(path)).digest;
  expect((await bundleProgram(path)).digest).toBe(before);
  writeFileSync(lib, "export const a = 2;");
  expect((await bundleProgram(path)).digest).not.toBe(before);
});

test("a package stays where it is", async () => {
  write("three/node_modules/pkg/package.json", '{ "name": "pkg", "main": "main.js" }');
  const main = write("three/node_modules/pkg/main.js", "module.exports = 5;");
  const path = write("three/sluice.config.ts", 'import five from "pkg";\nexport default { five };');
  expect((await bundleProgram(path)).text).toContain(JSON.stringify(main));
});

const config = (listener: string): string =>
  `export default { listeners: { web: { listen: ":1", ${listener} } }, pools: { app: { servers: ["a:1"] } } };`;

test("hooks of a config come with it as code, and are no part of it", async () => {
  const loaded = await loadConfig(write("four.ts", config('use: "app", onRequest: () => undefined')));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  expect(loaded.materials.program?.names).toEqual({ listeners: { web: ["onRequest"] }, pools: {} });
  expect(loaded.materials.program?.text).toContain("onRequest");
  expect(loaded.config.listeners["web"]).not.toContainKey("onRequest");
  const plain = await loadConfig(write("five.ts", config('use: "app"')));
  expect(plain.ok && plain.materials.program).toBeNull();
});

test("a hook where no request comes by is told", async () => {
  const loaded = await loadConfig(write("six.ts", config('mode: "tcp", use: "app", onRequest: () => undefined')));
  expect(loaded.ok ? [] : loaded.problems.map(({ key, message }) => `${key} ${message}`)).toEqual([
    "listeners.web.onRequest is for requests, and mode tcp has none",
  ]);
});
