// Vectors of RFC 7541, Appendix C: what reads and writes header blocks in tests is tested itself.

import { expect, test } from "bun:test";
import { block, FieldReader, huffman, index, indexed, integer, staticTable } from "./fields.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

test("numbers are written as in C.1", () => {
  expect(integer(10, 5)).toEqual(hex("0a"));
  expect(integer(1337, 5)).toEqual(hex("1f9a0a"));
  expect(integer(42, 8)).toEqual(hex("2a"));
});

test("the table of Appendix A has 61 fields", () => {
  expect(staticTable.length).toBe(61);
  expect(staticTable[60]).toEqual(["www-authenticate", ""]);
});

test("requests with Huffman's code are read as in C.4, by one table", () => {
  const reader = new FieldReader();
  const common = [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
  ];
  expect(reader.read(hex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"))).toEqual(common as never);
  expect(reader.read(hex("8286 84be 5886 a8eb 1064 9cbf"))).toEqual([
    ...common,
    ["cache-control", "no-cache"],
  ] as never);
  expect(reader.read(hex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"))).toEqual([
    [":method", "GET"],
    [":scheme", "https"],
    [":path", "/index.html"],
    [":authority", "www.example.com"],
    ["custom-key", "custom-value"],
  ]);
  expect(huffman("www.example.com")).toEqual(hex("8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"));
});

test("responses with Huffman's code are read as in C.6, where the table loses what it cannot hold", () => {
  const reader = new FieldReader(256);
  reader.read(
    hex(
      "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
    ),
  );
  expect(reader.read(hex("4883 640e ffc1 c0bf"))).toEqual([
    [":status", "307"],
    ["cache-control", "private"],
    ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
    ["location", "https://www.example.com"],
  ]);
});

test("what a test writes is read again, and a mistake is one", () => {
  const reader = new FieldReader();
  expect(reader.read(Buffer.concat([block(["a", "b"]), indexed("c", "d"), index(62)]))).toEqual([
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ]);
  for (const [wrong, said] of [
    [index(63), "there is no field 63"],
    [hex("00"), "a block ends"],
    [hex("0005 61"), "a string ends"],
    [hex("0081 00 00"), "padded"],
  ] as const)
    expect(() => reader.read(wrong)).toThrow(said);
});
