// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, not a forgotten template.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "./load.ts";
import { readProgram } from "./loadprogram.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-program-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const config = (port: string): string =>
  `import { defineConfig } from "sluice";\nexport default defineConfig({ listeners: { web: { listen: ${port}, use: "app" } }, pools: { app: { servers: ["a:1"] } } });\n`;
const listenOf = async (path: string): Promise<string> => {
  const loaded = await loadConfig(path);
  return loaded.ok ? loaded.config.listeners["web"]!.listen : (loaded.problems[0]?.message ?? "");
};

test("a changed config is read again, and so is a changed file that it imports", async () => {
  write("third.ts", "export const port: number = 1;");
  write("second.ts", 'export { port } from "./third.ts";');
  const path = write("reload.ts", `import { port } from "./second.ts";\n${config("`:${port}`")}`);
  expect(await listenOf(path)).toBe(":1");
  write("third.ts", "export const port: number = 2;");
  expect(await listenOf(path)).toBe(":2");
  write("second.ts", "export const port = 3;");
  expect(await listenOf(path)).toBe(":3");
  write("reload.ts", config('":4"'));
  expect(await listenOf(path)).toBe(":4");
});

test("a config that failed is read again once it is mended, wherever it failed", async () => {
  write("dep.ts", 'throw new Error("not yet"); export const port = 1;');
  const path = write("mended.ts", `import { port } from "./dep";\n${config("`:${port}`")}`);
  expect(await listenOf(path)).toContain("the config failed: not yet");
  write("dep.ts", "export const port = = 1;");
  expect(await listenOf(path)).toContain("dep.ts:1:");
  write("dep.ts", "export const port = 5;");
  expect(await listenOf(path)).toBe(":5");
  write("mended.ts", 'throw new Error("now here");');
  expect(await listenOf(path)).toContain("now here");
  write("mended.ts", config('":6"'));
  expect(await listenOf(path)).toBe(":6");
});

test("a link to a config is followed anew each time, as orchestrators swap them", async () => {
  const path = join(folder, "link.ts");
  symlinkSync(write("old.ts", config('":1"')), path);
  expect(await listenOf(path)).toBe(":1");
  write("old.ts", config('":2"'));
  expect(await listenOf(path)).toBe(":2");
  rmSync(path);
  symlinkSync(write("new.ts", config('":3"')), path);
  expect(await listenOf(path)).toBe(":3");
});

test("two files that import each other do not go round forever", async () => {
  write("ring.ts", 'import "./round.ts";\nexport const port = 7;');
  const path = write("round.ts", `import { port } from "./ring.ts";\n${config('":7"')}\nvoid port;`);
  expect(await listenOf(path)).toBe(":7");
});

test("a config may be a promise, or plain JavaScript, and ${ in it is no variable", async () => {
  const path = write(
    "promise.mjs",
    'const later = await Promise.resolve(["${NOT_A_VARIABLE}", 8]);\nexport default Promise.resolve({ admin: { token: later[0] }, listeners: { web: { listen: ":" + later[1], use: "app" } }, pools: { app: { servers: ["a:1"] } } });',
  );
  expect(await listenOf(path)).toBe(":8");
});

test("what is exported must be a config", async () => {
  for (const [index, exported] of ["5", "null", "[]", '"text"'].entries()) {
    const path = write(`kind${index}.ts`, `export default ${exported};`);
    expect(await listenOf(path)).toContain("must export its config");
  }
});

test("an error thrown in an imported file is told with that file's place", async () => {
  write("deep.ts", "\n\nexport function fail(): never {\n  throw new Error('deep trouble');\n}");
  write("lib.ts", 'import { fail } from "./deep.ts";\nfail();');
  const loaded = await loadConfig(write("thrower.ts", 'import "./lib.ts";\nexport default {};'));
  expect(loaded.ok).toBe(false);
  if (!loaded.ok) expect(loaded.problems[0]?.message).toMatch(/^the config failed: deep trouble \(.*deep\.ts:4:\d+\)$/);
});

for (const [what, code, said, timeoutMs] of [
  ["never settles", "await new Promise(() => {});", "did not finish within 0.5 s", 500],
  ["never stops", "while (true);", "did not finish within 0.5 s", 500],
  ["ends its process", "process.exit(3);", "ended its process (3)", 20_000],
] as const) {
  test(`a config that ${what} is a mistake like any other, and can be mended`, async () => {
    const path = write("stuck.ts", `${code}\nexport default {};\n`);
    const message = `the config ${said} instead of giving its value`;
    const read = await readProgram(realpathSync(path), "", timeoutMs);
    expect(read).toEqual({ ok: false, faults: [{ at: 0, message }] });
    write("stuck.ts", config('":5"'));
    expect(await listenOf(path)).toBe(":5");
  });
}
