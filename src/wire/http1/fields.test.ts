import { expect, test } from "bun:test";
import { clientFields, field, fieldId, isName, lookalikeNames } from "./fields.ts";

const idOf = (name: string): number => {
  const bytes = Buffer.from(`x${name}y`, "latin1");
  return fieldId(bytes, 1, bytes.length - 1);
};

test("known names are found in any case", () => {
  for (const [key, id] of Object.entries(field)) {
    if (key === "other" || /lookalike/i.test(key)) continue;
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter}`);
    expect(idOf(name)).toBe(id);
    expect(idOf(name.toLowerCase())).toBe(id);
    expect(idOf(name.toUpperCase())).toBe(id);
  }
});

test("what says who a client is: each has an id of its own, and a bit", () => {
  const said = ["for", "proto", "host", "port", "prefix", "server", "scheme", "ssl", "protocol"];
  const ids = ["Forwarded", ...said.map((name) => `X-Forwarded-${name}`)].map(idOf);
  expect(new Set(ids).size).toBe(10);
  expect(ids.reduce((bits, id) => bits | (1 << id), 0)).toBe(clientFields);
  for (const name of ["x-forwarded-else", "x-forwarded-user"]) expect(idOf(name)).toBe(field.other);
  // Bits of all ids stand in one word (flow/edits.ts).
  expect(Math.max(...Object.values(field))).toBeLessThan(32);
});

test("names that are only near are others", () => {
  for (const name of [
    "",
    "hosts",
    "hos",
    "content.length",
    "content-length ",
    "xost",
    "transfer-encodinG1",
    "\rontent-length",
  ])
    expect(idOf(name)).toBe(field.other);
});

test("only letters are folded: no other byte passes for a hyphen or a letter", () => {
  const wanted = Buffer.from("a-b");
  for (let byte = 0; byte < 256; byte++) {
    const isToken = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte));
    if (!isToken) continue;
    expect(isName(Uint8Array.of(0x61, byte, 0x62), 0, 3, wanted)).toBe(byte === 0x2d);
    expect(isName(Uint8Array.of(byte, 0x2d, 0x62), 0, 3, wanted)).toBe(byte === 0x61 || byte === 0x41);
    expect(isName(Uint8Array.of(0x41, byte), 0, 2, Buffer.from("a_"))).toBe(byte === 0x5f);
  }
});

test("a name that CGI would take for one of ours is a lookalike, however it is spelled", () => {
  for (const name of [
    "X_Forwarded_For",
    "x-forwarded_for",
    "x_forwarded-proto",
    "X_FORWARDED_HOST",
    "x-forwarded_port",
  ]) {
    expect(idOf(name)).toBe(field.lookalike);
  }
  expect(lookalikeNames.map(idOf)).toEqual(lookalikeNames.map(() => field.lookalike));
  for (const name of ["Content_Length", "TRANSFER_ENCODING"]) expect(idOf(name)).toBe(field.framingLookalike);
  for (const name of ["x_forwarded_else", "x_forwarded", "xx_forwarded_for"]) expect(idOf(name)).toBe(field.other);
});
