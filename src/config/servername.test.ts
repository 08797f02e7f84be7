import { expect, test } from "bun:test";
import { isServerName, readRouteName } from "./servername.ts";

test("a certificate can be for a name or an address, with neither port nor scheme", () => {
  for (const name of ["localhost", "a.example", "_x.example", "xn--bcher-kva.example", "10.0.0.1", "::1", "A.Example"])
    expect([name, isServerName(name)]).toEqual([name, true]);
  for (const name of ["", "a b", "a.example:443", "https://a", "*.example", "1.2.3", "a..b", "a.", "-a", "é.example"])
    expect([name, isServerName(name)]).toEqual([name, false]);
});

test("a route is for a whole name, or for all that end in one", () => {
  for (const name of ["a.example", "localhost", "*.example.com", "*.example", "A.Example"])
    expect(readRouteName(name)).toEqual({ ok: true, value: name });
  for (const [name, told] of [
    ["*", "for every other name"],
    ["a*.example", "star alone and in front"],
    ["*.*.example", "star alone and in front"],
    ["a.example.", 'write "a.example"'],
    ["*.example.", 'write "*.example"'],
    ["a.example:443", 'write "a.example"'],
    ["10.0.0.1", "name none"],
    ["::1", "name none"],
    ["[::1]", "name none"],
    ["a b", "such as"],
    ["", "such as"],
    ["*.", "such as"],
  ] as const)
    expect([name, readRouteName(name)]).toEqual([name, { ok: false, message: expect.stringContaining(told) }]);
});
