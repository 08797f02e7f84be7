// What a change costs control where a pool has a thousand servers of a source: from a set in Redis' words to a plan that workers can be
// given, in turns one server more and one less. Nothing is sent and nobody is probed: it is control's own work, in ms a change.
// `bun bench/micro/discovery.ts [servers] [ms]`

import { serialize } from "bun:jsc";
import { judge } from "../../src/config/judge.ts";
import { noMaterials } from "../../src/config/materials.ts";
import type { Plan } from "../../src/config/plan.ts";
import type { Answer, Source } from "../../src/control/discovery/source.ts";
import { Standing } from "../../src/control/discovery/standing.ts";
import { silentLog } from "../../src/control/log.ts";
import { Names } from "../../src/control/names.ts";
import { Prober } from "../../src/control/prober.ts";
import { Reconciler } from "../../src/control/reconcile.ts";
import { Roster } from "../../src/control/roster.ts";
import { Arena } from "../../src/memory/arena.ts";
import { Board } from "../../src/memory/board.ts";
import { Totals } from "../../src/memory/tally.ts";
import { toldOf } from "../../src/registry/member.ts";

const [count = 990, lastingMs = 1500] = process.argv.slice(2).map(Number);

class Told implements Source {
  readonly name = "registry bench";
  tell: (answer: Answer) => void = () => {};

  start(tell: (answer: Answer) => void): void {
    this.tell = tell;
  }

  stop(): void {}
}

const arena = Arena.inMemory();
const log = silentLog();
const source = new Told();
const standing = new Standing(source, { onFailure: "keep", log, nowMs: Date.now, changed: () => {} }, null);
standing.start();
const check = process.env["CHECKED"] === undefined ? {} : { check: { tcp: true, every: "1h", timeout: "10ms" } };
const { config } = judge({
  listeners: { web: { listen: "127.0.0.1:0", use: "app" } },
  pools: { app: { discover: { registry: "bench" }, ...check } },
});
const roster = new Roster({
  board: new Board(arena),
  log,
  evidenceOf: () => ({ consecutiveFailures: 0, requests: 0, failures: 0, durationMs: 0 }),
  nameProblem: () => "",
  clearFailures: () => {},
  drainedBy: () => null,
  wallMs: Date.now,
});
let plan: Plan | null = null;
const reconciler = new Reconciler({
  finder: { adopt: async () => {}, foundOf: () => standing.servers },
  names: new Names(log),
  roster,
  prober: new Prober((slot, result) => roster.checked(slot, result, Date.now())),
  totals: new Totals(arena, 2),
  prepare: () => ({
    files: { tables: {}, lists: {}, caches: {}, egresses: {}, recorder: null, program: null, bans: null },
    keep: () => {},
    undo: () => {},
  }),
  publish: async (next) => {
    plan = next;
    return null;
  },
  nowMs: Date.now,
  log,
});

const members = Array.from({ length: count }, (_, index) => `http://10.1.${index >> 8}.${index & 255}:8080`);
const spent = { reading: 0, telling: 0, planning: 0, sending: 0 };
const timed = <T>(what: keyof typeof spent, work: () => T): T => {
  const beganMs = performance.now();
  const result = work();
  spent[what] += performance.now() - beganMs;
  return result;
};

source.tell(toldOf(members, [], members.length));
await reconciler.apply(config!, noMaterials);
const endMs = performance.now() + lastingMs;
let changes = 0;
let bytes = 0;
for (; performance.now() < endMs; changes++) {
  const now = changes % 2 === 0 ? [...members, "http://10.9.9.9:8080"] : members;
  const told = timed("reading", () => toldOf(now, [], now.length));
  timed("telling", () => source.tell(told));
  const beganMs = performance.now();
  const problem = await reconciler.rediscover();
  spent.planning += performance.now() - beganMs;
  if (problem !== null) throw new Error(problem);
  bytes = timed("sending", () => serialize(JSON.stringify(plan)).byteLength);
}
const each = Object.entries(spent).map(([what, ms]) => `${what} ${(ms / changes).toFixed(2)} ms`);
const all = Object.values(spent).reduce((sum, ms) => sum + ms, 0) / changes;
console.log(
  `${count} servers, ${changes} changes: ${all.toFixed(2)} ms each: ${each.join(", ")} (${bytes} bytes a worker)`,
);
