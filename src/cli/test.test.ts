import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { casesIn } from "../testing/files.ts";
import { test as command } from "./test.ts";

let folder = "";
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "sluice-clitest-")));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function run(
  files: string[],
  json = false,
  stallMs = 10_000,
): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const writer = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    note: (text: string) => void err.push(text),
  };
  const code = await command(files, { json, stallMs }, writer);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const config = (status: number): string =>
  `listeners: { web: { listen: ":80", use: app } }\npools: { app: { servers: ["a:1"] } }\ntests: [{ name: works, request: /, expect: ${status} }]\n`;

test("the tests of a config pass or fail", async () => {
  const good = write("good/sluice.yaml", config(200));
  expect(await run([good])).toEqual({ code: 0, out: `${good}\n  ok    works (1 request)\n1 passed (1 file)`, err: "" });
  const bad = await run([write("bad/sluice.yaml", config(404))]);
  expect(bad.code).toBe(1);
  expect(bad.out).toContain("status  expected 404, got 200");
  expect(bad.out).toEndWith("1 failed (1 file)");
});

test("a folder is looked through, and its test files are run on their own, with the package that they import", async () => {
  write("all/sluice.yaml", config(200));
  write("all/node_modules/x/sluice.yaml", config(404));
  write("all/other.yaml", config(404));
  const file = (status: number): string =>
    `import { expect, test } from "bun:test";\nimport { testHook } from "sluice";\ntest("hook", async () => {\n  expect((await testHook({ onRequest: () => ({ status: 204 }) }, "/")).status).toBe(${status});\n});\n`;
  write("all/a.sluice.test.ts", file(204));
  write("all/deep/b.sluice.test.ts", file(205));
  const { code, out } = await run([join(folder, "all")], true);
  expect(code).toBe(1);
  const answer = JSON.parse(out);
  expect([answer.ok, answer.passed, answer.failed]).toEqual([false, 2, 1]);
  expect(answer.configs).toHaveLength(1);
  expect(answer.files.map(({ isPassed }: { isPassed: boolean }) => isPassed).sort()).toEqual([false, true]);
}, 60_000);

test("where there is nothing to test, that is no success", async () => {
  expect(await run([join(folder, "nowhere")])).toMatchObject({ code: 2 });
  mkdirSync(join(folder, "empty"));
  expect((await run([join(folder, "empty")])).err).toContain("no tests");
  expect(await run([write("none/sluice.yaml", config(200).replace(/tests:.*/, ""))])).toMatchObject({ code: 1 });
  const wrong = await run([write("wrong/sluice.yaml", "listeners: {}\npools: {}\n")]);
  expect([wrong.code, wrong.out]).toEqual([1, "0 passed, 1 file not tested (1 file)"]);
});

test("a test file that ends the process is no success", async () => {
  const path = write("cut/a.sluice.test.ts", 'import { test } from "bun:test";\ntest("one", () => process.exit(0));\n');
  const { code, err } = await run([path], true);
  expect(code).toBe(1);
  expect(err).toBe("sluice: a test file has ended the process before the results were told");
});

test("a hook that never yields, or ends its process, fails its own test and no other", async () => {
  const path = write(
    "spin/sluice.config.ts",
    `export default { stallTimeout: "3s",
       listeners: { web: { listen: ":80", use: "app", onRequest: ({ path }: { path: string }) => {
         if (path === "/loop") for (;;);
         if (path === "/exit") process.exit(0);
         return { status: 201 };
       } } },
       pools: { app: { servers: ["a:1"] } },
       tests: ["/", "/loop", "/exit", "/more"].map((request) => ({ name: request, request, expect: 201 })) };`,
  );
  const { code, out } = await run([path]);
  expect(code).toBe(1);
  expect(out.split("\n").map((line) => line.trim())).toEqual([
    path,
    "ok    / (1 request)",
    "FAIL  /loop (0 requests)",
    "nothing moved for 3 s: code of the config, most likely a hook, computes without an end",
    "FAIL  /exit (0 requests)",
    "code of the config has ended the process (0)",
    "ok    /more (1 request)",
    "2 passed, 2 failed (1 file)",
  ]);
}, 60_000);

test("a test file that never yields is ended, and it is said how far it came", async () => {
  const path = write(
    "endless/a.sluice.test.ts",
    'import { test } from "bun:test";\ntest("one", () => {});\ntest("two", () => { for (;;); });\n',
  );
  const { code, err } = await run([path], true, 1000);
  expect(code).toBe(1);
  expect(err).toBe(
    "sluice: test files stood still for 1 s, in test 2 of those that began, and were ended: code computes without an end",
  );
}, 60_000);

test("a report of the runner is read", () => {
  const report =
    '<testsuite name="a.ts"><testcase name="a &amp; b" file="a.ts" /><testcase name="c" file="a.ts"><failure type="x" /></testcase><testcase name="d" file="a.ts"><skipped /></testcase></testsuite>';
  expect(casesIn(report)).toEqual([
    { file: "a.ts", name: "a & b", isPassed: true },
    { file: "a.ts", name: "c", isPassed: false },
  ]);
});
