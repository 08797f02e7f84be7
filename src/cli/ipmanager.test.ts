import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import { environmentOf, ipmanager } from "./ipmanager.ts";

test("options come before what the environment says, and what nobody says stays", () => {
  const environment = { IPMANAGER_PORT: "1", SLUICE_ADMIN: "127.0.0.1:1", PATH: "/bin" };
  expect(environmentOf({}, environment)).toEqual(environment);
  expect(environmentOf({ port: "9095", parse: true, admin: "127.0.0.1:2" }, environment)).toEqual({
    IPMANAGER_PORT: "9095",
    IPMANAGER_MODE: "parse",
    SLUICE_ADMIN: "127.0.0.1:2",
    PATH: "/bin",
  });
  expect(environmentOf({ parse: false }, {})).toEqual({});
});

test("what is no config of ipmanager's is said to be none, and what cannot be read says why", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-"));
  try {
    const cases: [string, string | null, string, number][] = [
      ["own.yaml", "listeners: {}\nfoo: 1\n", "is no config of ipmanager's", 1],
      ["cut.json", '{"nginx_conf_path":', "a value is missing", 1],
      ["gone.json", null, "there is no such file", 2],
    ];
    for (const [name, text, expected, exit] of cases) {
      const config = join(folder, name);
      if (text !== null) writeFileSync(config, text);
      const child = Bun.spawn(
        [process.execPath, join(import.meta.dir, "../main.ts"), "ipmanager", "--config", config],
        {
          stderr: "pipe",
        },
      );
      const [code, told] = await Promise.all([child.exited, new Response(child.stderr).text()]);
      expect([name, code, told]).toEqual([name, exit, expect.stringContaining(expected)]);
      expect(told).not.toContain("listeners is missing");
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("each key of its config may be absent, where it is said to be one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-"));
  const path = join(folder, "config.json");
  const load = async (text: string, asked?: "ipmanager"): Promise<string | null> => {
    writeFileSync(path, text);
    return (await loadConfig(path, {}, undefined, asked)).origin?.program ?? null;
  };
  try {
    for (const text of ["{}", '{"mode": "parse", "next": "random"}', '{"nxt": "random"}'])
      expect([text, await load(text), await load(text, "ipmanager")]).toEqual([text, null, "ipmanager"]);
    expect(await load('{"listeners": {}}', "ipmanager")).toBeNull();
    expect(await load('{"servers": {"a": {"bind": ":1"}}}', "ipmanager")).toBe("gobetween");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("without a config it says how to name one", async () => {
  const said: string[] = [];
  const writer = {
    out: (text: string) => void said.push(text),
    err: (text: string) => void said.push(text),
    note: (text: string) => void said.push(text),
  };
  expect(await ipmanager({}, writer)).toBe(2);
  expect(said.join("\n")).toContain("--config FILE");
});
