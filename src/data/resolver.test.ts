import { expect, test } from "bun:test";
import type { Resolution } from "../flow/port.ts";
import { Resolver } from "./resolver.ts";

/** A system whose answers the test gives. */
function system() {
  const asked: { readonly name: string; readonly answer: (found: readonly string[] | Error) => void }[] = [];
  const failures: Error[] = [];
  const clock = { nowMs: 0, refresh: (): void => {}, failed: (error: Error): void => void failures.push(error) };
  const resolver = new Resolver(
    clock,
    (name) =>
      new Promise((resolve, reject) =>
        asked.push({ name, answer: (found) => (found instanceof Error ? reject(found) : resolve(found)) }),
      ),
  );
  const told: Resolution[] = [];
  const ask = (name: string, asker = "192.0.2.1"): Resolution | null =>
    resolver.resolve(name, { asker, resolved: (found) => void told.push(found) });
  const names = (): string => asked.map(({ name }) => name).join(" ");
  return { asked, clock, resolver, told, ask, failures, names };
}

/** All that promises have to say is said. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("who asks the same is answered by one question, and who asks soon after at once", async () => {
  const { asked, clock, told, ask } = system();
  expect(ask("a")).toBeNull();
  expect(ask("a")).toBeNull();
  expect(asked.length).toBe(1);
  asked[0]!.answer(["1.1.1.1"]);
  await settled();
  const found = { addresses: ["1.1.1.1"], problem: "" };
  expect(told).toEqual([found, found]);
  clock.nowMs = 9_000;
  expect(ask("a")).toEqual(found);
  clock.nowMs = 11_000;
  expect(ask("a")).toBeNull();
  expect(asked.length).toBe(2);
});

test("a name without an address is remembered for less long, with the reason", async () => {
  const { asked, clock, told, ask } = system();
  ask("a");
  asked[0]!.answer(Object.assign(new Error("getaddrinfo ENOTFOUND a"), { code: "ENOTFOUND" }));
  ask("b");
  asked[1]!.answer([]);
  await settled();
  expect(told.map(({ problem }) => problem)).toEqual(["no such name", "it has no address"]);
  clock.nowMs = 1_000;
  expect(ask("a")?.problem).toBe("no such name");
  clock.nowMs = 3_000;
  expect(ask("a")).toBeNull();
});

test("a system that gives up waiting is told as one that has not answered in time, one that is told at once that nobody knows is not", async () => {
  const { asked, clock, told, ask } = system();
  const undecided = (): Error => Object.assign(new Error("getaddrinfo EAI_AGAIN"), { code: "EAI_AGAIN" });
  ask("a");
  clock.nowMs = 10_000;
  asked[0]!.answer(undecided());
  await settled();
  const silent = { addresses: [], problem: "no name server answers", isSilent: true };
  expect([told.splice(0), ask("a")]).toEqual([[silent], silent]);
  ask("b");
  clock.nowMs += 300;
  asked[1]!.answer(undecided());
  await settled();
  ask("c");
  clock.nowMs += 5_000;
  asked[2]!.answer(Object.assign(new Error("getaddrinfo ENOTFOUND c"), { code: "ENOTFOUND" }));
  await settled();
  expect(told).toEqual([
    { addresses: [], problem: "EAI_AGAIN" },
    { addresses: [], problem: "no such name" },
  ]);
});

test("only so many are asked for at once, and only so many wait", async () => {
  const { asked, ask, told } = system();
  for (let count = 0; count < 32 + 1024; count++) expect(ask(`name${count}`, `192.0.2.${count % 8}`)).toBeNull();
  expect(asked.length).toBe(32);
  expect(ask("one-more")?.problem).toBe("too many names wait to be looked up");
  asked[0]!.answer(["1.1.1.1"]);
  await settled();
  expect(asked.length).toBe(33);
  expect(told.length).toBe(1);
});

/** So many names of one asker: a0, a1... */
function flood({ ask }: { ask: (name: string, asker: string) => unknown }, asker: string, count: number): void {
  for (let index = 0; index < count; index++) ask(`${asker}${index}`, asker);
}

test("one who asks for very much leaves a share of the places free, and of the queue", () => {
  const it = system();
  flood(it, "a", 24 + 256);
  expect(it.asked.length).toBe(24);
  expect(it.ask("one-more", "a")?.problem).toBe("too many names wait to be looked up");
  // What it waits for already it may want again.
  expect(it.ask("a30", "a")).toBeNull();
  expect(it.ask("b0", "b")).toBeNull();
  expect(it.asked.length).toBe(25);
  flood(it, "b", 20);
  expect(it.asked.length).toBe(32);
  expect(it.names()).toEndWith(" b6 b7");
});

test("places that come free are dealt out in turns, to those first who have less than their share", async () => {
  const it = system();
  flood(it, "a", 40);
  flood(it, "b", 20);
  flood(it, "c", 2);
  flood(it, "d", 1);
  expect(it.asked.length).toBe(32);
  for (let index = 0; index < 4; index++) {
    it.asked[index]!.answer(["1.1.1.1"]);
    await settled();
  }
  // Neither a (with more than its share) nor b (with its share) while others wait or less than a share is free.
  expect(it.names()).toEndWith(" b7 c0 d0 c1");
  expect(it.asked.length).toBe(35);
  const before = it.asked.length;
  for (let index = 4; index < 20; index++) it.asked[index]!.answer(["1.1.1.1"]);
  await settled();
  // Now a has less than its share, and then both may have more of what is free.
  const more = it.asked.slice(before).map(({ name }) => name);
  expect(more.filter((name) => name.startsWith("a")).length).toBeGreaterThan(2);
  expect(it.asked.length).toBe(35 + 9);
});

test("who wants what waits in another's queue does not wait for that queue", async () => {
  const it = system();
  flood(it, "a", 100);
  expect(it.ask("a90", "b")).toBeNull();
  expect(it.names()).toEndWith(" a23 a90");
  it.asked.at(-1)!.answer(["1.1.1.1"]);
  await settled();
  // Both are told, and a's queue goes by it.
  expect(it.told.length).toBe(2);
  for (let index = 0; index < it.asked.length; index++) {
    it.asked[index]!.answer(["1.1.1.1"]);
    await settled();
  }
  expect(it.names().split(" a90").length).toBe(2);
  expect(it.told.length).toBe(101);
});

test("what fails in who was told is told, and others are looked up on", async () => {
  const { asked, resolver, failures, ask } = system();
  resolver.resolve("a", {
    asker: "192.0.2.1",
    resolved: () => {
      throw new Error("ours");
    },
  });
  asked[0]!.answer(["1.1.1.1"]);
  await settled();
  expect(failures.map(({ message }) => message)).toEqual(["ours"]);
  expect(ask("b")).toBeNull();
  expect(asked.length).toBe(2);
});
