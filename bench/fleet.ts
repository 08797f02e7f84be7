// How exact a limit is that nodes share, by simulation: what comes through of one client's requests, as a multiple of what may. Run
// with: node scripts/bun.mjs bench/fleet.ts. Time is virtual; the same seed gives the same figures on any machine. docs/FLEET.md
// has the table and says what follows from it.

import { type LimitCase, runLimit, shareOf, worstShare } from "../test/sim/fleet/limit.ts";

const usual: LimitCase = {
  ...{ nodes: 3, perSecond: 100, burst: 100, intervalMs: 200, delayMs: 2 },
  ...{ demand: 3, traffic: "even", seconds: 60 },
};

const times = (share: number): string => share.toFixed(2).padStart(6);

function line(change: Partial<LimitCase>): string {
  const limit: LimitCase = { ...usual, ...change };
  const { nodes, perSecond, burst, intervalMs, delayMs } = limit;
  const cells = [`${perSecond}/s`, String(burst), String(nodes), `${intervalMs} ms`, `${delayMs} ms`];
  for (const traffic of ["even", "skewed", "one"] as const) {
    const { admitted } = runLimit({ ...limit, traffic });
    // The first seconds spend the burst, at as many nodes as the client meets.
    const settled = admitted.slice(5);
    const first = shareOf(admitted.slice(0, 2), perSecond, burst);
    cells.push(
      `${times(first)} ${times(shareOf(settled, perSecond, 0))} ${times(worstShare(settled, 10, perSecond, 0))}`,
    );
  }
  return `| ${cells.join(" | ")} |`;
}

console.log(
  "Demand is three times the limit. Of each traffic: in the first two seconds, over the rest of a minute, in the worst ten seconds of it",
);
console.log("| limit | burst | nodes | interval | delay | even | skewed | one node |");
for (const nodes of [1, 3, 10, 100])
  for (const [perSecond, burst] of [
    [2, 5],
    [10, 10],
    [100, 100],
    [1000, 1000],
  ] as const)
    console.log(line({ nodes, perSecond, burst }));
for (const [intervalMs, delayMs] of [
  [50, 2],
  [1000, 2],
  [200, 50],
  [200, 150],
] as const)
  console.log(line({ nodes: 100, intervalMs, delayMs }));

console.log("\nDemand below the limit: refused of what should have come through");
console.log("| limit | burst | nodes | demand | even | skewed | one node |");
for (const nodes of [3, 100])
  for (const [perSecond, burst] of [
    [10, 10],
    [100, 100],
  ] as const)
    for (const demand of [0.5, 0.9]) {
      const refused = (["even", "skewed", "one"] as const).map((traffic) => {
        const { admitted, asked } = runLimit({ ...usual, nodes, perSecond, burst, demand, traffic });
        const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
        return `${((1 - sum(admitted) / sum(asked)) * 100).toFixed(1)} %`;
      });
      console.log(`| ${perSecond}/s | ${burst} | ${nodes} | ${demand} | ${refused.join(" | ")} |`);
    }

console.log(
  "\nSo many of the nodes without Redis from second 20 to 40, open: before, meanwhile, in the 10 seconds after, then",
);
console.log("| nodes | cut off | before | meanwhile | after | then |");
for (const [nodes, cutOff] of [
  [3, 1],
  [3, 3],
  [10, 5],
  [100, 50],
  [100, 100],
] as const) {
  const { admitted } = runLimit({
    ...usual,
    nodes,
    demand: 3,
    seconds: 80,
    cut: { nodes: cutOff, fromS: 20, toS: 40 },
  });
  const part = (from: number, to: number): string => times(shareOf(admitted.slice(from, to), usual.perSecond, 0));
  console.log(`| ${nodes} | ${cutOff} | ${part(5, 20)} | ${part(20, 40)} | ${part(40, 50)} | ${part(50, 80)} |`);
}
