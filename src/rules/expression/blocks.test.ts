import { expect, test } from "bun:test";
import { isWithin, mask, readBlock, readIp } from "./blocks.ts";

function isIn(address: string, block: string): boolean {
  return isWithin(readIp(address)!, [readBlock(block)!]);
}

test("an address is in a block when its first bits are the block's", () => {
  expect([isIn("10.1.2.3", "10.0.0.0/8"), isIn("11.0.0.0", "10.0.0.0/8")]).toEqual([true, false]);
  expect([isIn("10.0.0.7", "10.0.0.4/30"), isIn("10.0.0.8", "10.0.0.4/30")]).toEqual([true, false]);
  expect([isIn("10.0.0.7", "10.0.0.7"), isIn("10.0.0.8", "10.0.0.7")]).toEqual([true, false]);
  expect([isIn("2001:db8:ffff::1", "2001:db8::/32"), isIn("2001:db9::1", "2001:db8::/32")]).toEqual([true, false]);
  expect([isIn("2001:db8::1", "2001:db8::1"), isIn("2001:db8::3", "2001:db8::/127")]).toEqual([true, false]);
});

test("every bit of a prefix counts", () => {
  for (let bits = 0; bits <= 32; bits++) {
    const flipped = bits === 32 ? 0 : 1 << (31 - bits);
    const text = (word: number): string => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff).join(".");
    const base = 0xa5a5a5a5 & (bits === 0 ? 0 : -1 << (32 - bits));
    expect(isIn(text(base | flipped), `${text(base)}/${bits}`)).toBe(true);
    if (bits > 0) expect(isIn(text(base ^ (1 << (32 - bits))), `${text(base)}/${bits}`)).toBe(false);
  }
});

test("a block of one family holds no address of the other", () => {
  expect([
    isIn("10.0.0.1", "::/0"),
    isIn("::1", "0.0.0.0/0"),
    isIn("10.0.0.1", "0.0.0.0/0"),
    isIn("::1", "::/0"),
  ]).toEqual([false, false, true, true]);
  expect(isIn("10.0.0.1", "::ffff:10.0.0.0/104")).toBe(true);
});

test("what is no block is none", () => {
  for (const text of ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "a", "10.0.0.0/8/8", "10.0.0.0/-1"])
    expect(readBlock(text)).toBeNull();
});

test("bits behind the prefix are known of", () => {
  expect([readBlock("10.0.0.1/8")?.hasRest, readBlock("10.0.0.0/8")?.hasRest, readBlock("10.0.0.1")?.hasRest]).toEqual([
    true,
    false,
    false,
  ]);
});

test("a network is cut by the bits of its family, whatever numbers are given", () => {
  const cut = (address: string, bits4: number, bits6?: number): Uint8Array => mask(readIp(address)!, bits4, bits6);
  expect(cut("10.1.2.3", 24)).toEqual(readIp("10.1.2.0")!);
  expect(cut("10.1.2.3", -5)).toEqual(readIp("0.0.0.0")!);
  expect(cut("10.1.2.3", 1000)).toEqual(readIp("10.1.2.3")!);
  expect(cut("2001:db8::1", 24)).toEqual(readIp("2001:db8::1")!);
  expect(cut("2001:db8::1", 24, 16)).toEqual(readIp("2001::")!);
});
