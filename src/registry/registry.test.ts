// One suite for every registry: the one of this process, and the one in a real Redis, where there is one.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { find } from "../../test/e2e/harness/program.ts";
import { Redis } from "../../test/e2e/harness/redis.ts";
import { Room } from "../../test/e2e/harness/room.ts";
import { until } from "../../test/e2e/harness/wait.ts";
import { readRedisPlace } from "../base/redisplace.ts";
import { value } from "../config/measure.ts";
import { MemoryRegistry } from "./memory.ts";
import { RedisRegistry } from "./redis.ts";
import type { Ballot, Quorum, Registry, Told } from "./registry.ts";

setDefaultTimeout(60_000);

const set = "gopher_backends";
const long = 60_000;
/** What is told sooner was not found by looking again. */
const usualPollMs = 5000;

function inRedis(room: Room, redis: Redis, pollMs = usualPollMs): RedisRegistry {
  const place = value(readRedisPlace(`redis://${redis.address}`));
  const registry = new RedisRegistry({ place, pollMs, timeoutMs: 3000, isNotified: true });
  room.ending(() => registry.close());
  return registry;
}

const makers: readonly (readonly [string, (room: Room, pollMs?: number) => Promise<Registry>])[] = [
  ["memory", async (room, pollMs = usualPollMs) => opened(room, new MemoryRegistry(undefined, pollMs))],
  ...(find("redis-server") === null
    ? []
    : ([["redis", async (room: Room, pollMs?: number) => inRedis(room, await Redis.start(room), pollMs)]] as const)),
];

function opened<T extends Registry>(room: Room, registry: T): T {
  room.ending(() => registry.close());
  return registry;
}

function ballot(voter: string, views: Record<string, boolean>, leaseMs = long, quorum: Quorum = "majority"): Ballot {
  return { voter, views: new Map(Object.entries(views)), leaseMs, everyMs: leaseMs / 2, quorum };
}

/** What is told of a set, one after the other. */
function heard(room: Room, registry: Registry, name = set): { tolds: Told[]; addresses: () => string[] | null } {
  const tolds: Told[] = [];
  room.ending(registry.watch(name, (told) => tolds.push(told)));
  const addresses = (): string[] | null => {
    const last = tolds.at(-1);
    return last?.ok === true ? last.servers.map(({ address }) => address) : null;
  };
  return { tolds, addresses };
}

const a = "http://10.0.0.1:80";
const b = "http://10.0.0.2:80";

