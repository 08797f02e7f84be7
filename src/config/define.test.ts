import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "./define.ts";

const root = join(import.meta.dir, "../..");

test("a config is given back as it is", () => {
  const config = { listeners: { w: { listen: ":1", use: "a" } }, pools: { a: { servers: ["s:1"] } } } as const;
  expect(defineConfig({ listeners: config.listeners, pools: { a: { servers: [...config.pools.a.servers] } } })).toEqual(
    {
      listeners: { w: { listen: ":1", use: "a" } },
      pools: { a: { servers: ["s:1"] } },
    },
  );
});

test("the editor underlines a pool or table that does not exist, an unknown key and an unknown policy, and nothing else", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-types-"));
  try {
    const config = (listener: string, pool: string): string =>
      `import { defineConfig } from "sluice";\nexport default defineConfig({\n  listeners: { web: { listen: ":1", ${listener} } },\n  pools: { app: { servers: ["a:1"], ${pool} } },\n});\n`;
    writeFileSync(join(folder, "good.ts"), config('use: "app"', 'balance: "p2c", check: { http: "/" }'));
    writeFileSync(join(folder, "pool.ts"), config('use: "ap"', ""));
    const names = (pool: string): string => `mode: "tcp", sni: [{ name: "a.example", use: "${pool}" }]`;
    writeFileSync(join(folder, "names.ts"), config(names("app"), "tls: { verify: true }"));
    writeFileSync(join(folder, "misnamed.ts"), config(names("ap"), ""));
    writeFileSync(join(folder, "key.ts"), config('use: "app"', "blance: 1"));
    writeFileSync(join(folder, "policy.ts"), config('use: "app"', 'balance: "p3c"'));
    const rules = (rule: string): string =>
      config(`use: "app", rules: [${rule}]`, "").replace("pools:", 'tables: { seen: { store: ["gpc0"] } }, pools:');
    writeFileSync(
      join(folder, "rules.ts"),
      rules(
        '{ track: "seen", if: "a" }, { track: [{ table: "seen" }], rules: [{ use: "app" }] }, { limit: { rate: "1/s" } }',
      ),
    );
    writeFileSync(join(folder, "rulepool.ts"), rules('{ rules: [{ use: "ap" }] }'));
    writeFileSync(join(folder, "track.ts"), rules('{ track: "sen" }'));
    writeFileSync(join(folder, "rulekey.ts"), rules('{ trakc: "seen" }'));
    const hooks = (listener: string, pool: string): string => config(`use: "app", ${listener}`, pool);
    writeFileSync(
      join(folder, "hooks.ts"),
      hooks(
        'hooks: { use: ["app"] }, onRequest: async (request) => { request.headers.set("a", request.path); return request.secure ? { status: 404 } : undefined; }, onResponse: (response) => response.headers.delete("a")',
        "pick: (servers) => servers.find(({ up }) => up), transformResponse: { json: (value) => value.items }",
      ),
    );
    writeFileSync(join(folder, "hookpool.ts"), hooks('hooks: { use: ["ap"] }', ""));
    writeFileSync(join(folder, "hookanswer.ts"), hooks("onRequest: () => 5", ""));
    writeFileSync(join(folder, "hookname.ts"), hooks("", "onRequst: () => {}"));
    const whole = config('use: "app", onRequest: () => undefined', "");
    const unloading = (what: string): string => whole.replace("defineConfig({", `defineConfig({ onUnload: ${what},`);
    writeFileSync(join(folder, "unload.ts"), unloading("async () => {}"));
    writeFileSync(join(folder, "unloadvalue.ts"), unloading("5"));
    const compilerOptions = { types: [], paths: { sluice: [join(root, "src/sluice.ts")] } };
    const project = { extends: join(root, "examples/tsconfig.json"), compilerOptions, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
    const { stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
      encoding: "utf8",
    });
    const told = stdout.split("\n").flatMap((line) => /([a-z]+\.ts)\((\d+),/.exec(line)?.slice(1, 3).join(":") ?? []);
    expect(told.sort()).toEqual([
      "hookanswer.ts:3",
      "hookname.ts:4",
      "hookpool.ts:3",
      "key.ts:4",
      "misnamed.ts:3",
      "policy.ts:4",
      "pool.ts:3",
      "rulekey.ts:3",
      "rulepool.ts:3",
      "track.ts:3",
      "unloadvalue.ts:2",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
