// What the pages show can be copied: each block of YAML, and each config in TypeScript, is a config that loads without a warning, and whose
// tests pass as by `sluice test`. A block that is none by itself begins with a comment that says what it is a part of, and is loaded as that
// part; tests of a config may stand in a block of their own behind it.

import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import { readYaml } from "../../src/config/yaml.ts";
import { resultLines } from "../../src/testing/report.ts";
import { runTests } from "../../src/testing/run.ts";
import { subjectIn } from "../../src/testing/subject.ts";
import { Authority } from "../../test/authority.ts";
import { type Block, type Page, readPages, root } from "./pages.ts";

type Tree = Record<string, unknown>;

const folder = mkdtempSync(join(tmpdir(), "sluice-docs-"));
afterAll(() => rmSync(folder, { recursive: true }));
// What lies beside the configs of whoever copies them.
mkdirSync(join(folder, "errors"));
writeFileSync(join(folder, "errors/503.http"), "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nno\n");
writeFileSync(join(folder, "friends.txt"), "");
writeFileSync(join(folder, "servers.txt"), "10.0.0.1:80\n");
writeFileSync(join(folder, "users.htpasswd"), "team:{PLAIN}secret\n");
const authority = new Authority();
afterAll(() => authority[Symbol.dispose]());
const { cert, key } = authority.issue(["DNS:shop.example"]);
mkdirSync(join(folder, "live"));
for (const name of ["live/shop", "site"]) {
  writeFileSync(join(folder, `${name}.crt`), cert);
  writeFileSync(join(folder, `${name}.key`), key, { mode: 0o600 });
}
writeFileSync(join(folder, "people.pem"), authority.cert);
/** In the place of a machine's own. */
const places: Readonly<Record<string, string>> = {
  "/etc/nginx/conf.d": join(root, "examples/ipmanager/conf.d"),
  "/etc/letsencrypt/live": join(folder, "live"),
  "/etc/sluice/people.pem": join(folder, "people.pem"),
};
const environment = { PROXY_PASSWORD: "a", TEAM_PASSWORD: "b" };

const marks: Readonly<Record<string, (part: unknown) => Tree>> = {
  "part of a config": (part) => part as Tree, // Sections at the top.
  "part of a pool": (part) => ({ pools: { app: part } }),
  "part of an egress pool": (part) => ({
    egress: { out: { members: [{ addresses: ["127.0.0.2"] }], ...(part as Tree) } }, // Keys beside the members.
    listeners: { web: { proxy: { egress: "out" } } },
  }),
  "one of the rules of a listener": (part) => ({ listeners: { web: { rules: part } } }),
};

/** With what goes without saying in a part: where it listens, and a pool. */
function completed(part: Tree): Tree {
  const pools = { ...(part["pools"] as Tree | undefined) };
  const listeners = { ...((part["listeners"] as Tree | undefined) ?? { web: {} }) };
  for (const [name, written] of Object.entries(listeners)) {
    const listener: Tree = { listen: "127.0.0.1:8080", ...(written as Tree) };
    if (listener["proxy"] === undefined && listener["use"] === undefined) {
      if (Object.keys(pools).length === 0) pools["app"] = { servers: ["127.0.0.1:8081"] };
      listener["use"] = Object.keys(pools)[0];
    }
    listeners[name] = listener;
  }
  return { ...part, listeners, ...(Object.keys(pools).length === 0 ? {} : { pools }) };
}

const testsMark = "# tests of the config above\n";

/** Configs, with the tests that stand behind them. */
function blocksOf({ blocks }: Page): Block[] {
  const found: Block[] = [];
  for (const { at, language, text } of blocks) {
    const isConfig = language === "yaml" || (language === "ts" && text.includes("export default defineConfig("));
    if (!isConfig) continue;
    const before = found.at(-1);
    if (!text.startsWith(testsMark)) found.push({ at, language, text: placed(text) });
    else if (before?.language === "yaml") found[found.length - 1] = { ...before, text: before.text + text };
    else throw new Error(`${at}: there is no config in YAML before these tests`);
  }
  return found;
}

function placed(text: string): string {
  return Object.entries(places).reduce((former, [from, to]) => former.replaceAll(from, to), text);
}

async function told({ language, text }: Omit<Block, "at">): Promise<string[]> {
  const mark = /^# (.*)\n/.exec(text)?.[1] ?? "";
  const wrap = marks[mark];
  const path = join(folder, `block.${wrap !== undefined ? "json" : language === "ts" ? "sluice.config.ts" : "yaml"}`);
  if (wrap === undefined) writeFileSync(path, text);
  else {
    const document = readYaml(text);
    if (!document.ok) return document.faults.map(({ message }) => message);
    writeFileSync(path, JSON.stringify(completed(wrap(document.value))));
  }
  const loaded = await loadConfig(path, environment);
  const faults = (loaded.ok ? loaded.warnings : loaded.problems)
    .map(({ key, message }) => `${key} ${message}`)
    // Addresses are somebody else's.
    .filter((line) => !line.includes("addresses that this machine does not have"));
  if (!loaded.ok || faults.length > 0 || wrap !== undefined || loaded.config.tests.length === 0) return faults;
  const results = await runTests(await subjectIn(loaded), loaded.config.tests);
  return results.filter(({ isPassed }) => !isPassed).flatMap((result) => resultLines("", [result]));
}

const pages = readPages();
for (const page of pages) {
  const blocks = blocksOf(page);
  if (blocks.length > 0)
    test(`the configs of ${page.name} load without a warning, and their tests pass`, async () => {
      for (const block of blocks) expect([block.at, await told(block)]).toEqual([block.at, []]);
    });
}

test("there are configs to be looked at, and a part that is not marked is none", async () => {
  expect(pages.flatMap(blocksOf).length).toBeGreaterThan(60);
  const part = { language: "yaml", text: "accessLog: { path: access.log }\n" };
  expect(await told(part)).toHaveLength(1);
  expect(await told({ ...part, text: `# part of a config\n${part.text}` })).toEqual([]);
});

test("a config whose test fails is told, and so is one whose test is right", async () => {
  const config =
    "listeners: { web: { listen: ':8080', use: app } }\npools: { app: { reply: { status: 200, body: a } } }\n";
  const tests = (status: number): string =>
    `${config}${testsMark}tests: [{ name: it answers, request: /, expect: ${status} }]\n`;
  expect(await told({ language: "yaml", text: tests(200) })).toEqual([]);
  expect((await told({ language: "yaml", text: tests(404) })).join("\n")).toContain("expected 404, got 200");
});
