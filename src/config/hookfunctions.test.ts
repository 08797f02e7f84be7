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

test("a hook that is left over is told as what it is", () => {
  expect(remarkOnHook("pick", "listeners")).toBe("is a hook of pools, not of listeners");
  expect(remarkOnHook("onRequest", "listeners")).toContain("must be a function, which only a config in TypeScript");
  expect(remarkOnHook("onRequst", "pools")).toBe('is not a known key; did you mean "onRequest"?');
  for (const key of ["requestId", "redirect", "tick", "hoks", "transform"])
    expect([key, remarkOnHook(key, "listeners"), remarkOnHook(key, "pools")]).toEqual([key, null, null]);
});
