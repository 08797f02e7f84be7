import { expect, test } from "bun:test";
import { judge } from "../config/judge.ts";
import { noMaterials } from "../config/materials.ts";
import type { Plan } from "../config/plan.ts";
import type { Config } from "../config/types.ts";
import { Arena } from "../memory/arena.ts";
import { Board } from "../memory/board.ts";
import { Totals } from "../memory/tally.ts";
import { silentLog } from "./log.ts";
import { Names } from "./names.ts";
import { Prober } from "./prober.ts";
import { Reconciler } from "./reconcile.ts";
import { Roster } from "./roster.ts";

function configOf(server: string): Config {
  const listeners = { web: { listen: "127.0.0.1:0", use: "app" } };
  const { config } = judge({ listeners, pools: { app: { servers: [server] } } });
  return config!;
}

/** A reconciler of one pool whose server has a name, and workers that take a plan or not. */
function stage() {
  const arena = Arena.inMemory();
  const totals = new Totals(arena, 1);
  const log = silentLog();
  const world = { address: "10.0.0.1", problem: null as string | null, published: [] as Plan[], files: [] as string[] };
  const roster = new Roster({
    board: new Board(arena),
    log,
    evidenceOf: () => ({ consecutiveFailures: 0, requests: 0, failures: 0, durationMs: 0 }),
    nameProblem: () => "",
    clearFailures: () => {},
  });
  const reconciler = new Reconciler({
    finder: { adopt: async () => {}, foundOf: () => [] },
    names: new Names(log, async () => [world.address]),
    roster,
    prober: new Prober(() => {}),
    totals,
    prepare: (plan) => {
      const note = (word: string) => () => void world.files.push(`${word} ${plan.generation}`);
      return {
        files: { tables: { marked: `/tables/${plan.generation}` }, lists: {}, caches: {}, program: null, bans: null },
        keep: note("keep"),
        undo: note("undo"),
      };
    },
    publish: async (plan, { tables }) => {
      world.files.push(`publish ${tables["marked"]}`);
      world.published.push(plan);
      return world.problem;
    },
    nowMs: () => 0,
  });
  const hosts = (): string[] =>
    world.published.splice(0).map((plan) => {
      const { address } = plan.pools[0]!.servers[0]!;
      return address.kind === "tcp" ? address.host : address.path;
    });
  return { reconciler, world, hosts };
}

test("a name that moved while its plan could not be published is published by the next refresh", async () => {
  const { reconciler, world, hosts } = stage();
  expect(await reconciler.apply(configOf("app.example:80"), noMaterials)).toBeNull();
  world.address = "10.0.0.2";
  world.problem = "a worker did not answer";
  expect(await reconciler.refreshNames()).toBe("a worker did not answer");
  world.problem = null;
  expect(await reconciler.refreshNames()).toBeNull();
  expect(hosts()).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.2"]);
  expect(await reconciler.refreshNames()).toBeNull();
  expect(hosts()).toEqual([]);
});

test("a config that is refused does not take a name's move with it", async () => {
  const { reconciler, world, hosts } = stage();
  expect(await reconciler.apply(configOf("app.example:80"), noMaterials)).toBeNull();
  world.address = "10.0.0.2";
  world.problem = "a port is in use";
  expect(await reconciler.apply(configOf("app.example:81"), noMaterials)).toBe("a port is in use");
  world.problem = null;
  expect(await reconciler.refreshNames()).toBeNull();
  expect(hosts()).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.2"]);
});

test("the files of a plan are made before it is published, and kept or taken back as it turns out", async () => {
  const { reconciler, world } = stage();
  await reconciler.apply(configOf("10.0.0.1:80"), noMaterials);
  world.problem = "a port is in use";
  await reconciler.apply(configOf("10.0.0.2:80"), noMaterials);
  expect(world.files).toEqual(["publish /tables/1", "keep 1", "publish /tables/2", "undo 2"]);
});
