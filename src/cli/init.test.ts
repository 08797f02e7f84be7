import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import { readToml } from "../config/toml.ts";
import { readYaml } from "../config/yaml.ts";
import { type InitOptions, init } from "./init.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-init-"));
  folders.push(folder);
  return folder;
}

async function played(file: string, options: InitOptions = {}): Promise<{ code: number; said: string[] }> {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const code = await init(file, options, { out: say, err: say, note: say });
  return { code, said };
}

test("what it writes is a config without a warning, in each format, with the addresses it was given", async () => {
  for (const name of ["a.yaml", "b.toml", "c.config.ts"]) {
    const path = join(place(), name);
    const { code } = await played(path, { listen: "127.0.0.1:9000", to: "10.0.0.1:80, 10.0.0.2:80^3" });
    expect([name, code]).toEqual([name, 0]);
    const loaded = await loadConfig(path, {});
    if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join("\n"));
    expect(loaded.warnings).toEqual([]);
    expect(loaded.config.listeners["web"]?.listen).toBe("127.0.0.1:9000");
    expect(loaded.config.pools["app"]?.servers).toEqual(["10.0.0.1:80", "10.0.0.2:80^3"] as never);
    expect(existsSync(join(path, "..", "sluice.schema.json"))).toBe(!name.endsWith(".ts"));
  }
});

test("what stands in its comments may be written so", async () => {
  for (const name of ["a.yaml", "b.toml", "c.config.ts"]) {
    const path = join(place(), name);
    await played(path);
    const text = readFileSync(path, "utf8").replaceAll(
      /^( *)(?:#|\/\/) (?=(?: *- )?\{|(?:tls|rules|check|accessLog)\b)/gm,
      "$1",
    );
    const whole = text.replaceAll(/^ {4}# {3}- /gm, "      - ").replaceAll("/etc/letsencrypt/live", "nowhere");
    expect(whole).toMatch(/^ *rules/m);
    writeFileSync(path, whole);
    const loaded = await loadConfig(path, {});
    const problems = loaded.ok ? [] : loaded.problems.map(({ key, message }) => `${key} ${message}`);
    // But for the certificate that is nowhere.
    expect(problems).toEqual([expect.stringContaining("listeners.web.tls.certificates")]);
    const read = name.endsWith(".yaml") ? readYaml(whole) : name.endsWith(".toml") ? readToml(whole) : null;
    if (read !== null)
      expect(read.ok && Object.keys(read.value as object).sort()).toEqual(["accessLog", "listeners", "pools"]);
  }
});

test("nothing is written over", async () => {
  const folder = place();
  const path = join(folder, "sluice.yaml");
  writeFileSync(path, "mine\n");
  writeFileSync(join(folder, "sluice.schema.json"), "mine\n");
  expect(await played(path)).toEqual({ code: 1, said: [expect.stringContaining("is there already")] });
  expect((await played(join(folder, "other.yaml"))).code).toBe(0);
  for (const name of ["sluice.yaml", "sluice.schema.json"])
    expect(readFileSync(join(folder, name), "utf8")).toBe("mine\n");
});

test("what is no address, or no name of a config, is refused before anything is written", async () => {
  const folder = place();
  const path = join(folder, "sluice.yaml");
  expect((await played(path, { to: "a:b" })).said[0]).toContain("--to");
  expect((await played(path, { listen: "nowhere" })).said[0]).toContain("--listen");
  expect((await played(path, { to: "," })).code).toBe(2);
  expect((await played(path, { toml: true })).said).toEqual([expect.stringContaining("must end in .toml")]);
  expect((await played(join(folder, "sluice.conf"))).code).toBe(2);
  expect(readdirSync(folder)).toEqual([]);
});
