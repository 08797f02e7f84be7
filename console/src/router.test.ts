import { expect, test } from "bun:test";
import { fragmentOf, placeOf } from "./router.ts";

test("a fragment is read as it is written, whatever stands in its parts", () => {
  const place = { page: "servers", rest: ["a/b", "10.0.0.1:80 & más"], query: { find: "x=1&y #?", sort: "-errors" } };
  expect(placeOf(fragmentOf(place))).toEqual(place);
});

test("no fragment is the overview, and what is not asked for is left out", () => {
  expect(placeOf("")).toEqual({ page: "overview", rest: [], query: {} });
  expect(placeOf("#/")).toEqual({ page: "overview", rest: [], query: {} });
  expect(fragmentOf({ page: "servers", query: { find: "" } })).toBe("#/servers");
});

test("a fragment that is not percent-encoded as it should be is taken as it stands", () => {
  expect(placeOf("#/servers/%zz")).toEqual({ page: "servers", rest: ["%zz"], query: {} });
});
