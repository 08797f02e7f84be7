import { afterEach, expect, test } from "bun:test";
import { until } from "../../test/e2e/harness/wait.ts";
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

const probers: Prober[] = [];
afterEach(() => {
  for (const prober of probers.splice(0)) prober.close();
});

const listeners = { web: { listen: "127.0.0.1:0", use: "app" } };

function configOf(server: string): Config {
  return judge({ listeners, pools: { app: { servers: [server] } } }).config!;
}

/** Whose servers a source tells of. */
function followingOf(check?: object): Config {
  const app = { discover: { file: "x" }, ...(check === undefined ? {} : { check }) };
  return judge({ listeners, pools: { app } }).config!;
}

/** A reconciler of one pool whose server has a name, and workers that take a plan or not. */
function stage() {
  const arena = Arena.inMemory();
  const totals = new Totals(arena, 1);
  const log = silentLog();
  const world = {
    address: "10.0.0.1",
    problem: null as string | null,
    published: [] as Plan[],
    files: [] as string[],
    /** Why files cannot be made. */
    unmade: null as string | null,
    found: [] as string[],
    /** Resolves when a name that never comes may come. */
    slow: new Promise<void>(() => {}),
    /** What each publication waits for. */
    hold: null as Promise<void> | null,
    /** Why there is no memory for the rows of a plan. */
    short: null as string | null,
    /** Of each publication: whether somebody waits for it. */
    asked: [] as boolean[],
    /** Told at each publication: servers that may be picked. */
    well: [] as string[],
  };
  const roster = new Roster({
    board: new Board(arena),
    log,
    evidenceOf: () => ({ consecutiveFailures: 0, requests: 0, failures: 0, durationMs: 0 }),
    nameProblem: () => "",
    clearFailures: () => {},
    drainedBy: () => null,
    wallMs: () => 0,
  });
  const prober = new Prober((slot, result) => roster.checked(slot, result, 0));
  probers.push(prober);
  const reconciler = new Reconciler({
    finder: { adopt: async () => {}, foundOf: () => world.found.map((address) => ({ address })) },
    names: new Names(log, async (host) => {
      if (host === "slow.example") await world.slow;
      return [world.address];
    }),
    roster,
    prober,
    totals,
    reserve: () => {
      if (world.short !== null) throw new Error(world.short);
    },
    prepare: (plan) => {
      if (world.unmade !== null) throw new Error(world.unmade);
      world.files.push(`prepare ${plan.generation}`);
      const note = (word: string) => () => void world.files.push(`${word} ${plan.generation}`);
      return {
        files: {
          tables: { marked: `/tables/${plan.generation}` },
          lists: {},
          caches: {},
          egresses: {},
          recorder: null,
          program: null,
          bans: null,
        },
        keep: note("keep"),
        undo: note("undo"),
      };
    },
    publish: async (plan, { tables }, isAsked) => {
      world.asked.push(isAsked);
      await world.hold;
      world.files.push(`publish ${tables["marked"]}`);
      world.published.push(plan);
      const { servers } = plan.pools[0]!;
      world.well.push(
        servers
          .filter(({ slot }) => roster.conditionOf(slot).isEligible)
          .map(({ name }) => name)
          .join(" "),
      );
      return world.problem;
    },
    nowMs: () => 0,
    log,
  });
  const hosts = (): string[] =>
    world.published.splice(0).map((plan) => {
      const { address } = plan.pools[0]!.servers[0]!;
      return address.kind === "tcp" ? address.host : address.path;
    });
  const names = (): string[] =>
    world.published.splice(0).map((plan) => plan.pools[0]!.servers.map(({ name }) => name).join(" "));
  return { reconciler, roster, world, hosts, names };
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

test("a name that moves while a plan is being published is published after it", async () => {
  const { reconciler, world, hosts } = stage();
  expect(await reconciler.apply(configOf("app.example:80"), noMaterials)).toBeNull();
  const { promise, resolve } = Promise.withResolvers<void>();
  world.hold = promise;
  const applied = reconciler.apply(configOf("app.example:80"), noMaterials);
  world.address = "10.0.0.2";
  const refreshed = reconciler.refreshNames();
  await Bun.sleep(0);
  resolve();
  expect([await applied, await refreshed, await reconciler.refreshNames()]).toEqual([null, null, null]);
  expect(hosts().at(-1)).toBe("10.0.0.2");
});

test("without memory for its rows a plan is refused before it touches any of them", async () => {
  const { reconciler, roster, world } = stage();
  await reconciler.apply(configOf("10.0.0.1:80"), noMaterials);
  const { slot } = reconciler.plan!.pools[0]!.servers[0]!;
  world.short = "arena would need 0.9 MiB";
  expect(await reconciler.apply(configOf("10.0.0.2:80"), noMaterials)).toBe("arena would need 0.9 MiB");
  expect([reconciler.plan!.generation, roster.conditionOf(slot).state]).toEqual([1, "up"]);
  expect(world.well).toEqual(["10.0.0.1:80"]);
});

test("who publishes is told whether it is another config, for which somebody waits", async () => {
  const { reconciler, world } = stage();
  await reconciler.apply(configOf("app.example:80"), noMaterials);
  world.address = "10.0.0.2";
  await reconciler.refreshNames();
  await reconciler.apply(configOf("app.example:80"), noMaterials);
  expect(world.asked).toEqual([true, false, true]);
});

test("the files of a plan are made before it is published, and kept or taken back as it turns out", async () => {
  const { reconciler, world } = stage();
  await reconciler.apply(configOf("10.0.0.1:80"), noMaterials);
  world.problem = "a port is in use";
  await reconciler.apply(configOf("10.0.0.2:80"), noMaterials);
  expect(world.files).toEqual([
    ...["prepare 1", "publish /tables/1", "keep 1"],
    ...["prepare 2", "publish /tables/2", "undo 2"],
  ]);
});

test("files are made when new servers have had their first check, for tables go on being counted in meanwhile", async () => {
  const { reconciler, world } = stage();
  await reconciler.apply(configOf("10.0.0.1:80"), noMaterials);
  world.files.length = 0;
  const asked = Promise.withResolvers<void>();
  let answer: () => void = () => {};
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => {
      asked.resolve();
      return new Promise<Response>((resolve) => {
        answer = () => resolve(new Response("well"));
      });
    },
  });
  const app = { servers: [`127.0.0.1:${server.port}`], check: { http: "/", timeout: "1m", every: "1m" } };
  const applied = reconciler.apply(judge({ listeners, pools: { app } }).config!, noMaterials);
  await asked.promise;
  expect(world.files).toEqual([]);
  answer();
  expect(await applied).toBeNull();
  expect(world.files).toEqual(["prepare 2", "publish /tables/2", "keep 2"]);
  await server.stop(true);
});

