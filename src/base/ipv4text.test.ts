import { expect, test } from "bun:test";
import { ipv4TextMax, putIPv4 } from "./ipv4text.ts";

function written(address: number): string {
  const target = new Uint8Array(ipv4TextMax + 2);
  const end = putIPv4(target, 1, address);
  expect(target[0]).toBe(0);
  expect(target[end]).toBe(0);
  return new TextDecoder().decode(target.subarray(1, end));
}

test("an address is written as four decimal numbers", () => {
  expect(written(0x7f00_0001)).toBe("127.0.0.1");
  expect(written(0xffff_ffff)).toBe("255.255.255.255");
  expect(written(0x090a_6364)).toBe("9.10.99.100");
  expect(written(0x8000_0000)).toBe("128.0.0.0");
  for (let octet = 0; octet < 256; octet++) expect(written(octet << 8)).toBe(`0.0.${octet}.0`);
});
