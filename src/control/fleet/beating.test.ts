// Heartbeats over a real Redis, one beat at a time. What they carry between whole nodes is in control/fleet.test.ts.

import { expect } from "bun:test";
import { testWith } from "../../../test/e2e/harness/program.ts";
import { Redis } from "../../../test/e2e/harness/redis.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";
import { readRedisPlace } from "../../base/redisplace.ts";
import { value } from "../../config/measure.ts";
import { Beating, type BeatingOptions } from "./beating.ts";
import { keysOf } from "./keys.ts";
import { FleetLink } from "./link.ts";
import type { GivenOrder, Order } from "./orders.ts";

const withRedis = testWith(["redis-server", "redis-cli"]);
const order: Order = { table: "t", node: "n1", keys: [":07"], cells: null };

class Heart {
  readonly ordered: GivenOrder[] = [];
  readonly reached: [string, number][] = [];
  doubled = 0;
  readonly link: FleetLink;
  readonly beating: Beating;

  constructor(
    room: Room,
    redis: Redis,
    node: string,
    more: Partial<BeatingOptions> = {},
    heard = { epoch: "0", ordersTo: 0 },
  ) {
    const place = value(readRedisPlace(redis.address));
    this.link = new FleetLink({
      ...{ place, timeoutMs: 2000, opened: () => {}, lost: () => {} },
      channel: keysOf("f").meta,
      pushed: () => this.beating.nudged(),
    });
    this.beating = new Beating(
      {
        ...{ link: this.link, keys: keysOf("f"), fleet: "f", node, run: node, aliveMs: 60_000, bans: null },
        ...{ nowMs: Date.now, summary: () => "{}", failed: () => {}, clock: () => {} },
        ordered: (given) => void this.ordered.push(given),
        giving: async (_, give) => void (await give()),
        reached: (epoch, ordersTo) => void this.reached.push([epoch, ordersTo]),
        doubled: () => void this.doubled++,
        ...more,
      },
      heard,
    );
    room.ending(() => {
      this.beating.close();
      this.link.close();
    });
  }

  async beats(): Promise<this> {
    await until("a connection", () => this.link.isUp);
    await this.beating.beat();
    await until("its first beat", () => this.reached.length > 0);
    return this;
  }
}

withRedis("who is new hears of no orders of before, and of those after once each", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const one = await new Heart(room, redis, "n1").beats();
  one.beating.order(order, "shape");
  await until("it to be given", async () => (await redis.ask("ZCARD", "sluice:{f}:orders")) === "1");
  const two = await new Heart(room, redis, "n2").beats();
  one.beating.order({ ...order, keys: null }, "shape");
  await until("it to be heard of", () => two.ordered.length > 0);
  await two.beating.beat();
  expect(two.ordered.map((given) => given.order.keys)).toEqual([null]);
  expect(Math.abs(two.ordered[0]!.atMs - Date.now())).toBeLessThan(10_000);
  expect(one.ordered).toEqual([]);
  expect(two.beating.nodes).toBe(2);
  expect([one.doubled, two.doubled]).toEqual([0, 0]);
});

withRedis("what Redis says of its clock is told, and nodes that nobody has told of for long are not here", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  await new Heart(room, redis, "n1").beats();
  const offsets: number[] = [];
  const clock = (asked: number, _: number, said: number): void => void offsets.push(asked - said);
  const two = await new Heart(room, redis, "n2", { clock, nowMs: () => Date.now() + 60_000, aliveMs: 1000 }).beats();
  expect(Math.abs(offsets[0]! - 60_000)).toBeLessThan(5000);
  await until("both", () => two.beating.nodes === 2);
  await redis.ask("SET", "sluice:{f}:said", "in the way");
  await until("it to be alone", () => two.beating.nodes === 1);
  expect(two.beating.ageMs).toBeGreaterThanOrEqual(1000);
});

withRedis("what is new is said to all nodes at once: none waits for its next beat", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const never = { everyMs: 3_600_000 };
  const one = await new Heart(room, redis, "n1", never).beats();
  const two = await new Heart(room, redis, "n2", never).beats();
  one.beating.order(order, "shape");
  await until("it to be heard of", () => two.ordered.length === 1);
  two.beating.order({ ...order, node: "n2" }, "shape");
  await until("it to be heard of", () => one.ordered.length === 1);
});

withRedis("an order whose answer was lost is given once more, and stands there once", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const times: number[] = [];
  const giving = async (_: Order, give: () => Promise<number>): Promise<void> => {
    times.push(await give());
    if (times.length < 3) throw new Error("lost");
  };
  const one = await new Heart(room, redis, "n1", { giving }).beats();
  one.beating.order(order, "shape");
  await until("three times", () => times.length === 3);
  expect(new Set(times).size).toBe(1);
  expect(await redis.ask("ZCARD", "sluice:{f}:orders")).toBe("1");
});

withRedis("who was away goes on from where it was, and one that lost its Redis begins anew", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const one = await new Heart(room, redis, "n1").beats();
  const [epoch] = one.reached[0]!;
  one.beating.order(order, "shape");
  await until("it to be given", async () => (await redis.ask("ZCARD", "sluice:{f}:orders")) === "1");
  const two = new Heart(room, redis, "n2", {}, { epoch, ordersTo: 0 });
  await until("what was missed", () => two.ordered.length === 1);
  await redis.ask("FLUSHALL");
  await one.beating.beat();
  await until("another epoch", () => one.reached.some(([told]) => told !== epoch));
});

withRedis("after Redis was set back to what it had a while ago, orders that are given then are heard", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const one = await new Heart(room, redis, "n1").beats();
  const two = await new Heart(room, redis, "n2").beats();
  const { meta, orders } = keysOf("f");
  await redis.ask("COPY", meta, "{f}meta");
  for (const key of [":01", ":02"]) one.beating.order({ ...order, keys: [key] }, "s");
  await until("both to be heard", () => two.ordered.length === 2);
  await redis.ask("COPY", "{f}meta", meta, "REPLACE");
  await redis.ask("DEL", orders);
  one.beating.order({ ...order, keys: [":03"] }, "s");
  await until("the third", () => two.ordered.length === 3);
  expect(two.ordered.at(-1)?.order.keys).toEqual([":03"]);
});

withRedis("a node whose clock was set back says how it is, and what it orders after a restart is heard", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const two = await new Heart(room, redis, "n2").beats();
  let nowMs = Date.now();
  let summaries = 0;
  const more = { nowMs: () => nowMs, summary: () => `${++summaries}` };
  const one = await new Heart(room, redis, "n1", more).beats();
  one.beating.order(order, "s");
  await until("the first", () => two.ordered.length === 1);
  nowMs -= 3_600_000;
  const before = summaries;
  await until("another summary", () => summaries > before);
  one.beating.close();
  const again = await new Heart(room, redis, "n1", { ...more, run: "later" }).beats();
  again.beating.order({ ...order, keys: [":08"] }, "s");
  await until("the second", () => two.ordered.length === 2);
  expect(two.ordered.at(-1)?.order.keys).toEqual([":08"]);
});

withRedis("somebody else with the same name is told; who leaves is not shown any more", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const one = await new Heart(room, redis, "n1").beats();
  const twin = await new Heart(room, redis, "n1", { run: "twin" }).beats();
  await one.beating.beat();
  expect([one.doubled > 0, twin.beating.nodes]).toEqual([true, 1]);
  twin.beating.close();
  await one.beating.leave();
  expect(await redis.ask("ZCARD", "sluice:{f}:nodes")).toBe("0");
  expect(await redis.ask("HGETALL", "sluice:{f}:said")).toBe("");
});
