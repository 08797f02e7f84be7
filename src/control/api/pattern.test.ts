import { expect, test } from "bun:test";
import { comparePatterns, match, patternOf } from "./pattern.ts";

const of = (path: string, hasRest = false) => patternOf(path, hasRest, null);

test("parts in braces are whatever stands there, and words are themselves", () => {
  const pattern = of("/api/v1/pools/{pool}/servers/{server}");
  expect(match(pattern, "/api/v1/pools/a%2Fb/servers/127.0.0.1:80")).toEqual({ pool: "a%2Fb", server: "127.0.0.1:80" });
  for (const path of ["/api/v1/pools/a/server/b", "/api/v1/pools/a/servers", "/api/v1/pools/a/servers/b/c"])
    expect(match(pattern, path)).toBeNull();
});

test("only the last may be empty", () => {
  const pattern = of("/tables/{table}/entries/{key}");
  expect(match(pattern, "/tables/a/entries/")).toEqual({ table: "a", key: "" });
  expect(match(pattern, "/tables//entries/b")).toBeNull();
});

test("a rest takes slashes", () => {
  expect(match(of("/bans/{address}", true), "/bans/10.0.0.0/8")).toEqual({ address: "10.0.0.0/8" });
  expect(match(of("/bans/{address}", true), "/bans/10.0.0.1")).toEqual({ address: "10.0.0.1" });
  expect(match(of("/bans/{address}"), "/bans/10.0.0.0/8")).toBeNull();
});

test("a word counts before a parameter, at the first place where they differ", () => {
  const sorted = ["/a/{x}/{y}", "/a/{x}/c", "/a/b/{y}", "/a/b/c"].map((path) => of(path)).sort(comparePatterns);
  expect(sorted.map(({ path }) => path)).toEqual(["/a/b/c", "/a/b/{y}", "/a/{x}/c", "/a/{x}/{y}"]);
});
