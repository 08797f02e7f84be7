// Nodes of a fleet in one process over a real Redis: what one Fleet does, others see. Whole Sluices are in test/e2e/fleet.test.ts.

import { expect, setDefaultTimeout, spyOn, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { testWith } from "../../test/e2e/harness/program.ts";
import { Redis } from "../../test/e2e/harness/redis.ts";
import { Room } from "../../test/e2e/harness/room.ts";
import { until } from "../../test/e2e/harness/wait.ts";
import type { TablePlan } from "../config/plan.ts";
import { SharedTable } from "../memory/sharedtable.ts";
import { readBan } from "./ban.ts";
import { Bans } from "./bans.ts";
import { Beating } from "./fleet/beating.ts";
import { Fleet } from "./fleet.ts";
import { openLog } from "./log.ts";
import type { OpenTable } from "./tables.ts";

setDefaultTimeout(60_000);
const withRedis = testWith(["redis-server", "redis-cli"]);

const plan: TablePlan = {
  ...{ name: "t", key: { kind: "integer" }, entriesMax: 1024, expireMs: 60_000, isEvicting: true, store: ["gpc0"] },
  share: { staleMs: 5000, whenStale: "open" },
};

class Member {
  readonly fleet: Fleet;
  readonly bans: Bans;
  readonly table: SharedTable = SharedTable.inMemory(plan);
  readonly lines: string[];
  readonly folder: string;
  tables: readonly OpenTable[] = [{ plan, path: "/nowhere", table: this.table.own, shared: this.table }];

  private constructor(bans: Bans, folder: string, lines: string[]) {
    this.bans = bans;
    this.folder = folder;
    this.lines = lines;
    const log = openLog({ level: "info", format: "text", isColored: false, write: (line) => void lines.push(line) });
    this.fleet = new Fleet({
      ...{ log, bans, folder, adminPort: "2112", sharedMs, tables: () => this.tables },
      summary: () => ({
        ...{
          version: "1",
          address: "a:1",
          state: "ready",
          startedAt: "",
          connections: 0,
          requests: 0,
          bans: bans.size,
        },
        ...{ requestsPerSecond: 0, workers: { up: 1, all: 1 }, servers: { up: 1, all: 1 }, config: "c" },
      }),
    });
  }

  static async open(room: Room, folder: string): Promise<Member> {
    mkdirSync(room.path(folder), { recursive: true });
    const lines: string[] = [];
    const log = openLog({ level: "info", format: "text", isColored: false, write: (line) => void lines.push(line) });
    const bans = await Bans.open({ folder: room.path(folder), log, nowMs: Date.now, changed: () => {} });
    const member = new Member(bans, room.path(folder), lines);
    room.ending(() => member.close());
    return member;
  }

  async close(): Promise<void> {
    await this.fleet.close();
    this.bans.close();
  }

  ban(address: string): void {
    const ban = readBan({ address }, Date.now());
    if (ban.ok) this.bans.add(ban.value);
  }

  count(key: number, amount: number): void {
    this.table.key.setInteger(key);
    this.table.add(0, 0, amount, sharedMs());
  }

  read(key: number): number {
    this.table.key.setInteger(key);
    return this.table.read(0, 0, sharedMs());
  }

  told(text: string): number {
    return this.lines.filter((line) => line.includes(text)).length;
  }
}

function sharedMs(): number {
  return Math.round(performance.now()) | 0;
}

function fleetOf(redis: Redis, node: string, more: object = {}): { fleet: never } {
  const usual = { redis: `redis://${redis.address}`, name: "eu", node, interval: "50ms", stale: "2s" };
  return { fleet: { ...usual, whenStale: "open", bans: true, ...more } as never };
}

withRedis("counts, bans and orders of one node are those of the other", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two] = [await Member.open(room, "one"), await Member.open(room, "two")];
  one.ban("10.0.0.1");
  one.fleet.adopt(fleetOf(redis, "n1"));
  two.fleet.adopt(fleetOf(redis, "n2"));
  one.count(7, 3);
  two.count(7, 4);
  await until("both to count seven", () => one.read(7) === 7 && two.read(7) === 7);
  await until("the ban", () => two.bans.find("10.0.0.1")?.node === "n1");
  two.table.key.setInteger(7);
  expect(two.fleet.set(two.table, [{ column: 0, element: 0, value: 2 }])).toBeTrue();
  await until("both to count two", () => one.read(7) === 2 && two.read(7) === 2);
  one.fleet.clear(one.table, null);
  await until("both to have nothing", () => one.read(7) === 0 && two.read(7) === 0);
  const { fleet, nodes } = await one.fleet.answer();
  expect(nodes.map(({ name, isSelf, standing }) => [name, isSelf, standing])).toEqual([
    ["n1", true, "here"],
    ["n2", false, "here"],
  ]);
  expect(fleet).toMatchObject({ name: "eu", node: "n1", isUp: true, problem: null, nodes: 2, outages: 0 });
  expect(fleet?.tables).toMatchObject([{ table: "t", isStale: false, failures: 0, problem: null }]);
  expect(one.told("node n1 is of fleet eu")).toBe(1);
});

