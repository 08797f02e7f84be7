// What the processes of these tests agree on: the tables, and where each keeps its shadow.
//
//   shadow   1024 words a slot: counts begun of each key, counts done, at 1000 the beats; then a word that says stop, and one that
//            counts what was lent and looked at

import { closeSync, existsSync, mkdtempSync, openSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TablePlan } from "../../src/config/plan.ts";
import type { StoreShape } from "../../src/memory/cachestore/layout.ts";
import type { EgressShape } from "../../src/memory/egress.ts";
import { formatTable, tableBytes } from "../../src/memory/sticktable/layout.ts";
import { StickTable } from "../../src/memory/sticktable.ts";
import { processOwner } from "../../src/owner.ts";

export const keys = 40;
export const slots = 4;
const slotWords = 1024;
export const shadowWords: number = slots * slotWords + 2;
export const stopWord: number = slots * slotWords;
export const lentWord: number = stopWord + 1;

export const counted: TablePlan = {
  name: "counted",
  key: { kind: "integer" },
  entriesMax: 1000,
  expireMs: 0,
  isEvicting: false,
  share: null,
  store: ["gpc0", "conn_cur", "http_req_rate(10s)", "conn_cnt"],
};
/** So small that entries expire, are evicted and made all the time. */
export const churned: TablePlan = {
  name: "churned",
  key: { kind: "integer" },
  entriesMax: 64,
  expireMs: 20,
  isEvicting: true,
  share: null,
  store: ["conn_cur", "http_req_cnt", "conn_rate(10s)"],
};

/** So small that responses make room for each other all the time. */
export const cached: StoreShape = { bytesMax: 700_000, objectBytesMax: 120_000, policy: "tinylfu", isShared: true };

/** So small that records and texts make room for each other all the time. Rings are so long that nobody is held up for a whole round of one. */
export const boardShape: EgressShape = {
  ...{ members: 32, entriesMax: 2000, changesMax: 5 },
  ...{ pairs: 300, hosts: 100, sessions: 16, users: 16, texts: 512 },
};
export const boardIds: readonly string[] = Array.from({ length: 30 }, (_, index) => `10.0.0.${index}`);

export function shadowOf(slot: number): { begun: number; done: number; beats: number } {
  const at = slot * slotWords;
  return { begun: at, done: at + keys, beats: at + 1000 };
}

/** A new one, in memory where there is such a place. */
export function sharedFolder(): string {
  return mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "sluice-stress-"));
}

export function create(folder: string, name: string, bytes: number): Uint8Array {
  closeSync(openSync(join(folder, name), "w"));
  truncateSync(join(folder, name), bytes);
  return map(folder, name);
}

export function createTable(folder: string, plan: TablePlan, seed: number): StickTable {
  const bytes = create(folder, plan.name, tableBytes(plan));
  formatTable(bytes, plan, seed);
  return new StickTable(bytes, plan, processOwner());
}

export function map(folder: string, name: string): Uint8Array {
  return Bun.mmap(join(folder, name), { shared: true });
}
