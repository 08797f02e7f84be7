import { describe, expect, test } from "bun:test";
import { isIPv4, isIPv6 } from "node:net";
import { Prng } from "../base/prng.ts";
import { addressBytes, formatAddress, readAddress, readIPv4, readIPv6, reading } from "./ipaddress.ts";

const octets = new Uint8Array(addressBytes);
const rewritten = (text: string): string | null => (readAddress(text, octets) ? formatAddress(octets, 0) : null);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("an address is written in one way", () => {
  for (const [from, to] of [
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:0201", "192.0.2.1"],
    ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["::192.0.2.1", "::c000:201"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
    ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
    ["2001:DB8::AbCd", "2001:db8::abcd"],
    // RFC 5952 4.2.2 and 4.2.3.
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["0:0:1::", "0:0:1::"],
    ["1:0:0:2:3:4:0:0", "1::2:3:4:0:0"],
    ["fe80::1%eth0", "fe80::1"],
  ] as const)
    test(`${from} is ${to}`, () => expect(rewritten(from)).toBe(to));
});

describe("what is no address", () => {
  const texts = [
    "",
    "unix",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.04",
    "00.1.2.3",
    "256.1.1.1",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1..2.3",
    "1.2.3.4%0",
  ];
  texts.push(
    ":",
    ":::",
    "1:",
    ":1",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
  );
  texts.push(
    "12345::",
    "g::",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3",
    "::1.2.3.4:5",
    "1.2.3.4::",
    "[::1]",
    "%eth0",
    "::ffff:1.2.3.256",
    "é",
  );
  for (const text of texts) test(`${JSON.stringify(text)} is none`, () => expect(rewritten(text)).toBeNull());
});

test("a part of an address needs more, and so does a whole one that could go on", () => {
  for (const text of ["1.2.3.4", "255.255.255.255"])
    for (let end = 0; end <= text.length; end++) expect(readIPv4(bytesOf(text), 0, end, octets)).toBe(reading.more);
  for (const text of ["2001:db8::1:ffff", "::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:127.0.0.1", "::ffff:1.2.3.4"])
    for (let end = 0; end <= text.length; end++) expect(readIPv6(bytesOf(text), 0, end, octets)).toBe(reading.more);
});

test("the byte that spoils an address is refused before what follows is there", () => {
  for (const text of ["01", "256", "1.2.3.4.", "1.2.3.4x", "x", "1..", "1.2.3.2555"]) {
    const found = readIPv4(bytesOf(text), 0, text.length, octets);
    expect(found === reading.bad || text.length - found === 1).toBeTrue();
    expect(readIPv4(bytesOf(text), 0, text.length - 1, octets)).toBe(reading.more);
  }
  for (const text of [
    "1::2::",
    ":1",
    "x",
    "1:2:3:4:5:6:7:8:",
    "1::3:4:5:6:7:8:",
    "1:x",
    "1.",
    "::1:2:3:4:5:6:1.",
    "::256.",
    "1:2 ",
  ]) {
    expect(readIPv6(bytesOf(text), 0, text.length, octets)).toBe(reading.bad);
    expect(readIPv6(bytesOf(text), 0, text.length - 1, octets)).toBe(reading.more);
  }
});

test("texts near addresses are judged as the system's own reader judges them", () => {
  const prng = new Prng(7);
  const parts = [":", "::", ".", "0", "1", "ffff", "255", "00", "a", "12", "256", "12345", "::ffff:", "1.2.3.4", "g"];
  let addresses = 0;
  for (let round = 0; round < 30_000; round++) {
    const text = Array.from({ length: 1 + prng.below(15) }, () => parts[prng.below(parts.length)]!).join("");
    const isAddress = text.includes(":") ? isIPv6(text) : isIPv4(text);
    if (isAddress) addresses++;
    expect([text, rewritten(text) !== null]).toEqual([text, isAddress]);
  }
  expect(addresses).toBeGreaterThan(500);
});

test("what is written reads as the same octets", () => {
  const prng = new Prng(8);
  const again = new Uint8Array(addressBytes);
  for (let round = 0; round < 5_000; round++) {
    for (let at = 0; at < addressBytes; at++) octets[at] = prng.below(3) === 0 ? prng.below(256) : 0;
    const text = formatAddress(octets, 0);
    expect(readAddress(text, again)).toBeTrue();
    expect(Buffer.compare(again, octets)).toBe(0);
    if (text.includes(":")) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
  }
});