for (const [kind, make] of makers)
  describe(`a registry in ${kind}`, () => {
    test("tells a watcher what is there, and each change of it", async () => {
      await using room = new Room();
      const registry = await make(room);
      await registry.add(set, a);
      const { addresses, tolds } = heard(room, registry);
      await until("the first", () => addresses()?.join() === "10.0.0.1:80");
      expect(await registry.add(set, b)).toBeTrue();
      expect(await registry.add(set, b)).toBeFalse();
      await until("the second", () => addresses()?.join() === "10.0.0.1:80,10.0.0.2:80");
      expect(await registry.remove(set, a)).toBeTrue();
      expect(await registry.remove(set, a)).toBeFalse();
      await until("one less", () => addresses()?.join() === "10.0.0.2:80");
      await registry.remove(set, b);
      await until("none", () => addresses()?.length === 0);
      expect(tolds.every(({ ok }) => ok)).toBeTrue();
    });

    test("tells an empty set as empty, and after the end of a watch nothing", async () => {
      await using room = new Room();
      const registry = await make(room);
      const tolds: Told[] = [];
      const stop = registry.watch(set, (told) => tolds.push(told));
      await until("an answer", () => tolds.length > 0);
      expect(tolds[0]).toEqual({ ok: true, servers: [], remarks: [] });
      stop();
      const { length } = tolds;
      await registry.add(set, a);
      const { addresses } = heard(room, registry);
      await until("it is told to others", () => addresses()?.length === 1);
      expect(tolds).toHaveLength(length);
    });

    test("tells again and again what is still so, so that it is known how old that is", async () => {
      await using room = new Room();
      const registry = await make(room, 50);
      await registry.add(set, a);
      const { tolds, addresses } = heard(room, registry);
      await until("it to be told five times", () => tolds.length >= 5);
      expect(addresses()).toEqual(["10.0.0.1:80"]);
    });

    test("passes over what is no server, and says so", async () => {
      await using room = new Room();
      const registry = await make(room);
      for (const member of [a, "nonsense", "http://u:p@10.0.0.9:1", "10.0.0.2:80^7"]) await registry.add(set, member);
      const { tolds } = heard(room, registry);
      const told = await until("an answer", () => tolds[0]);
      expect(told).toMatchObject({
        ok: true,
        servers: [{ address: "10.0.0.1:80" }, { address: "10.0.0.2:80", weight: 7 }],
        remarks: [
          'member "http://***@10.0.0.9:1" names a user',
          expect.stringContaining('member "nonsense" must have a port'),
        ],
      });
    });

    test("drains a member however it is written, and forgets that when it is taken out", async () => {
      await using room = new Room();
      const registry = await make(room);
      await registry.add(set, a);
      const { tolds } = heard(room, registry);
      const drained = (): boolean | undefined => {
        const last = tolds.at(-1);
        return last?.ok === true ? last.servers[0]?.drain : undefined;
      };
      await until("a first answer", () => tolds.length > 0);
      expect(await registry.drain(set, "10.0.0.1:80", true)).toBeTrue();
      expect(await registry.drain(set, "10.0.0.1:80", true)).toBeFalse();
      await until("drained", () => drained() === true);
      expect(await registry.drain(set, a, false)).toBeTrue();
      expect(await registry.drain(set, a, false)).toBeFalse();
      await until("not drained", () => drained() === undefined && tolds.length > 2);
      await registry.drain(set, "10.0.0.1:80", true);
      await registry.remove(set, a);
      await registry.add(set, a);
      expect((await registry.members(set)).members[0]?.isDraining).toBeFalse();
    });

    test("one sentinel alone decides; what changed is said once", async () => {
      await using room = new Room();
      const registry = await make(room);
      expect(await registry.vote(set, ballot("s1", { [a]: true, [b]: false }))).toEqual({ added: [a], removed: [] });
      expect(await registry.vote(set, ballot("s1", { [a]: true, [b]: false }))).toEqual({ added: [], removed: [] });
      expect(await registry.vote(set, ballot("s1", { [a]: false, [b]: true }))).toEqual({ added: [b], removed: [a] });
    });

    test("of three sentinels two decide, and the third changes nothing", async () => {
      await using room = new Room();
      const registry = await make(room);
      for (const voter of ["s1", "s2", "s3"]) await registry.vote(set, ballot(voter, { [a]: true }));
      expect(await registry.vote(set, ballot("s1", { [a]: false }))).toEqual({ added: [], removed: [] });
      expect(await registry.vote(set, ballot("s2", { [a]: false }))).toEqual({ added: [], removed: [a] });
      for (let round = 0; round < 5; round++)
        for (const [voter, isUp] of [["s1", false] as const, ["s2", false] as const, ["s3", true] as const])
          expect(await registry.vote(set, ballot(voter, { [a]: isUp }))).toEqual({ added: [], removed: [] });
    });

    test("a tie leaves things as they are, whichever way they are, for as long as it lasts", async () => {
      await using room = new Room();
      const registry = await make(room);
      await registry.vote(set, ballot("s1", { [a]: true }, 900));
      // Three leases long.
      const endMs = performance.now() + 2700;
      for (; performance.now() < endMs; await Bun.sleep(20)) {
        expect(await registry.vote(set, ballot("s2", { [a]: false, [b]: false }, 900))).toEqual(nothing);
        expect(await registry.vote(set, ballot("s1", { [a]: true, [b]: true }, 900))).toEqual(nothing);
      }
      const { members } = await registry.members(set);
      expect(members.map(({ member, isMember }) => [member, isMember])).toEqual([
        [a, true],
        [b, false],
      ]);
    });

    test("a quorum by number needs so many, and two quorums that contradict each other change nothing", async () => {
      await using room = new Room();
      const registry = await make(room);
      expect(await registry.vote(set, ballot("s1", { [a]: true }, long, 2))).toEqual(nothing);
      expect(await registry.vote(set, ballot("s2", { [a]: true }, long, 2))).toEqual({ added: [a], removed: [] });
      expect(await registry.vote(set, ballot("s2", { [a]: false }, long, 1))).toEqual(nothing);
      expect(await registry.vote(set, ballot("s1", { [a]: false }, long, 2))).toEqual({ added: [], removed: [a] });
    });

    test("what one of several sentinels has put in ages out when it is gone, and a watcher hears of it", async () => {
      await using room = new Room();
      const registry = await make(room);
      await registry.add(set, b);
      const { addresses } = heard(room, registry);
      await registry.vote(set, ballot("s1", { [a]: true }, 1500));
      await registry.vote(set, ballot("s2", {}));
      await until("both", () => addresses()?.length === 2);
      const shown = await registry.members(set);
      expect(shown.members[0]).toMatchObject({
        member: a,
        isMember: true,
        isDraining: false,
        views: [{ voter: "s1", isUp: true, leftMs: expect.any(Number) }],
      });
      expect(shown.members[0]!.leaseLeftMs).toBeWithin(1, 1501);
      expect(shown.members[1]).toMatchObject({ member: b, leaseLeftMs: null, views: [] });
      await until("it to be taken out", async () => {
        const { removed } = await registry.vote(set, ballot("s2", {}));
        return removed.join() === a;
      });
      await until("what has no lease alone", () => addresses()?.join() === "10.0.0.2:80");
      expect((await registry.members(set)).members.map(({ member }) => member)).toEqual([b]);
    });

    test("when all sentinels are gone what they put in stays, and is said; one that comes judges anew", async () => {
      await using room = new Room();
      const registry = await make(room, 50);
      const { addresses, tolds } = heard(room, registry);
      const c = "http://10.0.0.3:80";
      await registry.vote(set, ballot("s1", { [a]: true, [b]: true }, 400));
      await registry.vote(set, ballot("s2", { [b]: true, [c]: true }, 400));
      const isTold = (): boolean => {
        const last = tolds.at(-1);
        return last?.ok === true && last.kept?.servers.length === 3 && last.remarks.length === 1;
      };
      await until("it to be said", isTold);
      expect(JSON.stringify(tolds.at(-1))).toContain("no sentinel is there");
      expect(addresses()).toEqual(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]);
      const { members, size } = await registry.members(set);
      expect([size, members.map(({ leaseLeftMs, isMember }) => [leaseLeftMs, isMember])]).toEqual([
        3,
        [a, b, c].map(() => [0, true]),
      ]);
      // It knows nothing of c, which another may be about to say is up: that has one lease for it.
      expect(await registry.vote(set, ballot("s3", { [a]: true, [b]: false }, 600))).toEqual({
        added: [],
        removed: [b],
      });
      await until("nothing more to say", () => JSON.stringify(tolds.at(-1)).includes('"remarks":[]'));
      expect(addresses()).toEqual(["10.0.0.1:80", "10.0.0.3:80"]);
      const again = (): Promise<unknown> => registry.vote(set, ballot("s3", { [a]: true, [b]: false }, 600));
      expect(await again()).toEqual(nothing);
      await until("it to be over", async () => Bun.deepEquals(await again(), { added: [], removed: [c] }));
      await until("one to be left", () => addresses()?.join() === "10.0.0.1:80");
    });

    test("a view that has aged out counts no more", async () => {
      await using room = new Room();
      const registry = await make(room);
      await registry.vote(set, ballot("dead", { [a]: true }, 700));
      expect(await registry.vote(set, ballot("s1", { [a]: false }))).toEqual(nothing);
      await until("alone", async () => (await registry.vote(set, ballot("s1", { [a]: false }))).removed.length === 1);
    });

    test("a sentinel that leaves lets the others decide; the last one keeps the set, for good", async () => {
      await using room = new Room();
      const registry = await make(room);
      await registry.vote(set, ballot("s1", { [a]: true }));
      await registry.vote(set, ballot("s2", { [a]: false }));
      await registry.withdraw(set, "s1");
      expect(await registry.vote(set, ballot("s2", { [a]: false }))).toEqual({ added: [], removed: [a] });
      await registry.vote(set, ballot("s2", { [a]: true }));
      await registry.withdraw(set, "s2");
      await registry.withdraw(set, "s2");
      const { members } = await registry.members(set);
      expect(members).toMatchObject([{ member: a, isMember: true, leaseLeftMs: null, views: [] }]);
      await registry.vote(set, ballot("s3", { [b]: true }));
      expect((await registry.members(set)).members.map(({ member }) => member)).toEqual([a, b]);
    });

    test("views of a member that a sentinel looks at no more are forgotten", async () => {
      await using room = new Room();
      const registry = await make(room);
      await registry.vote(set, ballot("s1", { [a]: true, [b]: true }));
      await registry.vote(set, ballot("s1", { [b]: true }));
      const { members } = await registry.members(set);
      expect(members.map(({ member, views }) => [member, views.length])).toEqual([
        [a, 0],
        [b, 1],
      ]);
    });

    test("tells of several sets, also of those whose names begin alike, and of some that come later at once", async () => {
      await using room = new Room();
      const registry = await make(room);
      const names = ["shop", "shop:eu", "sho", "api", "apis"];
      const first = heard(room, registry, names[0]);
      await until("the first to be known", () => first.addresses() !== null);
      const others = names.slice(1).map((name) => heard(room, registry, name));
      for (const { addresses } of others) await until("it to be known", () => addresses() !== null);
      for (const name of names) await registry.add(name, a);
      for (const { addresses } of [first, ...others]) await until("its member", () => addresses()?.length === 1, 2000);
      if (kind === "redis") expect(registry.status().notice).toBe("tracking");
    });

    test("knows the sets that are watched and written", async () => {
      await using room = new Room();
      const registry = await make(room);
      expect(await registry.sets()).toEqual([]);
      heard(room, registry, "other");
      await registry.vote(set, ballot("s1", { [a]: true }));
      expect(await registry.sets()).toEqual([set, "other"]);
      expect(registry.status().problem).toBeNull();
    });
  });

