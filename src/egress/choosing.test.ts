import { describe, expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { drawn, memberFault, Sample, type SampleParts, sampleMember, sampleWish } from "./sample.fixture.ts";

function make(parts: SampleParts): Sample {
  const prng = new Prng(3);
  return new Sample(parts, () => prng.next());
}

function counted(sample: Sample, times: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let time = 0; time < times; time++) {
    const choice = sample.choose();
    const id = sample.idOf(choice);
    counts.set(id, (counts.get(id) ?? 0) + 1);
    sample.pool.end(choice, sample.outcome());
  }
  return counts;
}

const weighted = Array.from({ length: 10 }, (_, index) => sampleMember(index, { weight: 1 + (index % 3) }));
const half = (sample: Sample): void => {
  for (const [index, { id }] of sample.pool.plan.members.entries())
    if (index % 2 === 1) for (let times = 0; times < 3; times++) sample.tell(id, memberFault);
};

describe("a scout", () => {
  const hash = { lifetimeMs: 0, idleMs: 0, requestsMax: 0, bytesMax: 0 };
  const kinds: readonly (readonly [name: string, parts: SampleParts, key: string])[] = [
    ["by chance", {}, ""],
    ["in turn", { choose: "roundRobin" }, ""],
    ["the least used", { choose: "leastUsed" }, ""],
    ["by key", { session: hash }, "key"],
    ["by key, of few", { session: hash, members: 9 }, "key"],
    ["by session", { session: { ...hash, lifetimeMs: 60_000 } }, "key"],
  ];

  test.each(kinds)("is told whose row is looked at, and of whom is taken last: %s", (_, parts, key) => {
    const sample = make({ members: 300, ...parts });
    half(sample);
    for (let turn = 0; turn < 40; turn++) {
      const told: number[] = [];
      const wish = sampleWish({ key: key === "" ? "" : `${key}${turn >> 1}` });
      const { member } = sample.pool.choose(wish, sample.nowMs, { sight: (seen) => void told.push(seen) });
      expect(told.at(-1)).toBe(member);
    }
  });

  test("is not told of those that are only compared", () => {
    const sample = make({ members: 40, choose: "leastUsed" });
    const told: number[] = [];
    const { member } = sample.pool.choose(sampleWish(), sample.nowMs, { sight: (seen) => void told.push(seen) });
    expect(told).toEqual([member]);
  });

  test("is told before the member is held, and of nobody where there is nobody", () => {
    const sample = make({ members: 2 });
    const active: number[] = [];
    const scout = { sight: (seen: number) => void active.push(sample.pool.standing(`10.0.0.${seen}`)!.active) };
    sample.pool.choose(sampleWish(), sample.nowMs, scout);
    expect(active).toEqual([0]);
    sample.coolDown("10.0.0.0", "10.0.0.1");
    sample.pass(1000);
    active.length = 0;
    expect(sample.pool.choose(sampleWish(), sample.nowMs, scout).refusal).toBe("none");
    expect(active).toEqual([]);
  });
});

describe("by chance", () => {
  test("each as often as any other", () => {
    for (const count of counted(make({ members: 10 }), 10_000).values()) expect(count).toBeWithin(880, 1120);
  });

  test("each by its weight, among those that may be used", () => {
    const sample = make({ members: weighted });
    half(sample);
    const counts = counted(sample, 10_000);
    // Of 0, 2, 4, 6, 8 the weights are 1, 3, 2, 1, 3.
    for (const [id, weight] of [
      ["10.0.0.0", 1],
      ["10.0.0.2", 3],
      ["10.0.0.4", 2],
      ["10.0.0.6", 1],
      ["10.0.0.8", 3],
    ] as const)
      expect(counts.get(id)! / 1000).toBeWithin(weight * 0.88, weight * 1.12);
    expect(counts.size).toBe(5);
  });

  test("of many the one is found that may be used at this host", () => {
    const sample = make({ members: 300 });
    for (const { id } of sample.pool.plan.members.filter(({ id }) => id !== "10.0.0.77"))
      sample.tell(id, { meaning: "ban" });
    for (let times = 0; times < 5; times++) expect(sample.who()).toBe("10.0.0.77");
  });
});

describe("in turn", () => {
  test("one after the other, over all workers", () => {
    const here = make({ members: 3, choose: "roundRobin" });
    const there = new Sample({ members: 3, choose: "roundRobin" }, drawn(2), here.board);
    const found = Array.from({ length: 6 }, (_, turn) => (turn % 2 === 0 ? here : there).who());
    expect(found.slice(0, 3)).toEqual(found.slice(3));
    expect(new Set(found).size).toBe(3);
    expect(here.choose().why).toBe("turn");
  });

  test("each in a round as often as it weighs, and not all of these at once", () => {
    const sample = make({ members: weighted, choose: "roundRobin" });
    const round = weighted.reduce((sum, { weight }) => sum + weight, 0);
    const found = Array.from({ length: round * 3 }, () => sample.who());
    for (const { id, weight } of weighted) expect(found.filter((each) => each === id)).toHaveLength(weight * 3);
    const repeats = found.filter((id, index) => index > 0 && found[index - 1] === id).length;
    expect(repeats).toBe(0);
  });

  test("who may not be used is stepped over", () => {
    const sample = make({ members: 6, choose: "roundRobin" });
    half(sample);
    for (const count of counted(sample, 30).values()) expect(count).toBe(10);
  });
});

describe("the least used", () => {
  test("is who has the fewest requests in flight, then the fewest ever", () => {
    const sample = make({ members: 4, choose: "leastUsed" });
    const held = Array.from({ length: 8 }, () => sample.hold());
    for (const { id } of sample.pool.plan.members) expect(sample.pool.standing(id)!.active).toBe(2);
    sample.pool.end(held[5]!, sample.outcome());
    expect(sample.choose()).toMatchObject({ row: held[5]!.row, why: "leastUsed" });
    const counts = counted(make({ members: 4, choose: "leastUsed" }), 40);
    for (const count of counts.values()) expect(count).toBe(10);
  });

  test("is by weight", () => {
    const members = [sampleMember(0, { weight: 3 }), sampleMember(1)];
    const sample = make({ members, choose: "leastUsed" });
    for (let times = 0; times < 40; times++) sample.hold();
    expect(sample.pool.standing("10.0.0.0")!.active).toBe(30);
  });

  test("of very many is the least of some of them, which is enough to spread requests", () => {
    const sample = make({ members: 300, choose: "leastUsed" });
    half(sample);
    for (let times = 0; times < 1500; times++) sample.hold();
    let most = 0;
    for (const { id } of sample.pool.plan.members) most = Math.max(most, sample.pool.standing(id)!.active);
    expect(most).toBeLessThanOrEqual(12);
  });
});
