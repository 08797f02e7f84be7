import { expect, test } from "bun:test";
import type { TableKeyPlan } from "../config/plan.ts";
import { keyBytes, TableKey } from "./tablekey.ts";

const ipv4 = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7]);
const ipv6 = new Uint8Array([0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 0xff, 4, 5, 6, 7, 8, 9, 10, 11]);

function laid(plan: TableKeyPlan, lay: (key: TableKey) => void): number[] | null {
  const key = new TableKey(plan);
  // What stood there before must not shine through.
  key.bytes.fill(0xee);
  lay(key);
  return key.isSet ? [...key.bytes.subarray(0, key.length)] : null;
}

test("an IPv4 address stands in the last four bytes, and is told from IPv6 blocks", () => {
  for (const prefix6 of [32, 64, 128]) {
    const key = new TableKey({ kind: "ip", prefix6 });
    key.bytes.fill(0xee);
    key.setAddress(ipv4, 0);
    expect([...key.bytes]).toEqual([...new Array(keyBytes(key.plan) - 4).fill(0), 192, 0, 2, 7]);
    expect([key.isSet, key.isIPv4]).toEqual([true, true]);
    key.setAddress(ipv6, 0);
    expect(key.isIPv4).toBe(false);
  }
});

test("an IPv6 address keeps the bits of the prefix, and no others", () => {
  const bytesOf = (prefix6: number): number[] | null => laid({ kind: "ip", prefix6 }, (key) => key.setAddress(ipv6, 0));
  expect(bytesOf(64)).toEqual([...ipv6.subarray(0, 8)]);
  expect(bytesOf(60)).toEqual([0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 0xf0]);
  expect(bytesOf(48)).toEqual([0x20, 0x01, 0x0d, 0xb8, 1, 2, 0, 0]);
  expect(bytesOf(128)).toEqual([...ipv6]);
  expect(bytesOf(65)).toEqual([...ipv6.subarray(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(bytesOf(0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

test("octets are read from where they begin", () => {
  const shifted = new Uint8Array(20);
  shifted.set(ipv6, 3);
  expect(laid({ kind: "ip", prefix6: 64 }, (key) => key.setAddress(shifted, 3))).toEqual([...ipv6.subarray(0, 8)]);
});

test("a key of another kind is not set", () => {
  const address = { kind: "ip", prefix6: 64 } as const;
  expect(laid(address, (key) => key.setInteger(1))).toBeNull();
  expect(laid(address, (key) => key.setText("192.0.2.7"))).toBeNull();
  expect(laid(address, (key) => key.setBytes(ipv4, 0, 4))).toBeNull();
  for (const kind of ["string", "binary"] as const)
    expect(laid({ kind, bytesMax: 16 }, (key) => key.setAddress(ipv4, 0))).toBeNull();
  expect(laid({ kind: "integer" }, (key) => key.setAddress(ipv4, 0))).toBeNull();
  expect(laid({ kind: "integer" }, (key) => key.setBytes(ipv4, 0, 4))).toBeNull();
  expect(laid({ kind: "integer" }, (key) => key.setInteger(Number.NaN))).toBeNull();
  expect(laid({ kind: "binary", bytesMax: 4 }, (key) => key.setInteger(1))).toBeNull();
});

test("a key that could not be laid does not leave the one before", () => {
  const key = new TableKey({ kind: "integer" });
  key.setInteger(1);
  key.setAddress(ipv4, 0);
  expect(key.isSet).toBe(false);
  key.setInteger(1);
  key.unset();
  expect(key.isSet).toBe(false);
});

test.each([
  ["7", [7, 0, 0, 0]],
  ["007", [7, 0, 0, 0]],
  ["7 dwarfs", [7, 0, 0, 0]],
  ["abc", [0, 0, 0, 0]],
  ["", null],
  ["-1", [255, 255, 255, 255]],
  ["4294967297", [1, 0, 0, 0]],
])("the text %p is an integer by its digits, as in HAProxy", (text, bytes) => {
  expect(laid({ kind: "integer" }, (key) => key.setText(text))).toEqual(bytes);
});

test("an integer counts modulo 2^32, and is text in a table of texts", () => {
  expect(laid({ kind: "integer" }, (key) => key.setInteger(2 ** 32 + 258))).toEqual([2, 1, 0, 0]);
  expect(laid({ kind: "integer" }, (key) => key.setInteger(-2))).toEqual([254, 255, 255, 255]);
  expect(laid({ kind: "string", bytesMax: 8 }, (key) => key.setInteger(42))).toEqual([52, 50]);
});

test("a text is cut off at its most bytes", () => {
  const plan = { kind: "string", bytesMax: 3 } as const;
  expect(laid(plan, (key) => key.setText("abcdef"))).toEqual([97, 98, 99]);
  expect(laid(plan, (key) => key.setText(""))).toEqual([]);
  expect(laid(plan, (key) => key.setBytes(ipv6, 2, 9))).toEqual([0x0d, 0xb8, 1]);
  expect(laid(plan, (key) => key.setText("\u00e9"))).toEqual([0xe9]);
});

test("binary is cut off or filled up with zeros", () => {
  const plan = { kind: "binary", bytesMax: 4 } as const;
  expect(laid(plan, (key) => key.setBytes(ipv6, 0, 2))).toEqual([0x20, 0x01, 0, 0]);
  expect(laid(plan, (key) => key.setBytes(ipv6, 0, 9))).toEqual([0x20, 0x01, 0x0d, 0xb8]);
  expect(laid(plan, (key) => key.setText("a"))).toEqual([97, 0, 0, 0]);
});
