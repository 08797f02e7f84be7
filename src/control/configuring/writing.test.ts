import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import { noMaterials } from "../../config/materials.ts";
import { writeChanges } from "./writing.ts";

const folder: string = mkdtempSync(join(tmpdir(), "sluice-writing-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const isMountable: boolean = Bun.spawnSync(["unshare", "-m", "mount", "-t", "tmpfs", "none", folder]).exitCode === 0;
const text = `# ours
listeners: { web: { listen: "127.0.0.1:1", use: app } }
pools: { app: { servers: ["127.0.0.1:2"] } }
`;

/** Another drain time is put in force, and written. */
async function written(path: string): ReturnType<typeof writeChanges> {
  const source = { path, load: () => loadConfig(path) };
  const loaded = await source.load();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config, materials, lists } = loaded;
  const version = { materials, lists, folder, foreign: null, warned: new Set<string>(), configured: config };
  return writeChanges(source, { ...version, config: { ...config, drainTimeout: "7s" } }, noMaterials);
}

test("what was changed is in the file, beside what stood there, and the former one is kept", async () => {
  const path = join(folder, "sluice.yaml");
  writeFileSync(path, text);
  expect(await written(path)).toMatchObject({ ok: true, answer: { changes: 1, backup: `${path}.bak` } });
  expect(readFileSync(path, "utf8")).toBe(`${text}drainTimeout: 7s\n`);
  expect(readFileSync(`${path}.bak`, "utf8")).toBe(text);
});

test.skipIf(!isMountable)("of a file system that is read-only it is the config that is told, and no draft", () => {
  const place = join(folder, "place");
  mkdirSync(place);
  const path = join(place, "sluice.yaml");
  writeFileSync(path, text);
  const program = `
    import { loadConfig } from ${JSON.stringify(join(import.meta.dir, "../../config/load.ts"))};
    import { noMaterials } from ${JSON.stringify(join(import.meta.dir, "../../config/materials.ts"))};
    import { writeChanges } from ${JSON.stringify(join(import.meta.dir, "writing.ts"))};
    const path = ${JSON.stringify(path)};
    const source = { path, load: () => loadConfig(path) };
    const { config } = await source.load();
    const version = { config: { ...config, drainTimeout: "7s" }, configured: config, foreign: null };
    console.log((await writeChanges(source, version, noMaterials)).message);
    process.exit(0);`;
  const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" -e "$3"';
  const words = ["-m", "sh", "-c", script, "sh", place, process.execPath, program];
  expect(String(Bun.spawnSync(["unshare", ...words]).stdout).trim()).toBe(
    `${path} cannot be written: its file system is read-only`,
  );
  expect(readdirSync(place)).toEqual(["sluice.yaml"]);
});
