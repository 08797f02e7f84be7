import { describe, expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

const of = (config: object): string[] =>
  judge({
    listeners: { w: { listen: ":80", use: "a" } },
    pools: { a: { servers: ["s:1"] } },
    ...config,
  }).findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
const pool = (cache: unknown, more: object = {}): object => ({ pools: { a: { servers: ["s:1"], cache } }, ...more });

describe("caches", () => {
  test("one that nobody has described is there for the asking, and by no name", () => {
    expect(of(pool(true))).toEqual([]);
    expect(of(pool({ ttl: "1s" }))).toEqual([]);
    expect(of(pool("default"))).toEqual([
      expect.stringMatching(/^error pools\.a\.cache names the cache "default", .* there are no caches: add it under/),
    ]);
  });

  test("with several of them it has to be said which", () => {
    const caches = { one: {}, two: {} };
    expect(of(pool({ ttl: "1s" }, { caches }))).toEqual([expect.stringMatching(/^error .* one, two; write in: one/)]);
    expect(of(pool("one", { caches }))).toEqual(["warning caches.two is used by no pool"]);
    expect(of(pool(true, { caches: { one: {} } }))).toEqual([]);
  });

  test("what a listener makes of bodies is not for another listener to show", () => {
    const replace = [{ find: "a", by: "b" }];
    const listeners = { w: { listen: ":80", use: "a", replace }, x: { listen: ":81", use: "a" } };
    expect(of(pool(true, { listeners }))).toEqual([
      expect.stringMatching(
        /^error listeners\.w\.replace changes what the cache of the pool a stores, and x would show it/,
      ),
    ]);
    expect(of(pool(false, { listeners }))).toEqual([]);
    expect(of(pool(true, { listeners: { w: listeners.w } }))).toEqual([]);
  });

  test("a forward proxy uses caches too", () => {
    const listeners = { w: { listen: "127.0.0.1:80", use: "a", proxy: { cache: "one" } } };
    expect(of({ listeners, caches: { one: {} } })).toEqual([]);
    expect(of({ listeners })).toEqual([
      expect.stringMatching(/^error listeners\.w\.proxy\.cache names the cache "one"/),
    ]);
  });

  test("a condition is read as the workers will read it", () => {
    expect(of(pool({ bypass: "cookies['session'] != ''" }))).toEqual([]);
    expect(of(pool({ bypass: "path" }))).toEqual([expect.stringMatching(/^error pools\.a\.cache\.bypass /)]);
    const listeners = { w: { listen: "127.0.0.1:80", proxy: { cache: { bypass: "1 +" } } } };
    expect(of({ listeners, pools: {} }).some((line) => line.startsWith("error listeners.w.proxy.cache.bypass "))).toBe(
      true,
    );
  });
});

describe("pools that get copies", () => {
  test("are used, though no listener names them", () => {
    const pools = { a: { servers: ["s:1"], mirror: { to: "b" } }, b: { servers: ["s:2"] } };
    expect(of({ pools })).toEqual([]);
    expect(of({ pools: { ...pools, a: { servers: ["s:1"] } } })).toEqual(["warning pools.b is used by no listener"]);
  });

  test("may send copies back: a copy is not copied again", () => {
    expect(of({ pools: { a: { servers: ["s:1"], mirror: "b" }, b: { servers: ["s:2"], mirror: "a" } } })).toEqual([]);
  });
});

describe("forward proxies", () => {
  const listening = (listen: string, more: object = {}): string[] =>
    of({ listeners: { w: { listen, use: "a", proxy: true, ...more } } });

  test("that anybody may use are warned of", () => {
    expect(listening(":3128")).toEqual([expect.stringMatching(/^warning listeners\.w\.proxy is open: .* :3128 /)]);
    expect(listening("127.0.0.1:3128")).toEqual([]);
    expect(listening("[::1]:3128")).toEqual([]);
    expect(listening("unix:/run/proxy.sock")).toEqual([]);
    expect(listening(":3128", { auth: { users: { a: "b" } } })).toEqual([]);
    expect(listening(":3128", { rules: [{ if: "src != ip('10.0.0.1')", deny: 403 }] })).toEqual([]);
    expect(listening(":3128", { proxy: { allow: ["*.example.com"] } })).toEqual([]);
    expect(listening(":3128", { proxy: { allow: ["10.0.0.1", "*"] } })).toHaveLength(1);
  });

  test("that lead inside are warned of, however little is allowed, but for what everybody reaches there anyway", () => {
    const inside = (...allow: string[]): string[] => listening(":3128", { proxy: { allow, private: true } });
    expect(inside("10.0.0.1")).toEqual([
      expect.stringMatching(
        /is open: .* may have it ask for what allow names, those inside of this network among them;/,
      ),
    ]);
    expect(inside("s")).toEqual([]);
    expect(inside("s", "t")).toHaveLength(1);
    expect(listening("127.0.0.1:1", { proxy: { allow: ["10.0.0.1"], private: true } })).toEqual([]);
  });

  test("need no pool", () => {
    expect(of({ listeners: { w: { listen: "127.0.0.1:1", proxy: true }, v: { listen: ":2", use: "a" } } })).toEqual([]);
  });
});

test("whom nobody has let in cannot be let in by a password", () => {
  const auth = (value: object): string[] => of({ listeners: { w: { listen: ":80", use: "a", auth: value } } });
  expect(auth({ users: {} })).toEqual([expect.stringMatching(/^error listeners\.w\.auth lets nobody in/)]);
  expect(auth({ file: "users.htpasswd" })).toEqual([]);
});

describe("what patterns match", () => {
  const listeners = (rule: object): object => ({ listeners: { w: { listen: ":80", use: "a", rules: [rule] } } });
  const by = { pattern: "^/a/(.*)$", by: "/b/$1" };

  test("is replaced in fields, paths and targets of requests", () => {
    expect(of(listeners({ replaceHeader: { Referer: by }, rewritePath: by }))).toEqual([]);
    expect(of(listeners({ rewriteTarget: by }))).toEqual([]);
  });

  test("must be patterns, and what stands instead must name groups that there can be", () => {
    expect(of(listeners({ rewritePath: { pattern: "(", by: "x" } }))).toEqual([
      expect.stringMatching(/^error listeners\.w\.rules\[0\]\.rewritePath\.pattern is no regular expression/),
    ]);
    expect(of(listeners({ replaceHeader: { "X-A": { pattern: "a", by: "$x" } } }))).toEqual([
      expect.stringMatching(/^error listeners\.w\.rules\[0\]\.replaceHeader\.X-A\.by has a \$ that names nothing/),
    ]);
    expect(of(listeners({ replaceHeader: { Host: by } }))).toEqual([expect.stringMatching(/^warning .* does nothing/)]);
  });

  test("is replaced once in a rule: path and target do not stand beside each other", () => {
    expect(of(listeners({ rewritePath: by, setTarget: "/x" }))).toEqual([
      expect.stringMatching(/^error .*rewritePath cannot stand beside setTarget/),
    ]);
    expect(of(listeners({ rewriteTarget: by, rewritePath: by }))).toEqual([
      expect.stringMatching(/^error .*rewriteTarget cannot stand beside rewritePath/),
    ]);
  });

  test("in a response only fields are", () => {
    const response = { rules: { response: [{ rewritePath: by, replaceHeader: { Location: by } }] } };
    expect(of({ pools: { a: { servers: ["s:1"], ...response } } })).toEqual([
      expect.stringMatching(/^error pools\.a\.rules\.response\[0\]\.rewritePath is for requests/),
    ]);
  });
});

test("what stands in the place of a text in bodies is at most a megabyte, which it is in UTF-8", () => {
  const replaced = (by: string): string[] => of({ pools: { a: { servers: ["s:1"], replace: [{ find: "x", by }] } } });
  expect(replaced("b".repeat(1024 * 1024))).toEqual([]);
  expect(replaced(`${"b".repeat(1024 * 1024 - 1)}ü`)).toEqual(["error pools.a.replace[0].by must be at most 1mb long"]);
});
