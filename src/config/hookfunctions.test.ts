import { expect, test } from "bun:test";
import { faultOfTransform, hasHooks, hooksIn, remarkOnHook, takeHooks } from "./hookfunctions.ts";

const on = (): void => {};

test("functions are taken out of a config and named by their owners", () => {
  const { config, names } = takeHooks({
    workers: 1,
    listeners: { web: { listen: ":1", onRequest: on, onError: on }, plain: { listen: ":2" } },
    pools: { app: { servers: ["a:1"], pick: on, transformResponse: { json: on } } },
  });
  expect(config).toEqual({
    workers: 1,
    listeners: { web: { listen: ":1" }, plain: { listen: ":2" } },
    pools: { app: { servers: ["a:1"] } },
  });
  expect(names).toEqual({
    listeners: { web: ["onRequest", "onError"] },
    pools: { app: ["pick", "transformResponse"] },
  });
  expect(hasHooks(names)).toBe(true);
  expect(hasHooks(takeHooks({ listeners: { web: {} }, pools: 5 }).names)).toBe(false);
});

test("the function that ends a config's code is taken out too, and is no hook", () => {
  const { config, names } = takeHooks({ onUnload: on, listeners: { web: {} } });
  expect(Object.keys(config)).toEqual(["listeners"]);
  expect(hasHooks(names)).toBe(false);
  expect(takeHooks({ onUnload: 5 }).config).toEqual({ onUnload: 5 });
});

test("what is no function, or has no place there, stays", () => {
  const listeners = { web: { onRequest: "x", pick: on, onresponse: on }, other: 5 };
  expect(takeHooks({ listeners }).config).toEqual({ listeners });
  expect(hooksIn({ transformResponse: { text: "x" } }, "pools")).toEqual({});
});

test("a transform says what is wrong with it", () => {
  expect(faultOfTransform({ text: on, types: ["text/html"], maxBody: "1mb" })).toBeNull();
  expect(faultOfTransform({ json: on, text: on })).toBeNull();
  expect(faultOfTransform({ tekst: on })).toContain('holds "tekst"');
  expect(faultOfTransform({ types: ["a/b"] })).toContain("one of the functions");
  expect(faultOfTransform({ json: 5 })).toContain("a function as json");
  expect(faultOfTransform({ stream: on, json: on })).toContain("beside");
  expect(faultOfTransform({ text: on, maxBody: 5 })).toContain("maxBody");
  expect(faultOfTransform({ text: on, types: "text/html" })).toContain("types");
});

test("types that nothing is called like are refused, each with what to write", () => {
  const said = (types: unknown): string => faultOfTransform({ text: on, types }) ?? "";
  expect(said(["text/*", "application/vnd.api+json"])).toBe("");
  const refused: [unknown, string][] = [
    [["*/*"], '"*/*" is none: without types'],
    [["text/html", "*"], '"*" is none: without types'],
    [["json"], '"json" is none'],
    [["application/json; charset=utf-8"], "without what follows the semicolon"],
    [["application/*+json"], "application/json is also for those that end in +json"],
    [["text/html", 5], "as types"],
    [[], "must not have an empty list"],
    [
      "application/json",
      'must have a list of media types, such as ["text/html"] or ["text/*"], as types: write ["application/json"]',
    ],
    ["*", 'and "*" is none'],
    [{ a: 1 }, "a list of media types"],
  ];
  for (const [types, words] of refused) expect(said(types)).toContain(words);
  expect(hooksIn({ transformResponse: { text: on, types: ["*/*"] } }, "pools")).toEqual({});
});

test("a transform that is left over is told what is wrong in it, by what stands for its functions too", () => {
  const passed = { "a function": "text" };
  for (const text of [on, passed])
    expect(remarkOnHook("transformResponse", "pools", { text, types: ["json"] })).toContain('"json" is none');
  expect(remarkOnHook("transformRequest", "pools", { stream: passed })).toContain("must not have stream");
  expect(remarkOnHook("transformResponse", "pools", { text: "x", types: ["json"] })).toContain(
    "only a config in TypeS",
  );
  expect(remarkOnHook("transformResponse", "pools", { types: ["json"] })).toContain("text, json or stream");
});

test("a hook that is left over is told as what it is", () => {
  expect(remarkOnHook("pick", "listeners")).toBe("is a hook of pools, not of listeners");
  expect(remarkOnHook("onRequest", "listeners")).toContain("must be a function, which only a config in TypeScript");
  expect(remarkOnHook("onRequst", "pools")).toBe('is not a known key; did you mean "onRequest"?');
  for (const key of ["requestId", "redirect", "tick", "hoks", "transform"])
    expect([key, remarkOnHook(key, "listeners"), remarkOnHook(key, "pools")]).toEqual([key, null, null]);
});
