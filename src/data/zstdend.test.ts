import { expect, test } from "bun:test";
import { constants, zstdCompressSync } from "node:zlib";
import { ZstdEnd } from "./zstdend.ts";

function isWhole(bytes: Uint8Array, cut = bytes.length): boolean {
  const end = new ZstdEnd();
  for (let at = 0; at < bytes.length; at += cut) end.add(bytes.subarray(at, at + cut));
  return end.isWhole;
}

const contents = [Buffer.alloc(0), Buffer.from("a"), Buffer.from("ab".repeat(100)), Buffer.alloc(400_000, "xyz")];
const frames = contents.flatMap((content) =>
  [{}, { [constants.ZSTD_c_checksumFlag]: 1 }, { [constants.ZSTD_c_contentSizeFlag]: 0 }].map((params) =>
    zstdCompressSync(content, { params }),
  ),
);

test("a frame is whole at its last byte and not before, however it comes", () => {
  for (const frame of frames) {
    expect([isWhole(frame), isWhole(frame, 1), isWhole(frame, 7)]).toEqual([true, true, true]);
    for (let length = 1; length < frame.length; length++) expect(isWhole(frame.subarray(0, length))).toBe(false);
  }
});

test("several frames are whole when the last is, skippable ones among them; what is none behind them does not count", () => {
  const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]);
  const all = Buffer.concat([frames[3]!, skippable, frames[6]!]);
  expect([isWhole(all, 2), isWhole(all.subarray(0, all.length - 1)), isWhole(Buffer.from([]))]).toEqual([
    true,
    false,
    true,
  ]);
  expect(isWhole(all.subarray(0, frames[3]!.length + 9))).toBe(false);
  expect(isWhole(Buffer.concat([all, Buffer.from("anything")]))).toBe(true);
});
