// Caching as RFC 9111 and its companions have it, in conversations: an origin says something, time passes, a client asks. Grouped as
// the public test suites of HTTP caches are, each group with the section that it is about.

import { describe, expect, test } from "bun:test";
import { dateOf, policyOf } from "../cacheheads.ts";
import { type Answer, CacheModel } from "./cachemodel.ts";

type Fields = readonly string[];

interface Second {
  readonly status?: number;
  readonly policy?: Parameters<typeof policyOf>[0];
  readonly first?: Fields;
  readonly asks?: Fields;
  readonly waitS?: number;
  readonly answer?: Answer | null;
}

/** What becomes of the second of two requests for one URL, the first of which was answered with these fields. */
function second(fields: Fields, said: Second = {}): string {
  const { status = 200, policy, first = [], asks = [], waitS = 3, answer = { fields: [] } } = said;
  const model = new CacheModel(policyOf(policy));
  model.ask("GET /", first, { status, fields, body: "0123456789A" });
  model.passes(waitS);
  return model.ask("GET /", asks, answer);
}

const isHit = (fields: Fields, said: Second = {}): boolean => second(fields, said) === `hit ${said.status ?? 200}`;
const now = `Date: ${dateOf(0)}`;
const cc = (value: string): string => `Cache-Control: ${value}`;

function table(rows: readonly (readonly [boolean, Fields, Second?])[]): void {
  for (const [wanted, fields, said] of rows)
    test(`${wanted ? "reused" : "not reused"}: ${fields.join(" | ")}${said === undefined ? "" : ` ${JSON.stringify(said)}`}`, () =>
      expect(isHit(fields, said)).toBe(wanted));
}

describe("freshness by Cache-Control (RFC 9111 section 5.2.2)", () => {
  table([
    [true, [cc("max-age=3600")]],
    [false, []],
    [false, [cc("max-age=0")]],
    [false, [cc("max-age=2")]],
    [true, [cc("max-age=2147483647")]],
    [true, [cc("max-age=2147483648")]],
    [true, [cc("max-age=99999999999")]],
    [true, [cc("max-age=3600"), `Expires: ${dateOf(-7200)}`, now]],
    [true, [cc("max-age=3600"), "Expires: 0", now]],
    [false, [cc("max-age=0"), `Expires: ${dateOf(7200)}`, now]],
    [false, [cc("max-age=3600"), "Age: 7200"]],
    [false, [cc("max-age=3600"), `Date: ${dateOf(-7200)}`]],
    [true, [cc("s-maxage=3600")]],
    [true, [cc("max-age=0, s-maxage=3600")]],
    [false, [cc("max-age=3600, s-maxage=0")]],
    [true, [cc("foobar, max-age=3600")]],
    [true, [cc("MaX-aGe=3600")]],
    [true, [cc("public"), `Last-Modified: ${dateOf(-86_400)}`, now], { status: 599 }],
  ]);
});

describe("Cache-Control as it is written (section 5.2)", () => {
  table([
    [true, [cc('max-age="3600"')]],
    [true, [cc("max-age=003600")]],
    [false, [cc("max-age='3600'")]],
    [false, [cc('extension="max-age=3600", max-age=1')]],
    [false, [cc('max-age=1, extension="max-age=3600"')]],
    [true, [cc("max-age=1800, max-age=1")]],
    [true, [cc("max-age=1800"), cc("max-age=1")]],
    [false, [cc("max-age=1, max-age=1800")]],
    [false, [cc("max-age =3600")]],
    [false, [cc("max-age= 3600")]],
    [false, [cc("max-age=3600.0")]],
    [false, [cc("max-age=a3600")]],
    [false, [cc("max-age=3600a")]],
  ]);
});

describe("Age (section 5.1)", () => {
  const fresh = [now, cc("max-age=3600")];
  table([
    [true, [...fresh, "Age: abc"]],
    [true, [...fresh, "Age: -7200"]],
    [true, [...fresh, "Age: 7200.0"]],
    [true, [...fresh, "Age: 0,7200"]],
    [true, [...fresh, "Age: 0", "Age: 7200"]],
    [true, [...fresh, "Age: 0, 0"]],
    [false, [...fresh, "Age: 7200,0"]],
    [false, [...fresh, "Age: 7200", "Age: 0"]],
    [false, [...fresh, "Age: 99999999999999"]],
  ]);

  test("is written for what is shown, Date stays", () => {
    const model = new CacheModel();
    model.ask("GET /", [], { fields: [now, "Age: 30", cc("max-age=600")] });
    model.passes(3);
    expect(model.ask("GET /", [], null)).toBe("hit 200");
    expect(model.got).toContain("\r\nAge: 33\r\n");
    expect(model.got.match(/Age:/g)?.length).toBe(1);
    expect(model.got).toContain(`\r\n${now}\r\n`);
  });
});

