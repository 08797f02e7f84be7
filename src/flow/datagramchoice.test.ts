import { expect, test } from "bun:test";
import { makePlan } from "../../test/playbook/plan.ts";
import { chooseServer, isSameServer } from "./datagramchoice.ts";
import type { PoolSite } from "./site.ts";

const [server] = makePlan().pools[0]!.servers;

test("a server is the same at the same address and from the same source", () => {
  expect(isSameServer(server!, { ...server!, address: { ...server!.address }, weight: 7 })).toBe(true);
  expect(isSameServer(server!, { ...server!, address: { kind: "tcp", host: "127.0.0.2", port: 81 } })).toBe(false);
  expect(isSameServer(server!, { ...server!, source: "127.0.0.1" })).toBe(false);
  expect(isSameServer(server!, { ...server!, id: "other" })).toBe(false);
});

/** A pool whose picks come in this order, and which servers have a place left. */
function pool(picks: number[], free: readonly number[]): PoolSite {
  const pick = (): number => picks.shift() ?? -1;
  const backends = { pick, pickExcept: pick, tryBegin: (index: number) => free.includes(index) };
  return { backends } as unknown as PoolSite; // Nothing else is asked.
}

test("a place that was taken in between is no reason to give up", () => {
  expect(chooseServer(pool([0, 0, 1], [1]), 0, null)).toBe(1);
  expect(chooseServer(pool([-1, 1], [1]), 0, null)).toBe(-1);
});

test("but there is an end to it", () => {
  const picks = Array.from({ length: 100 }, () => 0);
  expect(chooseServer(pool(picks, []), 0, new Uint8Array(2))).toBe(-1);
  expect(picks.length).toBeGreaterThan(90);
});
