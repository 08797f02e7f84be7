import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Examples } from "../../test/examples.ts";
import type { ConfigInput } from "./input.ts";
import { judge } from "./judge.ts";
import { type Loaded, loadConfig } from "./load.ts";
import { asWritten, defaultAt, partAsWritten } from "./written.ts";

const sayings = ({ findings }: ReturnType<typeof judge>): string[] => findings.map(({ message }) => message).sort();

function expectSame(loaded: Loaded, isForeign: boolean): void {
  if (!loaded.ok) return;
  const again = judge(asWritten(loaded.config));
  expect(sayings(again).filter((_, index) => again.findings[index]!.severity === "error")).toEqual([]);
  expect(again.config).toEqual(loaded.config);
  // What another program's words have become is told by its translator, and files' warnings by those who read them.
  if (!isForeign) expect(loaded.warnings.map(({ message }) => message)).toEqual(expect.arrayContaining(sayings(again)));
}

function configsIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true }) as string[]; // Without withFileTypes they are texts.
  return names
    .filter((name) => /(\.sluice\.config\.ts|\.(toml|yaml|json|cfg))$/.test(name) && !name.endsWith("tsconfig.json"))
    .map((name) => join(folder, name));
}

test("every example, written again without its defaults, is the same config", async () => {
  // What is to stay is not kept below /tmp, and written again paths are whole: that would be told.
  const folder = mkdtempSync("/var/tmp/sluice-written-");
  const examples = new Examples(folder);
  let count = 0;
  try {
    for (const path of configsIn(folder)) {
      const loaded = await loadConfig(path, {});
      expectSame(loaded, loaded.origin !== undefined);
      if (loaded.ok) count++;
    }
    expect(count).toBeGreaterThan(25);
  } finally {
    examples[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  }
});

const goldens: readonly [string, RegExp][] = [
  ["golden", /\.in$/],
  ["foreign/haproxy/fixtures", /\.cfg$/],
  ["foreign/gobetween/golden", /\.(toml|json)$/],
  ["foreign/goproxy/golden", /\.toml$/],
];

for (const [from, pattern] of goldens)
  test(`so is every config of ${from} that loads`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-written-"));
    try {
      for (const name of readdirSync(join(import.meta.dir, from)).filter((each) => pattern.test(each))) {
        const path = join(folder, name.replace(/\.in$/, ""));
        writeFileSync(path, readFileSync(join(import.meta.dir, from, name)));
        expectSame(await loadConfig(path, { HOMEPAGE: "set", EMPTY: "" }), from !== "golden");
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

const small: ConfigInput = {
  listeners: { web: { listen: ":8080", use: "app", rules: [{ if: "true", deny: { status: 403, body: "no" } }] } },
  pools: { app: { servers: ["127.0.0.1:1", { address: "127.0.0.1:2", weight: 3 }], balance: { policy: "p2c" } } },
};

test("what an operator wrote comes back, and nothing else", () => {
  expect(asWritten(judge(small).config!)).toEqual({ ...small });
});

test("a part is shortened by what its place says, and a key that is not known stays for the schema to refuse", () => {
  const server = { address: "127.0.0.1:1", weight: 2, backup: false, maxConnections: 0, drain: false, wieght: 1 };
  expect(partAsWritten(server, ["pools", "app", "servers", 0])).toEqual({
    address: "127.0.0.1:1",
    weight: 2,
    wieght: 1,
  });
  expect(partAsWritten({ a: 1 }, ["nowhere", 1])).toEqual({ a: 1 });
});

test("what a key is when it is not written is known", () => {
  expect(defaultAt(["pools", "app", "retries"])).toBe(2);
  expect(defaultAt(["pools", "app", "check"])).toBeUndefined();
});
