import { expect, test } from "bun:test";
import { Place } from "../../test/playbook/place.ts";
import type { BalancePolicy } from "../config/plan.ts";
import { admin, health } from "../memory/board.ts";

test("each policy gives its reason", () => {
  const reasons = (policy: BalancePolicy): string =>
    new Place({ servers: ["one", "two"], balance: { policy } }).ask({ url: "/" }).choices[0]!.why;
  expect(reasons("random")).toBe("drawn by chance among 2, by weight");
  expect(reasons("weightedRoundRobin")).toBe("it is its turn among 2, by weight");
  expect(reasons("leastCalled")).toBe("of 2 it was given the fewest requests for its weight");
  expect(reasons("p2c")).toBe("of two drawn by chance among 2 it has fewer in flight for its weight");
  expect(reasons("peakEwma")).toBe("of two drawn by chance among 2 it is expected to answer sooner");
  expect(reasons("ipHash")).toBe("the hash of the client's address leads to it");
  expect(reasons("boundedHash")).toContain("it is the first with at most");
  expect(reasons("first")).toBe("it is the first in order that may be picked");
});

test("a server that nobody else can take the place of is picked for that", () => {
  const place = new Place({ servers: ["one", "two"] });
  place.becomes(0, { admin: admin.drain, isEligible: false });
  const [choice] = place.ask({ url: "/" }).choices;
  expect(choice).toMatchObject({ server: "two:80", why: "it is the only one that may be picked" });
  expect(choice!.candidates.map(({ state }) => state)).toEqual(["draining", "up"]);
});

test("candidates have the words of `sluice status`, and the load without the request itself", () => {
  const place = new Place({ servers: ["one", "two", "three", "four", "five"], server: { connectionsMax: 3 } });
  place.becomes(0, { health: health.down, isEligible: false });
  place.becomes(1, { isEjected: true, isEligible: false });
  place.becomes(2, { rampPermille: 100 });
  const [{ server, candidates } = { server: null, candidates: [] }] = place.ask({ url: "/" }).choices;
  expect(candidates.map(({ state }) => state)).toEqual(["down", "ejected", "up", "up", "up"]);
  expect(candidates.map(({ weight }) => weight).slice(2)).toEqual([0.1, 1, 1]);
  expect(candidates.find((each) => each.server === server)).toMatchObject({ active: 0, activeMax: 3 });
});
