import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Loaded, loadConfig } from "../config/load.ts";
import { AdminPlace } from "./adminplace.ts";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

async function load(text: string, admin: string): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-adminplace-"));
  undo.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "config.json");
  writeFileSync(path, text);
  const loaded = await loadConfig(path, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return { ...loaded, config: { ...loaded.config, admin: { ...loaded.config.admin, listen: admin } } };
}

const ipmanagers = (): Promise<string> => Bun.file("examples/ipmanager/config.json").text();
const own = `{ "listeners": { "a": { "listen": ":1", "use": "b" } }, "pools": { "b": { "servers": ["127.0.0.1:2"] } } }`;
const listenOf = (loaded: Loaded): string | null => (loaded.ok ? loaded.config.admin.listen : null);

function taken(): { address: string; free: () => void } {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const free = (): void => server.stop(true);
  undo.push(free);
  return { address: `127.0.0.1:${server.port}`, free };
}

async function ipmanager(admin: string): Promise<Loaded> {
  const upstream = join(process.cwd(), "examples/ipmanager/conf.d/001-upstream.conf");
  return load((await ipmanagers()).replace("conf.d/001-upstream.conf", upstream), admin);
}

test("a config of ipmanager's gets another port where the usual one is taken, and keeps it", async () => {
  const { address, free } = taken();
  const place = new AdminPlace({});
  const loaded = await ipmanager(address);
  expect(listenOf(await place.settle(loaded))).toBe("127.0.0.1:0");
  free();
  expect(listenOf(await place.settle(loaded))).toBe("127.0.0.1:0");
  const other = new AdminPlace({});
  expect(listenOf(await other.settle(loaded))).toBe(address);
});

test("where somebody has said an address, or it is a config of ours, it is that one or none", async () => {
  const { address } = taken();
  expect(listenOf(await new AdminPlace({ SLUICE_ADMIN: address }).settle(await ipmanager(address)))).toBe(address);
  expect(listenOf(await new AdminPlace({}).settle(await load(own, address)))).toBe(address);
});