test("where files cannot be made the former plan stays, with its servers", async () => {
  const { reconciler, roster, world } = stage();
  await reconciler.apply(configOf("10.0.0.1:80"), noMaterials);
  const { slot } = reconciler.plan!.pools[0]!.servers[0]!;
  world.unmade = "no room";
  expect(await reconciler.apply(configOf("10.0.0.2:80"), noMaterials)).toBe("no room");
  expect(reconciler.plan!.generation).toBe(1);
  expect(roster.conditionOf(slot).state).toBe("up");
});

test("servers that were found are published when they are others, and only then", async () => {
  const { reconciler, world, names } = stage();
  expect(await reconciler.rediscover()).toBeNull();
  await reconciler.apply(followingOf(), noMaterials);
  world.found = ["10.0.0.1:80"];
  await reconciler.rediscover();
  await reconciler.rediscover();
  world.found = ["10.0.0.2:80", "10.0.0.1:80"];
  world.problem = "a worker did not answer";
  expect(await reconciler.rediscover()).toBe("a worker did not answer");
  world.problem = null;
  expect(await reconciler.rediscover()).toBeNull();
  expect(names()).toEqual(["", "10.0.0.1:80", "10.0.0.2:80 10.0.0.1:80", "10.0.0.2:80 10.0.0.1:80"]);
});

test("a found server whose name does not resolve in time holds up no other, and follows", async () => {
  const { reconciler, world, hosts } = stage();
  await reconciler.apply(followingOf(), noMaterials);
  world.published.length = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  world.slow = promise;
  world.found = ["slow.example:80", "10.0.0.9:80"];
  expect(await reconciler.rediscover()).toBeNull();
  expect(hosts()).toEqual([""]);
  resolve();
  await until("the plan with its address", () => world.published.length > 0);
  expect(hosts()).toEqual(["10.0.0.1"]);
});

test("where all servers of a pool are replaced, the new ones are checked before they must serve", async () => {
  const { reconciler, world } = stage();
  const open = Array.from({ length: 3 }, () => Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } }));
  const [one, two, three] = open.map(({ port }) => `127.0.0.1:${port}`) as [string, string, string];
  world.found = [one];
  await reconciler.apply(followingOf({ tcp: true, every: "1m" }), noMaterials);
  world.found = [two];
  await reconciler.rediscover();
  // One that is well stays, so nobody waits for the other.
  world.found = [two, three];
  await reconciler.rediscover();
  expect(world.well).toEqual([one, two, two]);
  for (const listener of open) listener.stop(true);
});

test("a name that nobody answers for holds up nothing that sources tell of others", async () => {
  const { reconciler, world, names } = stage();
  world.found = ["10.0.0.1:80"];
  expect(await reconciler.apply(followingOf(), noMaterials)).toBeNull();
  world.found = ["10.0.0.1:80", "slow.example:80"];
  await reconciler.rediscover();
  const asking = reconciler.refreshNames();
  expect(reconciler.refreshNames()).toBe(asking);
  world.found = ["10.0.0.2:80", "slow.example:80"];
  await reconciler.rediscover();
  world.found = ["10.0.0.3:80", "slow.example:80"];
  await reconciler.rediscover();
  expect(names()).toEqual([
    "10.0.0.1:80",
    "10.0.0.1:80 slow.example:80",
    "10.0.0.2:80 slow.example:80",
    "10.0.0.3:80 slow.example:80",
  ]);
  expect(await Promise.race([asking, Promise.resolve("under way")])).toBe("under way");
});
