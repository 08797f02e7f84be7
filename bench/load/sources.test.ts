import { expect, test } from "bun:test";
import { sourcesMax, sourcesOf } from "./sources.ts";

test("one address is left to the system", () => {
  expect(sourcesOf(3, 10, 1)).toEqual([""]);
});

test("fewer addresses than users are shared, as many as users are one each", () => {
  const of = (count: number): string[] => Array.from({ length: 4 }, (_, user) => sourcesOf(user, 4, count).join());
  expect(of(2)).toEqual(["127.1.0.1", "127.1.0.2", "127.1.0.1", "127.1.0.2"]);
  expect(of(4)).toEqual(["127.1.0.1", "127.1.0.2", "127.1.0.3", "127.1.0.4"]);
});

test("of more addresses than users each has its share, and none is used twice", () => {
  const all = Array.from({ length: 500 }, (_, user) => sourcesOf(user, 500, 3000));
  expect(all.every((own) => own.length === 6)).toBeTrue();
  expect(new Set(all.flat()).size).toBe(3000);
  expect(all.flat().every((address) => /^127\.1\.\d+\.\d+$/.test(address) && !/\.(?:0|255)$/.test(address))).toBeTrue();
});

test("the last of all that there are is an address of the loopback's", () => {
  const last = sourcesOf(sourcesMax - 1, 2 ** 30, 2 ** 29)[0];
  expect(last).toBe("127.254.255.254");
});
