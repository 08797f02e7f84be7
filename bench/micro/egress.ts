// What it costs to choose an outbound address and to end with it: at 300 and 10,000 members, all available or half of them cooling down,
// by each way to choose, by session, with a pace, and where half of the members are unavailable at the host that is asked for. Run
// with: node scripts/bun.mjs bench/micro/egress.ts
// Prints nanoseconds a call, the best of the rounds. The board is mapped, as in service.

import { closeSync, mkdtempSync, openSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import type { EgressPlan } from "../../src/config/plan.ts";
import { EgressPool } from "../../src/egress/pool.ts";
import {
  type SampleParts,
  sampleMembers,
  sampleOutcome,
  samplePlan,
  sampleWish,
  startMs,
} from "../../src/egress/sample.fixture.ts";
import type { EgressBoard, EgressShape } from "../../src/memory/egress.ts";
import { SharedEgressBoard } from "../../src/memory/egressboard.ts";
import { processOwner } from "../../src/owner.ts";

const rounds = 7;
const callsPerRound = 100_000;
const folder = mkdtempSync(join(process.platform === "linux" ? "/dev/shm" : tmpdir(), "sluice-bench-"));
const keys = Array.from({ length: 1024 }, (_, index) => `key-${index}`);
const farRounds = 60;
const others = new Int32Array(24 << 20);
let files = 0;
let kept = 0;

function open(members: number): EgressBoard {
  const shape: EgressShape = {
    ...{ members: 16_384, entriesMax: 20, changesMax: 20 },
    ...{ pairs: 65_536, hosts: 1024, sessions: 4096, users: 64, texts: 4096 },
  };
  const path = join(folder, String(files++));
  closeSync(openSync(path, "w"));
  truncateSync(path, SharedEgressBoard.bytesFor(shape));
  const bytes = Bun.mmap(path, { shared: true });
  SharedEgressBoard.format(bytes, shape, 1);
  const board = new SharedEgressBoard(bytes, "scrape", processOwner());
  board.adopt(
    sampleMembers(members).map(({ id }) => id),
    startMs,
  );
  return board;
}

class Case {
  readonly pool: EgressPool;
  readonly #wish = sampleWish();
  readonly #outcome = sampleOutcome();
  nowMs: number = startMs;

  constructor(members: number, parts: SampleParts) {
    const plan: EgressPlan = samplePlan({ ...parts, members });
    const prng = new Prng(7);
    this.pool = new EgressPool(plan, open(members), () => prng.next());
  }

  /** Every other one is unavailable, everywhere or at the host. */
  coolHalf(where: "everywhere" | "host"): this {
    this.pool.plan.members.forEach(({ id }, index) => {
      if (index % 2 === 0) return;
      const blame = where === "everywhere" ? "member" : "nobody";
      const outcome = sampleOutcome({
        status: blame === "member" ? 0 : 403,
        blame,
        meaning: blame === "member" ? null : "ban",
      });
      for (let times = 0; times < 3; times++) this.pool.note(id, outcome);
    });
    this.nowMs += 100;
    return this;
  }

  choose(hasKey: boolean): number {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      const rows = new Int32Array(callsPerRound);
      const leases = new Int32Array(callsPerRound);
      const chunk = 10_000;
      let ns = 0;
      for (let from = 0; from < callsPerRound; from += chunk) {
        const started = Bun.nanoseconds();
        for (let call = from; call < from + chunk; call++) {
          if (hasKey) this.#wish.key = keys[call & 1023]!;
          this.nowMs += 0.01;
          const choice = this.pool.choose(this.#wish, this.nowMs);
          rows[call] = choice.row;
          leases[call] = choice.lease;
        }
        ns += Bun.nanoseconds() - started;
        for (let call = from; call < from + chunk; call++) this.pool.board.letGo(leases[call]!);
      }
      kept += rows[5]!;
      best = Math.min(best, ns / callsPerRound);
    }
    return best;
  }

  /** From the choice to the end: a success. */
  exchange(): number {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      const started = Bun.nanoseconds();
      for (let call = 0; call < callsPerRound; call++) {
        this.nowMs += 0.01;
        this.#outcome.atMs = this.nowMs;
        this.pool.end(this.pool.choose(this.#wish, this.nowMs), this.#outcome);
      }
      best = Math.min(best, (Bun.nanoseconds() - started) / callsPerRound);
    }
    return best;
  }

  /** As `exchange`, by a thousand keys in turn, each of which comes up once in a round. Far: before each round other memory has had the caches. */
  keyed(isFar: boolean): number {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < (isFar ? farRounds : callsPerRound / keys.length); round++) {
      if (isFar) kept += sweep();
      const started = Bun.nanoseconds();
      for (const key of keys) {
        this.nowMs += 0.01;
        this.#wish.key = key;
        this.#outcome.key = key;
        this.#outcome.atMs = this.nowMs;
        this.pool.end(this.pool.choose(this.#wish, this.nowMs), this.#outcome);
      }
      best = Math.min(best, (Bun.nanoseconds() - started) / keys.length);
    }
    return best;
  }

  tick(): number {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 50; round++) {
      const started = Bun.nanoseconds();
      kept += this.pool.tick(this.nowMs);
      best = Math.min(best, Bun.nanoseconds() - started);
    }
    return best;
  }
}

/** Everything else out of the caches, the third level among them. */
function sweep(): number {
  let sum = 0;
  for (let at = 0; at < others.length; at += 16) sum += others[at]!++;
  return sum & 1;
}

const hash = { lifetimeMs: 0, idleMs: 0, requestsMax: 0, bytesMax: 0 };
const cases: readonly (readonly [name: string, parts: SampleParts, hasKey: boolean])[] = [
  ["random", {}, false],
  ["roundRobin", { choose: "roundRobin" }, false],
  ["leastUsed", { choose: "leastUsed" }, false],
  ["session by hash", { session: hash }, true],
  ["session by record", { session: { ...hash, lifetimeMs: 600_000, idleMs: 60_000 } }, true],
];

function print(name: string, figures: readonly number[]): void {
  console.log(name.padEnd(34), ...figures.map((figure) => figure.toFixed(0).padStart(12)));
}

try {
  console.log(
    "ns a choice".padEnd(34),
    ...["300", "10,000", "half of it", "half at host"].map((head) => head.padStart(12)),
  );
  for (const [name, parts, hasKey] of cases)
    print(name, [
      new Case(300, parts).choose(hasKey),
      new Case(10_000, parts).choose(hasKey),
      new Case(10_000, parts).coolHalf("everywhere").choose(hasKey),
      new Case(10_000, parts).coolHalf("host").choose(hasKey),
    ]);
  const paced: SampleParts = { pace: { intervalMs: 0, concurrencyMax: 1_000_000 } };
  print("random, paced (with the lock)", [new Case(300, paced).choose(false), new Case(10_000, paced).choose(false)]);
  print("from choice to end, a success", [
    new Case(300, {}).exchange(),
    new Case(10_000, {}).exchange(),
    new Case(10_000, {}).coolHalf("everywhere").exchange(),
    new Case(10_000, {}).coolHalf("host").exchange(),
  ]);
  for (const isFar of [false, true])
    print(`by 1,024 keys${isFar ? ", out of the caches" : ""}`, [
      new Case(300, { session: hash }).keyed(isFar),
      new Case(10_000, { session: hash }).keyed(isFar),
      new Case(10_000, { session: hash }).coolHalf("everywhere").keyed(isFar),
      new Case(10_000, { session: hash }).coolHalf("host").keyed(isFar),
    ]);
  print("tick, all members", [new Case(300, {}).tick(), new Case(10_000, {}).tick()]);
} finally {
  rmSync(folder, { recursive: true });
}
if (kept < 0) throw new Error("nobody was chosen");
