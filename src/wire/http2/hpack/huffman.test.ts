import { expect, test } from "bun:test";
import { bytesOf, huffman } from "../../../../test/conform/hpack.ts";
import { Prng } from "../../../base/prng.ts";
import { decodedBytesMax, decodeHuffman } from "./huffman.ts";

/** What it says, or that it is refused. */
function decoded(octets: readonly number[] | Uint8Array): string | null {
  const source = Uint8Array.from([0x00, 0xff, ...octets, 0x1f, 0xff]);
  const target = new Uint8Array(decodedBytesMax(octets.length) + 2);
  const end = decodeHuffman(source, 2, 2 + octets.length, target, 1, target.length);
  expect(end).toBeLessThan(target.length);
  expect(target[0]).toBe(0);
  return end < 0 ? null : Buffer.from(target.subarray(1, end)).toString("latin1");
}

const octetsOf = (bits: string): number[] => (bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2));

test("strings of appendix C are read", () => {
  for (const [hex, text] of [
    ["f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"],
    ["a8eb10649cbf", "no-cache"],
    ["25a849e95ba97d7f", "custom-key"],
    ["25a849e95bb8e8b4bf", "custom-value"],
    ["6402", "302"],
    ["640eff", "307"],
    ["d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT"],
    ["9bd9ab", "gzip"],
  ] as const)
    expect(decoded(bytesOf(hex))).toBe(text);
  expect(decoded([])).toBe("");
});

test("every byte is read alone, between others, and behind any number of bits", () => {
  for (let byte = 0; byte < 256; byte++) {
    const letter = String.fromCharCode(byte);
    for (let before = 0; before < 9; before++)
      for (const behind of ["", "0", "&&", letter, "\x16\xff"]) {
        const text = "0".repeat(before) + letter + behind;
        expect(decoded(huffman(text))).toBe(text);
      }
  }
});

test("random strings are read", () => {
  for (let seed = 0; seed < 500; seed++) {
    const prng = new Prng(seed);
    const text = Array.from({ length: prng.below(60) }, () =>
      String.fromCharCode(prng.below(seed % 2 === 0 ? 256 : 127)),
    ).join("");
    expect(decoded(huffman(text))).toBe(text);
  }
});

test("EOS in the text is refused, alone and behind anything", () => {
  const eos = "1".repeat(30);
  for (let zeros = 0; zeros < 12; zeros++) {
    const bits = "00000".repeat(zeros) + eos;
    for (const behind of ["", "00000", eos]) {
      const all = bits + behind;
      expect(decoded(octetsOf(all.padEnd(Math.ceil(all.length / 8) * 8, "1")))).toBeNull();
    }
  }
});

test("padding is up to 7 ones and nothing else", () => {
  for (let zeros = 0; zeros < 12; zeros++) {
    const text = "0".repeat(zeros);
    const bits = "00000".repeat(zeros);
    const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
    expect(decoded(octetsOf(padded))).toBe(text);
    for (let more = 1; more <= 4; more++) expect(decoded(octetsOf(padded + "1".repeat(more * 8)))).toBeNull();
  }
  // "1", of 5 bits, and three bits behind it.
  for (const [behind, text] of [
    ["111", "1"],
    ["110", null],
    ["101", null],
    ["011", null],
    ["000", null],
  ] as const)
    expect(decoded(octetsOf(`00001${behind}`))).toBe(text);
});

test("a code that is broken off is refused unless what is left of it is padding", () => {
  for (let byte = 0; byte < 256; byte++) {
    const octets = huffman(String.fromCharCode(byte));
    for (let length = 1; length < octets.length; length++) expect(decoded(octets.slice(0, length))).toBeNull();
  }
});

test("behind the limit nothing is written, and the length is told all the same", () => {
  const text = "a text\x00 with\xff codes, long and short";
  const octets = Uint8Array.from(huffman(text));
  for (let limit = 0; limit <= text.length; limit++) {
    const target = new Uint8Array(64);
    expect(decodeHuffman(octets, 0, octets.length, target, 0, limit)).toBe(text.length);
    expect(Buffer.from(target).toString("latin1")).toBe(text.slice(0, limit).padEnd(64, "\0"));
  }
});

test("no bytes are more than they may be, and the most is met", () => {
  for (let size = 0; size < 40; size++) {
    const text = "0".repeat(decodedBytesMax(size));
    expect(huffman(text).length).toBeLessThanOrEqual(size);
    expect(huffman(`${text}0`).length).toBeGreaterThan(size);
  }
});
