// The script that counts votes against the rules in TypeScript: whatever sentinels say, both registries do the same.

import { expect, setDefaultTimeout } from "bun:test";
import { testWith } from "../../test/e2e/harness/program.ts";
import { Redis } from "../../test/e2e/harness/redis.ts";
import { Room } from "../../test/e2e/harness/room.ts";
import { Prng } from "../base/prng.ts";
import { readRedisPlace } from "../base/redisplace.ts";
import { value } from "../config/measure.ts";
import { MemoryRegistry } from "./memory.ts";
import { RedisRegistry } from "./redis.ts";
import type { Membership, Outcome, Registry } from "./registry.ts";

setDefaultTimeout(60_000);

const members = ["a:1", "b:1", "http://c:1", "d:1 odd"];
const voters = ["s1", "s2", "s3", "s4"];

/** Sets all times in Redis back, which is as if its clock had gone on by so much, with nobody there meanwhile. */
const shift = `
local by = tonumber(ARGV[1])
local leases = redis.call('ZRANGE', 's:leases', 0, -1, 'WITHSCORES')
for index = 1, #leases, 2 do redis.call('ZADD', 's:leases', leases[index + 1] - by, leases[index]) end
local said = redis.call('HGETALL', 's:views')
for index = 1, #said, 2 do
  local before, time, rest = string.match(said[index + 1], '^(0? ?)(%d+)(.*)$')
  redis.call('HSET', 's:views', said[index], before .. string.format('%.0f', time - by) .. rest)
end
local left = redis.call('PTTL', 's:views')
if left > by then redis.call('PEXPIRE', 's:views', left - by) else redis.call('DEL', 's:views') end
return 1`;

/** Those whose leases have ended are taken out in an order of its own. */
function inOrder(answer: unknown): unknown {
  const { added, removed } = (answer ?? {}) as Partial<Outcome>;
  return removed === undefined ? (answer ?? null) : { added, removed: [...removed].sort() };
}

async function content(registry: Registry): Promise<unknown> {
  const lasting = ({ leaseLeftMs, views, ...rest }: Membership): object => ({
    ...rest,
    leaseLeftS: leaseLeftMs === null ? null : Math.round(leaseLeftMs / 5000) * 5,
    views: views.map(({ voter, isUp }) => [voter, isUp]),
  });
  const { members: shown, size } = await registry.members("s");
  return { size, shown: shown.map(lasting) };
}

testWith(["redis-server"])("votes come to the same in Lua and in TypeScript", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const place = value(readRedisPlace(`redis://${redis.address}`));
  let aheadMs = 0;
  const nowMs = (): number => performance.now() + aheadMs;
  const pair = [
    new RedisRegistry({ place, pollMs: 60_000, timeoutMs: 5000, isNotified: false, nowMs }),
    new MemoryRegistry(nowMs, 60_000),
  ] as const;
  for (const registry of pair) room.ending(() => registry.close());
  const random = new Prng(11);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  for (let time = 0; time < 600; time++) {
    // Leases end between steps, and so do the silences that are too long.
    const stepMs = pick([0, 0, 0, 10_000, 20_000, 30_000, 50_000, 120_000]);
    if (stepMs > 0) await redis.ask("EVAL", shift, "0", String(stepMs));
    aheadMs += stepMs;
    const [voter, member, dice] = [pick(voters), pick(members), random.below(20)];
    const views = new Map(members.filter(() => random.below(4) > 0).map((each) => [each, random.below(2) === 0]));
    const leaseMs = pick([65_000, 95_000]);
    const quorum = pick(["majority", "majority", 1, 2, 3] as const);
    const act = async (registry: Registry): Promise<unknown> => {
      if (dice === 0) return registry.withdraw("s", voter);
      if (dice === 1) return registry.add("s", member);
      if (dice === 2) return registry.remove("s", member);
      if (dice === 3) return registry.drain("s", member, time % 2 === 0);
      return registry.vote("s", { voter, views, leaseMs, everyMs: 30_000, quorum });
    };
    const [inRedis, inMemory] = [await act(pair[0]), await act(pair[1])];
    expect([time, inOrder(inRedis)]).toEqual([time, inOrder(inMemory)]);
    expect([time, await content(pair[0])]).toEqual([time, await content(pair[1])]);
  }
});

for (const isBesideFormer of [false, true])
  testWith(["redis-server"])(
    `while Redis was away no lease ends${isBesideFormer ? ", beside sentinels of the version before too" : ""}`,
    async () => {
      await using room = new Room();
      const redis = await Redis.start(room);
      const place = value(readRedisPlace(`redis://${redis.address}`));
      let aheadMs = 0;
      const nowMs = (): number => performance.now() + aheadMs;
      const registry = new RedisRegistry({ place, pollMs: 60_000, timeoutMs: 5000, isNotified: false, nowMs });
      room.ending(() => registry.close());
      const vote = (voter: string, member: string): Promise<Outcome> =>
        registry.vote("s", {
          ...{ voter, views: new Map([[member, true]]), leaseMs: 15_000, everyMs: 2000, quorum: "majority" },
        });
      const pass = (ms: number): Promise<unknown> => {
        aheadMs += ms;
        return redis.ask("EVAL", shift, "0", String(ms));
      };
      await vote("s1", "a:1");
      await pass(1800);
      await vote("s2", "b:1");
      // It takes the time of the last vote for the word of one who is dead.
      if (isBesideFormer) await redis.ask("HDEL", "s:views", "");
      await pass(14_000);
      expect(await vote("s2", "b:1")).toMatchObject({ added: [], removed: [] });
      expect((await registry.members("s")).size).toBe(2);
      // Who votes no more goes all the same, where another does.
      for (let time = 0; time < 6; time++) {
        await pass(2000);
        expect(await vote("s2", "b:1")).toMatchObject({ added: [], removed: [] });
      }
      await pass(2000);
      expect(await vote("s2", "b:1")).toMatchObject({ added: [], removed: ["a:1"] });
    },
  );
