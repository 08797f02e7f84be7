import { afterEach, expect, test } from "bun:test";
import type { Told } from "./registry.ts";
import type { SetReading } from "./setreading.ts";
import { SetWatch, settleMs } from "./setwatch.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A watch of a set that is as the test says, on a clock of the test; it is looked at when the test says so. */
function stage() {
  const world = {
    members: [] as string[],
    draining: [] as string[],
    failure: null as string | null,
    over: [] as string[],
    nextEndMs: null as number | null,
    unwritable: null as string | null,
    /** Each time: whether it was a trial. */
    reaps: [] as boolean[],
    reads: 0,
    nowMs: 0,
  };
  const watch = new SetWatch({
    pollMs: 3_600_000,
    nowMs: () => world.nowMs,
    reap: async (isTrial) => {
      world.reaps.push(isTrial);
      if (world.unwritable === null && !isTrial) world.over = [];
      return world.unwritable;
    },
    read: async (): Promise<SetReading> => {
      world.reads++;
      if (world.failure !== null) throw new Error(world.failure);
      const { members, draining, over, nextEndMs } = world;
      return { size: members.length, members, draining, over: [...over], isOverdue: over.length > 0, nextEndMs };
    },
  });
  ends.push(() => watch.close());
  const tolds: Told[] = [];
  watch.join((told) => tolds.push(told));
  /** Addresses that are known, after a reading. */
  const look = async (...members: string[]): Promise<string> => {
    world.members = members;
    world.nowMs += 100;
    const before = world.reads;
    watch.look();
    while (world.reads === before) await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => setTimeout(resolve, 0));
    const last = tolds.findLast((told) => told.ok);
    return last?.ok === true ? last.servers.map(({ address }) => address).join() : "";
  };
  return { world, watch, tolds, look };
}

test("each reading is told, of what has not changed too: that it was read is news", async () => {
  const { look, tolds } = stage();
  expect(await look("a:1", "b:1")).toBe("a:1,b:1");
  await look("b:1", "a:1");
  expect(tolds.length).toBe(2);
  expect(tolds[1]).toEqual(tolds[0]!);
  expect(await look()).toBe("");
  expect(tolds.length).toBe(3);
});

test("who counts though Redis does not say so is told apart", async () => {
  const { world, watch, tolds, look } = stage();
  const kept = (): unknown => {
    const last = tolds.findLast((told) => told.ok);
    return last?.ok === true ? last.kept : null;
  };
  await look("a:1", "b:1");
  expect(kept()).toBeUndefined();
  watch.fail("connection refused");
  watch.unsettle();
  expect(await look("a:1")).toBe("a:1,b:1");
  expect(kept()).toEqual({ servers: ["b:1"], why: "not seen there since Redis was away" });
  expect(await look("a:1", "b:1")).toBe("a:1,b:1");
  expect(kept()).toBeUndefined();
  world.over = ["b:1"];
  world.unwritable = "its memory is full";
  expect(await look("a:1")).toBe("a:1,b:1");
  expect(kept()).toEqual({ servers: ["b:1"], why: "leases are over, and nobody can renew them: its memory is full" });
});

test("a failure is told once, and what is so again afterwards too", async () => {
  const { world, look, tolds } = stage();
  await look("a:1");
  world.failure = "connection refused";
  await look("a:1");
  await look("a:1");
  expect(tolds.at(-1)).toEqual({ ok: false, problem: "connection refused" });
  expect(tolds).toHaveLength(2);
  world.failure = "does not answer";
  await look("a:1");
  expect(tolds.at(-1)).toEqual({ ok: false, problem: "does not answer" });
  world.failure = null;
  await look("a:1");
  expect(tolds.map(({ ok }) => ok)).toEqual([true, false, false, true]);
});

test("who comes later is told what is known", async () => {
  const { watch, look } = stage();
  await look("a:1");
  const late: Told[] = [];
  watch.join((told) => late.push(told));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(late).toMatchObject([{ ok: true, servers: [{ address: "a:1" }] }]);
});

test("after Redis was away what is missing stays for a while, unless it has been seen since", async () => {
  const { watch, world, look } = stage();
  await look("a:1", "b:1");
  watch.unsettle();
  expect(await look()).toBe("a:1,b:1");
  expect(await look("c:1")).toBe("a:1,b:1,c:1");
  expect(await look("a:1", "c:1")).toBe("a:1,b:1,c:1");
  expect(await look("c:1")).toBe("b:1,c:1");
  world.nowMs += settleMs;
  expect(await look("c:1")).toBe("c:1");
});

test("what is drained stays so meanwhile", async () => {
  const { watch, world, look, tolds } = stage();
  world.draining = ["a:1"];
  await look("a:1");
  watch.unsettle();
  world.draining = [];
  await look();
  expect(tolds.at(-1)).toMatchObject({ ok: true, servers: [{ address: "a:1", drain: true }] });
});

test("while Redis cannot be written a lease that is over says nothing, and when it can sentinels have time to renew it", async () => {
  const { world, look, tolds } = stage();
  await look("a:1", "b:1");
  world.over = ["b:1"];
  world.unwritable = "its disk is full";
  expect(await look("a:1")).toBe("a:1,b:1");
  expect(tolds.at(-1)).toMatchObject({ remarks: [expect.stringContaining("its disk is full")] });
  expect(await look("a:1")).toBe("a:1,b:1");
  world.unwritable = null;
  expect(await look("a:1")).toBe("a:1,b:1");
  expect(tolds.at(-1)).toMatchObject({ remarks: [] });
  // The first time it is found out; what was kept is not taken out by whoever finds out that it could be.
  expect(world.reaps).toEqual([false, true, true]);
  world.nowMs += settleMs;
  expect(await look("a:1")).toBe("a:1");
  await look("a:1");
  expect(world.reaps).toEqual([false, true, true, false]);
});

test("a lease that is over counts as such at once, unless only Redis' clock has been set", async () => {
  const { world, look } = stage();
  world.nextEndMs = 500;
  await look("a:1", "b:1");
  world.nowMs += 500;
  world.over = ["b:1"];
  expect(await look("a:1")).toBe("a:1");
  world.nextEndMs = 15_000;
  await look("a:1");
  world.over = ["a:1"];
  expect(await look()).toBe("a:1");
  world.nowMs += settleMs;
  expect(await look()).toBe("");
});

test("a storm of notices does not put a reading off", async () => {
  const { world, watch, look } = stage();
  await look("a:1");
  const before = world.reads;
  const untilMs = performance.now() + 2000;
  // Sooner than any timer.
  while (world.reads === before && performance.now() < untilMs) {
    watch.look();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(world.reads).toBeGreaterThan(before);
});
