import { expect, test } from "bun:test";
import { Latecomers } from "./latecomers.ts";

/** Tells what is removed, as it comes. */
function stage(): { late: Latecomers; next(): Promise<readonly string[]> } {
  let told = Promise.withResolvers<readonly string[]>();
  const late = new Latecomers(1, (keys) => told.resolve(keys));
  const next = async (): Promise<readonly string[]> => {
    const keys = await told.promise;
    told = Promise.withResolvers();
    return keys;
  };
  return { late, next };
}

test("keys are taken away once more, together, and that is all", async () => {
  const { late, next } = stage();
  late.add(["a", "b"]);
  late.add(["a"]);
  expect(await next()).toEqual(["a", "b"]);
  late.add(["c"]);
  expect(await next()).toEqual(["c"]);
  late.close();
});

test("of very many the first are taken away at once", async () => {
  const { late, next } = stage();
  const many = Array.from({ length: 10_001 }, (_, index) => String(index));
  late.add(many);
  late.add(many.map((key) => `${key}x`));
  expect((await next()).length).toBe(10_001);
  late.close();
});
