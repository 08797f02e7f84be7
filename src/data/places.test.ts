import { expect, test } from "bun:test";
import { Places } from "./places.ts";

test("who finds no place is called when one is left, in the order of coming, unless it went before", () => {
  const places = new Places(2);
  const called: string[] = [];
  const [one, two, three] = ["one", "two", "three"].map((name) => ({ placed: () => void called.push(name) }));
  expect([places.take(one!), places.take(one!)]).toEqual([true, true]);
  expect(places.isAwaited).toBe(false);
  expect([places.take(one!), places.take(two!), places.take(three!)]).toEqual([false, false, false]);
  places.forgo(two!);
  places.leave();
  expect(called).toEqual(["one"]);
  places.leave();
  expect(called).toEqual(["one", "three"]);
  expect([places.isAwaited, places.taken]).toEqual([false, 2]);
  places.leave();
  expect(places.take(two!)).toBe(true);
  for (let count = 0; count < 2; count++) places.leave();
  expect(places.taken).toBe(0);
});
