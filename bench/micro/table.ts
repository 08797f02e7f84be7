// What a table costs: holding, counting, letting go, finding, a token, at a thousand and a million entries that are met in no
// order. Run with: node scripts/bun.mjs bench/micro/table.ts
// The file is mapped, as in service. Prints nanoseconds a call, the best of the rounds, and the memory that the file takes.

import { closeSync, mkdtempSync, openSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import type { TablePlan } from "../../src/config/plan.ts";
import { entryBytes, formatTable, tableBytes } from "../../src/memory/sticktable/layout.ts";
import { StickTable } from "../../src/memory/sticktable.ts";
import { processOwner } from "../../src/owner.ts";

const rounds = 5;
const callsPerRound = 200_000;
const folder = mkdtempSync(join(process.platform === "linux" ? "/dev/shm" : tmpdir(), "sluice-bench-"));
const octets = new Uint8Array(16);
octets[10] = octets[11] = 0xff;

function open(plan: TablePlan): { table: StickTable; path: string } {
  const path = join(folder, `${plan.name}-${plan.entriesMax}`);
  closeSync(openSync(path, "w"));
  truncateSync(path, tableBytes(plan));
  const bytes = Bun.mmap(path, { shared: true });
  formatTable(bytes, plan, 12_345);
  return { table: new StickTable(bytes, plan, processOwner()), path };
}

function lay(table: StickTable, client: number): void {
  octets[12] = 10 + (client >>> 24);
  octets[13] = client >>> 16;
  octets[14] = client >>> 8;
  octets[15] = client;
  table.key.setAddress(octets, 0);
}

let kept = 0;

function measure(name: string, clients: number, call: (client: number, nowMs: number) => number): void {
  const prng = new Prng(7);
  const order = Uint32Array.from({ length: callsPerRound }, () => prng.below(clients));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startedNs = Bun.nanoseconds();
    // Ten thousand requests a second.
    for (let index = 0; index < callsPerRound; index++)
      kept += call(order[index]!, 1_000_000 + round * callsPerRound + index / 10);
    best = Math.min(best, (Bun.nanoseconds() - startedNs) / callsPerRound);
  }
  console.log(`  ${name.padEnd(40)} ${best.toFixed(0).padStart(6)} ns`);
}

function run(entries: number): void {
  const plan: TablePlan = {
    name: "clients",
    key: { kind: "ip", prefix6: 64 },
    entriesMax: Math.ceil(entries * 1.05),
    expireMs: 3_600_000,
    isEvicting: true,
    share: null,
    store: ["gpc0", "conn_rate(10s)", "bytes_out_rate(60s)"],
  };
  const { table, path } = open(plan);
  const limits = open({ ...plan, name: "limits", store: ["tokens(5,500ms)"] }).table;
  for (let client = 0; client < entries; client++) {
    lay(table, client);
    table.add(0, 0, 1, 1_000_000);
    lay(limits, client);
    limits.take(0, 1, 1_000_000);
  }
  const bytes = statSync(path).blocks * 512;
  const each = `${entryBytes(plan).toFixed(1)} bytes an entry by the layout, ${(bytes / entries).toFixed(1)} of the file`;
  console.log(`${table.figures().used} entries: ${each}`);
  const laid = (client: number): number => {
    lay(table, client);
    return 1;
  };
  const found = (client: number, nowMs: number): number => {
    lay(table, client);
    return table.read(0, 0, nowMs);
  };
  measure("lay a key", entries, laid);
  measure("track, note, untrack", entries, (client, nowMs) => {
    laid(client);
    const hold = table.track(nowMs);
    table.note(hold, "bytesOut", 1000, nowMs);
    table.untrack(hold, nowMs);
    return hold;
  });
  measure("find, there", entries, found);
  measure("find, not there", entries, (client, nowMs) => found(client + 0x0100_0000, nowMs));
  measure("take a token", entries, (client, nowMs) => {
    lay(limits, client);
    return limits.take(0, 1, nowMs);
  });
  lay(table, 1);
  const hold = table.track(1_000_000);
  measure("note on one entry", entries, (_, nowMs) => {
    table.note(hold, "bytesOut", 1000, nowMs);
    return 1;
  });
  measure("add 1 to gpc0 of one entry", entries, (_, nowMs) => table.addTo(hold, 0, 0, 1, nowMs));
  measure("read gpc0 of one entry", entries, (_, nowMs) => table.readOf(hold, 0, 0, nowMs));
  measure("read a rate of one entry", entries, (_, nowMs) => table.readOf(hold, 1, 0, nowMs));
  table.untrack(hold, 1_000_000);
  measure("track, untrack of one entry", entries, (_, nowMs) => {
    lay(table, 1);
    const held = table.track(nowMs);
    table.untrack(held, nowMs);
    return held;
  });
}

try {
  run(1000);
  run(1_000_000);
} finally {
  rmSync(folder, { recursive: true });
}
if (kept < 0) throw new Error("nothing was counted");
