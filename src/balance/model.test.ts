// A pool under random events, beside a model so plain that it cannot be wrong: who may be picked at this moment is asked of
// the events themselves. Every policy, seeded; a failure names the seed.
import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import type { BalancePolicy, ServerPlan } from "../config/plan.ts";
import { Arena } from "../memory/arena.ts";
import { admin, Board, health } from "../memory/board.ts";
import { Backends } from "./backends.ts";
import { policyNames, samplePool, sampleServer } from "./sample.fixture.ts";

const arena = Arena.inMemory();
const board = new Board(arena);
const workers = 3;

class Model {
  readonly prng: Prng;
  readonly servers: readonly ServerPlan[];
  readonly pool: readonly Backends[];
  readonly isOneBackup: boolean;
  readonly isUp: boolean[];
  readonly inFlight: number[];
  /** One entry an exchange: who began it, and where. */
  readonly exchanges: { worker: number; index: number }[] = [];

  constructor(policy: BalancePolicy, seed: number, firstSlot: number) {
    const prng = new Prng(seed);
    this.prng = prng;
    this.servers = Array.from({ length: 1 + prng.below(8) }, (_, index) =>
      sampleServer(index, {
        slot: firstSlot + index,
        weight: prng.below(5) === 0 ? 0 : 1 + prng.below(20),
        backup: prng.below(4) === 0,
        connectionsMax: prng.below(2) === 0 ? 0 : 1 + prng.below(3),
      }),
    );
    this.isUp = this.servers.map(() => false);
    this.inFlight = this.servers.map(() => 0);
    for (const index of this.servers.keys()) this.turn(index, prng.below(3) > 0);
    this.isOneBackup = prng.below(2) === 0;
    const plan = { ...samplePool(policy, this.servers), isOneBackup: this.isOneBackup, slot: seed };
    this.pool = Array.from(
      { length: workers },
      (_, worker) => new Backends(plan, arena, worker, workers, () => prng.next()),
    );
  }

  turn(index: number, isUp: boolean): void {
    this.isUp[index] = isUp;
    board.write(this.servers[index]!.slot, {
      health: isUp ? health.up : health.down,
      admin: admin.ready,
      isEjected: false,
      rampPermille: 1 + this.prng.below(1000),
      isEligible: isUp,
    });
    board.publish();
  }

  /** Who may be picked when those in `tried` may not. */
  allowed(tried: Uint8Array): Set<number> {
    const well = [...this.servers.keys()].filter((index) => this.isUp[index] && this.servers[index]!.weight > 0);
    const untried = well.filter((index) => tried[index] !== 1);
    const serving = untried.filter((index) => !this.servers[index]!.backup);
    const backups = this.isOneBackup ? untried.slice(0, 1) : untried;
    return new Set((serving.length > 0 ? serving : backups).filter((index) => !this.isFull(index)));
  }

  isFull(index: number): boolean {
    const limit = this.servers[index]!.connectionsMax;
    return limit > 0 && this.inFlight[index]! >= limit;
  }

  step(): void {
    const { prng } = this;
    if (prng.below(4) === 0) this.turn(prng.below(this.servers.length), prng.below(3) > 0);
    const worker = prng.below(workers);
    const backends = this.pool[worker]!;
    const isFirst = prng.below(2) === 0;
    const tried = Uint8Array.from(this.servers, () => (!isFirst && prng.below(3) === 0 ? 1 : 0));
    const allowed = this.allowed(tried);
    const index = isFirst ? backends.pick(prng.u32()) : backends.pickExcept(tried, prng.u32());
    expect(allowed.size === 0 ? index === -1 : allowed.has(index)).toBe(true);
    if (index >= 0) this.begin(worker, index);
    const random = prng.below(this.servers.length);
    if (this.isUp[random] && prng.below(3) === 0) this.begin(worker, random);
    while (this.exchanges.length > 12 || (this.exchanges.length > 0 && prng.below(3) === 0)) this.finish();
    for (const [server, count] of this.inFlight.entries()) expect(backends.activeOf(server)).toBe(count);
  }

  begin(worker: number, index: number): void {
    const hasRoom = !this.isFull(index);
    expect(this.pool[worker]!.tryBegin(index)).toBe(hasRoom);
    if (!hasRoom) return;
    this.inFlight[index]!++;
    this.exchanges.push({ worker, index });
  }

  finish(): void {
    const [{ worker, index }] = this.exchanges.splice(this.prng.below(this.exchanges.length), 1) as [
      { worker: number; index: number },
    ];
    this.pool[worker]!.finish(index);
    this.pool[worker]!.observe(index, this.prng.below(500), this.exchanges.length);
    this.inFlight[index]!--;
  }
}

for (const policy of policyNames)
  test(`${policy}: whatever happens, picks go to servers that may be picked, and counts agree`, () => {
    for (let seed = 0; seed < 25; seed++) {
      const model = new Model(policy, seed, 0);
      try {
        for (let step = 0; step < 200; step++) model.step();
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
      while (model.exchanges.length > 0) model.finish();
    }
  });
