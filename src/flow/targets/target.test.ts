import { expect, test } from "bun:test";
import { readPlace } from "./place.ts";
import { addressesTriedMax, alternating, Target } from "./target.ts";

test("the families take turns, and the one that the resolver prefers begins", () => {
  expect(alternating(["::1", "::2", "1.1.1.1", "::3"])).toEqual(["::1", "1.1.1.1", "::2", "::3"]);
  expect(alternating(["1.1.1.1", "1.1.1.2", "::1"])).toEqual(["1.1.1.1", "::1", "1.1.1.2"]);
  expect(alternating(["1.1.1.1"])).toEqual(["1.1.1.1"]);
});

test("only so many addresses are tried, one after the other", () => {
  const target = new Target(readPlace("a.example:81", 80)!, false, false);
  expect(target.name).toBe("a.example:81");
  target.lead(Array.from({ length: 10 }, (_, index) => `1.1.1.${index}`));
  const tried = [target.address];
  while (target.goOn()) tried.push(target.address);
  expect(tried).toEqual(["1.1.1.0", "1.1.1.1", "1.1.1.2", "1.1.1.3"]);
  expect(tried.length).toBe(addressesTriedMax);
  expect(target.address).toBe("1.1.1.3");
});