withRedis("how the others were just before Redis went away is known, though nobody had asked", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two] = [await Member.open(room, "one"), await Member.open(room, "two")];
  using asked = spyOn(Beating.prototype, "nodesTold");
  one.fleet.adopt(fleetOf(redis, "n1"));
  two.fleet.adopt(fleetOf(redis, "n2"));
  await until("both to have asked of their own accord", () => asked.mock.results.length >= 2);
  await Promise.all(asked.mock.results.map(({ value }) => value));
  await redis.stop();
  await until("it to be noticed", () => [one, two].every(({ fleet }) => fleet.status()?.isUp === false));
  for (const { fleet } of [one, two]) {
    const { nodes } = await fleet.answer();
    expect(nodes.map(({ name, standing, state }) => [name, standing, state])).toEqual([
      ["n1", "here", "ready"],
      ["n2", "here", "ready"],
    ]);
  }
});

withRedis("what a Redis that answers refuses is told, and nobody is taken to be as he was", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two] = [await Member.open(room, "one"), await Member.open(room, "two")];
  one.fleet.adopt(fleetOf(redis, "n1", { stale: "500ms" }));
  two.fleet.adopt(fleetOf(redis, "n2", { stale: "500ms" }));
  await until("each other", () => one.fleet.status()?.nodes === 2 && two.fleet.status()?.nodes === 2);
  expect((await one.fleet.answer()).nodes).toMatchObject([{ standing: "here" }, { standing: "here" }]);
  expect(one.fleet.status()?.clockAheadMs).toBeNumber();
  await redis.ask("SET", "sluice:{eu}:said", "in the way");
  await until("it to be told", () => one.fleet.status()?.problem?.startsWith("the heartbeat does not get through: "));
  await until("it to be alone", () => one.fleet.status()?.nodes === 1);
  one.ban("10.0.0.9");
  const { fleet, nodes } = await one.fleet.answer();
  expect([fleet?.isUp, fleet!.heartbeatAgeMs > 2000]).toEqual([true, true]);
  expect(nodes).toMatchObject([
    { name: "n1", standing: "here" },
    { name: "n2", standing: "gone" },
  ]);
  await until("its own row to be of now", async () => (await one.fleet.answer()).nodes[0]!.bans === 1);
});

withRedis("a thousand bans and lifts get through, however many at once", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two] = [await Member.open(room, "one"), await Member.open(room, "two")];
  one.fleet.adopt(fleetOf(redis, "n1"));
  for (let index = 0; index < 1000; index++) one.ban(`10.1.${index >> 8}.${index & 255}`);
  await until("Redis to have them", async () => Number(await redis.ask("HLEN", "sluice:{eu}:bans")) === 1000);
  two.fleet.adopt(fleetOf(redis, "n2"));
  await until("the other to have them", () => two.bans.size === 1000);
  for (const { block } of [...two.bans.all()]) two.bans.remove(block);
  await until("all to be lifted", () => one.bans.size === 0);
});

