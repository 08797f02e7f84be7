// What caches do by RFC 9111, the second half: variants, conditions, updates, invalidation, ranges, users, keys. The first is in
// cache.test.ts.

import { describe, expect, test } from "bun:test";
import { dateOf, policyOf } from "../cacheheads.ts";
import { CacheModel } from "./cachemodel.ts";
import { cc, type Fields, isHit, now, second, table } from "./cachetalk.ts";

describe("Vary (section 4.1)", () => {
  const fresh = (vary: string): Fields => [cc("max-age=3600"), `Vary: ${vary}`];
  const rows: readonly (readonly [boolean, string, Fields, Fields])[] = [
    [true, "Foo", ["Foo: 1"], ["Foo: 1"]],
    [false, "Foo", ["Foo: 1"], ["Foo: 2"]],
    [false, "Foo", ["Foo: 1"], []],
    [false, "Foo", [], ["Foo: 1"]],
    [true, "Foo", ["Foo: 1", "Other: 2"], ["Foo: 1", "Other: 3"]],
    [true, "Foo, Bar", ["Foo: 1", "Bar: abc"], ["Bar: abc", "Foo: 1"]],
    [false, "Foo, Bar", ["Foo: 1", "Bar: abc"], ["Foo: 2", "Bar: abc"]],
    [false, "Foo, Bar", ["Foo: 1", "Bar: abc"], ["Foo: 1"]],
    [true, "Foo, Bar, Baz", ["Foo: 1", "Baz: 789"], ["Foo: 1", "Baz: 789"]],
    [false, "Foo, Bar, Baz", ["Foo: 1", "Bar: abc4", "Baz: 789"], ["Foo: 1", "Bar: abc", "Baz: 789"]],
    [false, "*", ["Foo: 1"], ["Foo: 1"]],
    [false, "*, Foo", ["Foo: 1"], ["Foo: 1"]],
    [false, ", *", ["Foo: 1"], ["Foo: 1"]],
    [true, "Foo", ["Foo: 1,2"], ["Foo:  1, 2 "]],
    [true, "Foo", ["Foo: 1, 2"], ["Foo: 1", "Foo: 2"]],
    [true, "Accept-Language", ["Accept-Language: en, de"], ["Accept-Language: eN,de"]],
    [true, "Accept-Encoding", ["Accept-Encoding: gzip, br"], ["Accept-Encoding: br, gzip;q=0.9"]],
    [false, "Accept-Encoding", ["Accept-Encoding: gzip"], []],
  ];
  for (const [wanted, vary, first, asks] of rows)
    test(`${wanted ? "chosen" : "not chosen"}: ${vary}, ${first.join(" | ")}, then ${asks.join(" | ")}`, () =>
      expect(isHit(fresh(vary), { first, asks })).toBe(wanted));

  test("one variant does not push the other out", () => {
    const model = new CacheModel();
    for (const value of [1, 2]) model.ask("GET /", [`Foo: ${value}`], { fields: fresh("Foo"), body: `body ${value}` });
    for (const value of [1, 2]) {
      expect(model.ask("GET /", [`Foo: ${value}`], null)).toBe("hit 200");
      expect(model.got).toEndWith(`body ${value}`);
    }
  });

  test("what was chosen by one thing is not validated for another", () => {
    const model = new CacheModel();
    model.ask("GET /", ["Abc: 1"], { fields: [...fresh("Abc"), 'ETag: "a"'] });
    expect(model.ask("GET /", ["Abc: 2"], { fields: fresh("Abc") })).toBe("miss 200 stored");
    expect(model.asked).toBe("");
  });
});