describe("Expires (section 5.3)", () => {
  table([
    [true, [now, `Expires: ${dateOf(3600)}`]],
    [true, [`Expires: ${dateOf(3600)}`]],
    [false, [now, `Expires: ${dateOf(-3600)}`]],
    [false, [now, `Expires: ${dateOf(0)}`]],
    [false, [now, `Expires: ${dateOf(3600)}`, "Age: 7200"]],
    [false, [`Date: ${dateOf(-7200)}`, `Expires: ${dateOf(-3600)}`]],
    [false, [`Date: ${dateOf(3600)}`, `Expires: ${dateOf(3600)}`]],
    [true, [now, "Expires: Thursday, 18-Aug-50 02:01:18 GMT"]],
    [true, [now, "Expires: Thu Aug 18 02:01:18 2050"]],
    [true, [now, "Expires: THU, 18 AUG 2050 02:01:18 gmt"]],
    [true, [now, "Expires: Thu, 18 Aug 2050 02:01:18 UTC"]],
    [false, [now, "Expires: Thu, 18 Aug 2050 02:01:18 AEST"]],
    [false, [now, "Expires: Thu, 18 Aug 50 02:01:18 GMT"]],
    [false, [now, "Expires: Thu 18 Aug 2050 02:01:18 GMT"]],
    [false, [now, "Expires: Thu, 18  Aug  2050 02:01:18 GMT"]],
    [false, [now, "Expires: Thu, 18-Aug-2050 02:01:18 GMT"]],
    [false, [now, "Expires: Thu, 18 Aug 2050 02.01.18 GMT"]],
    [false, [now, "Expires: Thu, 18 Aug 2050 2:01:18 GMT"]],
    [false, [now, "Expires: 0"]],
  ]);
});

describe("guessed lifetimes (section 4.2.2)", () => {
  const modified = [now, `Last-Modified: ${dateOf(-86_400)}`];
  for (const status of [200, 203, 204, 404, 405, 410, 414, 501])
    test(`${status} is guessed about`, () => expect(isHit(modified, { status })).toBe(true));
  for (const status of [201, 202, 302, 403, 502, 503, 504, 599])
    test(`${status} is not`, () => expect(isHit(modified, { status })).toBe(false));
  table([
    [true, [now, `Last-Modified: ${dateOf(-60)}`]],
    [false, [now, `Last-Modified: ${dateOf(-20)}`]],
    [true, [...modified, "Content-Disposition: attachment; filename=example.txt"]],
  ]);
});

describe("statuses (section 3)", () => {
  for (const status of [200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599]) {
    test(`${status} is reused while it is fresh`, () => expect(isHit([cc("max-age=3600")], { status })).toBe(true));
    test(`${status} is not reused when it is stale`, () => expect(isHit([cc("max-age=2")], { status })).toBe(false));
  }
});

describe("response directives (section 5.2.2)", () => {
  table([
    [false, [cc("private, max-age=3600")]],
    [false, [cc("No-StOrE, max-age=3600")]],
    [false, [cc("max-age=3600, no-store"), `Expires: ${dateOf(3600)}`]],
    [false, [cc("max-age=3600, No-CaChE"), 'ETag: "a"']],
    [true, [cc("max-age=3600, must-revalidate"), 'ETag: "a"']],
    [true, [cc("max-age=3600, must-understand, no-store")]],
    [false, [cc("max-age=3600, must-understand, no-store")], { status: 299 }],
    [true, [cc("max-age=3600, immutable")], { asks: [cc("max-age=0")] }],
    [false, [cc("max-age=3600, immutable")], { asks: [cc("no-cache")] }],
    [false, [cc("max-age=2, immutable")], { asks: [cc("max-age=0")] }],
  ]);

  test("no-cache is kept, and asked about each time", () => {
    const model = new CacheModel();
    model.ask("GET /", [], { fields: [cc("max-age=3600, no-cache"), 'ETag: "a"'] });
    expect(model.ask("GET /", [], { status: 304, fields: ['ETag: "a"'] })).toBe("validated 200");
    expect(model.asked).toBe('If-None-Match: "a"\r\n');
  });

  test("fields that no-cache names are not kept, the rest is used", () => {
    const model = new CacheModel();
    model.ask("GET /", [], { fields: [cc('no-cache="a, b"'), "a: 1", "b: 2", "c: 3", cc("max-age=3600")] });
    expect(model.ask("GET /", [], null)).toBe("hit 200");
    expect(model.got).toContain("\r\nc: 3\r\n");
    expect(model.got).not.toMatch(/\r\n[ab]:/);
  });

  test("what is stored stays when a newer one may not be", () => {
    const model = new CacheModel();
    model.ask("GET /", [], { fields: [cc("max-age=3600"), "A: 1"] });
    expect(model.ask("GET /", [cc("no-cache")], { fields: [cc("no-store"), "A: 2"] })).toBe("miss 200 no-store");
    expect(model.ask("GET /", [], null)).toBe("hit 200");
    expect(model.got).toContain("A: 1");
  });
});

