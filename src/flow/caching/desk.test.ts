import { expect, test } from "bun:test";
import { CacheDesk } from "./desk.ts";

test("its heads take as many fields as those of the plan, and are not the same", () => {
  const { stored, shown, scratch } = new CacheDesk(7);
  expect([stored.fieldsMax, shown.fieldsMax, scratch.fieldsMax]).toEqual([7, 7, 7]);
  expect(new Set([stored, shown, scratch]).size).toBe(3);
});
