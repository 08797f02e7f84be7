import { expect, test } from "bun:test";
import { KubernetesSlices } from "./kubernetesslices.ts";

const slice = (name: string, resourceVersion: string) => ({ metadata: { name, resourceVersion } });

test("a list is as old as it likes at first, no older than what is known then, and the newest where that is gone", () => {
  const slices = new KubernetesSlices();
  expect([slices.version, slices.notOlderThan]).toEqual(["", "0"]);
  slices.listed([slice("a", "3")], "5");
  expect([slices.version, slices.notOlderThan]).toEqual(["5", "5"]);
  expect(slices.heard({ type: "ERROR", object: { kind: "Status", code: 410 } })).toBe("lost");
  expect([slices.version, slices.notOlderThan]).toEqual(["", ""]);
  slices.listed([], "9");
  expect([slices.version, slices.notOlderThan]).toEqual(["9", "9"]);
});

test("events change what is known and move its version, in the order of a list", () => {
  const slices = new KubernetesSlices();
  slices.listed([slice("b", "3")], "5");
  expect(slices.heard({ type: "ADDED", object: slice("a", "6") })).toBe("changed");
  expect(slices.heard({ type: "MODIFIED", object: slice("b", "7") })).toBe("changed");
  expect([slices.all(), slices.version, slices.changes]).toEqual([[slice("a", "6"), slice("b", "7")], "7", 2]);
  expect(slices.heard({ type: "DELETED", object: slice("a", "8") })).toBe("changed");
  expect(slices.heard({ type: "BOOKMARK", object: { metadata: { resourceVersion: "11" } } })).toBe("marked");
  expect([slices.all(), slices.version, slices.changes]).toEqual([[slice("b", "7")], "11", 3]);
});

test("what is no event, or of a kind that nobody knows, leaves all as it is and wants a list", () => {
  const slices = new KubernetesSlices();
  slices.listed([slice("b", "3")], "5");
  for (const event of [null, {}, { type: "ADDED", object: {} }, { type: "MOVED", object: slice("b", "6") }])
    expect(slices.heard(event)).toBe("lost");
  expect(slices.heard({ type: "ERROR", object: { code: 500 } })).toBe("lost");
  expect([slices.all(), slices.version, slices.notOlderThan]).toEqual([[slice("b", "3")], "5", "5"]);
});
