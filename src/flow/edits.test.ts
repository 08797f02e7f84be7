import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { field } from "../wire/http1/fields.ts";
import { requestBody } from "../wire/http1/framing.ts";
import { Head } from "../wire/http1/head.ts";
import { parseRequest, parseResponse } from "../wire/http1/reader.ts";
import { Output } from "../wire/http1/writer.ts";
import { Edits, type Part } from "./edits.ts";
import type { FieldOperation } from "./fieldedits.ts";

function requestOf(text: string): Head {
  const head = new Head(60);
  const bytes = Buffer.from(text, "latin1");
  expect(parseRequest(head, bytes, 0, bytes.length, 65_536)).toBe(bytes.length);
  return head;
}

function written(edits: Edits, head: Head): string {
  const output = new Output();
  edits.writeRequest(output, head);
  return Buffer.from(output.bytes.subarray(0, output.length)).toString("latin1");
}

const oddities = [
  "\r\n",
  "\n",
  "\0",
  "\u010a",
  "\u010d\u010a",
  ": ",
  " ",
  "?",
  "#",
  "%0d",
  "é",
  "Host: x",
  "chunked",
  "5",
  ",",
  "/",
  "a",
  "*",
];
const names = [
  "X-A",
  "Content-Length",
  "transfer-encoding",
  "Connection",
  "Host",
  "Te",
  "X-Forwarded-For",
  "Expect",
  "bad name",
  "X\r\n",
  "",
  "Cookie",
];
const operations: readonly FieldOperation[] = ["set", "add", "remove"];
const requestParts: readonly Part[] = ["method", "path", "query", "target"];
const texts = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-A: 1\r\nCookie: a=b\r\n\r\n",
  "PUT http://a/p HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\nConnection: x-a, close\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
  "HEAD / HTTP/1.0\r\n\r\n",
];

function drawn(prng: Prng): string {
  return Array.from({ length: prng.below(4) }, () => oddities[prng.below(oddities.length)]).join("");
}

function edit(prng: Prng, edits: Edits, parts: readonly Part[]): void {
  for (let count = 1 + prng.below(5); count > 0; count--) {
    if (prng.below(2) === 0) edits.rewrite(parts[prng.below(parts.length)]!, drawn(prng));
    else
      edits.editField(operations[prng.below(3)]!, names[prng.below(names.length)]!, drawn(prng), prng.below(2) === 0);
  }
}

test("whatever is edited, a request is read as one that is framed as before, or it is refused", () => {
  let refused = 0;
  for (let seed = 1; seed <= 4000; seed++) {
    const prng = new Prng(seed);
    const head = requestOf(texts[prng.below(texts.length)]!);
    const edits = new Edits();
    edit(prng, edits, requestParts);
    const bytes = Buffer.from(written(edits, head), "latin1");
    const next = new Head(60);
    const end = parseRequest(next, bytes, 0, bytes.length, 65_536);
    if (end < 0) {
      refused++;
      continue;
    }
    const framing = (of: Head): unknown[] => [requestBody(of), of.contentLength, of.wantsKeepAlive, of.hasUpgrade];
    expect([seed, end, ...framing(next)]).toEqual([seed, bytes.length, ...framing(head)]);
    expect([seed, head.method === 2, head.minor]).toEqual([seed, next.method === 2, next.minor]);
  }
  // A host may be set to what is none.
  expect(refused).toBeLessThan(1000);
});

test("and so is a response", () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const prng = new Prng(seed);
    const status = [200, 204, 304, 404, 500][prng.below(5)]!;
    const framing = status === 204 || prng.below(2) === 0 ? "" : "Content-Length: 5\r\n";
    const text = Buffer.from(`HTTP/1.1 ${status} X\r\n${framing}X-A: 1\r\n\r\n`);
    const head = new Head(60);
    expect(parseResponse(head, text, 0, text.length, 65_536)).toBe(text.length);
    const edits = new Edits();
    edit(prng, edits, ["status"]);
    const output = new Output();
    edits.writeResponse(output, head);
    const next = new Head(60);
    // A Host that is none is refused wherever it stands.
    const end = parseResponse(next, output.bytes, 0, output.length, 65_536);
    if (end < 0 && edits.given & (1 << field.host)) continue;
    expect([seed, end]).toEqual([seed, output.length]);
    expect([seed, next.contentLength, next.isChunked]).toEqual([seed, head.contentLength, head.isChunked]);
    expect([seed, [204, 304].includes(next.status)]).toEqual([seed, [204, 304].includes(status)]);
  }
});

test("what there was is forgotten once it is made, but for which fields are given", () => {
  const head = requestOf("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  const edits = new Edits();
  edits.editField("set", "X-Forwarded-Proto", "https", false);
  edits.rewrite("path", "/b");
  expect(written(edits, head)).toBe("GET /b HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\n\r\n");
  edits.clear();
  expect([edits.isEmpty, edits.given !== 0]).toEqual([true, true]);
  expect(written(edits, head)).toBe("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  edits.reset();
  expect(edits.given).toBe(0);
});

test("a target takes the place of path and query that were set before it, and they of parts of it", () => {
  const head = requestOf("GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n");
  const edits = new Edits();
  edits.rewrite("path", "/c");
  edits.rewrite("target", "/d?e");
  expect(written(edits, head)).toStartWith("GET /d?e HTTP/1.1");
  edits.rewrite("query", "f");
  expect(written(edits, head)).toStartWith("GET /d?f HTTP/1.1");
  edits.rewrite("path", "/g");
  expect(written(edits, head)).toStartWith("GET /g?f HTTP/1.1");
});
