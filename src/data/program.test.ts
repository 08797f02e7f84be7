import { expect, test } from "bun:test";
import type { Section } from "../config/section.ts";
import { Program } from "./program.ts";

/** What is told of an end, until the limit has passed. */
async function toldOf(onUnload: unknown): Promise<string[]> {
  const told: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  new Program({ onUnload } as Section).unload((message, detail) => void told.push(message + detail), 20);
  // Timers of one length end in the order in which they were begun.
  setTimeout(resolve, 20);
  await promise;
  return told;
}

test("an end that throws, or rejects, is told once; one that is no function is none", async () => {
  const failed = ["onUnload of the config failed: Error: mine"];
  const thrown = (): never => {
    throw new Error("mine");
  };
  expect((await toldOf(thrown)).map((line) => line.split("\n")[0]!.slice(0, failed[0]!.length))).toEqual(failed);
  const rejected = await toldOf(async () => thrown());
  expect(rejected.map((line) => line.split("\n")[0]!.slice(0, failed[0]!.length))).toEqual(failed);
  for (const other of [undefined, 5, () => {}, async () => {}]) expect(await toldOf(other)).toEqual([]);
});

test("one that does not end in its time is told", async () => {
  expect(await toldOf(() => new Promise(() => {}))).toEqual(["onUnload of the config has not ended in 0.02 s"]);
});
