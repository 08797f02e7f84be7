import { expect, test } from "bun:test";
import { table } from "../../test/playbook/rules.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import type { PoolFigure } from "../rules/scene.ts";

test("figures of pools are those of now, over all workers", () => {
  const play = new Playbook({ servers: ["one", "two"], server: { connectionsMax: 1 }, pools: ["b"] });
  const { world } = play.context.site;
  const figures = (pool: number): number[] =>
    (["servers", "up", "active", "queued"] as const).map((figure: PoolFigure) => world.pool(pool, figure));
  for (let count = 0; count < 3; count++) play.connect().sends(get("/"));
  expect([figures(0), figures(1)]).toEqual([
    [2, 2, 2, 1],
    [1, 1, 0, 0],
  ]);
  play.setServer(1, false);
  expect(figures(0)).toEqual([2, 1, 2, 1]);
  expect(figures(7)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
});

test("tables and lists stand in the order of the plan", () => {
  const play = new Playbook({
    tables: [table("a", ["gpc0"]), table("b", ["gpc0"])],
    lists: [{ name: "office", kind: "address" }],
  });
  const { world } = play.context.site;
  expect(world.tables.map(({ plan }) => plan.name)).toEqual(["a", "b"]);
  expect(world.lists.map(({ plan }) => plan.name)).toEqual(["office"]);
});
