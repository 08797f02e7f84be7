import { expect, test } from "bun:test";
import { memberMeant } from "./spelling.ts";

const ids = new Set(["203.0.113.1", "2001:db8::3", "[2001:db8::4]:3128", "Odd ID"]);
const meant = (written: string): string => memberMeant(written, (id) => ids.has(id));

test("an address is known however it is written", () => {
  for (const written of ["2001:db8::3", "2001:DB8::3", "2001:0db8:0:0::0003", "2001:db8:0:0:0:0:0:3", "[2001:DB8::3]"])
    expect([written, meant(written)]).toEqual([written, "2001:db8::3"]);
  expect(meant("[203.0.113.1]")).toBe("203.0.113.1");
  expect(meant("[2001:db8:0::4]:3128")).toBe("[2001:db8::4]:3128");
  expect(meant("Odd ID")).toBe("Odd ID");
});

test("what is no member's stays as it was written", () => {
  for (const written of ["2001:DB8::5", "[2001:DB8::3]:80", "2001:db8::/64", "203.0.113.1-3", "odd id", "[", ""])
    expect(meant(written)).toBe(written);
});
