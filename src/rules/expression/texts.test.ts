import { expect, test } from "bun:test";
import { textLengthMax } from "./limits.ts";
import {
  field,
  isSubdomainOf,
  joinTexts,
  lowerAscii,
  normalizePath,
  readInteger,
  readNumber,
  replace,
  trim,
  unbase64,
  upperAscii,
  urlDecode,
  urlEncode,
  uuid,
  word,
} from "./texts.ts";

/** Every byte once. */
const all = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));

test("only ASCII has cases and white space; other bytes stay as they are", () => {
  expect(lowerAscii("ÀB\xc3\xa0")).toBe("Àb\xc3\xa0");
  expect(upperAscii("àb")).toBe("àB");
  expect(trim("\t a\xa0 \r\n")).toBe("a\xa0");
  expect(trim("   ")).toBe("");
});

test("every byte survives being encoded and decoded", () => {
  expect(urlDecode(urlEncode(all))).toBe(all);
  expect(unbase64(Buffer.from(all, "latin1").toString("base64"))).toBe(all);
  expect(unbase64("-_8")).toBe("\xfb\xff");
  expect([unbase64("a"), unbase64("+-"), unbase64("a b="), unbase64("=")]).toEqual([null, null, null, ""]);
  expect(urlDecode("%4%zz%41+")).toBe("%4%zzA+");
});

test("a path is what servers take it for", () => {
  for (const path of [
    "/admin",
    "//admin",
    "/./admin",
    "/x/../admin",
    "/%61dmin",
    "/x/%2e%2e/admin",
    "/%2Fadmin",
    "/../admin",
  ])
    expect([path, normalizePath(path)]).toEqual([path, "/admin"]);
  expect(["/", "//", "/..", "/a/..", "/a/", "/a/.", "/a/b/../", "*", "", "/a/..."].map(normalizePath)).toEqual([
    ...["/", "/", "/", "/", "/a/", "/a/", "/a/", "*", "", "/a/..."],
  ]);
});

test("parts are counted from 1, and from the end when negative", () => {
  expect([1, 2, 3, -1, -3, -4, 4, 0].map((number) => field("a,,c", ",", number))).toEqual([
    "a",
    "",
    "c",
    "c",
    "a",
    null,
    null,
    null,
  ]);
  expect([1, 2, -1, 3].map((number) => word("/a//b/", "/", number))).toEqual(["a", "b", "b", null]);
});

test("a host is under a domain at a dot only", () => {
  expect([
    isSubdomainOf("a.B.com", "b.com"),
    isSubdomainOf("ab.com", "b.com"),
    isSubdomainOf("com", "b.com"),
    isSubdomainOf("b.com", "B.COM"),
  ]).toEqual([true, false, false, true]);
});

test("texts that are made may be as long as the limit, and are absent beyond", () => {
  const half = "a".repeat(textLengthMax / 2);
  expect(replace(half, "a", "bb")?.length).toBe(textLengthMax);
  expect(replace(`${half}a`, "a", "bb")).toBeNull();
  expect(replace("abc", "", "x")).toBe("abc");
  expect(joinTexts([half, half], "")?.length).toBe(textLengthMax);
  expect(joinTexts([half, half], ",")).toBeNull();
});

test("numbers are read whole or not at all", () => {
  expect(["7", "-7", "+7", "007"].map(readInteger)).toEqual([7, -7, 7, 7]);
  expect(["", "7a", "1.5", "9007199254740993", "0x10", " 7"].map(readInteger)).toEqual([
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
  expect(["1.5", ".5", "1.", "-1e3"].map(readNumber)).toEqual([1.5, 0.5, 1, -1000]);
  expect(["", ".", "e3", "Infinity", "0x10"].map(readNumber)).toEqual([null, null, null, null, null]);
});

test("a UUID is of version 4 and the variant of RFC 9562, and another for each draw", () => {
  const texts = [0, 0.25, 0.5, 0.999999999].map((drawn) => uuid(() => drawn));
  for (const text of texts)
    expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(texts).size).toBe(4);
  expect(texts[0]).toBe("00000000-0000-4000-8000-000000000000");
});
