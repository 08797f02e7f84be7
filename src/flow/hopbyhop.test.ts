import { expect, test } from "bun:test";
import { field, fieldId } from "../wire/http1/fields.ts";
import { isHopByHop, isMovable } from "./hopbyhop.ts";

const idOf = (name: string): number => fieldId(new TextEncoder().encode(name), 0, name.length);

test("what belongs to one connection stays there", () => {
  for (const name of ["Connection", "Keep-Alive", "TE", "Upgrade", "Proxy-Connection", "Proxy-Authorization"])
    expect([name, isHopByHop(idOf(name))]).toEqual([name, true]);
  for (const name of [
    "Host",
    "Transfer-Encoding",
    "Content-Length",
    "Cookie",
    "Via",
    "X-Forwarded-For",
    "Proxy-Authenticate",
  ])
    expect([name, isHopByHop(idOf(name))]).toEqual([name, false]);
  expect(isHopByHop(field.other)).toBe(false);
});

test("Connection cannot name away what says where a message is for and where it ends", () => {
  for (const name of ["Host", "Content-Length", "Transfer-Encoding"]) expect(isMovable(idOf(name))).toBe(false);
  for (const name of ["X-Forwarded-For", "Cookie", "Anything"]) expect(isMovable(idOf(name))).toBe(true);
});
