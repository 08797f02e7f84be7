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
  const ask = (name: string): Resolution | null =>
    resolver.resolve(name, { resolved: (found) => void told.push(found) });
  return { asked, clock, resolver, told, ask, failures };
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

test("only so many are asked for at once, and only so many wait", async () => {
  const { asked, ask, told } = system();
  for (let count = 0; count < 32 + 1024; count++) expect(ask(`name${count}`)).toBeNull();
  expect(asked.length).toBe(32);
  expect(ask("one-more")?.problem).toBe("too many names wait to be looked up");
  asked[0]!.answer(["1.1.1.1"]);
  await settled();
  expect(asked.length).toBe(33);
  expect(told.length).toBe(1);
});

test("what fails in who was told is told, and others are looked up on", async () => {
  const { asked, resolver, failures, ask } = system();
  resolver.resolve("a", {
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
