// Hooks that the pages show without a config around them are put into one, and do what the page says of them; those in a config of their own
// are asked, too.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testConfig } from "../../src/testing/door.ts";
import type { ConfigTest, TestServers } from "../../src/testing/types.ts";
import { readPages } from "./pages.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-dochooks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const blocks = readPages().flatMap((page) => page.blocks.filter(({ language }) => language === "ts"));
const fragments = blocks.filter(({ text }) => !/^import /m.test(text));
const names = ["a.example:80", "b.example:80"];

function proxyOf(text: string, servers: TestServers = {}): Promise<ConfigTest> {
  const part = text.trimEnd().replace(/,?$/, ",");
  const isListener = text.startsWith("listeners:");
  const listeners = isListener ? part : 'listeners: { web: { listen: ":8080", use: "app" } },';
  const path = join(folder, `${Bun.hash(text)}.sluice.config.ts`);
  writeFileSync(
    path,
    /^import /m.test(text)
      ? text
      : `import { defineConfig } from "sluice";
export default defineConfig({
  ${listeners}
  pools: {
    old: { servers: ["old.example:80"] },
    new: { servers: ["new.example:80"] },
    app: { servers: ${JSON.stringify(names)}, ${isListener ? "" : part} },
  },
});
`,
  );
  return testConfig(path, { servers });
}

const tried: Readonly<Record<string, (text: string) => Promise<void>>> = {
  "listeners: { web: { listen": async (text) => {
    expect((await (await proxyOf(text)).request("/")).server).toBe("new.example:80");
  },
  "onError: ({ code, status })": async (text) => {
    const { status, body } = await (await proxyOf(text, { app: { fails: "refuse" } })).request("/");
    expect([status, JSON.parse(body)]).toEqual([502, { error: "connect_refused" }]);
  },
  "transformResponse: {": async (text) => {
    const answer = { headers: { "content-type": "application/json" }, body: '{"a":1}' };
    expect(JSON.parse((await (await proxyOf(text, { app: answer })).request("/")).body)).toEqual({ a: 1, seen: true });
  },
  "pick: (servers)": async (text) => {
    const proxy = await proxyOf(text, { "a.example:80": { down: true } });
    expect((await proxy.request("/")).server).toBe(names[1]!);
  },
};

for (const { at, text } of fragments)
  test(`the hook at ${at} does what the page says`, async () => {
    const begin = Object.keys(tried).find((each) => text.startsWith(each));
    expect([at, begin]).toEqual([at, expect.any(String)]);
    await tried[begin!]!(text);
  });

test("the config with which docs/HOOKS.md begins does what it says", async () => {
  const { text } = blocks.find(({ at }) => at.startsWith("docs/HOOKS.md"))!;
  const proxy = await proxyOf(text, { app: { headers: { server: "somebody" } } });
  const moved = await proxy.request("/old");
  expect([moved.status, moved.headers["location"]]).toEqual([301, "/new"]);
  const other = await proxy.request("/x");
  expect([other.headers["server"], other.calls[0]!.headers["x-request-start"]]).toEqual([
    undefined,
    expect.stringMatching(/^\d+$/),
  ]);
});

test("all that stand here stand on a page", () => {
  const begins = Object.keys(tried).filter((begin) => !fragments.some(({ text }) => text.startsWith(begin)));
  expect(begins).toEqual([]);
});
