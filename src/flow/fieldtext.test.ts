import { expect, test } from "bun:test";
import { Head } from "../wire/http1/head.ts";
import { parseRequest } from "../wire/http1/reader.ts";
import { fieldText, isHostText, isTokenText, latin1Of, targetText, trimmed, valueFault } from "./fieldtext.ts";

test("what is beyond a byte is written as UTF-8, and what is not stays", () => {
  expect(latin1Of("a\xe9")).toBe("a\xe9");
  expect(latin1Of("\u010d\u{1f600}")).toBe("\xc4\x8d\xf0\x9f\x98\x80");
});

test("no text becomes a line end, or another control, in a field", () => {
  expect(fieldText(" a\r\nb\0\x7f\tc ")).toBe("ab\tc");
  for (let code = 0; code < 0x3000; code++) {
    const value = fieldText(String.fromCharCode(code));
    expect(/[\0-\x08\n-\x1f\x7f]/.test(value)).toBe(false);
    for (const character of value) expect(character.charCodeAt(0)).toBeLessThan(0x100);
  }
});

test("only blanks around a text are taken: the last byte of a letter may be space to others", () => {
  const voila = Buffer.from("voil\u00e0").toString("latin1");
  expect(trimmed(` \t${voila} \t `)).toBe(voila);
  expect(fieldText(` ${voila} `)).toBe(voila);
  expect(["", " ", "\t \t", "a b"].map(trimmed)).toEqual(["", "", "", "a b"]);
});

test("a target is percent-encoded where it must be, and only there", () => {
  expect(targetText("/a b#c?d=%20&\r\n\xe9\u20ac")).toBe("/a%20b%23c?d=%20&%0D%0A%E9%E2%82%AC");
});

test("a token is not empty, and holds no delimiters", () => {
  expect(["GET", "X-A_b", "", "a b", "a:", "\u0141"].map(isTokenText)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

test("a value can be sent where no field would leave out or encode anything but blanks around it", () => {
  for (let code = 0; code < 0x3000; code++) {
    const text = `a${String.fromCharCode(code)}b`;
    expect([code, valueFault(text) === null]).toEqual([code, fieldText(text) === text]);
  }
});

test("what cannot be sent is named as what it is", () => {
  expect(["", "Müller", 5, 0.5, -1, 10n].map(valueFault)).toEqual([null, null, null, null, null, null]);
  expect(valueFault("Müller ☃")).toBe("must have no character beyond U+00FF, such as ☃ (U+2603)");
  expect(valueFault("a😀")).toContain("😀 (U+1F600)");
  expect(valueFault("a\ud83d")).toBe("must have no character beyond U+00FF, such as U+D83D");
  expect(valueFault("a\r\nb")).toBe("must be one line without control characters");
  for (const [value, told] of [
    [undefined, "undefined"],
    [null, "null"],
    [true, "true"],
    [Number.NaN, "NaN"],
    [["a"], "a list"],
    [{}, "an object"],
    [Symbol("a"), "a symbol"],
  ] as const)
    expect(valueFault(value)).toBe(`must be a text or a number, not ${told}`);
});

test("what is a host here is one for the reader of requests, and the other way round", () => {
  const parts = ["a", "b.test", ":", ":80", "[", "]", "::1", "[::1]", "/", " x", "@", "_", "%41", "é", ""];
  let hosts = 0;
  for (const one of parts)
    for (const two of parts)
      for (const three of parts) {
        const text = `${one}${two}${three}`;
        const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: ${text}\r\n\r\n`, "latin1");
        const isRead = parseRequest(new Head(2), bytes, 0, bytes.length, bytes.length) === bytes.length;
        expect([text, isHostText(text.trim())]).toEqual([text, isRead]);
        if (isRead) hosts++;
      }
  expect(hosts).toBeGreaterThan(100);
});
