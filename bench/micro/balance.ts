// What one pick costs: every policy, 3 and 300 servers, in the state a worker meets (an arena, two workers' counts, some
// exchanges in flight). Run with: node scripts/bun.mjs bench/micro/balance.ts
// Prints nanoseconds a pick: the best of the rounds, which is the least disturbed by what else runs on the machine.

import { Backends } from "../../src/balance/backends.ts";
import { policyNames, samplePool, sampleServer } from "../../src/balance/sample.fixture.ts";
import { hashString } from "../../src/base/hash.ts";
import { Prng } from "../../src/base/prng.ts";
import type { BalancePolicy } from "../../src/config/plan.ts";
import { Arena } from "../../src/memory/arena.ts";
import { admin, Board, health } from "../../src/memory/board.ts";

const workers = 2;
const rounds = 5;
const arena = Arena.inMemory();
const board = new Board(arena);
const keys = Array.from({ length: 1024 }, (_, index) => hashString(`192.168.${index >> 8}.${index & 255}`));

function measure(policy: BalancePolicy, servers: number, hasWeights: boolean, hasLimits: boolean): number {
  const plan = samplePool(
    policy,
    Array.from({ length: servers }, (_, index) =>
      sampleServer(index, { weight: hasWeights ? 1 + (index % 5) : 1, connectionsMax: hasLimits ? 1000 : 0 }),
    ),
  );
  const prng = new Prng(1);
  const backends = new Backends(plan, arena, 0, workers, () => prng.next());
  for (let index = 0; index < servers; index++) {
    backends.observe(index, 1 + (index % 7), 1000);
    for (let exchange = 0; exchange < 1 + (index % 3); exchange++) backends.begin(index);
  }
  let best = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    const picks = servers > 100 ? 50_000 : 500_000;
    const start = Bun.nanoseconds();
    for (let pick = 0; pick < picks; pick++) sum += backends.pick(keys[pick & 1023]!);
    best = Math.min(best, (Bun.nanoseconds() - start) / picks);
  }
  for (let index = 0; index < servers; index++)
    for (let exchange = 0; exchange < 1 + (index % 3); exchange++) backends.finish(index);
  if (sum < 0) throw new Error("no server was picked");
  return best;
}

for (let slot = 0; slot < 300; slot++)
  board.write(slot, {
    health: health.up,
    admin: admin.ready,
    isEjected: false,
    rampPermille: 1000,
    isEligible: true,
  });
board.publish();

console.log(
  "ns per pick".padEnd(20),
  "3".padStart(8),
  "300".padStart(8),
  "3 weighted".padStart(12),
  "300 weighted".padStart(14),
  "3 limited".padStart(12),
);
for (const policy of policyNames) {
  const figures = [
    measure(policy, 3, false, false).toFixed(1).padStart(8),
    measure(policy, 300, false, false).toFixed(1).padStart(8),
    measure(policy, 3, true, false).toFixed(1).padStart(12),
    measure(policy, 300, true, false).toFixed(1).padStart(14),
    measure(policy, 3, false, true).toFixed(1).padStart(12),
  ];
  console.log(policy.padEnd(20), ...figures);
}
