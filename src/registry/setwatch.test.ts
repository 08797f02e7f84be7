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
    reads: 0,
    nowMs: 0,
  };
  const watch = new SetWatch({
    pollMs: 3_600_000,
    nowMs: () => world.nowMs,
    overdue: () => {},
    read: async (): Promise<SetReading> => {
      world.reads++;
      if (world.failure !== null) throw new Error(world.failure);
      const { members, draining } = world;
      return { size: members.length, members: [...members], draining, isOverdue: false, nextEndMs: null };
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

test("what has not changed is told once", async () => {
  const { look, tolds } = stage();
  expect(await look("a:1", "b:1")).toBe("a:1,b:1");
  await look("b:1", "a:1");
  expect(tolds.length).toBe(1);
  expect(await look()).toBe("");
  expect(tolds.length).toBe(2);
});

test("a failure is told once, and what is so again afterwards too", async () => {
  const { world, look, tolds } = stage();
  await look("a:1");
  world.failure = "connection refused";
  await look("a:1");
  await look("a:1");
  expect(tolds.at(-1)).toEqual({ ok: false, problem: "connection refused" });
  world.failure = null;
  await look("a:1");
  expect(tolds.map(({ ok }) => ok)).toEqual([true, false, true]);
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
