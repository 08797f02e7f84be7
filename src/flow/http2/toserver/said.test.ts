import { expect, test } from "bun:test";
import { Head } from "../../../wire/http1/head.ts";
import { Said, saidBytesMax } from "./said.ts";

function said(text: string): Said {
  const found = new Said();
  found.put(new TextEncoder().encode(text));
  return found;
}

test("the body is what was said behind the head, and a copy", () => {
  const kept = said("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  const body = kept.bodyBehind(new Head(16));
  kept.bytes.fill(0);
  expect(new TextDecoder().decode(body)).toBe("3\r\nabc\r\n");
  expect(said("GET / HTTP/1.1\r\nHost: a\r\n\r\n").bodyBehind(new Head(16)).length).toBe(0);
});

test("there is room for 64 kB, and what is longer is too long", () => {
  const kept = said("x".repeat(saidBytesMax - 1));
  expect([kept.hasRoomFor(1), kept.hasRoomFor(2), kept.isTooLong]).toEqual([true, false, false]);
  kept.put(new Uint8Array(2));
  expect([kept.hasRoomFor(0), kept.isTooLong]).toEqual([false, true]);
});

test("memory of what was long goes with it", () => {
  for (const [length, isKept] of [
    [4096, true],
    [5000, false],
  ] as const) {
    const kept = said("x".repeat(length));
    if (kept.bytes.length > 4096 && isKept) continue;
    kept.forget();
    expect([kept.length, kept.bytes.length > 0]).toEqual([0, isKept]);
  }
});