describe("conditions (section 4.3)", () => {
  const tagged = [cc("max-age=3600"), 'ETag: "abcdef"'];
  const dated = [cc("max-age=3600"), `Last-Modified: ${dateOf(-3000)}`, now];
  test("a 304 from the cache, with ETag and without a body", () => {
    const model = new CacheModel();
    model.ask("GET /", [], { fields: [...tagged, "Content-Length: 3"], body: "abc" });
    for (const list of ['"abcdef"', 'W/"abcdef"', '"1", "abcdef"', "*"]) {
      expect(model.ask("GET /", [`If-None-Match: ${list}`], null)).toBe("hit 304");
      expect(model.got).toContain('\r\nETag: "abcdef"\r\n');
      expect(model.got).not.toContain("Content-Length");
      expect(model.got).toEndWith("\r\n\r\n");
    }
    expect(model.ask("GET /", ['If-None-Match: "other"'], null)).toBe("hit 200");
  });

  test("by dates, in each of their forms", () => {
    for (const since of [dateOf(-3000), dateOf(-100), "Sunday, 06-Nov-33 08:49:37 GMT", "Sun Nov  6 08:49:37 2033"])
      expect(second(dated, { asks: [`If-Modified-Since: ${since}`] })).toBe("hit 304");
    expect(second(dated, { asks: [`If-Modified-Since: ${dateOf(-4000)}`] })).toBe("hit 200");
  });

  test("what is stale is asked about by all that it has, and shown when it still holds", () => {
    const model = new CacheModel();
    const modified = `Last-Modified: ${dateOf(-3000)}`;
    model.ask("GET /", [], { fields: [cc("max-age=2"), 'ETag: W/"a"', modified], body: "abc" });
    model.passes(3);
    expect(model.ask("GET /", [], { status: 304, fields: ['ETag: W/"a"', cc("max-age=60")] })).toBe("validated 200");
    expect(model.asked).toBe(`If-None-Match: W/"a"\r\nIf-Modified-Since: ${dateOf(-3000)}\r\n`);
    expect(model.got).toEndWith("abc");
    model.passes(50);
    expect(model.ask("GET /", [], null)).toBe("hit 200");
  });

  test("If-Match and If-Unmodified-Since are passed on", () => {
    for (const field of ['If-Match: "x"', `If-Unmodified-Since: ${dateOf(0)}`])
      expect(second(tagged, { asks: [field], answer: { status: 412, fields: [] } })).toBe("miss 412 no-lifetime");
  });

  test("a 304 about something else makes nothing fresh", () => {
    const answer = { status: 304, fields: ['ETag: "other"'] };
    expect(second([cc("max-age=2"), 'ETag: "a"'], { answer })).toBe("304 of another");
  });
});

describe("what a 304 changes (section 3.2)", () => {
  const before = (name: string, value: string): Fields => [cc("max-age=2"), now, 'ETag: "e"', `${name}: ${value}`];
  for (const [name, one, two] of [
    ["Test-Header", "a", "b"],
    ["X-Content-Foo", "a", "b"],
    ["Content-Type", "text/plain", "text/plain;charset=utf-8"],
    ["Content-Location", "/a", "/b"],
    ["Content-Security-Policy", "default-src 'self'", "default-src 'none'"],
    ["Expires", dateOf(1), dateOf(3600)],
  ] as const)
    test(`${name} is replaced, in the answer and in what is stored`, () => {
      const model = new CacheModel();
      model.ask("GET /", [], { fields: before(name, one) });
      model.passes(3);
      const answer = { status: 304, fields: [cc("max-age=3600"), 'ETag: "e"', `${name}: ${two}`] };
      expect(model.ask("GET /", [], answer)).toBe("validated 200");
      for (let times = 0; times < 2; times++) {
        expect(model.got).toContain(`\r\n${name}: ${two}\r\n`);
        expect(model.got).not.toContain(`\r\n${name}: ${one}\r\n`);
        model.passes(3);
        expect(model.ask("GET /", [], null)).toBe("hit 200");
      }
    });

  test("Content-Length and Content-Encoding are not", () => {
    const model = new CacheModel();
    model.ask("GET /", [], { fields: [...before("Content-Encoding", "gzip"), "Content-Length: 3"], body: "abc" });
    model.passes(3);
    model.ask("GET /", [], { status: 304, fields: ['ETag: "e"', "Content-Length: 0", "Content-Encoding: br"] });
    expect(model.got).toContain("\r\nContent-Length: 3\r\n");
    expect(model.got).toContain("\r\nContent-Encoding: gzip\r\n");
  });
});

describe("HEAD (section 4.3.5)", () => {
  const fields = [cc("max-age=3600"), 'ETag: "a"', "Content-Length: 3"];
  const stored = (): CacheModel => {
    const model = new CacheModel();
    model.ask("GET /", [], { fields, body: "abc" });
    return model;
  };

  test("is answered from what GET has stored, and stores nothing itself", () => {
    const model = stored();
    expect(model.ask("HEAD /", [], null)).toBe("hit 200");
    expect(model.got).toEndWith("\r\n\r\n");
    const other = new CacheModel();
    expect(other.ask("HEAD /", [], { fields })).toBe("miss 200 method");
    expect(other.ask("GET /", [], { fields })).toBe("miss 200 stored");
  });
});

