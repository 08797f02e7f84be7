import { expect, test } from "bun:test";
import { readString } from "./literal.ts";

function read(text: string, isUtf8 = true): string | null {
  const opening = /^r?(?:'''|"""|'|")/i.exec(text)![0];
  const found = readString(text, 0, opening, isUtf8);
  return found.ok && found.end === text.length ? found.value : null;
}

test("a string ends at its own quotes", () => {
  expect([read("'a\"b'"), read('"a\'b"'), read("'''a'b''c'''"), read('"""\n"""')]).toEqual([
    'a"b',
    "a'b",
    "a'b''c",
    "\n",
  ]);
  expect([read("'a"), read("'a\nb'"), read("'''a'"), read("'a\\'")]).toEqual([null, null, null, null]);
});

test("escapes are CEL's, and none in a raw string", () => {
  expect(read("'\\n\\t\\\\\\x41\\101\\u0041\\U00000041'")).toBe("\n\t\\AAAA");
  expect(read("r'\\n'")).toBe("\\n");
  for (const bad of ["\\q", "\\x4", "\\400", "\\08", "\\u004", "\\U00110000", "\\udfff"])
    expect(read(`'${bad}'`)).toBeNull();
});

test("what is beyond ASCII becomes its bytes, unless it is bytes already", () => {
  expect([read("'\u00e4\u20ac'"), read("'\u{1f600}'")]).toEqual(["\xc3\xa4\xe2\x82\xac", "\xf0\x9f\x98\x80"]);
  expect(read("'\xc3\xa4'", false)).toBe("\xc3\xa4");
  expect([read("'\\xe4'"), read("'\\u00e4'", false)]).toEqual(["\xe4", "\xc3\xa4"]);
});
