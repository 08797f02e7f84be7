import { describe, expect, test } from "bun:test";
import { applyOperations, mergePatch } from "./patch.ts";

describe("a merge patch", () => {
  // The examples of RFC 7396, appendix A.
  const cases: readonly [unknown, unknown, unknown][] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of cases)
    test(`${JSON.stringify(patch)} makes ${JSON.stringify(result)} of ${JSON.stringify(target)}`, () => {
      expect(mergePatch(target, patch)).toEqual(result);
    });

  test("changes neither what it is given, nor what all objects inherit", () => {
    const target = { a: { b: 1 } };
    const merged = mergePatch(target, JSON.parse('{"a":{"b":2},"__proto__":{"polluted":true}}')) as object;
    expect(target).toEqual({ a: { b: 1 } });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.hasOwn(merged, "__proto__")).toBe(true);
  });
});

describe("operations", () => {
  const tree = { pools: { "a/b": { servers: ["x", "y"] } }, on: true };

  test("add, remove, replace, move, copy and test as RFC 6902 says", () => {
    const done = applyOperations(tree, [
      { op: "test", path: "/on", value: true },
      { op: "add", path: "/pools/a~1b/servers/-", value: "z" },
      { op: "add", path: "/pools/a~1b/servers/0", value: "w" },
      { op: "remove", path: "/pools/a~1b/servers/1" },
      { op: "replace", path: "/on", value: false },
      { op: "copy", from: "/pools/a~1b", path: "/pools/copy" },
      { op: "move", from: "/on", path: "/off" },
    ]);
    const servers = ["w", "y", "z"];
    expect(done).toEqual({ ok: true, value: { pools: { "a/b": { servers }, copy: { servers } }, off: false } });
    expect(tree).toEqual({ pools: { "a/b": { servers: ["x", "y"] } }, on: true });
  });

  const refusals: readonly [Parameters<typeof applyOperations>[1][number], string][] = [
    [{ op: "replace", path: "/pools/none", value: 1 }, "there is nothing at /pools/none"],
    [{ op: "add", path: "/pools/none/servers", value: 1 }, "there is nothing at /pools/none"],
    [{ op: "add", path: "/pools/a~1b/servers/3", value: 1 }, "the list has 2 items, and no place 3"],
    [{ op: "add", path: "/pools/a~1b/servers/01", value: 1 }, "the list has 2 items, and no place 01"],
    [{ op: "remove", path: "/pools/a~1b/servers/-" }, "there is nothing at /pools/a/b/servers/-"],
    [{ op: "test", path: "/on", value: false }, "there is another value"],
    [{ op: "move", from: "/pools", path: "/pools/a" }, "nothing can be moved into itself"],
    [{ op: "add", path: "on", value: 1 }, 'the path must be "" or begin with /'],
    [{ op: "add", path: "/__proto__", value: 1 }, "that name cannot be used"],
    [{ op: "add", path: "/on/deeper", value: 1 }, "what is above it is no section"],
    [{ op: "remove", path: "/constructor" }, "there is nothing at /constructor"],
    [{ op: "remove", path: "" }, "the whole config cannot be taken away"],
  ];
  for (const [operation, message] of refusals)
    test(`${operation.op} ${operation.path || "of all"} is refused: ${message}`, () => {
      expect(applyOperations(tree, [operation])).toEqual({
        ok: false,
        message: `operation 1 (${operation.op} ${operation.path}): ${message}`,
      });
    });
});

test("copies of copies end at a bound, and not with the memory", () => {
  const doubled = Array.from({ length: 60 }, (_, index) => ({ op: "copy" as const, from: "", path: `/copy${index}` }));
  expect(applyOperations({ a: "b" }, doubled)).toMatchObject({
    ok: false,
    message: expect.stringMatching(/too large$/),
  });
});
