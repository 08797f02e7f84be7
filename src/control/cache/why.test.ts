import { expect, test } from "bun:test";
import { reason } from "../../cache/storing.ts";
import { compilePoolCache } from "../../config/compilecontent.ts";
import { judge } from "../../config/judge.ts";
import { cacheFlag } from "../../memory/cache.ts";
import { CacheStore } from "../../memory/cachestore.ts";
import { readRequest } from "./request.ts";
import { variantOf } from "./stored.ts";
import { type CacheUser, whyKeys } from "./why.ts";

const nowMs = 1000;

test("a request is read as people write it, and refused as a listener would refuse it", () => {
  const read = (url: string, ...fields: string[]): string => {
    const request = readRequest(url, "GET", fields);
    return request.ok ? request.value.url : request.message;
  };
  expect(read("Shop.test:80")).toBe("http://shop.test/");
  expect(read("https://shop.test:443/a?b#c")).toBe("https://shop.test/a?b");
  expect(read("ftp://shop.test/")).toStartWith("url must be such as");
  expect(read("shop.test", "no header")).toStartWith("a header is written name: value");
  expect(read("shop.test", "Content-Length: x")).toStartWith("such a request would be refused (");
  const named = readRequest("http://127.0.0.1/", "GET", ["Host: shop.test"]);
  expect(named.ok && named.value.headers).toEqual([["Host", "shop.test"]]);
});

test("the values of a variant are those of its fields", () => {
  expect(variantOf("accept-encoding:bg\0accept-language\0")).toEqual({
    "accept-encoding": "br, gzip",
    "accept-language": null,
  });
  expect(variantOf("")).toEqual({});
});

test("the host that a request names is that of its key", async () => {
  const { config } = judge({
    listeners: { web: { listen: ":80", use: "app" } },
    pools: { app: { servers: ["s:1"], cache: true } },
  });
  const store = CacheStore.inMemory({ bytesMax: 2 ** 21, objectBytesMax: 2 ** 16, policy: "lru" }, "default");
  const user: CacheUser = { pool: "app", plan: compilePoolCache("app", config!.pools["app"]!.cache, config!)!, store };
  const request = readRequest("http://127.0.0.1/a", "GET", ["Host: shop.test"]);
  if (!request.ok) throw new Error(request.message);
  expect(await whyKeys(request.value, [user], nowMs)).toMatchObject([
    { key: "http://shop.test/a", outcome: "miss", pools: ["app"] },
  ]);
});

test("a mark for requests with conditions is told to those only", async () => {
  const { config } = judge({
    listeners: { web: { listen: ":80", use: "app" } },
    pools: { app: { servers: ["s:1"], cache: true } },
  });
  const store = CacheStore.inMemory({ bytesMax: 2 ** 21, objectBytesMax: 2 ** 16, policy: "lru" }, "default");
  const user: CacheUser = { pool: "app", plan: compilePoolCache("app", config!.pools["app"]!.cache, config!)!, store };
  const bytes = new TextEncoder().encode("http://shop.test/a");
  const key = { bytes, firstEnd: bytes.length, end: bytes.length };
  store.markPass(key, reason.private, nowMs + 1000, cacheFlag.isForConditional);
  const outcomes = [];
  for (const fields of [[], ['If-None-Match: "1"']]) {
    const request = readRequest("http://shop.test/a", "GET", fields);
    if (!request.ok) throw new Error(request.message);
    outcomes.push((await whyKeys(request.value, [user], nowMs))[0]!.outcome);
  }
  expect(outcomes).toEqual(["miss", "pass"]);
});
