import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { ConsistentHash } from "./consistenthash.ts";
import { HashRing } from "./hashring.ts";
import { SampleView } from "./sample.fixture.ts";

const ids = Array.from({ length: 10 }, (_, index) => `pool/10.1.0.${index}:80`);
const weights = ids.map(() => 1);
const keys = ((prng) => Array.from({ length: 5000 }, () => prng.u32()))(new Prng(2));

test("a key keeps its server, and a server's keys come back when it does", () => {
  const policy = new ConsistentHash(new HashRing(ids, weights));
  const view = new SampleView(weights);
  const before = keys.map((key) => policy.pick(view, key));
  view.set(6, false);
  const during = keys.map((key) => policy.pick(view, key));
  view.set(6, true);
  expect(keys.map((key) => policy.pick(view, key))).toEqual(before);
  const moved = before.filter((owner, index) => owner !== during[index]);
  expect(new Set(moved)).toEqual(new Set([6]));
  expect(moved.length).toBe(before.filter((owner) => owner === 6).length);
});

test("a server that is down and one that was removed have the same heirs", () => {
  const view = new SampleView(weights);
  view.set(6, false);
  const down = new ConsistentHash(new HashRing(ids, weights));
  const left = ids.filter((_, index) => index !== 6);
  const gone = new ConsistentHash(new HashRing(left, weights.slice(1)));
  const leftView = new SampleView(weights.slice(1));
  for (const key of keys) expect(ids[down.pick(view, key)]).toBe(left[gone.pick(leftView, key)]!);
});
