import { expect, test } from "bun:test";
import { hexValue, isHost, isTarget, isToken, isValue } from "./grammar.ts";

const members = (table: Uint8Array): string => {
  let text = "";
  for (let byte = 0; byte < 128; byte++) if (table[byte] === 1) text += String.fromCharCode(byte);
  return text;
};
const beyond = (table: Uint8Array): number => table.subarray(128).reduce((sum, value) => sum + value, 0);

test("a token is made of letters, digits and the fifteen marks of RFC 9110 5.6.2", () => {
  expect(members(isToken)).toBe("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
  expect(beyond(isToken)).toBe(0);
});

test("a value holds anything but controls, and all bytes beyond ASCII", () => {
  expect(members(isValue)).toBe(`\t${String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index))}`);
  expect(beyond(isValue)).toBe(128);
});

test("a target holds visible ASCII but no fragment", () => {
  for (const byte of [0, 9, 10, 13, 32, 0x23, 127, 128, 255]) expect(isTarget[byte]).toBe(0);
  expect(members(isTarget)).toHaveLength(93);
});

test("a host holds nothing that ends it elsewhere", () => {
  for (const mark of '/?#@\\, \t"<>{}|^`:[]') expect(isHost[mark.charCodeAt(0)]).toBe(0);
  for (const mark of "aZ0.-_~%!$&'()*+;=") expect(isHost[mark.charCodeAt(0)]).toBe(1);
  expect(beyond(isHost)).toBe(0);
});

test("hexadecimal digits have their value in both cases, and nothing else has one", () => {
  for (let byte = 0; byte < 256; byte++) {
    const value = Number.parseInt(String.fromCharCode(byte), 16);
    expect(hexValue[byte]).toBe(Number.isNaN(value) ? 255 : value);
  }
});
