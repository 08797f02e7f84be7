import { afterAll, expect, test } from "bun:test";
import { ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../config/compile.ts";
import { loadConfig } from "../config/load.ts";
import { Slots } from "../config/slots.ts";
import { arenaBytes, arenaTouchedBytes, capacity, offset, rowCells, rowWords, workerOffsets } from "../memory/arena.ts";
import { check } from "./check.ts";
import { limitShortageOf, type MemoryReport, memoryReport, memoryShortage, roomFor } from "./checkmemory.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-checkmemory-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function reported(text: string): Promise<{
  memory: MemoryReport;
  tables: Record<string, { bytesWhenFull: number }>;
  caches: Record<string, { bytesWhenFull: number }>;
}> {
  const path = join(folder, "sluice.yaml");
  writeFileSync(path, text);
  const out: string[] = [];
  expect(
    await check(path, { json: true }, { out: (line) => out.push(line), err: () => {}, note: () => {} }, () => []),
  ).toBe(0);
  return JSON.parse(out.join("\n"));
}

const base = "workers: 2\nlisteners: { web: { listen: ':80', use: app } }\npools: { app: { servers: ['a:1'] } }\n";

test("all that lies in shared memory is counted, and what each worker has for itself is not", async () => {
  const { memory: least } = await reported(base);
  const { total, ...parts } = least;
  expect(total).toBe(Object.values(parts).reduce((sum, each) => sum + each, 0));
  expect(least).toMatchObject({ tables: 0, caches: 0, egress: 0, lists: 0 });
  expect(least.recorder).toBeGreaterThan(2 * 1000 * 200);
  const { memory, tables, caches } = await reported(
    `${base}tables: { seen: { size: 10k, store: [gpc0] } }
caches: { shared: { size: 20MB }, own: { size: 30MB, memory: worker } }
lists: { office: { addresses: [10.0.0.0/8, 192.0.2.1] } }
egress: { out: { members: [{ addresses: ["10.0.0.1-200"] }] } }
recorder: { entries: 0 }
`,
  );
  expect(memory.tables).toBe(tables["seen"]!.bytesWhenFull);
  expect(memory.caches).toBe(caches["shared"]!.bytesWhenFull);
  expect(memory.recorder).toBe(0);
  expect(memory.lists).toBeGreaterThan(20);
  expect(memory.egress).toBeGreaterThan(200 * 20 * 1000);
});

test("what does not fit is told, and a cache without a written size goes by what is free", async () => {
  const path = join(folder, "cached.yaml");
  writeFileSync(path, base.replace("servers:", "cache: true, servers:"));
  const loaded = await loadConfig(path);
  if (!loaded.ok) throw new Error("it does not load");
  const plan = compile(loaded.config, new Slots(), () => undefined, 1, loaded.materials);
  const [small, large] = [64 * 2 ** 20, 2 ** 30];
  const [tight, wide] = [memoryReport(plan, 2, 0, small), memoryReport(plan, 2, 0, large)];
  expect([tight.caches <= small / 2, wide.caches > 120 * 2 ** 20]).toEqual([true, true]);
  expect([memoryShortage(tight, small, "/dev/shm"), memoryShortage(wide, large, "/dev/shm")]).toEqual([null, null]);
  expect(memoryShortage(wide, small, "/dev/shm")).toMatch(
    /^warning: \/dev\/shm has room for 64\.0 MiB, and 1[23]\d\.\d MiB are needed .*--shm-size/,
  );
});

test("what a state folder holds already counts as room", () => {
  const state = join(folder, "state");
  const empty = roomFor(state);
  mkdirSync(join(state, "tables"), { recursive: true });
  writeFileSync(join(state, "tables", "one"), new Uint8Array(8 * 2 ** 20));
  expect(Math.abs(roomFor(state) - empty)).toBeLessThan(2 * 2 ** 20);
});

test("more servers and more workers take more of the arena", async () => {
  const servers = Array.from({ length: 1000 }, (_, index) => `'10.0.${index >> 8}.${index & 255}:1'`).join();
  const { memory } = await reported(base.replace("'a:1'", servers));
  // Of each worker 512 bytes a server and more, and of all together 128.
  expect(memory.arena).toBeGreaterThan(1000 * (2 * 512 + 128));
  expect(memory.arena).toBeLessThan(1000 * (2 * 512 + 128) * 1.2);
});

test("the arena's file takes what is told where all of its rows are written to, and little less", () => {
  const workers = 3;
  for (const servers of [1, 100, 3000]) {
    const path = join(folder, `arena-${servers}`);
    ftruncateSync(openSync(path, "wx+"), arenaBytes);
    const bytes = Bun.mmap(path, { shared: true });
    const counts = { listeners: 2, routes: 3, pools: 5, servers, rules: 40, egresses: 1 };
    const write = (at: number, length: number): void => void bytes.fill(1, at, at + length);
    const row = rowCells * 8;
    write(0, 64);
    write(offset.board, servers * rowWords * 4);
    write(offset.sharedServers, servers * rowWords * 4);
    write(offset.sharedPools, counts.pools * rowWords * 4);
    for (let worker = 0; worker < workers; worker++) {
      const at = workerOffsets(worker);
      write(at.words, row);
      write(at.active, servers * 4);
      for (const kind of ["listeners", "routes", "pools", "servers", "egresses"] as const)
        write(at[kind], counts[kind] * row);
      write(at.rules, counts.rules * 8);
    }
    const told = arenaTouchedBytes(counts, workers);
    const taken = statSync(path).blocks * 512;
    expect([servers, taken <= told, taken > told * 0.5]).toEqual([servers, true, true]);
  }
  const { workers: most, ...all } = capacity;
  expect(arenaTouchedBytes(all, most)).toBeGreaterThanOrEqual(arenaBytes);
});

test("a limit of memory is held against processes and all that lies there, and caches that workers have for themselves", async () => {
  const path = join(folder, "limited.yaml");
  writeFileSync(path, `${base}caches: { shared: { size: 20MB }, own: { size: 30MB, memory: worker } }\n`);
  const loaded = await loadConfig(path);
  if (!loaded.ok) throw new Error("it does not load");
  const plan = compile(loaded.config, new Slots(), () => undefined, 1, loaded.materials);
  const report = memoryReport(plan, 2, 0);
  const of = (limitMib: number): string | null => limitShortageOf(plan, 2, report, limitMib * 2 ** 20);
  expect([of(Number.POSITIVE_INFINITY), of(200)]).toEqual([null, null]);
  expect(of(170)).toMatch(
    /^warning: the memory limit of 170\.0 MiB .* processes 144\.0 MiB, caches (?:4[789]|50)\.\d MiB, /,
  );
});
