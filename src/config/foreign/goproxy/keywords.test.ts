import { expect, test } from "bun:test";
import { loosened } from "./keywords.ts";
import { apart, reverse, scene } from "./translated.fixture.ts";

test("numbers, truth values and lists may be texts, where a number, truth value or list is meant", () => {
  expect(
    loosened({ Server: { Port: 80, REVERSE: "True", auth: 0, proxy_pass: " a:1  b:2 ", cache_timeout: "60" } }),
  ).toEqual({
    Server: { Port: "80", REVERSE: true, auth: false, proxy_pass: ["a:1", "b:2"], cache_timeout: 60 },
  });
  const strange = { server: { reverse: "yes", cache_timeout: "1m", port: [], log: 2 }, redis: 5, other: { log: "1" } };
  expect(loosened(strange)).toEqual(strange);
});

test("a key that goproxy does not have is an error, with the one that was meant, in every section", () => {
  const found = reverse("cahce = true\n[mem]\ncapacty = 5\n[redis]\nredis_host2 = 'x'\n[memory]\na = 1");
  expect(apart(found)).toEqual([
    expect.stringMatching(/^error memory is no key of goproxy; known here: title, server, redis, mem$/),
    'error server.cahce is no key of goproxy; did you mean "cache"?',
    'error redis.redis_host2 is no key of goproxy; did you mean "redis_host"?',
    'error mem.capacty is no key of goproxy; did you mean "capacity"?',
  ]);
});

test("what goproxy reads nowhere, but has in its examples, is no mistake", () => {
  const { told } = scene('title = "x"\n[server]\nport = ":1"\nreverse = false\nadmin = { admin = "root" }');
  expect(told.filter((line) => line.startsWith("error"))).toEqual([]);
});
