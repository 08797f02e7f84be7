import { describe, expect, test } from "bun:test";
import { dateOf, latin1, nowMs, policyOf, responseFacts, responseHead } from "../../test/cacheheads.ts";
import { cacheFlag } from "../memory/cache.ts";
import { StoredFacts } from "../memory/cachefacts.ts";
import { Head } from "../wire/http1/head.ts";
import { parseResponse } from "../wire/http1/reader.ts";
import { Output } from "../wire/http1/writer.ts";
import { Freshness } from "./freshness.ts";
import type { CachePolicy } from "./policy.ts";
import { fillFacts, writeFreshenedHead, writeStoredHead } from "./storedhead.ts";

const silent = policyOf();

/** The lines of a stored head and its ETag. */
function kept(fields: readonly string[], policy: CachePolicy = silent): { lines: string[]; etag: string } {
  const head = responseHead(200, ...fields);
  const facts = new StoredFacts();
  const output = new Output();
  output.latin1("before");
  writeStoredHead(output, head, responseFacts(head), policy, facts);
  const text = latin1(output.bytes, 6, output.length);
  expect(text).toStartWith("HTTP/1.1 200 Words\r\n");
  expect(text).toEndWith("\r\n\r\n");
  return { lines: text.split("\r\n").slice(1, -2), etag: text.slice(facts.etagStart, facts.etagEnd) };
}

describe("what is kept of a head (RFC 9111 section 3.1)", () => {
  test("nearly all, as it came", () => {
    const fields = [
      "Test-Header: a",
      "Content-Type: text/plain",
      "X-Frame-Options: deny",
      "Clear-Site-Data: cookies",
      "Set-Cookie: a=b",
      "Strict-Transport-Security: max-age=1",
      "WWW-Authenticate: Basic",
      "Content-Length: 5",
      "cdn-cache-control: max-age=5",
      'ETag: W/"abc"',
    ];
    expect(kept(fields)).toEqual({ lines: fields, etag: 'W/"abc"' });
  });

  test("not what is of the connection or of a proxy, nor its age", () => {
    const fields = [
      "A: 1",
      "Connection: close, b, etag",
      "B: 2",
      "Keep-Alive: 5",
      "Proxy-Authenticate: Basic",
      "Proxy-Authentication-Info: x",
      "Proxy-Connection: close",
      "TE: trailers",
      "Trailer: x",
      "Transfer-Encoding: chunked",
      "Upgrade: h2c",
      "Age: 5",
      'ETag: "gone"',
      "C: 3",
    ];
    expect(kept(fields)).toEqual({ lines: ["A: 1", "C: 3"], etag: "" });
    expect(kept(["Proxy-Authorization: x", "Connection: content-length", "Content-Length: 5"]).lines).toEqual([
      "Content-Length: 5",
    ]);
  });

  test("not what no-cache and private name", () => {
    const control = 'Cache-Control: no-cache="a, B", private="set-cookie", max-age=5';
    expect(kept([control, "A: 1", "b: 2", "Set-Cookie: x", "C: 3"]).lines).toEqual([control, "C: 3"]);
  });

  test("cookies only where a pool does not drop them", () => {
    const dropping = policyOf({ dropsCookies: true });
    expect(kept(["Set-Cookie: a", "A: 1", "set-cookie: b", "Set-Cookie2: c"], dropping).lines).toEqual(["A: 1"]);
  });

  test("a length that came twice is there once", () => {
    expect(kept(["Content-Length: 5", "A: 1", "Content-Length: 5"]).lines).toEqual(["Content-Length: 5", "A: 1"]);
  });

  test("HTTP/1.0 is kept as HTTP/1.1", () => {
    const bytes = Buffer.from("HTTP/1.0 404\r\nA: 1\r\n\r\n");
    const head = new Head(8);
    parseResponse(head, bytes, 0, bytes.length, 1000);
    const output = new Output();
    writeStoredHead(output, head, responseFacts(head), silent, new StoredFacts());
    expect(latin1(output.bytes, 0, output.length)).toBe("HTTP/1.1 404\r\nA: 1\r\n\r\n");
  });
});

