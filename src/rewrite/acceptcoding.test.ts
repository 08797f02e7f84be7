import { expect, test } from "bun:test";
import { acceptsCoding, chooseCoding, limitCodings } from "./acceptcoding.ts";

const all = ["zstd", "br", "gzip"] as const;

test("a client gets the coding that it weighs most, and of equals the operator's first", () => {
  const cases: [string | null, string | null][] = [
    [null, null],
    ["", null],
    ["gzip", "gzip"],
    ["gzip, deflate, br, zstd", "zstd"],
    ["gzip, deflate, br", "br"],
    ["gzip;q=1, br;q=0.9", "gzip"],
    ["br;q=0.5,gzip;q=0.50", "br"],
    ["GZIP", "gzip"],
    ["x-gzip", "gzip"],
    ["*", "zstd"],
    ["*;q=0.1, gzip;q=0.2", "gzip"],
    ["zstd;q=0, *", "br"],
    ["gzip;q=0", null],
    ["*;q=0", null],
    ["identity", null],
    ["identity;q=0, gzip", "gzip"],
    ["identity, gzip", null],
    ["identity;q=0.5, gzip;q=0.4", null],
    ["identity;q=0.5, gzip;q=0.6", "gzip"],
    ["gzip;q=2, br;q=x", null],
    [" gzip ; q=0.3 , , br;level=1", "br"],
    ["deflate", null],
  ];
  for (const [accept, coding] of cases) expect([accept, chooseCoding(accept, all)]).toEqual([accept, coding]);
});

test("whether one coding is taken does not depend on what else is better", () => {
  expect(acceptsCoding("identity, gzip;q=0.1", "gzip")).toBe(true);
  expect(acceptsCoding("br", "gzip")).toBe(false);
  expect(acceptsCoding("*", "gzip")).toBe(true);
  expect(acceptsCoding(null, "gzip")).toBe(false);
});

test("a server is told only of codings that can be opened, with the client's weights", () => {
  const cases: [string, string | null][] = [
    ["gzip, deflate, br, zstd", "gzip, br"],
    ["gzip;q=0.5, compress, *;q=0.1", "gzip;q=0.5"],
    ["identity;q=0, br", "identity;q=0, br"],
    ["x-gzip", "x-gzip"],
    ["dcb, *", null],
    ["identity", null],
  ];
  for (const [accept, kept] of cases) expect([accept, limitCodings(accept, ["gzip", "br"])]).toEqual([accept, kept]);
});
