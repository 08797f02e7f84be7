import { expect, test } from "bun:test";
import ipaddr from "ipaddr.js";
import { addressesOf, addressText, listedMax, readAddressRange } from "./addressrange.ts";

function listed(text: string, count = 0): string[] {
  const reading = readAddressRange(text);
  if (!reading.ok) throw new Error(reading.message);
  return addressesOf(reading.value, count);
}

function refused(text: string): string {
  const reading = readAddressRange(text);
  return reading.ok ? "" : reading.message;
}

test("single addresses, ranges and blocks are listed whole", () => {
  expect(listed("203.0.113.7")).toEqual(["203.0.113.7"]);
  expect(listed("2001:DB8:0:0::7")).toEqual(["2001:db8::7"]);
  expect(listed("203.0.113.10-12")).toEqual(["203.0.113.10", "203.0.113.11", "203.0.113.12"]);
  expect(listed("203.0.113.254 - 203.0.114.1")).toEqual([
    "203.0.113.254",
    "203.0.113.255",
    "203.0.114.0",
    "203.0.114.1",
  ]);
  expect(listed("198.51.100.0/30")).toEqual(["198.51.100.0", "198.51.100.1", "198.51.100.2", "198.51.100.3"]);
  expect(listed("2001:db8::ffff:fffe-2001:db8::ffff:ffff")).toEqual(["2001:db8::ffff:fffe", "2001:db8::ffff:ffff"]);
  expect(listed("2001:db8::/127")).toEqual(["2001:db8::", "2001:db8::1"]);
  expect(listed("10.0.0.0/16")).toHaveLength(65_536);
});

test("of a large block so many are drawn, the same each time, and more when more are asked for", () => {
  const some = listed("2001:db8:1::/48", 100);
  expect(some).toHaveLength(100);
  expect(new Set(some).size).toBe(100);
  expect(listed("2001:db8:1::/48", 100)).toEqual(some);
  expect(listed("2001:db8:1::/48", 200).slice(0, 100)).toEqual(some);
  expect(listed("2001:db8:2::/48", 100)).not.toEqual(some);
  for (const text of some) expect(ipaddr.parse(text).match(ipaddr.parseCIDR("2001:db8:1::/48"))).toBe(true);
  const others = listed("10.0.0.0/8", 500);
  expect(new Set(others).size).toBe(500);
  for (const text of others) expect(text.startsWith("10.")).toBe(true);
  expect(new Set(others.map((text) => text.split(".")[1])).size).toBeGreaterThan(100);
});

test("what is drawn of a block that is hardly larger is whole too", () => {
  const some = listed("192.0.2.0/24", 255);
  expect(new Set(some).size).toBe(255);
  const all = listed("2001:db8::/112", listedMax - 1);
  expect(new Set(all).size).toBe(listedMax - 1);
  expect(all).not.toContain("2001:db8::");
});

test("what no connection can come from is refused, and what is meant is said", () => {
  for (const text of [
    "",
    "a",
    "10.0.0",
    "10.0.0.1-",
    "10.0.0.1-2-3",
    "10.0.0.0/33",
    "::/129",
    "fe80::1%eth0",
    "1.2.3.4/x",
  ])
    expect(refused(text)).toMatch(/^must be an address, a range such as/);
  expect(refused("10.0.0.9-3")).toMatch(/from the lower address to the higher/);
  expect(refused("10.0.0.0-10.2.0.0")).toMatch(/at most 65536 addresses/);
  expect(refused("2001:db8::-2001:db9::")).toMatch(/at most 65536 addresses/);
  expect(refused("10.0.0.1-2001:db8::1")).toMatch(/^must be an address/);
  expect(refused("10.0.0.1/24")).toBe(
    'must have nothing behind its prefix: write "10.0.0.0/24", or "10.0.0.1" for the one address',
  );
  for (const text of [
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "223.255.255.255-224.0.0.0",
    "::",
    "ff02::1",
    "fe80::1",
    "::ffff:1.2.3.4",
  ])
    expect([text, refused(text)]).toEqual([
      text,
      expect.stringMatching(/^must (not be|be written|be an address|hold)/),
    ]);
});

test("addresses are written as RFC 5952 says", () => {
  const texts = [
    "2001:db8::1",
    "::1",
    "1::",
    "2001:db8:0:1:1:1:1:1",
    "2001:0:0:1::1",
    "2001:db8::1:0:0:1",
    "a:b:c:d:e:f:1:2",
  ];
  for (const text of texts) {
    const { parts } = ipaddr.IPv6.parse(text);
    const words = [0, 2, 4, 6].map((index) => ((parts[index]! << 16) | parts[index + 1]!) >>> 0);
    expect(addressText(words)).toBe(text);
  }
});
