import { describe, expect, test } from "bun:test";
import { latin1, policyOf, requestFacts, requestHead, responseFacts, responseHead } from "../../test/cacheheads.ts";
import { Key } from "./key.ts";
import { VaryNames, varyOutcome, writeVariant } from "./vary.ts";

const names = new VaryNames();

function read(...values: readonly string[]): string | number {
  const head = responseHead(200, ...values.map((value) => `Vary: ${value}`));
  const count = names.read(head, responseFacts(head));
  if (count < 0) return count;
  const text = latin1(names.bytes, 0, names.end);
  expect(text === "" ? 0 : text.split(", ").length).toBe(count);
  return text;
}

test("names are in lower case, in order, each once", () => {
  expect(read()).toBe("");
  expect(read("")).toBe("");
  expect(read("Accept-Encoding")).toBe("accept-encoding");
  expect(read("b, A ,,a", "", "C,B")).toBe("a, b, c");
  expect(read("x-b, x, x-a")).toBe("x, x-a, x-b");
});

test("a star anywhere is a star", () => {
  for (const values of [
    ["*"],
    ["*, *"],
    ["*", "*"],
    [", *"],
    ["", "*"],
    ["*, foo"],
    ["foo, *"],
    ["foo", "*"],
    ["a;b", "*"],
  ])
    expect(read(...values)).toBe(varyOutcome.star);
});

test("what is no name, too many names and too long ones cannot be read", () => {
  const many = (count: number): string => Array.from({ length: count }, (_, index) => `x${index}`).join(",");
  for (const value of ["a;b", '"a"', "a b;", "a:b", many(17), `${"x".repeat(600)}`, "\u00e9"])
    expect([value, read(value)]).toEqual([value, varyOutcome.unreadable]);
  expect(read(many(16))).toContain("x15");
  expect(read("*a")).toBe("*a");
});

const key = new Key();

function variant(wanted: string, ...fields: readonly string[]): string {
  const head = requestHead("GET /a", ...fields);
  key.write(head, false, policyOf());
  const bytes = Buffer.from(`..${wanted}`);
  writeVariant(key, bytes, 2, bytes.length, head, requestFacts(head));
  expect(latin1(key.bytes, 0, key.firstEnd)).toBe("http://shop.example/a");
  return latin1(key.bytes, key.firstEnd, key.end);
}

describe("the second part of a key", () => {
  test("tells absent from empty, and one name from two", () => {
    expect(variant("foo")).toBe("foo\0");
    expect(variant("foo", "Foo:")).toBe("foo:\0");
    expect(variant("foo", "Foo: 1")).toBe("foo:1\0");
    expect(variant("bar, foo", "Foo: 1")).toBe("bar\0foo:1\0");
    expect(variant("")).toBe("");
  });

  test("has one spelling for what the RFC calls the same", () => {
    for (const [name, ...same] of [
      ["foo", ["Foo: 1, 2"], ["foo: 1,2"], ["FOO:  1 \t, 2 "], ["Foo: 1", "Foo: 2"]],
      ["foo", ['Foo: "a , b" , c'], ['Foo: "a , b",c']],
      ["foo", ["Foo: a  b"], ["Foo: \ta  b "]],
      [
        "accept-language",
        ["Accept-Language: en-GB, de;q=0.5"],
        ["Accept-Language: EN-gb,de; Q=0.5"],
        ["Accept-Language: en-gb", "Accept-Language: de;q=0.5"],
      ],
      ["accept-encoding", ["Accept-Encoding: gzip, br"], ["Accept-Encoding: br;q=0.9,gzip"]],
      ["cookie", ["Cookie: a=1;b=2"], ["Cookie: a=1", "Cookie: b=2"]],
    ] as const)
      expect([name, new Set(same.map((fields) => variant(name, ...fields))).size]).toEqual([name, 1]);
  });

  test("differs where it may not be the same", () => {
    for (const [name, ...other] of [
      ["foo", ["Foo: 1, 2"], ["Foo: 2, 1"], ["Foo: 1 2"], ["Foo: 12"], [], ["Foo:"], ["Foo: 1,,2"]],
      ["foo", ['Foo: "a , b"'], ['Foo: "a, b"'], ['Foo: "a\\", b"'], ['Foo: "a\\",b"']],
      ["foo", ["Foo: A"], ["Foo: a"]],
      ["accept-language", ["Accept-Language: en, de"], ["Accept-Language: de, en"], ["Accept-Language:"], []],
      ["accept-encoding", ["Accept-Encoding: gzip"], ["Accept-Encoding: br"], ["Accept-Encoding:"], []],
      ["user-agent", ["User-Agent: a, b"], ["User-Agent: a,b"]],
      ["referer", ["Referer: a, b"], ["Referer: a,b"]],
      ["cookie", ["Cookie: a=1, b"], ["Cookie: a=1,b"], ["Cookie: a=1; b"]],
    ] as const)
      expect([name, new Set(other.map((fields) => variant(name, ...fields))).size]).toEqual([name, other.length]);
  });

  test("is about what servers see: fields in disguise, and none that Connection names", () => {
    expect(variant("x-lang", "X_Lang: de")).toBe("x-lang:de\0");
    expect(variant("x-lang", "X-Lang: en", "X_LANG: de")).toBe("x-lang:en,de\0");
    expect(variant("accept-language", "Accept-Language: de", "Connection: accept-language")).toBe("accept-language\0");
    expect(variant("accept-encoding", "Accept-Encoding: gzip", "Connection: close, Accept-Encoding")).toBe(
      "accept-encoding\0",
    );
    expect(variant("accept-encoding", "Accept_Encoding: gzip")).toBe("accept-encoding_gzip\0");
    expect(variant("accept-language", "Accept-Language: de", "Connection: te")).toBe("accept-language:de\0");
  });

  test("no value reaches into the next", () => {
    expect(variant("a, b", "A: 1", "B: 2")).not.toBe(variant("a, b", "A: 1b:2"));
    expect(variant("a, b", "A: x")).not.toBe(variant("a, b", "B: x"));
  });

  test("is written anew each time", () => {
    const head = requestHead("GET /a", "Foo: 1");
    key.write(head, false, policyOf());
    for (const [text, wanted] of [
      ["foo", "foo:1\0"],
      ["bar", "bar\0"],
    ] as const) {
      writeVariant(key, Buffer.from(text), 0, text.length, head, requestFacts(head));
      expect(latin1(key.bytes, key.firstEnd, key.end)).toBe(wanted);
    }
  });
});