describe("request directives (section 5.2.1) and Pragma (section 5.4)", () => {
  const fresh = [cc("max-age=3600")];
  table([
    [false, fresh, { asks: [cc("max-age=0")] }],
    [false, fresh, { asks: [cc("max-age=1")] }],
    [true, fresh, { asks: [cc("max-age=10")] }],
    [false, fresh, { asks: [cc("min-fresh=3600")] }],
    [true, fresh, { asks: [cc("min-fresh=60")] }],
    [false, fresh, { asks: [cc("no-cache")] }],
    [false, fresh, { asks: ["Pragma: no-cache"] }],
    [true, fresh, { asks: ["Pragma: no-cache", cc("max-age=10")] }],
    [true, fresh, { asks: [cc("only-if-cached")] }],
    [true, [...fresh, "Pragma: no-cache"]],
    [true, [...fresh, "Pragma: no-cache", cc("foo")]],
    [false, fresh, { first: [cc("no-store")] }],
    [true, fresh, { asks: [cc("no-store")] }],
    [true, fresh, { asks: [cc("no-cache")], policy: { honorsRequests: false } }],
    [true, fresh, { asks: ["Pragma: no-cache"], policy: { honorsRequests: false } }],
  ]);

  test("max-stale takes what is stale, as far as it goes", () => {
    expect(second([cc("max-age=2")], { asks: [cc("max-stale=5")] })).toBe("stale 200");
    expect(second([cc("max-age=2")], { asks: [cc("max-stale=5")], waitS: 9 })).toBe("miss 200 no-lifetime");
    expect(second([cc("max-age=2, must-revalidate")], { asks: [cc("max-stale")] })).toStartWith("miss");
  });

  test("only-if-cached is answered with 504 where there is nothing", () => {
    expect(new CacheModel().ask("GET /", [cc("only-if-cached")], null)).toBe("504");
    expect(second([cc("max-age=2")], { asks: [cc("only-if-cached")] })).toBe("504");
  });
});

describe("serving stale (section 4.2.4, RFC 5861)", () => {
  const lenient = { staleIfErrorMs: 60_000 };
  const down = null;
  const error = { status: 503, fields: [] };

  test("when the origin is down or says 503, as the pool or the response allows", () => {
    for (const answer of [down, error]) {
      expect(second([cc("max-age=2")], { policy: lenient, answer })).toBe("stale 200");
      expect(second([cc("max-age=2, stale-if-error=60")], { answer })).toBe("stale 200");
      expect(second([cc("max-age=2, stale-if-error=60")], { answer, waitS: 63 })).not.toStartWith("stale");
      expect(second([cc("max-age=2")], { answer })).not.toStartWith("stale");
    }
    expect(second([cc("max-age=2")], { policy: lenient, answer: { status: 404, fields: [] } })).toStartWith("miss 404");
  });

  for (const directive of ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=2"])
    test(`never where ${directive} forbids it`, () =>
      expect(second([cc(`max-age=2, ${directive}`), 'ETag: "a"'], { policy: lenient, answer: down })).toBe("502"));

  test("while it is asked for anew", () => {
    expect(second([cc("max-age=2, stale-while-revalidate=60")])).toBe("stale 200");
    expect(second([cc("max-age=2, stale-while-revalidate=60")], { waitS: 62 })).toStartWith("miss");
    expect(second([cc("s-maxage=2, stale-while-revalidate=60")])).toBe("stale 200");
    expect(second([cc("max-age=2"), 'ETag: "a"'], { policy: { staleWhileRevalidateMs: 5000 } })).toBe("stale 200");
  });
});

describe("CDN-Cache-Control (RFC 9213)", () => {
  const cdn = (value: string): string => `CDN-Cache-Control: ${value}`;
  table([
    [true, [cdn("max-age=3600")]],
    [true, [cdn("max-age=2147483648")]],
    [true, [cdn("max-age=99999999999")]],
    [false, [now, cdn("max-age=3600"), "Age: 7200"]],
    [false, [cc("max-age=1"), cdn("max-age =100")]],
    [false, [cc("max-age=1"), cdn("max-age= 100")]],
    [false, [cdn("max-age=0")]],
    [true, [cdn("foobar, max-age=3600")]],
    [false, [cdn("MaX-aGe=3600")]],
    [true, [cdn("max-age=3600"), `Expires: ${dateOf(-3600)}`, now]],
    [true, [cdn("max-age=3600"), "Expires: 0", now]],
    [false, [cdn("max-age=0"), `Expires: ${dateOf(3600)}`, now]],
    [true, [cc("max-age=1"), cdn("max-age=3600")]],
    [false, [cc("max-age=3600"), cdn("max-age=1")]],
    [false, [cdn("private"), cc("max-age=3600")]],
    [false, [cdn("no-cache"), cc("max-age=3600")]],
    [false, [cc("max-age=3600"), cdn("no-store")]],
    [true, [cc("no-store"), cdn("max-age=3600")]],
    [false, [cdn("max-age=3600, &&&&&"), cc("no-store")]],
    [false, [cdn('max-age="3600"'), cc("no-store")]],
    [true, [cc("max-age=3600"), cdn("")]],
  ]);
});

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
