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
    hasSentinel: false,
    unwritable: null as string | null,
    reads: 0,
    nowMs: 0,
  };
  const watch = new SetWatch({
    pollMs: 3_600_000,
    nowMs: () => world.nowMs,
    refusal: async () => world.unwritable,
    read: async (): Promise<SetReading> => {
      world.reads++;
      if (world.failure !== null) throw new Error(world.failure);
      const { members, draining, over, hasSentinel, nextEndMs } = world;
      return { size: members.length + over.length, members, draining, over: [...over], hasSentinel, nextEndMs };
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

test("what could not be read for longer than sets take to settle is kept from the first reading on", async () => {
  const { watch, world, look } = stage();
  await look("a:1", "b:1");
  watch.fail("connection refused");
  // It takes connections again, and loads its data for longer.
  watch.unsettle();
  world.failure = "it is still loading its data";
  await look();
  world.nowMs += 2 * settleMs;
  await look();
  world.failure = null;
  expect(await look("b:1")).toBe("a:1,b:1");
  world.nowMs += settleMs - 200;
  expect(await look("b:1")).toBe("a:1,b:1");
  world.nowMs += 200;
  expect(await look("b:1")).toBe("b:1");
});

test("one whose lease was over when Redis was back is not seen again by that: who lives may take it out first", async () => {
  const { watch, world, look } = stage();
  await look("a:1", "b:1");
  watch.fail("connection refused");
  world.over = ["b:1"];
  expect(await look("a:1")).toBe("a:1,b:1");
  world.over = [];
  expect(await look("a:1")).toBe("a:1,b:1");
  world.nowMs += settleMs;
  expect(await look("a:1")).toBe("a:1");
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
  // Another sentinel may vote before the one that says that it is up.
  world.over = [];
  expect(await look("a:1")).toBe("a:1,b:1");
  world.nowMs += settleMs;
  expect(await look("a:1")).toBe("a:1");
});

test("a lease that is over takes nobody out: a sentinel does, and where none is there that is told", async () => {
  const { world, look, tolds } = stage();
  const said = (): unknown => {
    const last = tolds.at(-1);
    return last?.ok === true ? [last.remarks, last.kept] : null;
  };
  const silent = "no sentinel is there to renew them";
  world.hasSentinel = true;
  await look("a:1", "b:1");
  world.over = ["b:1"];
  // Its next vote takes b out, unless another one has renewed it: neither is waited for in vain.
  expect(await look("a:1")).toBe("a:1,b:1");
  expect(said()).toEqual([[], undefined]);
  world.over = [];
  expect(await look("a:1")).toBe("a:1");
  world.hasSentinel = false;
  world.over = ["a:1"];
  expect(await look()).toBe("a:1");
  expect(said()).toEqual([
    [`leases that are over still count, for ${silent}`],
    { servers: ["a:1"], why: `leases are over, and ${silent}` },
  ]);
  world.nowMs += 100 * settleMs;
  expect(await look()).toBe("a:1");
  world.over = [];
  expect(await look("a:1")).toBe("a:1");
  expect(said()).toEqual([[], undefined]);
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
