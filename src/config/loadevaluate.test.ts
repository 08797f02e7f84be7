import { expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Evaluation } from "./loadevaluate.ts";

/** What the process that runs a config says of this one. */
async function evaluated(text: string): Promise<Evaluation | null> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sluice-evaluate-")));
  try {
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

test("a value that holds itself does not go round forever", async () => {
  const said = await evaluated("const a: any = { n: 1 }; a.a = a; export default a;");
  expect((said as { value: { a: { a: { n: number } } } }).value.a.a.n).toBe(1);
});

test("what cannot be passed on is a mistake", async () => {
  const said = await evaluated("export default { w: new WeakMap() };");
  expect(said).toMatchObject({ ok: false, faults: [{ at: 0 }] });
});
