import { expect, test } from "bun:test";
import { fragmentOf, moveOf, placeOf } from "./router.ts";

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

const from = (fragment: string, by = "row"): { from: string; by: string } => ({ from: fragment, by });

test("what is pressed is a step of its own; of rows opened one after another, and of letters, all together are one", () => {
  expect(moveOf("press", "", from("#/servers?state=up"), "#/servers?state=up")).toBe("push");
  expect(moveOf("open", "row", null, "#/servers/app/b")).toBe("push");
  expect(moveOf("open", "row", from("#/servers"), "#/servers/app/b")).toBe("replace");
  expect(moveOf("type", "find", null, "#/servers?find=a")).toBe("push");
  expect(moveOf("type", "find", from("#/servers", "find"), "#/servers?find=ab")).toBe("replace");
  expect(moveOf("type", "key", from("#/servers", "find"), "#/servers?find=ab&key=c")).toBe("push");
});

test("closing a row, or taking all letters back, is a step back where one came from there, and no step where not", () => {
  expect(moveOf("close", "row", from("#/servers?find=a"), "#/servers?find=a")).toBe("back");
  expect(moveOf("close", "row", from("#/tables"), "#/tables/clients")).toBe("back");
  expect(moveOf("close", "row", from("#/servers"), "#/servers?find=a")).toBe("replace");
  expect(moveOf("close", "row", from("#/overview", ""), "#/servers")).toBe("replace");
  expect(moveOf("close", "row", null, "#/servers")).toBe("replace");
  expect(moveOf("type", "find", from("#/servers", "find"), "#/servers")).toBe("back");
});
