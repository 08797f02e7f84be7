import { describe, expect, test } from "bun:test";
import {
  dateOf,
  latin1,
  nowMs,
  policyOf,
  requestFacts,
  requestHead,
  responseFacts,
  responseHead,
} from "../../test/cacheheads.ts";
import { cacheFlag } from "../memory/cache.ts";
import { StoredFacts } from "../memory/cachefacts.ts";
import { Head } from "../wire/http1/head.ts";
import { Output } from "../wire/http1/writer.ts";
import { freshen } from "./freshen.ts";
import { reasonWords } from "./storing.ts";

interface Freshened {
  readonly why: string;
  readonly facts: StoredFacts;
  readonly text: string;
}

function play(
  before: readonly string[],
  after: readonly string[],
  asking: readonly string[] = [],
  fieldsMax = 32,
): Freshened {
  const stored = responseHead(200, ...before);
  const head = responseHead(304, ...after);
  const facts = Object.assign(new StoredFacts(), { bodyBytes: 77 });
  const output = new Output();
  output.latin1("what was there");
  const why = freshen(
    output,
    {
      stored,
      head,
      response: responseFacts(head),
      request: requestFacts(requestHead("GET /", ...asking)),
      policy: policyOf(),
      requestMs: nowMs - 100,
      responseMs: nowMs,
    },
    new Head(fieldsMax),
    facts,
  );
  return { why: reasonWords[why]![0], facts, text: latin1(output.bytes, 0, output.length) };
}

const old = [`Date: ${dateOf(-7200)}`, 'ETag: "a"', "Content-Length: 77"];

describe("a 304 makes new facts", () => {
  test("its age and date count, not those of before", () => {
    const { why, facts, text } = play([...old, "Cache-Control: max-age=60"], [`Date: ${dateOf(0)}`, "Age: 3"]);
    expect(why).toBe("stored");
    expect(facts).toMatchObject({
      status: 200,
      bornMs: nowMs - 3100,
      freshForMs: 60_000,
      bodyBytes: 77,
      storedMs: nowMs,
    });
    expect(facts.flags).toBe(cacheFlag.hasEtag);
    expect(text).toBe(
      `HTTP/1.1 200 Words\r\nETag: "a"\r\nContent-Length: 77\r\nCache-Control: max-age=60\r\nDate: ${dateOf(0)}\r\n\r\n`,
    );
    expect(text.slice(facts.etagStart, facts.etagEnd)).toBe('"a"');
  });

  test("one without a date is of now", () => {
    expect(play([...old, "Cache-Control: max-age=60"], []).facts.bornMs).toBe(nowMs);
  });

  test("what it says of its lifetime counts", () => {
    expect(play([...old, "Cache-Control: max-age=1"], ["Cache-Control: max-age=3600"]).facts.freshForMs).toBe(
      3_600_000,
    );
    expect(
      play([...old, `Expires: ${dateOf(-7100)}`], [`Date: ${dateOf(0)}`, `Expires: ${dateOf(9)}`]).facts.freshForMs,
    ).toBe(9000);
  });
});

test("a 304 can forbid what was allowed", () => {
  const before = [...old, "Cache-Control: max-age=60"];
  expect(play(before, ["Cache-Control: no-store"]).why).toBe("no-store");
  expect(play(before, ["Cache-Control: private"]).why).toBe("private");
  expect(play(before, ["Set-Cookie: a=b"]).why).toBe("set-cookie");
});

test("a 304 for one who has credentials says that it is good, and nothing else", () => {
  const before = [...old, "Cache-Control: max-age=60", "X-User: nobody"];
  const asking = ["Authorization: x"];
  for (const after of [[], ["Cache-Control: no-store"], ["Cache-Control: private, max-age=5"], ["Set-Cookie: a=b"]]) {
    const { why, facts, text } = play(before, [...after, 'ETag: "a"', "X-User: me", `Date: ${dateOf(0)}`], asking);
    expect([after, why, facts.freshForMs, facts.bornMs]).toEqual([after, "stored", 60_000, nowMs]);
    expect(text).toBe(`HTTP/1.1 200 Words\r\n${before.join("\r\n")}\r\n\r\n`);
    expect(text.slice(facts.etagStart, facts.etagEnd)).toBe('"a"');
  }
});

test("unless it says that it is for all", () => {
  const before = [...old, "Cache-Control: max-age=60"];
  const { why, text } = play(before, ["Cache-Control: public, max-age=5", "X-New: 1"], ["Authorization: x"]);
  expect([why, text.includes("X-New: 1"), text.includes("max-age=5")]).toEqual(["stored", true, true]);
  expect(play(before, ["Cache-Control: public, max-age=5, no-store"], ["Authorization: x"]).why).toBe("no-store");
});

test("what asked does not matter else", () => {
  expect(play([...old, "Cache-Control: max-age=60"], [], ["Cache-Control: no-store"]).why).toBe("stored");
});

test("a head that gets too many fields is not kept", () => {
  expect(play([...old, "Cache-Control: max-age=60"], ["A: 1"], [], 4).why).toBe("no-room");
});
