import { expect, test } from "bun:test";
import { addressBytes, readAddress } from "../../wire/ipaddress.ts";
import { hasPublic, isPublic } from "./public.ts";

function judged(address: string): boolean {
  const octets = new Uint8Array(addressBytes);
  if (!readAddress(address, octets)) throw new Error(address);
  return isPublic(octets);
}

const somebodys = [
  ...[
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
  ],
  ...["169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255"],
  ...["192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0"],
  ...["223.255.255.255", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2600::1", "3ffe::1", "3fff:1000::1"],
  ...["::ffff:8.8.8.8", "64:ff9b::8.8.8.8"],
];

const nobodys = [
  ...["0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1"],
  ...["127.255.255.255", "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.1", "192.0.2.1"],
  ...["192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1"],
  ...["224.0.0.1", "239.255.255.255", "240.0.0.0", "255.255.255.255"],
  ...["::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1"],
  ...["64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "64:ff9b:0:0:1::8.8.8.8", "100::1"],
  ...["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:1ff::1", "2001:db8::1"],
  ...["2002:7f00:1::1", "2002:808:808::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fdff::1"],
  ...["fe80::1", "febf::1", "fec0::1", "ff02::1", "ffff::1", "fd00:ec2::254"],
];

test("a block has somebody's address unless it is nobody's as a whole", () => {
  const has = (address: string, bits: number): boolean => {
    const octets = new Uint8Array(addressBytes);
    if (!readAddress(address, octets)) throw new Error(address);
    return hasPublic(octets, bits);
  };
  for (const [address, bits] of [
    ["10.0.0.0", 8],
    ["10.1.0.0", 16],
    ["192.168.1.1", 32],
    ["169.254.169.254", 32],
  ] as const)
    expect([address, has(address, 96 + bits)]).toEqual([address, false]);
  expect([has("fc00::", 7), has("fe80::", 10), has("::1", 128), has("64:ff9b::10.0.0.0", 104)]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect([has("10.0.0.0", 96 + 7), has("0.0.0.0", 96), has("192.168.0.0", 96 + 15), has("8.8.8.8", 128)]).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect([has("2001:4860::", 32), has("::", 0), has("::", 64), has("::ffff:0.0.0.0", 90)]).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test.each(somebodys)("%s is somebody's", (address) => {
  expect(judged(address)).toBe(true);
});

test.each(nobodys)("%s is no target", (address) => {
  expect(judged(address)).toBe(false);
});
