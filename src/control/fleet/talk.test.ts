// Talks of tables in memory over a real Redis, a turn at a time. What they say is tested in src/fleet, what the ledger makes of it beside its script.

import { expect } from "bun:test";
import { testWith } from "../../../test/e2e/harness/program.ts";
import { Redis } from "../../../test/e2e/harness/redis.ts";
import { Relay } from "../../../test/e2e/harness/relay.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";
import { readRedisPlace } from "../../base/redisplace.ts";
import { value } from "../../config/measure.ts";
import type { TablePlan } from "../../config/plan.ts";
import { SharedTable } from "../../memory/sharedtable.ts";
import { keyName } from "../../memory/tablekey.ts";
import { FleetLink } from "./link.ts";
import { TableTalk } from "./talk.ts";

const withRedis = testWith(["redis-server", "redis-cli"]);
const plan: TablePlan = {
  ...{ name: "t", key: { kind: "integer" }, entriesMax: 4096, expireMs: 600_000, isEvicting: true },
  ...{ store: ["gpc0", "http_req_cnt"], share: { staleMs: 5000, whenStale: "open" } },
};
/** Turns are taken by hand. */
const never = 2_000_000_000;

class Speaker {
  readonly table: SharedTable = SharedTable.inMemory(plan);
  readonly failures: (string | null)[] = [];
  superseded = 0;
  readonly link: FleetLink;
  readonly talk: TableTalk;

  constructor(room: Room, address: string, node: string) {
    const place = value(readRedisPlace(address));
    const quiet = { opened: () => {}, lost: () => {}, channel: "none", pushed: () => {} };
    this.link = new FleetLink({ place, timeoutMs: 2000, ...quiet });
    this.talk = new TableTalk(this.table, {
      ...{ fleet: "f", node, intervalMs: never, link: this.link, sharedMs, former: null },
      superseded: () => void this.superseded++,
      failed: (why) => void this.failures.push(why),
    });
    room.ending(() => {
      this.talk.close();
      this.link.close();
    });
  }

  async speaks(times = 1): Promise<this> {
    await until("a connection", () => this.link.isUp);
    for (let time = 0; time < times; time++) await this.talk.speak();
    return this;
  }

  count(key: number, amount = 1, column = 0): void {
    this.table.key.setInteger(key);
    this.table.add(column, 0, amount, sharedMs());
  }

  read(key: number, column = 0): number {
    this.table.key.setInteger(key);
    return this.table.read(column, 0, sharedMs());
  }
}

function sharedMs(): number {
  return Math.round(performance.now()) | 0;
}

withRedis("what is more than a batch has room for is told in one turn, and figures say how much", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two] = [new Speaker(room, redis.address, "a"), new Speaker(room, redis.address, "b")];
  for (let key = 0; key < 1300; key++) one.count(key);
  await one.speaks();
  await two.speaks();
  for (let key = 0; key < 1300; key++) expect(two.read(key)).toBe(1);
  expect(one.talk.figures()).toMatchObject({ table: "t", keysSent: 1300, failures: 0, isStale: false, problem: null });
  expect(two.talk.figures()).toMatchObject({ keysSent: 0, keysReceived: 1300 });
  expect(one.failures.every((why) => why === null)).toBeTrue();
});

withRedis("what is wished for is heard of, without marks", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two] = [new Speaker(room, redis.address, "a"), new Speaker(room, redis.address, "b")];
  one.count(7, 3, 1);
  await one.speaks();
  await two.speaks();
  expect(two.read(7, 1)).toBe(0);
  two.table.key.setInteger(7);
  two.talk.wish(keyName(two.table.key));
  await two.speaks();
  expect(two.read(7, 1)).toBe(3);
});

withRedis("what is done quietly is done when every batch is answered, and nothing goes out meanwhile", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const relay = new Relay(room, redis.port);
  const one = await new Speaker(room, relay.address, "a").speaks();
  one.count(7);
  relay.losing = { text: "\r\ntold\r\n", count: 1 };
  await one.talk.speak();
  expect(relay.lost).toBe(1);
  await expect(one.talk.quietly(async () => {})).rejects.toThrow();
  await until("another connection", () => one.link.isUp);
  const said: string[] = [];
  await one.talk.quietly(async () => {
    said.push("begun");
    await one.talk.speak();
    const before = one.talk.figures().exchanges;
    await redis.ask("PING");
    expect(one.talk.figures().exchanges).toBe(before);
  });
  expect(said).toEqual(["begun"]);
  const two = await new Speaker(room, redis.address, "b").speaks();
  expect(two.read(7)).toBe(1);
});

withRedis("two with one name are told; a talk that is closed says nothing more", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const one = await new Speaker(room, redis.address, "a").speaks();
  const twin = await new Speaker(room, redis.address, "a").speaks();
  await one.speaks();
  await twin.speaks();
  expect(one.superseded + twin.superseded).toBeGreaterThan(0);
  one.talk.close();
  const { exchanges } = one.talk.figures();
  await one.talk.speak();
  await one.talk.quietly(async () => {
    throw new Error("not reached");
  });
  expect(one.talk.figures().exchanges).toBe(exchanges);
});

withRedis("every interval buckets are held to their parts, whether or not there is a Redis", async () => {
  await using room = new Room();
  const { link } = new Speaker(room, "127.0.0.1:1", "n1");
  const options = { fleet: "f", node: "n1", intervalMs: 5, link, sharedMs, former: null };
  const talk = new TableTalk(SharedTable.inMemory(plan), { ...options, superseded: () => {}, failed: () => {} });
  room.ending(() => talk.close());
  let held = 0;
  talk.exchange.hold = () => void held++;
  await until("three intervals", () => held >= 3);
  expect(link.isUp).toBe(false);
});
