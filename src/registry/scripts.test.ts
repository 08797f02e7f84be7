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
import type { Membership, Registry } from "./registry.ts";

setDefaultTimeout(60_000);

const members = ["a:1", "b:1", "http://c:1", "d:1 odd"];
const voters = ["s1", "s2", "s3", "s4"];

async function content(registry: Registry): Promise<unknown> {
  const lasting = ({ leaseLeftMs, views, ...rest }: Membership): object => ({
    ...rest,
    hasLease: leaseLeftMs !== null,
    views: views.map(({ voter, isUp }) => [voter, isUp]),
  });
  const { members: shown, size } = await registry.members("s");
  return { size, shown: shown.map(lasting) };
}

testWith(["redis-server"])("votes come to the same in Lua and in TypeScript", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const place = value(readRedisPlace(`redis://${redis.address}`));
  const pair = [
    new RedisRegistry({ place, pollMs: 60_000, timeoutMs: 5000, isNotified: false }),
    new MemoryRegistry(),
  ] as const;
  for (const registry of pair) room.ending(() => registry.close());
  const random = new Prng(11);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  for (let time = 0; time < 600; time++) {
    const [voter, member, dice] = [pick(voters), pick(members), random.below(20)];
    const views = new Map(members.filter(() => random.below(4) > 0).map((each) => [each, random.below(2) === 0]));
    const quorum = pick(["majority", "majority", 1, 2, 3] as const);
    const act = async (registry: Registry): Promise<unknown> => {
      if (dice === 0) return registry.withdraw("s", voter);
      if (dice === 1) return registry.add("s", member);
      if (dice === 2) return registry.remove("s", member);
      if (dice === 3) return registry.drain("s", member, time % 2 === 0);
      return registry.vote("s", { voter, views, leaseMs: 3_600_000, quorum });
    };
    const [inRedis, inMemory] = [await act(pair[0]), await act(pair[1])];
    expect([time, inRedis ?? null]).toEqual([time, inMemory ?? null]);
    expect([time, await content(pair[0])]).toEqual([time, await content(pair[1])]);
  }
});