describe("what changes something (section 4.4)", () => {
  const fresh = { fields: [cc("max-age=3600")] };
  for (const method of ["POST", "PUT", "DELETE", "M-SEARCH"]) {
    test(`${method} makes its URL stale when it is no error`, () => {
      const model = new CacheModel();
      model.ask("GET /", [], fresh);
      expect(model.ask(`${method} /`, [], { fields: [] })).toBe("passed 200");
      expect(model.ask("GET /", [], fresh)).toBe("miss 200 stored");
      expect(model.ask(`${method} /`, [], { status: 500, fields: [] })).toBe("passed 500");
      expect(model.ask("GET /", [], null)).toBe("hit 200");
    });

    test(`${method} makes what Location and Content-Location name stale`, () => {
      const model = new CacheModel();
      for (const target of ["/", "/a", "/b", "/c"]) model.ask(`GET ${target}`, [], fresh);
      model.ask(`${method} /`, [], { fields: ["Location: /a", "Content-Location: http://shop.example/b"] });
      for (const target of ["/", "/a", "/b"]) expect(model.ask(`GET ${target}`, [], fresh)).toBe("miss 200 stored");
      model.ask(`${method} /`, [], { fields: ["Location: http://other.example/c"] });
      expect(model.ask("GET /c", [], null)).toBe("hit 200");
    });
  }
  test("what is safe does not", () => {
    const model = new CacheModel();
    model.ask("GET /", [], fresh);
    model.ask("OPTIONS /", [], { fields: [] });
    expect(model.ask("GET /", [], null)).toBe("hit 200");
  });
});

describe("ranges of a whole (RFC 9110 section 14)", () => {
  const fresh = [cc("max-age=3600"), 'ETag: "a"'];
  const rows: readonly (readonly [string, string, string])[] = [
    ["bytes=0-1", "hit 206", "01"],
    ["bytes=1-", "hit 206", "123456789A"],
    ["bytes=-1", "hit 206", "A"],
    ["bytes=11-", "hit 416", ""],
    ["chars=0-1", "hit 200", "0123456789A"],
    ["bytes=0-,0-,0-", "hit 200", "0123456789A"],
  ];
  for (const [range, wanted, body] of rows)
    test(`${range} is ${wanted}`, () => {
      const model = new CacheModel();
      model.ask("GET /", [], { fields: fresh, body: "0123456789A" });
      expect(model.ask("GET /", [`Range: ${range}`], null)).toBe(wanted);
      expect(model.got.slice(model.got.indexOf("\r\n\r\n") + 4)).toBe(body);
    });
  test("If-Range that does not hold gives the whole", () => {
    expect(second(fresh, { asks: ["Range: bytes=0-1", 'If-Range: "b"'] })).toBe("hit 200");
    expect(second(fresh, { asks: ["Range: bytes=0-1", 'If-Range: "a"'] })).toBe("hit 206");
  });
  test("a condition comes before a range", () => {
    expect(second(fresh, { asks: ["Range: bytes=0-1", 'If-None-Match: "a"'] })).toBe("hit 304");
  });
  test("parts are not stored", () => {
    expect(isHit([cc("max-age=3600"), "Content-Range: bytes 0-1/3"], { status: 206 })).toBe(false);
  });
});

describe("users and their secrets (sections 3.5 and 7)", () => {
  const first = ["Authorization: Basic x"];
  table([
    [false, [cc("max-age=3600")], { first }],
    [true, [cc("max-age=3600, public")], { first }],
    [true, [cc("max-age=3600, must-revalidate")], { first }],
    [true, [cc("s-maxage=3600")], { first }],
    [false, [cc("max-age=3600"), "Set-Cookie: a=b"]],
    [true, [cc("max-age=3600"), "Set-Cookie: a=b"], { policy: { dropsCookies: true } }],
    [true, [cc("max-age=3600")], { asks: ["Cookie: a=b"] }],
  ]);
  test("a cookie that a pool drops is nobody else's", () => {
    const model = new CacheModel(policyOf({ dropsCookies: true }));
    model.ask("GET /", [], { fields: [cc("max-age=3600"), "Set-Cookie: session=1"] });
    expect(model.got).toContain("session=1");
    model.ask("GET /", [], null);
    expect(model.got).not.toContain("session");
  });
});

describe("keys (section 2)", () => {
  const fresh = { fields: [cc("max-age=3600")] };
  test("another query, path or host is another response", () => {
    const model = new CacheModel();
    model.ask("GET /a?b=1", [], fresh);
    for (const [line, fields] of [
      ["GET /a?b=2", []],
      ["GET /a", []],
      ["GET /A?b=1", []],
      ["GET /a?b=1", ["Host: other.example"]],
      ["GET /a?b=1", ["Host: shop.example:8080"]],
    ] as const)
      expect([line, model.ask(line, fields, fresh)]).toEqual([line, "miss 200 stored"]);
    expect(model.ask("GET /a?b=1", ["Host: SHOP.EXAMPLE"], null)).toBe("hit 200");
    expect(model.ask("GET http://shop.example/a?b=1", [], null)).toBe("hit 200");
  });
});
