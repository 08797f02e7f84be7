import { expect, test } from "bun:test";
import * as der from "./der.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("lengths are written as short as they can be", () => {
  expect(hex(der.octetString(new Uint8Array(127))).slice(0, 4)).toBe("047f");
  expect(hex(der.octetString(new Uint8Array(128))).slice(0, 6)).toBe("048180");
  expect(hex(der.octetString(new Uint8Array(300))).slice(0, 8)).toBe("0482012c");
  expect(hex(der.sequence())).toBe("3000");
});

test("an integer has no leading zeros, but one where it would be negative", () => {
  expect(hex(der.integer(Uint8Array.of(0)))).toBe("020100");
  expect(hex(der.integer(Uint8Array.of(0, 0, 5)))).toBe("020105");
  expect(hex(der.integer(Uint8Array.of(0x80)))).toBe("02020080");
  expect(hex(der.integer(new Uint8Array()))).toBe("020100");
});

test("object identifiers have their arcs in base 128", () => {
  expect(hex(der.objectIdentifier("1.2.840.10045.4.3.2"))).toBe("06082a8648ce3d040302");
  expect(hex(der.objectIdentifier("2.5.29.17"))).toBe("0603551d11");
});

test("times before 2050 have two digits for the year", () => {
  expect(Buffer.from(der.time(Date.UTC(2026, 10, 23, 4, 5, 6))).toString()).toEndWith("261123040506Z");
  expect(Buffer.from(der.time(Date.UTC(2050, 0, 1))).toString()).toEndWith("20500101000000Z");
});

test("other kinds", () => {
  expect(hex(der.boolean(true))).toBe("0101ff");
  expect(hex(der.bitString(Uint8Array.of(0x80), 7))).toBe("03020780");
  expect(hex(der.set(der.utf8String("a")))).toBe("31030c0161");
  expect(hex(der.context(0, [Uint8Array.of(1)]))).toBe("a00101");
  expect(hex(der.context(2, [Uint8Array.of(0x61)], false))).toBe("820161");
  expect(der.pem("X", new Uint8Array(60))).toMatch(/^-----BEGIN X-----\n.{64}\n.{16}\n-----END X-----\n$/);
});