describe("what a 304 makes of it (RFC 9111 section 3.2)", () => {
  function freshened(before: readonly string[], after: readonly string[], policy: CachePolicy = silent): string[] {
    const stored = responseHead(200, ...before);
    const head = responseHead(304, ...after);
    const facts = new StoredFacts();
    const output = new Output();
    output.latin1("xx");
    writeFreshenedHead(output, stored, head, responseFacts(head), policy, facts);
    const text = latin1(output.bytes, 2, output.length);
    expect(text).toStartWith("HTTP/1.1 200 Words\r\n");
    expect(text).toEndWith("\r\n\r\n");
    const etag = before.find((line) => /^etag:/i.test(line));
    expect(text.slice(facts.etagStart, facts.etagEnd)).toBe(etag?.replace(/^etag: /i, "") ?? "");
    return text.split("\r\n").slice(1, -2);
  }

  test("its fields take the place of those that have their name, others stay", () => {
    expect(freshened(["Server: x", "A: 1", 'ETag: "e"', "a: 2", "B: 3"], ["A: 4", "C: 5"])).toEqual([
      "Server: x",
      'ETag: "e"',
      "B: 3",
      "A: 4",
      "C: 5",
    ]);
    expect(freshened(["A: 1"], ["A: 2", "a: 3"])).toEqual(["A: 2", "a: 3"]);
    expect(freshened(["A: 1"], [])).toEqual(["A: 1"]);
  });

  test("each of these is taken over", () => {
    for (const name of [
      "Test-Header",
      "Content-Foo",
      "X-Content-Foo",
      "Cache-Control",
      "Content-Type",
      "Content-Location",
      "Content-Security-Policy",
      "Expires",
      "Date",
      "Last-Modified",
      "Set-Cookie",
      "X-Frame-Options",
    ])
      expect(freshened([`${name}: 1`], [`${name}: 2`])).toEqual([`${name}: 2`]);
  });

  test("what the body and the key hang on is not", () => {
    for (const [name, one, two] of [
      ["Content-Length", "5", "10"],
      ["Content-Encoding", "gzip", "br"],
      ["Content-Range", "bytes 0-1/2", "bytes 0-2/3"],
      ["Content-MD5", "rL0Y20zC+Fzt72VPzMSk2A==", "N7UdGUp1E+RbVvZSTy1R8g=="],
      ["Digest", "sha-256=YQ==", "sha-256=Yg=="],
      ["Content-Digest", "sha-256=:YQ==:", "sha-256=:Yg==:"],
      ["Repr-Digest", "sha-256=:YQ==:", "sha-256=:Yg==:"],
      ["ETag", '"a"', 'W/"a"'],
      ["Vary", "a", "b"],
    ] as const) {
      expect(freshened([`${name}: ${one}`], [`${name}: ${two}`])).toEqual([`${name}: ${one}`]);
      expect(freshened(["A: 1"], [`${name}: ${two}`])).toEqual(["A: 1"]);
    }
  });

  test("what is not kept does not come in by a 304, nor take anything out", () => {
    const lines = ["A: 1", "B: 2", "Set-Cookie: x"];
    const dropping = policyOf({ dropsCookies: true });
    expect(freshened(lines, ["Connection: a", "A: 9", "Age: 5", "Set-Cookie: y", "Keep-Alive: 5"], dropping)).toEqual(
      lines,
    );
    const listing = 'Cache-Control: no-cache="B"';
    expect(freshened(lines, [listing, "B: 9"])).toEqual(["A: 1", "Set-Cookie: x", listing]);
  });
});

describe("the facts beside it", () => {
  function facts(fields: readonly string[], policy: CachePolicy = silent): StoredFacts {
    const head = responseHead(200, `Date: ${dateOf(0)}`, ...fields);
    const response = responseFacts(head);
    const freshness = new Freshness();
    freshness.read(response, policy, nowMs, nowMs);
    const filled = Object.assign(new StoredFacts(), { reason: 7 });
    writeStoredHead(new Output(), head, response, policy, filled);
    fillFacts(filled, response, freshness, policy, nowMs + 5);
    return filled;
  }

  const flagNames = (flags: number): string[] =>
    Object.entries(cacheFlag).flatMap(([name, flag]) => ((flags & flag) !== 0 ? [name] : []));

  test("times", () => {
    const lastModifiedMs = Math.floor(nowMs / 1000) * 1000 - 60_000;
    expect(facts([`Last-Modified: ${dateOf(-60)}`, "Cache-Control: max-age=9", "Age: 2"])).toMatchObject({
      status: 200,
      bornMs: nowMs - 2000,
      storedMs: nowMs + 5,
      freshForMs: 9000,
      lastModifiedMs,
      staleWhileRevalidateMs: 0,
      staleIfErrorMs: 0,
      reason: 0,
      bodyBytes: -1,
    });
  });

  test("flags", () => {
    const rows: readonly (readonly [readonly string[], readonly string[]])[] = [
      [["Cache-Control: max-age=9"], []],
      [["Cache-Control: max-age=9, must-revalidate"], ["mustRevalidate"]],
      [["Cache-Control: max-age=9, proxy-revalidate"], ["mustRevalidate"]],
      [["Cache-Control: s-maxage=9"], ["mustRevalidate", "isUnextended"]],
      [["Cache-Control: s-maxage=9, stale-while-revalidate=5"], ["isUnextended"]],
      [["Cache-Control: s-maxage=9, stale-if-error=5, must-revalidate"], ["mustRevalidate", "isUnextended"]],
      [
        ["Cache-Control: no-cache", 'ETag: "a"'],
        ["alwaysRevalidate", "hasEtag"],
      ],
      [['Cache-Control: no-cache="a", max-age=9'], []],
      [["Cache-Control: max-age=9, immutable"], ["isImmutable"]],
      [[`Last-Modified: ${dateOf(-60)}`], ["hasLastModified", "isHeuristic"]],
      [["Last-Modified: x", 'ETag: "a"', "Connection: etag"], []],
    ];
    for (const [fields, wanted] of rows)
      expect([fields, flagNames(facts(fields).flags)]).toEqual([fields, [...wanted]]);
  });

  test("how long it may be shown stale: as it says itself, else as the pool says, unless that is forbidden", () => {
    const policy = policyOf({ staleWhileRevalidateMs: 3000, staleIfErrorMs: 4000 });
    const stale = (control: string, by = policy): number[] => {
      const { staleWhileRevalidateMs, staleIfErrorMs } = facts([`Cache-Control: ${control}`], by);
      return [staleWhileRevalidateMs, staleIfErrorMs];
    };
    expect(stale("max-age=1", silent)).toEqual([0, 0]);
    expect(stale("max-age=1")).toEqual([3000, 4000]);
    expect(stale("max-age=1, stale-while-revalidate=7")).toEqual([7000, 4000]);
    expect(stale("max-age=1, stale-while-revalidate=0, stale-if-error=x")).toEqual([0, 0]);
    expect(stale("max-age=1, must-revalidate, stale-if-error=9")).toEqual([0, 0]);
    expect(stale("s-maxage=1")).toEqual([0, 0]);
    expect(stale("s-maxage=1, stale-if-error=9")).toEqual([0, 9000]);
  });
});
