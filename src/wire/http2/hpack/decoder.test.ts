import { expect, test } from "bun:test";
import { bytesOf, integer, string } from "../../../../test/conform/hpack.ts";
import type { Field } from "../../../../test/conform/hpacktables.ts";
import { checkConnection, fieldsOf } from "../../../../test/fuzz/hpack.ts";
import { Prng } from "../../../base/prng.ts";
import { HpackDecoder } from "./decoder.ts";
import { FieldSection } from "./fieldsection.ts";

const section = new FieldSection(1000, 64 * 1024);

/** The fields of a block, or null where it is refused. */
function read(decoder: HpackDecoder, block: string | readonly number[], into: FieldSection = section): Field[] | null {
  const bytes = typeof block === "string" ? bytesOf(block) : Uint8Array.from(block);
  return decoder.decode(bytes, 0, bytes.length, into) ? fieldsOf(into) : null;
}

const alone = (block: string | readonly number[]): Field[] | null => read(new HpackDecoder(4096), block);

const date = "Mon, 21 Oct 2013 20:13:21 GMT";
const later = "Mon, 21 Oct 2013 20:13:22 GMT";
const location = "https://www.example.com";
const cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const toServer: Field[] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "www.example.com"],
];
const requests: Field[][] = [
  toServer,
  [...toServer, ["cache-control", "no-cache"]],
  [[":method", "GET"], [":scheme", "https"], [":path", "/index.html"], toServer[3]!, ["custom-key", "custom-value"]],
];
const responseOf = (status: string, when: string): Field[] => [
  [":status", status],
  ["cache-control", "private"],
  ["date", when],
  ["location", location],
];
const responses: Field[][] = [
  responseOf("302", date),
  responseOf("307", date),
  [...responseOf("200", later), ["content-encoding", "gzip"], ["set-cookie", cookie]],
];
const hex = (text: string): string => Buffer.from(text, "latin1").toString("hex");

