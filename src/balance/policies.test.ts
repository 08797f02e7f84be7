// The contract of a policy, run over every policy there is.
import { describe, expect, test } from "bun:test";
import { hashString } from "../base/hash.ts";
import { Prng } from "../base/prng.ts";
import type { BalancePolicy } from "../config/plan.ts";
import { createFailoverPolicy, createPolicy } from "./policies.ts";
import type { Policy } from "./policy.ts";
import { policyNames, SampleView, samplePool, sampleServer } from "./sample.fixture.ts";

const hashing: readonly BalancePolicy[] = ["ipHash", "consistentHash", "boundedHash"];
const keyOf = (pick: number): number => hashString(`client-${pick}`);

function create(name: BalancePolicy, weights: readonly number[]): { main: Policy; failover: Policy } {
  const servers = weights.map((weight, index) => sampleServer(index, { weight }));
  const { balance } = samplePool(name, servers);
  const main = createPolicy(balance, servers);
  return { main, failover: createFailoverPolicy(balance, servers, main) };
}

/** Picks, each of which is in flight while the next `inFlightMax` are made, and counts them. */
function spread(policy: Policy, view: SampleView, picks: number, inFlightMax: number): number[] {
  const counts = view.active.map(() => 0);
  const inFlight: number[] = [];
  for (let pick = 0; pick < picks; pick++) {
    const index = policy.pick(view, keyOf(pick));
    counts[index]!++;
    view.calls[index]!++;
    view.active[index]!++;
    inFlight.push(index);
    if (inFlight.length > inFlightMax) view.active[inFlight.shift()!]!--;
  }
  for (const index of inFlight) view.active[index]!--;
  return counts;
}

for (const name of policyNames) {
  describe(name, () => {
    test("says whether it wants a key", () => {
      expect(create(name, [1]).main.isKeyed).toBe(hashing.includes(name));
    });

    test("picks nobody from a pool without servers or without eligible ones", () => {
      expect(create(name, []).main.pick(new SampleView([]), 5)).toBe(-1);
      for (const policy of Object.values(create(name, [1, 2]))) {
        const view = new SampleView([1, 2]);
        view.set(0, false);
        view.set(1, false);
        expect(policy.pick(view, 5)).toBe(-1);
      }
    });

    test("picks the only eligible server whatever its load", () => {
      for (const policy of Object.values(create(name, [1, 1, 1]))) {
        const view = new SampleView([1, 1, 1]);
        view.set(0, false);
        view.set(2, false);
        view.active[1] = 1000;
        view.latencies[1] = 90_000;
        for (let pick = 0; pick < 20; pick++) expect(policy.pick(view, keyOf(pick))).toBe(1);
      }
    });

    test("never picks an ineligible server while servers come, go and change their weights", () => {
      const weights = [1, 5, 2, 1, 3, 100, 1, 7];
      for (const policy of Object.values(create(name, weights))) {
        const view = new SampleView(weights);
        const prng = new Prng(42);
        for (let pick = 0; pick < 3000; pick++) {
          if (pick % 5 === 0) view.set(prng.below(weights.length), prng.next() < 0.5);
          if (pick % 17 === 0) {
            view.weights[prng.below(weights.length)] = prng.next() * 10 + 0.01;
            view.changed();
          }
          const busy = prng.below(weights.length);
          view.active[busy] = prng.below(10);
          view.calls[busy]! += prng.below(4);
          view.latencies[busy] = prng.below(3) * 10;
          const picked = policy.pick(view, prng.u32());
          if (view.eligibleCount === 0) expect(picked).toBe(-1);
          else expect(view.isEligible[picked]).toBe(1);
        }
      }
    });

    test("gives every eligible server of equal weight about the same share", () => {
      if (name === "first") return;
      for (const policy of Object.values(create(name, new Array(5).fill(1)))) {
        const view = new SampleView(new Array(5).fill(1));
        const counts = spread(policy, view, 10_000, 3);
        // A ring of 160 points a server is even within about 8 percent of standard deviation.
        const tolerance = hashing.includes(name) ? 500 : 150;
        for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(tolerance);
      }
    });

    test("gives shares by weight, unless it ignores weights", () => {
      if (name === "first" || name === "roundRobin") return;
      for (const policy of Object.values(create(name, [1, 2, 4, 1]))) {
        const counts = spread(policy, new SampleView([1, 2, 4, 1]), 8000, 80);
        const expected = [1000, 2000, 4000, 1000];
        const tolerance = hashing.includes(name) ? 0.3 : 0.12;
        for (const [index, count] of counts.entries())
          expect(Math.abs(count - expected[index]!)).toBeLessThan(expected[index]! * tolerance);
      }
    });

    test("gives an idle pool to every server", () => {
      if (name === "first") return;
      const { main } = create(name, new Array(8).fill(1));
      const view = new SampleView(new Array(8).fill(1));
      const seen = new Set(Array.from({ length: 400 }, (_, pick) => main.pick(view, keyOf(pick))));
      expect(seen.size).toBe(8);
    });
  });
}

test("no policy allocates in a pick", async () => {
  // The runtime's log says each time that enough was allocated for a collection; it is the only witness of short-lived objects.
  const script = `
    import { createPolicy } from "${import.meta.dir}/policies.ts";
    import { policyNames, SampleView, samplePool, sampleServer } from "${import.meta.dir}/sample.fixture.ts";
    const servers = [1, 2, 3].map((weight, index) => sampleServer(index, { weight }));
    let kept = null;
    const policies = policyNames.map((name) => [name, createPolicy(samplePool(name, servers).balance, servers)]);
    policies.push(["allocating", { pick: (view, key) => (kept = { key }).key }]);
    for (const [name, policy] of policies) {
      const view = new SampleView([1, 2, 3]);
      view.active.fill(2);
      Bun.gc(true);
      console.error("begin " + name);
      for (let pick = 0; pick < 800_000; pick++) policy.pick(view, (pick * 2654435761) >>> 0);
      console.error("end " + name);
    }`;
  const child = Bun.spawn([process.execPath, "-e", script], {
    env: { ...process.env, BUN_JSC_logGC: "1" },
    stdout: "ignore",
    stderr: "pipe",
  });
  const log = await child.stderr.text();
  expect(await child.exited).toBe(0);
  const collections = (name: string): number => {
    const start = log.indexOf(`begin ${name}\n`);
    const end = log.indexOf(`end ${name}\n`);
    expect(start >= 0 && end > start).toBe(true);
    return log.slice(start, end).split("bytes allocated this cycle").length - 1;
  };
  expect(collections("allocating")).toBeGreaterThan(0);
  for (const name of policyNames) expect([name, collections(name)]).toEqual([name, 0]);
}, 60_000);
