import { expect, test } from "bun:test";
import { latin1 } from "../../test/cacheheads.ts";
import { Output } from "../wire/http1/writer.ts";
import { CacheStatus, forwarded, forwardedWords, writeInteger } from "./status.ts";

const name = Buffer.from("Sluice");

function text(said: Partial<CacheStatus>): string {
  const output = new Output();
  Object.assign(new CacheStatus(), said).write(output, name);
  return latin1(output.bytes, 0, output.length);
}

test("a line says what became of a request (RFC 9211)", () => {
  expect(text({ ttlS: 376 })).toBe("Cache-Status: Sluice; hit; ttl=376\r\n");
  expect(text({ ttlS: -412, detail: "stale-while-revalidate" })).toBe(
    "Cache-Status: Sluice; hit; ttl=-412; detail=stale-while-revalidate\r\n",
  );
  expect(text({ forwarded: forwarded.uriMiss, isStored: true, isCollapsed: true })).toBe(
    "Cache-Status: Sluice; fwd=uri-miss; stored; collapsed\r\n",
  );
  expect(text({ forwarded: forwarded.stale, forwardedStatus: 304, ttlS: 0 })).toBe(
    "Cache-Status: Sluice; fwd=stale; fwd-status=304; ttl=0\r\n",
  );
  expect(text({ forwarded: forwarded.miss, detail: "set-cookie" })).toBe(
    "Cache-Status: Sluice; fwd=miss; detail=set-cookie\r\n",
  );
});

test("a record that is cleared says hit, and no more", () => {
  const status = new CacheStatus();
  Object.assign(status, {
    forwarded: 3,
    forwardedStatus: 200,
    ttlS: 1,
    isStored: true,
    isCollapsed: true,
    detail: "x",
  });
  status.clear();
  expect(status).toEqual(new CacheStatus());
});

test("every way on has the word of the RFC and a sentence", () => {
  expect(forwardedWords.length).toBe(Object.keys(forwarded).length);
  for (const [key, number] of Object.entries(forwarded))
    expect(forwardedWords[number]![0]).toBe(key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
});

test("integers are written as they are read", () => {
  for (const value of [
    0, 1, 9, 10, 99, 100, 1_001, 12_345, 999_999_999, 1e9, 1_000_000_001, 2_147_483_648, 9_007_199_254_740_991, -1, -10,
    -2_147_483_648,
  ]) {
    const output = new Output();
    writeInteger(output, value);
    expect(latin1(output.bytes, 0, output.length)).toBe(String(value));
  }
  const output = new Output();
  writeInteger(output, -0.5);
  writeInteger(output, 1.9);
  expect(latin1(output.bytes, 0, output.length)).toBe("01");
});
