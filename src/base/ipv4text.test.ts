import { expect, test } from "bun:test";
import { ipv4TextMax, putIPv4, readIPv4 } from "./ipv4text.ts";

function written(address: number): string {
  const target = new Uint8Array(ipv4TextMax + 2);
  const end = putIPv4(target, 1, address);
  expect(target[0]).toBe(0);
  expect(target[end]).toBe(0);
  return new TextDecoder().decode(target.subarray(1, end));
}

test("an address is written as it is read", () => {
  for (const text of ["0.0.0.1", "9.10.99.100", "127.0.0.1", "192.0.2.255", "255.255.255.255", "128.0.0.0"])
    expect(written(readIPv4(text))).toBe(text);
  for (let octet = 0; octet < 256; octet++) expect(written((octet << 8) >>> 0)).toBe(`0.0.${octet}.0`);
});

test("what is not written like that is nobody's", () => {
  for (const text of [
    "",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4 ",
    "1.2.3.4.5",
    "::ffff:1.2.3.4",
    "a.b.c.d",
    "0.0.0.0",
  ])
    expect(readIPv4(text)).toBe(0);
});
