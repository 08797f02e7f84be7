import { expect, test } from "bun:test";
import { readCidr } from "./cidr.ts";

test("addresses and blocks of both versions are read, other ways to write a number are not", () => {
  for (const text of ["10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "0.0.0.0/0", "::/128"])
    expect(readCidr(text)).toEqual({ ok: true, value: text });
  for (const text of ["10.1", "0x0a000001", "10.0.0.0/33", "::/129", "fe80::1%1", "10.0.0.1/", "10.0.0.1/8/8", "", "a"])
    expect(readCidr(text).ok).toBe(false);
});
