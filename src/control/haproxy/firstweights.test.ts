import { expect, test } from "bun:test";
import { FirstWeights } from "./firstweights.ts";
import { sample } from "./sample.ts";

test("the first weight is kept while its server is there, and that of a server that has gone is not another's", () => {
  const { plan } = sample();
  const weights = new FirstWeights();
  const [one, other] = plan.pools.find(({ name }) => name === "app")!.servers;
  for (const { name, weight } of [one!, other!]) weights.changes("app", name, weight);
  weights.changes("app", one!.name, 77);
  weights.keep(plan.pools);
  expect([weights.of("app", one!.name, 1), weights.of("app", other!.name, 1)]).toEqual([10, 20]);
  weights.keep([{ name: "app", servers: [other!] }]);
  expect([weights.of("app", one!.name, 1), weights.of("app", other!.name, 1)]).toEqual([1, 20]);
});
