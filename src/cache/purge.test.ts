import { describe, expect, test } from "bun:test";
import type { PoolCachePlan } from "../config/plan.ts";
import type { CacheKey } from "../memory/cache.ts";
import { CacheStore } from "../memory/cachestore.ts";
import { CachePolicy } from "./policy.ts";
import { type Purge, purgeSteps } from "./purge.ts";

const plain: PoolCachePlan = {
  ...{ cache: 0, scope: "", ttlMs: -1, defaultTtlMs: -1, heuristicShare: 0, heuristicMaxMs: 0, negative: [] },
  ...{ staleWhileRevalidateMs: 0, staleIfErrorMs: 0, honorsRequests: true, dropsCookies: false },
  ...{ query: { included: null, excluded: [], isSorted: false }, keyFields: [], keyCookies: [], tagFields: [] },
  ...{ bypass: null, collapseMs: 0, passMs: 0, isTold: false },
};
const nowMs = 1_000_000;
const head = new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n");
const facts = {
  ...{ status: 200, flags: 0, bornMs: nowMs, storedMs: nowMs, freshForMs: 60_000, staleWhileRevalidateMs: 0 },
  ...{ staleIfErrorMs: 0, lastModifiedMs: 0, etagStart: 0, etagEnd: 0, reason: 0, bodyBytes: 2 },
};

function keyOf(first: string, second = ""): CacheKey {
  const bytes = new TextEncoder().encode(first + second);
  return { bytes, firstEnd: bytes.length - second.length, end: bytes.length };
}

class Stage {
  readonly store: CacheStore = CacheStore.inMemory({ bytesMax: 2 ** 21, objectBytesMax: 2 ** 16, policy: "lru" });

  put(first: string, tags = "", second = ""): this {
    const draft = this.store.lease(keyOf(first, second), nowMs, 1000)!;
    draft.begin(facts, head, 0, head.length, new TextEncoder().encode(tags));
    draft.append(head, 0, 2);
    draft.finish();
    return this;
  }

  /** Of those that are asked for: fresh, stale, or nothing. */
  look(...firsts: string[]): string {
    return firsts
      .map((first) => {
        const entry = this.store.find(keyOf(first), nowMs);
        if (entry === null) return "nothing";
        const isStale = (entry.facts.flags & 32) !== 0;
        entry.release();
        return isStale ? "stale" : "fresh";
      })
      .join(" ");
  }

  purge(kind: Purge["kind"], text: string, isSoft = false, policies: readonly CachePolicy[] = []): number {
    const steps = purgeSteps(this.store, { kind, text, isSoft }, policies);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }
}

const a = "http://shop.test/a";
const b = "http://shop.test/b?id=1";
const other = "https://shop.test/a";

describe("by URL", () => {
  test("all of its variants go, and nothing else", () => {
    const stage = new Stage().put(a, "", "accept:x\0").put(a, "", "accept:y\0").put(b);
    expect(stage.purge("url", "HTTP://Shop.test:80/a")).toBe(2);
    expect(stage.look(b)).toBe("fresh");
  });

  test("without a scheme it is meant with either", () => {
    const stage = new Stage().put(a).put(other);
    expect(stage.purge("url", "shop.test/a")).toBe(2);
    expect(stage.look(a, other)).toBe("nothing nothing");
  });

  test("parameters that are no part of a pool's key do not keep it from being found", () => {
    const query = { included: null, excluded: ["utm_source"], isSorted: true };
    const policy = new CachePolicy({ ...plain, query }, 1);
    const stage = new Stage().put("http://shop.test/?a=1&b=2");
    expect(stage.purge("url", "http://shop.test/?b=2&utm_source=x&a=1", false, [policy])).toBe(1);
  });

  test("what fields and cookies add to a key is not asked for", () => {
    const policy = new CachePolicy({ ...plain, keyFields: ["x-tenant"] }, 1);
    const stage = new Stage().put(`${a}\u0001one`).put(`${a}\0`).put(`${a}b\0`).put(b);
    expect(stage.purge("url", a, true, [policy])).toBe(2);
    expect(stage.look(`${a}\u0001one`, `${a}\0`, `${a}b\0`, b)).toBe("stale stale fresh fresh");
  });

  test("what is no URL is nothing", () => {
    expect(new Stage().put(a).purge("url", "http://")).toBe(0);
  });
});

test("by what they begin with", () => {
  const stage = new Stage().put(a).put(b).put("http://shop.testing/a");
  expect(stage.purge("prefix", "http://shop.test/b")).toBe(1);
  expect(stage.purge("prefix", "http://shop.test")).toBe(1);
  expect(stage.look(a, b, "http://shop.testing/a")).toBe("nothing nothing fresh");
});

describe("by tag", () => {
  test("those that have it as a whole", () => {
    const stage = new Stage().put(a, "shoes red").put(b, "shoes-2 x").put(other, "red");
    expect(stage.purge("tag", "shoes")).toBe(1);
    expect(stage.purge("tag", "red", true)).toBe(1);
    expect(stage.look(a, b, other)).toBe("nothing fresh stale");
  });

  test("a fetch that is under way may be one of them: it is not stored when it comes", () => {
    const stage = new Stage();
    const draft = stage.store.lease(keyOf(a), nowMs, 1000)!;
    expect(stage.purge("tag", "shoes", true)).toBe(0);
    draft.begin(facts, head, 0, head.length, new TextEncoder().encode("shoes"));
    draft.append(head, 0, 2);
    draft.finish();
    expect(stage.look(a)).toBe("nothing");
  });
});

test("everything, softly and for good; marks go with it", () => {
  const stage = new Stage().put(a).put(b);
  stage.store.markPass(keyOf(other), 1, nowMs + 1000);
  expect(stage.purge("all", "", true)).toBe(2);
  expect(stage.look(a, b)).toBe("stale stale");
  expect(stage.purge("all", "")).toBe(2);
  expect(stage.store.figures()).toMatchObject({ entries: 0, marks: 0 });
});

test("a cache of thousands is gone through in steps", () => {
  const stage = new Stage();
  for (let index = 0; index < 1000; index++) stage.put(`http://shop.test/${index}`);
  let steps = 0;
  const purging = purgeSteps(stage.store, { kind: "prefix", text: "http://shop.test/9", isSoft: false }, []);
  for (let step = purging.next(); ; step = purging.next()) {
    steps++;
    if (step.done !== true) continue;
    expect(step.value).toBe(111);
    break;
  }
  expect(steps).toBeGreaterThan(3);
});
