import { expect, test } from "bun:test";
import type { CacheEntry } from "../../memory/cache.ts";
import { cacheFlag } from "../../memory/cache.ts";
import { Head } from "../../wire/http1/head.ts";
import { parseRequest } from "../../wire/http1/reader.ts";
import type { Exchange } from "../exchange.ts";
import { CacheDesk } from "./desk.ts";
import { questionOf } from "./question.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

function asked(text: string): Exchange {
  const head = new Head(20);
  const bytes = bytesOf(text);
  parseRequest(head, bytes, 0, bytes.length, 10_000);
  return { head } as Exchange;
}

/** A stored head with an ETag. */
function entryOf(flags: number = cacheFlag.hasEtag): CacheEntry {
  const bytes = bytesOf('HTTP/1.1 200 OK\r\nETag: "1"\r\n\r\n');
  const facts = { flags, etagStart: 23, etagEnd: 26 };
  return { bytes, headStart: 0, headEnd: bytes.length, facts } as unknown as CacheEntry;
}

const textOf = (head: Head | null): string | null =>
  head === null ? null : Buffer.from(head.bytes.subarray(head.start, head.end)).toString("latin1");

const request = 'HEAD /x HTTP/1.1\r\nHost: a\r\nIf-None-Match: "0"\r\nRange: bytes=0-1\r\nX: y\r\n\r\n';

test("our condition takes the place of the client's, and of its range", () => {
  const question = questionOf(asked(request), entryOf(), new CacheDesk(20), false);
  expect(textOf(question)).toBe('HEAD /x HTTP/1.1\r\nHost: a\r\nX: y\r\nIf-None-Match: "1"\r\n\r\n');
});

test("for the cache alone it is a GET; without an entry it has no condition", () => {
  const question = questionOf(asked(request), null, new CacheDesk(20), true);
  expect(textOf(question)).toBe("GET /x HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n");
});

test("what has nothing to ask by cannot be asked about", () => {
  expect(questionOf(asked(request), entryOf(0), new CacheDesk(20), false)).toBeNull();
});
