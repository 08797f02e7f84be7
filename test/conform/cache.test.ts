// Caching as RFC 9111 and its companions have it, in conversations: an origin says something, time passes, a client asks. Grouped as
// the public test suites of HTTP caches are, each group with the section that it is about.

import { describe, expect, test } from "bun:test";
import { dateOf } from "../cacheheads.ts";
import { CacheModel } from "./cachemodel.ts";
import { cc, isHit, now, second, table } from "./cachetalk.ts";

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
