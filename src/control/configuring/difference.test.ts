import { expect, test } from "bun:test";
import { keyText } from "../../config/problem.ts";
import { differences, type Edit, valueAt } from "./difference.ts";
import { applyOperations } from "./patch.ts";

const lines = (edits: readonly Edit[]): string[] => edits.map(({ kind, path }) => `${kind} ${keyText(path)}`);

test("two that are the same have no differences, whether a key is undefined or not there", () => {
  expect(differences({ a: [1, { b: undefined }] }, { a: [1, {}] })).toEqual([]);
});

test("servers are the same by their address, however they are written", () => {
  const before = { servers: ["10.0.0.1:80", "10.0.0.2:80^3", "10.0.0.3:80"] };
  const after = { servers: ["10.0.0.2:80^5", { address: "10.0.0.3:80", weight: 2 }, "10.0.0.4:80"] };
  expect(lines(differences(before, after))).toEqual([
    "removed servers[0]",
    "added servers[2]",
    "changed servers[0]",
    "changed servers[1]",
  ]);
});

test("a rule that is put in front of others does not change them", () => {
  const rules = [
    { if: "a", use: "x" },
    { name: "second", deny: true },
  ];
  expect(lines(differences(rules, [{ if: "new", deny: true }, ...rules]))).toEqual(["added [0]"]);
});

test("a rule without a name that is changed is changed where it stands", () => {
  const [before, after] = [
    [{ if: "a", mode: "observe" }, { if: "b" }],
    [{ if: "a", mode: "enforce" }, { if: "b" }],
  ];
  expect(differences(before, after)).toEqual([
    { kind: "changed", path: [0, "mode"], before: "observe", after: "enforce" },
  ]);
});

test("edits, done one after another, make the second of any two trees", () => {
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const item = (depth: number): unknown => {
    if (next(3) === 0 || depth === 0) return `s${next(4)}^${next(3)}`;
    if (next(2) === 0) return { name: `n${next(3)}`, list: list(depth - 1) };
    return { value: next(3), list: list(depth - 1) };
  };
  const list = (depth: number): unknown[] => Array.from({ length: next(5) }, () => item(depth));
  for (let round = 0; round < 500; round++) {
    const [before, after] = [{ top: list(3) }, { top: list(3) }];
    const operations = differences(before, after).map(({ kind, path, after: value }) => {
      const pointer = path.map((part) => `/${part}`).join("");
      return kind === "removed"
        ? { op: "remove" as const, path: pointer }
        : { op: kind === "added" ? ("add" as const) : ("replace" as const), path: pointer, value };
    });
    expect(applyOperations(before, operations)).toEqual({ ok: true, value: after });
  }
});

test("long lists are compared in a moment, one change found among many", () => {
  const before = Array.from({ length: 5000 }, (_, index) => `10.0.${index >> 8}.${index & 255}:80`);
  const after = [...before.slice(1, 2500), "new:80", ...before.slice(2500), "last:80"];
  expect(lines(differences(before, after)).sort()).toEqual(["added [2499]", "added [5000]", "removed [0]"].sort());
});

test("what stands at a path is found, and of what was inherited nothing", () => {
  expect(valueAt({ a: [{ b: 1 }] }, ["a", 0, "b"])).toBe(1);
  expect(valueAt({}, ["constructor"])).toBeUndefined();
  expect(valueAt({ a: 1 }, ["a", "b"])).toBeUndefined();
});
