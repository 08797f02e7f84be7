import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Evaluation } from "./loadevaluate.ts";

/** What the process that runs a config says of this one. */
async function evaluated(text: string, beside: Readonly<Record<string, string>> = {}): Promise<Evaluation | null> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sluice-evaluate-")));
  try {
    for (const [name, content] of Object.entries(beside)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const path = join(folder, "config.ts");
    writeFileSync(path, text);
    let said: Evaluation | null = null;
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "..", "main.ts"), "evaluate", path], {
      env: { ...process.env, SLUICE_EVALUATE: "1" },
      stdio: ["ignore", "ignore", "inherit"],
      serialization: "advanced",
      ipc: (message) => {
        said = message as Evaluation;
      },
    });
    expect(await child.exited).toBe(0);
    return said;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a value comes as it is, with what JSON could not say", async () => {
  const said = await evaluated("export default { a: [1, undefined, Infinity], b: new Date(7) };");
  expect(said).toEqual({ ok: true, value: { a: [1, undefined, Number.POSITIVE_INFINITY], b: new Date(7) } });
});

test("functions and symbols become objects that no key allows, and a key named __proto__ stays one", async () => {
  const said = await evaluated('export default { f() {}, s: Symbol("x"), ["__proto__"]: 1 };');
  expect(said?.ok).toBe(true);
  const value = (said as { value: object }).value;
  expect(Object.entries(value)).toEqual([
    ["f", { "a function": "f" }],
    ["s", { "a symbol": "x" }],
    ["__proto__", 1],
  ]);
});

test("a value that holds itself is told with its key", async () => {
  const said = await evaluated("const a: any = { n: 1 }; a.a = [a]; export default a;");
  const message = "a[0] is the config itself again, which would have no end";
  expect(said).toEqual({ ok: false, faults: [{ at: 0, message }], key: ["a", 0] });
});

test("what is thrown in a getter is told as any other throw, where it stands", async () => {
  const said = await evaluated('export default {\n  get a() { throw new Error("no a"); } };');
  expect(said).toEqual({ ok: false, faults: [{ at: 39, message: "the config failed: no a" }] });
});

test("a config that is nested without end, or holds the same without end, is one mistake", async () => {
  const deep = await evaluated("let a: any = 1; for (let i = 0; i < 50_000; i++) a = [a]; export default { a };");
  expect(deep).toMatchObject({ ok: false, faults: [{ message: "the config is nested more than 100 deep" }] });
  const text = await evaluated(`export default { a: ${"[".repeat(30_000)}${"]".repeat(30_000)} };`);
  expect(text).toMatchObject({ ok: false, faults: [{ message: "the config is nested more than 100 deep" }] });
  const much = await evaluated("let a: any = 1; for (let i = 0; i < 60; i++) a = [a, a]; export default { a };");
  expect(much).toMatchObject({ ok: false, faults: [{ message: expect.stringContaining("more than 1000000 values") }] });
});

test("what cannot be passed on is a mistake", async () => {
  const said = await evaluated("export default { w: new WeakMap() };");
  expect(said).toMatchObject({ ok: false, faults: [{ at: 0 }] });
});

test("what is thrown in an imported file is told with its place there, at the line of the config that called it", async () => {
  const text = 'import { help } from "./helper.ts";\nexport default help();\n';
  const lines = ['import { run } from "a-package";', "export function help(): unknown {"];
  // Not the last call of its function, which leaves no trace.
  lines.push("  const given = run(() => {", '    throw new Error("no a\\nb");', "  });", "  return [given];", "}");
  const aPackage = "export const run = (call) => call();\n";
  const beside = { "helper.ts": lines.join("\n"), "node_modules/a-package/index.js": aPackage };
  const told = (fault: RegExp) => ({ ok: false as const, faults: [{ at: 51, message: expect.stringMatching(fault) }] });
  expect(await evaluated(text, beside)).toEqual(told(/^the config failed: no a \(\/.*\/helper\.ts:4:\d+\)$/));
  // Of a package it is the line that called it.
  const thrown = 'export const run = () => { throw new Error("no b"); };\n';
  expect(await evaluated(text, { ...beside, "node_modules/a-package/index.js": thrown })).toEqual(
    told(/^the config failed: no b \(\/.*\/helper\.ts:3:\d+\)$/),
  );
});

test("what is thrown and is no error is told as a program writes it", async () => {
  const told = async (thrown: string): Promise<unknown> => {
    const said = await evaluated(`export default Promise.reject(${thrown});`);
    return said?.ok === false ? said.faults[0]!.message : said;
  };
  expect(await told("{ a: 1, toString: 2 }")).toBe("the config failed: { a: 1, toString: 2, }");
  expect(await told('"no database"')).toBe("the config failed: no database");
  expect(await told("undefined")).toBe("the config failed: undefined");
  expect(await told('{ a: "x".repeat(1000) }')).toMatch(/^the config failed: \{ a: "x{190,}…$/);
});
