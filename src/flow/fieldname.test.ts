import { expect, test } from "bun:test";
import { fieldName, isNamed } from "./fieldname.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const isSame = (text: string, name: string): boolean => isNamed(bytesOf(text), 0, text.length, fieldName(name)!);

test("a name is told by its letters in any case, and by nothing else", () => {
  expect([isSame("X-One", "x-oNE"), isSame("x-one", "X-One"), isSame("x-on", "x-one")]).toEqual([true, true, false]);
  // Bit 0x20 makes lower-case letters of others, and other things of what is no letter.
  for (const [one, other] of [
    ["a^", "a~"],
    ["a_", "a\x7f"],
    ["a-", "a\r"],
    ["a`", "a@"],
  ] as const)
    expect([one, isNamed(bytesOf(other), 0, 2, fieldName(one)!)]).toEqual([one, false]);
  expect(isSame("X_Y~^|", "x_y~^|")).toBe(true);
  // CGI and its heirs make HTTP_X_USER of all of these.
  expect([isSame("X_User", "X-User"), isSame("x-user", "X_User"), isSame("X_Real_Ip", "x-real-ip")]).toEqual([
    ...[true, false, true],
  ]);
});

test("what is no token is no name", () => {
  for (const text of ["", "a b", "a:", "a\r\n", "é", "a\u010a"]) expect(fieldName(text)).toBeNull();
});

test("what is of connections and framing is known, and what nobody takes note of", () => {
  for (const name of ["Content-Length", "transfer-encoding", "EXPECT", "Connection", "te", "Upgrade", "Trailer"])
    expect([name, fieldName(name)!.isFraming]).toEqual([name, true]);
  for (const name of ["X-A", "Cookie", "User-Agent", "Referer"])
    expect([fieldName(name)!.isFraming, fieldName(name)!.isUnnoted]).toEqual([false, true]);
  for (const name of ["Host", "Via", "X-Request-Id", "X-Forwarded-For", "X_Forwarded_For"])
    expect([name, fieldName(name)!.isUnnoted]).toEqual([name, false]);
});

test("names that are made up without end are made each time, and are the same", () => {
  for (let count = 0; count < 3000; count++) expect(fieldName(`X-${count}`)!.lower).toBe(`x-${count}`);
  expect(fieldName("x-2999")).not.toBe(fieldName("x-2999"));
});
