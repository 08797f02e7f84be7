import { expect, test } from "bun:test";
import type { NameRoutePlan } from "../config/plan.ts";
import { NameRoutes } from "./names.ts";

/** Each name's way is called by what is written for it; what nothing matches is "none". */
function routes(...written: (readonly [NameRoutePlan["kind"], string])[]): NameRoutes<string> {
  const plans = written.map(([kind, match], route) => ({ kind, match, route }));
  return new NameRoutes(
    plans,
    written.map(([, match]) => match),
    "none",
  );
}

test("a name is exactly what it is", () => {
  const names = routes(["exact", "a.example"], ["exact", "b.example"]);
  expect(["a.example", "b.example", "c.example", "a.example.", "x.a.example"].map((name) => names.of(name))).toEqual([
    "a.example",
    "b.example",
    "none",
    "none",
    "none",
  ]);
});

test("a wildcard is for every name below it, at any depth, and not for its own", () => {
  const names = routes(["wildcard", ".example.com"]);
  expect(["a.example.com", "b.a.example.com"].map((name) => names.of(name))).toEqual([".example.com", ".example.com"]);
  for (const other of ["example.com", ".example.com", "aexample.com", "a.example.com.evil"])
    expect(names.of(other)).toBe("none");
});

test("of wildcards the longest wins, whatever their order", () => {
  const names = routes(["wildcard", ".com"], ["wildcard", ".a.example.com"], ["wildcard", ".example.com"]);
  expect(names.of("x.a.example.com")).toBe(".a.example.com");
  expect(names.of("a.example.com")).toBe(".example.com");
  expect(names.of("example.com")).toBe(".com");
});

test("exact comes before wildcard, wildcard before pattern, patterns in order", () => {
  const names = routes(
    ["pattern", "^api"],
    ["pattern", "example"],
    ["wildcard", ".example"],
    ["exact", "api.one.example"],
  );
  expect(names.of("api.one.example")).toBe("api.one.example");
  expect(names.of("api.two.example")).toBe(".example");
  expect(names.of("api.example.org")).toBe("^api");
  expect(names.of("www.example.org")).toBe("example");
});

test("a pattern may match anywhere, and again and again", () => {
  const names = routes(["pattern", "shop\\d+"]);
  for (const name of ["shop1.test", "www.shop22.test", "shop1.test"]) expect(names.of(name)).toBe("shop\\d+");
});

test("a client that asks for no name has matched none, whatever the patterns", () => {
  expect(routes(["pattern", ".*"], ["exact", ""]).of("")).toBe("none");
});

test("of a name written twice the first counts", () => {
  const plans = [0, 1].map((route) => ({ kind: "exact", match: "a.example", route }) as const);
  expect(new NameRoutes(plans, ["first", "second"], "none").of("a.example")).toBe("first");
});

test("a pattern that would keep RegExp busy for ever is done with at once", () => {
  const routes = new NameRoutes([{ kind: "pattern", match: "^(a+)+\\.example$", route: 0 }], ["caught"], "other");
  expect(routes.of(`${"a".repeat(60)}.example`)).toBe("caught");
  expect(routes.of(`${"a".repeat(240)}!`)).toBe("other");
});
