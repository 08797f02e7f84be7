import { expect, test } from "bun:test";
import { readPorts, readTarget } from "./accessschema.ts";

const target = (text: string): unknown => {
  const reading = readTarget(text);
  return reading.ok ? reading.value : reading.message;
};

test("a target is a name, all names under one, all there are, or a block of addresses", () => {
  expect(target("Example.COM")).toEqual({ kind: "name", match: "example.com" });
  expect(target("*.example.com")).toEqual({ kind: "name", match: "*.example.com" });
  expect(target("*")).toEqual({ kind: "name", match: "*" });
  expect(target("10.0.0.0/8")).toEqual({ kind: "block", match: "10.0.0.0/8" });
  expect(target("2001:db8::/32")).toEqual({ kind: "block", match: "2001:db8::/32" });
  expect(target("192.0.2.7")).toEqual({ kind: "block", match: "192.0.2.7" });
});

test("what is none of these is told with what would be", () => {
  for (const text of [
    "",
    "a b",
    "http://example.com",
    "example.com:443",
    "*example.com",
    "a.*.com",
    ".",
    "-",
    "a..",
    "10.0.0.0/33",
  ])
    expect(target(text)).toStartWith('must be a name such as "example.com"');
});

test("ports stand alone or as a range, from low to high", () => {
  const ports = (text: string): unknown => {
    const reading = readPorts(text);
    return reading.ok ? reading.value : null;
  };
  expect(ports("443")).toEqual({ from: 443, to: 443 });
  expect(ports("1-65535")).toEqual({ from: 1, to: 65_535 });
  for (const text of ["0", "65536", "5-4", "80-", "-80", "a", "", "80,443"])
    expect([text, ports(text)]).toEqual([text, null]);
});
