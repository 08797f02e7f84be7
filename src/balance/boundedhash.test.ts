import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { BoundedHash } from "./boundedhash.ts";
import { ConsistentHash } from "./consistenthash.ts";
import { HashRing } from "./hashring.ts";
import { SampleView } from "./sample.fixture.ts";

const ids = Array.from({ length: 5 }, (_, index) => `pool/10.2.0.${index}:80`);

test("an unloaded pool is hashed as by the plain ring", () => {
  const ring = new HashRing(ids, [1, 1, 1, 1, 1]);
  const view = new SampleView([1, 1, 1, 1, 1]);
  const prng = new Prng(4);
  for (let pick = 0; pick < 1000; pick++) {
    const key = prng.u32();
    expect(new BoundedHash(ring, 1.25).pick(view, key)).toBe(new ConsistentHash(ring).pick(view, key));
  }
});

test("no server ever takes more than the factor times its weighted share, and everybody is served", () => {
  for (const loadFactor of [1, 1.25, 2]) {
    const weights = [1, 2, 1, 4, 1];
    const policy = new BoundedHash(new HashRing(ids, weights), loadFactor);
    const view = new SampleView(weights);
    const prng = new Prng(7);
    const inFlight: number[] = [];
    for (let pick = 0; pick < 5000; pick++) {
      // Half of all exchanges have one hot key.
      const index = policy.pick(view, prng.next() < 0.5 ? 12_345 : prng.u32());
      const bound = Math.ceil((loadFactor * (inFlight.length + 1) * weights[index]!) / 9);
      expect(view.active[index]! + 1).toBeLessThanOrEqual(bound);
      view.active[index]!++;
      inFlight.push(index);
      while (inFlight.length > 40 || (inFlight.length > 0 && prng.next() < 0.4))
        view.active[inFlight.splice(prng.below(inFlight.length), 1)[0]!]!--;
    }
  }
});

test("a hot key spills over to the next server on the ring and comes back", () => {
  const ring = new HashRing(ids, [1, 1, 1, 1, 1]);
  const policy = new BoundedHash(ring, 1.25);
  const view = new SampleView([1, 1, 1, 1, 1]);
  const owner = policy.pick(view, 777);
  view.active.fill(2);
  view.active[owner] = 4;
  const heir = policy.pick(view, 777);
  view.set(owner, false);
  expect(new ConsistentHash(ring).pick(view, 777)).toBe(heir);
  view.set(owner, true);
  view.active[owner] = 2;
  expect(policy.pick(view, 777)).toBe(owner);
});

test("ineligible servers add neither load nor room", () => {
  const weights = [1, 1, 1, 1, 1];
  const policy = new BoundedHash(new HashRing(ids, weights), 1);
  const view = new SampleView(weights);
  view.active.splice(0, 5, 3, 3, 1000, 3, 3);
  view.set(2, false);
  // Thirteen over four servers: each takes at most four, so each may take this one.
  const seen = new Set(Array.from({ length: 200 }, (_, key) => policy.pick(view, key * 21_474_836)));
  expect([...seen].sort()).toEqual([0, 1, 3, 4]);
});
