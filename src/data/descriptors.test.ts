import { expect, test } from "bun:test";
import { connectionsMax, hasDescriptors, hasSessionRoom } from "./descriptors.ts";

const limits = (files: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${files}                 4096                 files\n`;

test("the limit of open files leaves room for what is no connection", () => {
  expect(connectionsMax(limits("1024"))).toBe(976);
  expect(connectionsMax(limits("16"))).toBe(2);
});

test("without a limit, or without /proc, there is none", () => {
  expect(connectionsMax(limits("unlimited"))).toBe(Number.POSITIVE_INFINITY);
  expect(connectionsMax("")).toBe(Number.POSITIVE_INFINITY);
});

test("a client is taken only while it and those before can each have a server's connection", () => {
  expect(hasDescriptors(10, 4, 0, 0)).toBe(true);
  expect(hasDescriptors(10, 5, 0, 0)).toBe(false);
  expect(hasDescriptors(10, 2, 7, 0)).toBe(true);
  expect(hasDescriptors(10, 3, 7, 0)).toBe(false);
});

test("with many clients a share is kept for servers, not as much again", () => {
  expect(hasDescriptors(20_000, 20_000 - 1024 - 1, 0, 0)).toBe(true);
  expect(hasDescriptors(20_000, 20_000 - 1024, 0, 0)).toBe(false);
  expect(hasDescriptors(20_000, 17_000, 2_999, 0)).toBe(true);
  expect(hasDescriptors(20_000, 17_000, 3_000, 0)).toBe(false);
});

test("sessions of mode udp have half of the descriptors at most, and need none for servers besides", () => {
  expect([hasSessionRoom(10, 4), hasSessionRoom(10, 5), hasSessionRoom(Number.POSITIVE_INFINITY, 1e9)]).toEqual([
    true,
    false,
    true,
  ]);
  // Five descriptors are left: for two clients with a server's connection each.
  expect(hasDescriptors(10, 1, 0, 5)).toBe(true);
  expect(hasDescriptors(10, 2, 0, 5)).toBe(false);
  expect(hasDescriptors(10, 1, 4, 5)).toBe(false);
});