withRedis("what is missed while a node is down is made up for at its next start", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const one = await Member.open(room, "one");
  let two = await Member.open(room, "two");
  one.fleet.adopt(fleetOf(redis, "n1"));
  two.fleet.adopt(fleetOf(redis, "n2"));
  one.ban("10.0.0.1");
  one.count(7, 3);
  two.count(7, 4);
  await until("both to know", () => one.read(7) === 7 && two.read(7) === 7 && two.bans.size === 1);
  await two.close();
  const file = two.table;
  const [block] = [...one.bans.all()].map((ban) => ban.block);
  one.bans.remove(block!);
  one.table.key.setInteger(7);
  one.fleet.set(one.table, [{ column: 0, element: 0, value: 1 }]);
  await until("it to be ordered", async () => (await redis.ask("ZCARD", "sluice:{eu}:orders")) === "1");
  two = await Member.open(room, "two");
  expect(two.bans.size).toBe(1);
  two.tables = [{ plan, path: "/nowhere", table: file.own, shared: file }];
  two.fleet.adopt(fleetOf(redis, "n2"));
  const read = (): number => {
    file.key.setInteger(7);
    return file.read(0, 0, sharedMs());
  };
  await until("the ban to be gone, and the count set", () => two.bans.size === 0 && read() === 1 && one.read(7) === 1);
});

withRedis("two nodes with one name are told, once", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two] = [await Member.open(room, "one"), await Member.open(room, "two")];
  one.fleet.adopt(fleetOf(redis, "same"));
  two.fleet.adopt(fleetOf(redis, "same"));
  const said = "another node calls itself same too";
  await until("one of them to say so", () => one.told(said) + two.told(said) > 0);
  await until("some beats more", async () => {
    await Bun.sleep(50);
    return one.told(said) === 1 && two.told(said) === 1;
  });
});

withRedis(
  "Redis that is away is told once, and once when it is back; what was done meanwhile goes out then",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const [one, two] = [await Member.open(room, "one"), await Member.open(room, "two")];
    one.fleet.adopt(fleetOf(redis, "n1"));
    two.fleet.adopt(fleetOf(redis, "n2"));
    one.count(7, 1);
    two.count(7, 1);
    await until("both to know", () => one.read(7) === 2 && two.read(7) === 2);
    await redis.stop();
    await until("it to be told", () => one.told("is away") === 1);
    one.count(7, 5);
    one.ban("10.0.0.9");
    one.table.key.setInteger(8);
    one.fleet.set(one.table, [{ column: 0, element: 0, value: 4 }]);
    await until("it to be tried again and again", () => one.fleet.status()?.isUp === false);
    const { fleet, nodes } = await one.fleet.answer();
    expect([fleet?.problem, nodes.map(({ name }) => name)]).toEqual([expect.stringMatching(/./), ["n1"]]);
    await Redis.start(room, redis.port);
    two.count(7, 1);
    two.count(8, 0);
    await until("all to be told", () => two.read(7) === 8 && two.read(8) === 4 && two.bans.size === 1);
    expect([one.told("is away"), one.told("answers again")]).toEqual([1, 1]);
  },
);

