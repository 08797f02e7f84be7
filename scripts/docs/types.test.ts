// Blocks of TypeScript in the documentation are programs that the compiler takes, all of them in one run. A block without an import is a
// section of a config, a listener or a pool.

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPages, root } from "./pages.ts";

// A compiler that starts on a busy machine.
setDefaultTimeout(180_000);

const folder = mkdtempSync(join(tmpdir(), "sluice-doctypes-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Sample {
  readonly at: string;
  readonly text: string;
}

function programOf(text: string): string {
  if (/^import /m.test(text)) return `${text}\nexport {};\n`;
  const part = text.trimEnd().replace(/,?$/, ",");
  const app = text.startsWith("listeners:") ? "" : part;
  const web = text.startsWith("listeners:") ? part : 'listeners: { web: { listen: ":8080", use: "app" } },';
  return `import { defineConfig } from "sluice";\nexport default defineConfig({ ${web} pools: { old: {}, new: {}, app: { servers: [],\n${app} } } });\n`;
}

/** What the compiler says of each, by where it stands. */
async function complaints(samples: readonly Sample[], name: string): Promise<string[]> {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  for (const [index, { text }] of samples.entries()) writeFileSync(join(place, `block${index}.ts`), programOf(text));
  const options = {
    isolatedDeclarations: false,
    declaration: false,
    noUnusedParameters: false,
    typeRoots: [join(root, "node_modules/@types")],
  };
  const config = { extends: join(root, "tsconfig.json"), compilerOptions: options, include: [join(place, "*.ts")] };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify(config));
  const child = Bun.spawn([join(root, "node_modules/.bin/tsc"), "-p", place], { cwd: root, stdout: "pipe" });
  const told = await new Response(child.stdout).text();
  await child.exited;
  const lines = told.split("\n").filter((line) => line.includes("error TS"));
  return lines.map((line) => line.replace(/^.*block(\d+)\.ts/, (_, index) => samples[Number(index)]!.at));
}

test("blocks of TypeScript are of the types that Sluice has", async () => {
  const samples = readPages().flatMap(({ blocks }) => blocks.filter(({ language }) => language === "ts"));
  expect(samples.length).toBeGreaterThan(8);
  expect(await complaints(samples, "pages")).toEqual([]);
});

test("what is none of its types is found", async () => {
  const sample = 'import { defineConfig } from "sluice";\nexport default defineConfig({ listenrs: {} });\n';
  const found = await complaints(
    [
      { at: "a.md:1", text: sample },
      { at: "b.md:1", text: "onError: ({ cod }) => cod" },
    ],
    "bad",
  );
  expect(found.map((line) => line.slice(0, 6)).sort()).toEqual(["a.md:1", "b.md:1"]);
});