const talks: readonly (readonly [string, number, readonly string[], readonly Field[][]])[] = [
  [
    "C.3",
    4096,
    [
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ],
    requests,
  ],
  [
    "C.4",
    4096,
    [
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ],
    requests,
  ],
  [
    "C.5",
    256,
    [
      `4803 3330 3258 07${hex("private")} 611d ${hex(date)} 6e17 ${hex(location)}`,
      "4803 3330 37c1 c0bf",
      `88c1 611d ${hex(later)} c05a 0467 7a69 7077 38${hex(cookie)}`,
    ],
    responses,
  ],
  [
    "C.6",
    256,
    [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7
       8f0b 97c8 e9ae 82ae 43d3`,
      "4883 640e ffc1 c0bf",
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335
       dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
    responses,
  ],
];
for (const [name, tableBytesMax, blocks, told] of talks)
  test(`the header blocks of ${name} are read one after the other`, () => {
    const decoder = new HpackDecoder(tableBytesMax);
    for (const [at, block] of blocks.entries()) expect(read(decoder, block)).toEqual(told[at]!);
  });

test("the representations of C.2 are read, and only the first changes the table", () => {
  const custom: Field = ["custom-key", "custom-header"];
  const block = "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572";
  expect(alone(block)).toEqual([custom]);
  expect(alone(`${block} be`)).toEqual([custom, custom]);
  expect(alone("040c 2f73 616d 706c 652f 7061 7468")).toEqual([[":path", "/sample/path"]]);
  expect(alone("040c 2f73 616d 706c 652f 7061 7468 be")).toBeNull();
  expect(alone("1008 7061 7373 776f 7264 0673 6563 7265 74")).toEqual([["password", "secret"]]);
  expect(alone("1008 7061 7373 776f 7264 0673 6563 7265 74 be")).toBeNull();
  expect(alone("82")).toEqual([[":method", "GET"]]);
});

test("no bytes are no fields", () => {
  expect(alone("")).toEqual([]);
});

test("index 0 and indexes beyond the tables are refused", () => {
  expect(alone("80")).toBeNull();
  expect(alone([0x80 + 61])).toEqual([["www-authenticate", ""]]);
  expect(alone([0x80 + 62])).toBeNull();
  const inserted = [0x40, ...string("a", false), ...string("b", false)];
  expect(alone([...inserted, 0x80 + 62])).toHaveLength(2);
  expect(alone([...inserted, 0x80 + 63])).toBeNull();
  for (const [prefixBits, high] of [
    [6, 0x40],
    [4, 0x00],
    [4, 0x10],
  ] as const) {
    expect(alone([...integer(61, prefixBits, high), 0])).toEqual([["www-authenticate", ""]]);
    expect(alone([...integer(62, prefixBits, high), 0])).toBeNull();
    expect(alone([...integer(2 ** 31 + 5, prefixBits, high), 0])).toBeNull();
    expect(alone([...inserted, ...integer(62, prefixBits, high), 0])).toHaveLength(2);
    expect(alone([...inserted, ...integer(63, prefixBits, high), 0])).toBeNull();
  }
});

test("an integer has at most 5 bytes behind its prefix, and is not broken off", () => {
  expect(alone([0xff, 0x80, 0x00])).toBeNull(); // 127, which no table has
  const zeros = (count: number): number[] => [0x0f, ...new Array<number>(count - 1).fill(0x80), 0x00, 0x00];
  expect(alone(zeros(5))).toEqual([["accept-charset", ""]]);
  expect(alone(zeros(6))).toBeNull();
  for (const last of [0x7f, 0x0f]) expect(alone([0xff, 0xff, 0xff, 0xff, 0xff, last])).toBeNull();
  expect(alone([0xff, ...new Array<number>(30).fill(0xff), 0x01])).toBeNull();
  for (let count = 0; count < 5; count++) {
    expect(alone([0xff, ...new Array<number>(count).fill(0x80)])).toBeNull();
    expect(alone([0x3f, ...new Array<number>(count).fill(0x80)])).toBeNull();
    expect(alone([0x0f, ...new Array<number>(count).fill(0x80)])).toBeNull();
  }
});

test("a string that is longer than what is left is refused, also where more stands in the buffer", () => {
  const block = [0x40, ...string("name", false), ...string("value", true)];
  const bytes = Uint8Array.from([...block, ...block]);
  const decoder = new HpackDecoder(4096);
  expect(decoder.decode(bytes, 0, block.length, section)).toBe(true);
  for (let end = 1; end < block.length; end++) {
    expect([end, decoder.decode(bytes, 0, end, section)]).toEqual([end, false]);
    expect([end, decoder.decode(bytes.subarray(0, end), 0, end, section)]).toEqual([end, false]);
  }
  expect(alone([0x00, ...integer(2 ** 32 + 1, 7, 0), 0x61, 0x00])).toBeNull();
  expect(alone([0x00, ...integer(2 ** 31 - 1, 7, 0), 0x61, 0x00])).toBeNull();
});

test("wrong Huffman is refused in names and values, also where nothing is kept", () => {
  const nothing = new FieldSection(0, 0);
  for (const first of [0x40, 0x00, 0x10])
    for (const into of [section, nothing])
      for (const wrong of ["84ffffffff", "8100", "84640effff"]) {
        const octets = [...bytesOf(wrong)];
        const inName = [0x82, first, ...octets, 0x00];
        const inValue = [0x82, first, 0x01, 0x61, ...octets];
        expect([wrong, read(new HpackDecoder(4096), inName, into)]).toEqual([wrong, null]);
        expect([wrong, read(new HpackDecoder(4096), inValue, into)]).toEqual([wrong, null]);
      }
});

test("the size of the table changes at the beginning of a block, twice at most, and up to what was told", () => {
  const size = (value: number): number[] => integer(value, 5, 0x20);
  expect(alone([...size(0), 0x82])).toEqual([[":method", "GET"]]);
  expect(alone([...size(0), ...size(4096)])).toEqual([]);
  expect(alone([...size(0), ...size(4096), ...size(4096)])).toBeNull();
  expect(alone(size(4097))).toBeNull();
  expect(alone([0x3f, 0xff, 0xff, 0xff, 0xff, 0x7f])).toBeNull();
  expect(alone([0x82, ...size(4096)])).toBeNull();
  const decoder = new HpackDecoder(4096);
  const inserted = [0x40, ...string("a", false), ...string("b", false)];
  expect(read(decoder, [...inserted, ...inserted, 0xbe, 0xbf])).toHaveLength(4);
  expect(read(decoder, [...size(34), 0xbe])).toEqual([["a", "b"]]);
  expect(read(decoder, [...size(4096), 0xbe])).toEqual([["a", "b"]]);
  expect(read(decoder, [0xbf])).toBeNull();
  // Down and up again: what went is gone.
  expect(read(decoder, [...size(33), ...size(4096), 0xbe])).toBeNull();
});

test("the name of an entry that its own insertion evicts is read before it goes", () => {
  const decoder = new HpackDecoder(100);
  const name = "n".repeat(60);
  expect(read(decoder, [0x40, ...string(name, true), ...string("first", true)])).toEqual([[name, "first"]]);
  expect(read(decoder, [0x40 + 62, ...string("second", true), 0xbe])).toEqual([
    [name, "second"],
    [name, "second"],
  ]);
  // Too large with this value: it empties the table.
  expect(read(decoder, [0x40 + 62, ...string("v".repeat(9), false)])).toEqual([[name, "v".repeat(9)]]);
  expect(read(decoder, [0xbe])).toBeNull();
});

test("what is not kept is counted, and changes the table as ever", () => {
  for (const limits of [
    [1, 1000],
    [1000, 13],
    [1000, 12],
    [0, 1000],
    [1000, 0],
  ] as const) {
    const decoder = new HpackDecoder(4096);
    const small = new FieldSection(limits[0], limits[1]);
    const block = [
      0x82,
      ...[0x40, ...string("name", true), ...string("value", true)],
      ...[0x40 + 62, ...string("other", false)],
      ...[0x00, ...string("unkept", false), ...string("unkept", true)],
      ...[0x40, ...string("last", false), ...string("x".repeat(100), true)],
      0xbe,
    ];
    read(decoder, block, small);
    const count = limits[1] >= 10 ? Math.min(limits[0], 1) : 0;
    expect([small.isTooLarge, small.count, small.listBytes]).toEqual([true, count, 10 + 9 + 9 + 12 + 208 + 6 * 32]);
    expect(read(decoder, [0xbe, 0xbf, 0xc0])).toEqual([
      ["last", "x".repeat(100)],
      ["name", "other"],
      ["name", "value"],
    ]);
    expect(read(decoder, [0xc1])).toBeNull();
  }
});

test("a block of 16 kB that names an entry of 4 kB again and again is counted and not copied", () => {
  const decoder = new HpackDecoder(4096);
  const value = "v".repeat(4096 - 32 - 1);
  expect(read(decoder, [0x40, ...string("n", false), ...string(value, false)])).toHaveLength(1);
  const bomb = new Uint8Array(16_384).fill(0xbe);
  expect(decoder.decode(bomb, 0, bomb.length, section)).toBe(true);
  expect([section.isTooLarge, section.count, section.listBytes]).toEqual([true, 16, 16_384 * 4096]);
  expect(section.bytes.length).toBeLessThanOrEqual(64 * 1024);
  expect(read(decoder, [0xbe])).toEqual([["n", value]]);
});

test("connections of random blocks are read as the reference reads them, also those that are spoiled", () => {
  let [blocks, refused, tooLarge] = [0, 0, 0];
  for (let seed = 0; seed < 1500; seed++) {
    const read = checkConnection(new Prng(seed));
    blocks += read.blocks;
    refused += read.refused;
    tooLarge += read.tooLarge;
  }
  expect(blocks).toBeGreaterThan(5000);
  expect(refused).toBeGreaterThan(200);
  expect(tooLarge).toBeGreaterThan(500);
});

test("no bytes are thrown at", () => {
  for (let seed = 0; seed < 3000; seed++) {
    const prng = new Prng(seed);
    const decoder = new HpackDecoder(4096);
    for (let count = 0; count < 5; count++) {
      const bytes = Uint8Array.from({ length: prng.below(60) }, () => prng.below(256));
      decoder.decode(bytes, 0, bytes.length, section);
    }
  }
});