withRedis("a reload changes what there is, and takes it away", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two] = [await Member.open(room, "one"), await Member.open(room, "two")];
  two.fleet.adopt(fleetOf(redis, "n2"));
  one.fleet.adopt(fleetOf(redis, "n1", { bans: false }));
  one.ban("10.0.0.1");
  one.count(7, 1);
  two.count(7, 1);
  await until("counts", () => one.read(7) === 2);
  expect([two.bans.size, one.bans.find("10.0.0.1")?.node]).toEqual([0, ""]);
  one.fleet.adopt(fleetOf(redis, "n1", { interval: "60ms" }));
  await until("the ban to be told now", () => two.bans.size === 1);
  one.tables = [];
  one.fleet.adopt(fleetOf(redis, "n1", { interval: "60ms" }));
  expect(one.fleet.status()?.tables).toEqual([]);
  one.fleet.adopt({});
  expect([one.fleet.status(), await one.fleet.answer()]).toEqual([null, { fleet: null, nodes: [] }]);
  one.ban("10.0.0.2");
  expect(one.bans.find("10.0.0.2")?.node).toBe("");
});

withRedis("what could not be told before the fleet's section is changed is told after it, once", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two] = [await Member.open(room, "one"), await Member.open(room, "two")];
  one.fleet.adopt(fleetOf(redis, "n1", { interval: "500ms" }));
  two.fleet.adopt(fleetOf(redis, "n2"));
  one.count(7, 1);
  two.count(7, 1);
  await until("counts", () => one.read(7) === 2);
  one.count(7, 5);
  await redis.ask("ACL", "SETUSER", "default", "-eval", "-evalsha");
  await until("a batch to be refused", () => (one.fleet.status()?.tables[0]?.failures ?? 0) > 0);
  one.fleet.adopt(fleetOf(redis, "n1", { interval: "60ms" }));
  one.count(7, 3);
  await redis.ask("ACL", "SETUSER", "default", "+@all");
  await until("all to be told", () => {
    two.count(7, 0);
    return two.read(7) === 10;
  });
  expect(one.read(7)).toBe(10);
});

withRedis("a node that stops tells its last counts, and is no more", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two] = [await Member.open(room, "one"), await Member.open(room, "two")];
  one.fleet.adopt(fleetOf(redis, "n1", { interval: "10s", stale: "30s" }));
  two.fleet.adopt(fleetOf(redis, "n2"));
  await until("both to know", () => one.fleet.status()?.nodes === 2 && one.fleet.status()?.tables[0]?.ageMs !== null);
  one.count(7, 3);
  await one.close();
  two.count(7, 1);
  await until("the last to be known", () => two.read(7) === 4);
  expect((await two.fleet.answer()).nodes.map(({ name }) => name)).toEqual(["n2"]);
});

withRedis("a Redis that refuses what it is asked is told, once each, and so is its end", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const one = await Member.open(room, "one");
  one.fleet.adopt(fleetOf(redis, "n1"));
  await until("it to be there", () => one.fleet.status()?.nodes === 1);
  await redis.ask("ACL", "SETUSER", "default", "-eval", "-evalsha");
  await until("refusals", () => (one.fleet.status()?.tables[0]?.failures ?? 0) > 3);
  await until("the heartbeat's", () => one.told("the heartbeat does not get through: it refuses: NOPERM") === 1);
  expect(one.told("table t does not get through: it refuses: NOPERM")).toBe(1);
  expect(one.fleet.status()).toMatchObject({ isUp: true, problem: expect.stringContaining("NOPERM") });
  await redis.ask("ACL", "SETUSER", "default", "+@all");
  await until("both to be well", () => one.told("is well again") === 2);
  expect(one.fleet.status()?.problem).toBeNull();
});

test("a node without Redis from the start goes on alone", async () => {
  await using room = new Room();
  const one = await Member.open(room, "one");
  one.fleet.adopt({ fleet: "redis://127.0.0.1:1" });
  one.count(7, 1);
  await until("it to be told", () => one.told("is away: connection refused") === 1);
  expect(one.read(7)).toBe(1);
  const status = one.fleet.status()!;
  expect(status.node).toMatch(/:2112$/);
  expect(status.tables).toMatchObject([{ ageMs: null, isStale: true, exchanges: 0 }]);
  one.fleet.recovered();
  one.table.key.setInteger(7);
  one.fleet.wish(one.table);
});
