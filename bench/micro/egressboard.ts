// What the board of an egress pool costs: finding members and records, holding, keeping outcomes, texts, at 300 and 10,000 members
// that are met in no order. Run with: node scripts/bun.mjs bench/micro/egressboard.ts
// The file is mapped, as in service. Prints nanoseconds a call, the best of the rounds, and the memory that the file takes.

import { closeSync, mkdtempSync, openSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import type { EgressMemberPlan } from "../../src/config/plan.ts";
import type { Outcome } from "../../src/memory/egress.ts";
import { egressShape } from "../../src/memory/egressboard/shape.ts";
import { SharedEgressBoard } from "../../src/memory/egressboard.ts";
import { processOwner } from "../../src/owner.ts";

const rounds = 5;
const callsPerRound = 100_000;
const nowMs = Date.UTC(2026, 6, 1);
const folder = mkdtempSync(join(process.platform === "linux" ? "/dev/shm" : tmpdir(), "sluice-bench-"));
let kept = 0;

function open(members: number, changesMax: number): { board: SharedEgressBoard; path: string } {
  const history = { entriesMax: 1000, changesMax };
  const shape = egressShape({ members: new Array<EgressMemberPlan>(members), history, session: null, users: 0 });
  const path = join(folder, `${members}-${changesMax}`);
  closeSync(openSync(path, "w"));
  truncateSync(path, SharedEgressBoard.bytesFor(shape));
  const bytes = Bun.mmap(path, { shared: true });
  SharedEgressBoard.format(bytes, shape, 12_345);
  return { board: new SharedEgressBoard(bytes, "scrape", processOwner()), path };
}

function measure(name: string, below: number, call: (index: number) => number): void {
  const prng = new Prng(7);
  const order = Uint32Array.from({ length: callsPerRound }, () => prng.below(below));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startedNs = Bun.nanoseconds();
    for (let turn = 0; turn < callsPerRound; turn++) kept += call(order[turn]!);
    best = Math.min(best, (Bun.nanoseconds() - startedNs) / callsPerRound);
  }
  console.log(`  ${name.padEnd(40)} ${best.toFixed(0).padStart(6)} ns`);
}

function measureTaking(board: SharedEgressBoard, rows: readonly number[]): void {
  measure("open, take a pair that is there, close", rows.length, (index) => {
    board.open();
    const pair = board.take("pair", rows[index]!, 77, nowMs);
    board.close();
    return pair;
  });
  measure("open, take one in place of another, close", 1_000_000, (index) => {
    board.open();
    const session = board.take("session", index + 1, 1, nowMs + index);
    board.close();
    return session;
  });
}

function run(members: number): void {
  const { board, path } = open(members, 100);
  const ids = Array.from({ length: members }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
  let startedNs = Bun.nanoseconds();
  board.adopt(ids, nowMs);
  const adoptMs = (Bun.nanoseconds() - startedNs) / 1e6;
  const rows = ids.map((id) => board.memberOf(id));
  const hosts = Array.from({ length: 500 }, (_, index) => `host-${index}.example.com`);
  const pairs = rows.map((row) => {
    board.open();
    const pair = board.take("pair", row, 77, nowMs);
    board.close();
    return pair;
  });
  console.log(`${members} members, adopted in ${adoptMs.toFixed(1)} ms`);
  measure("find a member", members, (index) => board.memberOf(ids[index]!));
  measure("find a pair, there", members, (index) => board.find("pair", rows[index]!, 77));
  measure("find a pair, not there", members, (index) => board.find("pair", rows[index]!, 78));
  measureTaking(board, rows);
  measure("hold and let go, member only", members, (index) => {
    const lease = board.hold(rows[index]!, 0);
    board.letGo(lease);
    return lease;
  });
  measure("hold and let go, member and pair", members, (index) => {
    const lease = board.hold(rows[index]!, pairs[index]!);
    board.letGo(lease);
    return lease;
  });
  measure("number of a text that is known", hosts.length, (index) => board.textOf(hosts[index]!));
  measure("number of a text that is new", 10_000_000, (index) => board.textOf(`key-${index}`));
  const outcome: Outcome = { atMs: nowMs, status: 200, fault: 0, flags: 0, durationMs: 7, host: 5, key: 0 };
  measure("keep an outcome, of 300 members", 300, (index) => {
    board.keep(rows[index]!, outcome);
    return 1;
  });
  measure("keep an outcome, of all", members, (index) => {
    board.keep(rows[index]!, outcome);
    return 1;
  });
  measure("next turn", 2, () => board.nextTurn());
  startedNs = Bun.nanoseconds();
  board.open();
  board.parts.leases.recount();
  board.close();
  console.log(
    `  counts made anew, as when a process has died: ${((Bun.nanoseconds() - startedNs) / 1e6).toFixed(1)} ms`,
  );
  console.log(
    `  ${((statSync(path).blocks * 512) / 2 ** 20).toFixed(1)} MiB of ${(board.bytes / 2 ** 20).toFixed(1)} are taken`,
  );
}

/** The headline: a thousand outcomes and a thousand changes of each of 300. */
function fill(): void {
  const { board, path } = open(300, 1000);
  const ids = Array.from({ length: 300 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  board.adopt(ids, nowMs);
  for (const id of ids) {
    const row = board.memberOf(id);
    for (let entry = 0; entry < 1000; entry++) {
      const key = board.textOf(entry % 8 === 0 ? `client ${id} ${entry}` : "client");
      board.keep(row, { atMs: nowMs + entry, status: 200, fault: 0, flags: 0, durationMs: 7, host: key, key });
      board.keepChange(row, { atMs: nowMs + entry, state: 1, cause: 6, forMs: 0, text: key });
    }
  }
  const bytes = statSync(path).blocks * 512;
  console.log(
    `300 members with 1,000 outcomes and changes each, ${board.figures().texts} texts: ${(bytes / 2 ** 20).toFixed(2)} MiB`,
  );
}

try {
  run(300);
  run(10_000);
  fill();
} finally {
  rmSync(folder, { recursive: true });
}
if (kept < 0) throw new Error("nothing was found");