const nothing = { added: [], removed: [] };

if (find("redis-server") !== null)
  test("two sentinels with one name are found out, and one that was started anew is not", async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const [one, two] = [inRedis(room, redis), inRedis(room, redis)];
    const vote = (registry: Registry, isUp: boolean) => registry.vote(set, ballot("s1", { [a]: isUp }));
    expect(await vote(one, true)).toEqual({ added: [a], removed: [] });
    expect(await vote(one, true)).toEqual(nothing);
    expect(await vote(two, true)).toEqual(nothing);
    await Bun.sleep(2);
    expect(await vote(two, true)).toEqual(nothing);
    expect(await vote(one, false)).toEqual({ added: [], removed: [a], hasTwin: true });
    await two.withdraw(set, "s1");
    expect(await vote(one, false)).toEqual(nothing);
  });

/** Where it can be read and lets nothing be written. */
const unwritable: Record<string, readonly [begin: string, end: string, why: string]> = {
  "full memory": ["CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "its memory is full"],
  "too few replicas": ["CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0", "too few replicas"],
  "another master": ["REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "it is a replica"],
};

if (find("redis-server") !== null)
  test.each(Object.entries(unwritable))(
    "with a Redis of %s no lease can be renewed, and nobody is taken out for that",
    async (_, [begin, end, why]) => {
      await using room = new Room();
      const redis = await Redis.start(room);
      const registry = inRedis(room, redis);
      const { addresses, tolds } = heard(room, registry);
      await registry.vote(set, ballot("s1", { [a]: true }, 900));
      await until("it to be known", () => addresses()?.length === 1);
      await redis.ask(...begin.split(" "));
      expect(
        await registry.vote(set, ballot("s1", { [a]: true }, 900)).catch((error: Error) => error.message),
      ).toContain(why);
      await until("the lease to be over", () => JSON.stringify(tolds.at(-1)).includes(why));
      expect(addresses()).toEqual(["10.0.0.1:80"]);
      await redis.ask(...end.split(" "));
      await registry.vote(set, ballot("s1", { [a]: true }, 60_000));
      await registry.add(set, b);
      await until("it to count again", () => addresses()?.length === 2);
      expect(tolds.every((told) => !told.ok || told.servers.length > 0 || told === tolds[0])).toBeTrue();
    },
  );
