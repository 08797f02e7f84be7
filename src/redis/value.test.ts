import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import type { CacheFacts } from "../memory/cache.ts";
import { readValue, writeVary, writeWhole } from "./value.ts";

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");
const facts: CacheFacts = {
  status: 200,
  flags: 5,
  reason: 0,
  bornMs: 1_790_000_000_000.5,
  storedMs: 1_790_000_000_001,
  freshForMs: 60_000,
  staleWhileRevalidateMs: 1,
  staleIfErrorMs: 2,
  lastModifiedMs: 3,
  etagStart: 2,
  etagEnd: 5,
  bodyBytes: 4,
};
const first = bytesOf("http://a/b");
const second = bytesOf("gzip");

function whole(): Uint8Array {
  const parts = { first, second, facts, head: bytesOf("HTTP/1.1 200"), tags: bytesOf("x y"), bodyBytes: 4 };
  const { bytes, bodyAt } = writeWhole(parts, 7);
  bytes.set(bytesOf("body"), bodyAt);
  return bytes;
}

test("what is written is read again", () => {
  const read = readValue(whole(), first, second, 7);
  expect(read?.found).toEqual({
    kind: "whole",
    facts,
    head: new Uint8Array(bytesOf("HTTP/1.1 200")),
    tags: new Uint8Array(bytesOf("x y")),
    body: new Uint8Array(bytesOf("body")),
  });
});

test("so are the names that choose a variant", () => {
  const bytes = writeVary(first, bytesOf("accept, cookie"), 12_345, 7);
  expect(readValue(bytes, first, second, 7)).toEqual({
    found: { kind: "vary", names: new Uint8Array(bytesOf("accept, cookie")) },
    generation: 12_345,
  });
});

test("names that no Vary has are nothing", () => {
  for (const names of ["", "Accept", "accept,cookie", "accept, ", "a\r\nb", "a".repeat(2000)])
    expect([names, readValue(writeVary(first, bytesOf(names), 1, 7), first, second, 7)]).toEqual([names, null]);
});

test("another key, another epoch, another program: nothing", () => {
  const vary = writeVary(first, bytesOf("accept"), 1, 7);
  for (const bytes of [whole(), vary]) {
    expect(readValue(bytes, bytesOf("http://a/c"), second, 7)).toBeNull();
    expect(readValue(bytes, first, second, 8)).toBeNull();
  }
  expect(readValue(whole(), first, bytesOf("br"), 7)).toBeNull();
  expect(readValue(bytesOf("hello, this is somebody else's"), first, second, 7)).toBeNull();
  expect(readValue(new Uint8Array(0), first, second, 7)).toBeNull();
});

test("cut anywhere, or changed anywhere, it throws nothing and reads no byte that is not there", () => {
  const prng = new Prng(1);
  const values = [whole(), writeVary(first, bytesOf("accept"), 1, 7)];
  for (const value of values) {
    for (let end = 0; end < value.length; end++) expect(readValue(value.slice(0, end), first, second, 7)).toBeNull();
    for (let round = 0; round < 2_000; round++) {
      const changed = value.slice();
      changed[prng.below(changed.length)] = prng.below(256);
      const found = readValue(changed, first, second, 7)?.found;
      if (found?.kind === "whole") expect(found.facts.etagEnd).toBeLessThanOrEqual(found.head.length);
    }
  }
});

test("what a version before has written is nothing: its purges are not in the count that these are told by", () => {
  const bytes = whole();
  expect(readValue(bytes, first, second, 7)).not.toBeNull();
  bytes.set(bytesOf("SLC1"));
  expect(readValue(bytes, first, second, 7)).toBeNull();
});
