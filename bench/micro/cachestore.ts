// What the store of a cache costs, and what it finds. First times: a hit (found, shown, let go), a miss, storing; in a mapped file, as in
// service. Then hit ratios of the policies on requests by Zipf's law, of responses from 300 bytes to 100 kB, when the cache holds
// 1, 5 and 10 % of all that is asked for; and with a third of the requests for what is never asked for again.
// Run with: node scripts/bun.mjs bench/micro/cachestore.ts

import { closeSync, mkdtempSync, openSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import type { CacheFacts, CacheKey } from "../../src/memory/cache.ts";
import type { StoreShape } from "../../src/memory/cachestore/layout.ts";
import { CacheStore } from "../../src/memory/cachestore.ts";
import { processOwner } from "../../src/owner.ts";

const rounds = 5;
const callsPerRound = 100_000;
const now = 1_700_000_000_000;
const policies = ["tinylfu", "lru", "lfu"] as const;
const folder = mkdtempSync(join(process.platform === "linux" ? "/dev/shm" : tmpdir(), "sluice-bench-"));
const none = new Uint8Array();
const head = new TextEncoder().encode(
  `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "5f3e-6a"\r\nCache-Control: max-age=600\r\n${"X-Padding: 0123456789\r\n".repeat(4)}\r\n`,
);
const content = new Uint8Array(2 ** 20).fill(97);
const facts: CacheFacts = {
  ...{ status: 200, flags: 4, bornMs: now, storedMs: now, freshForMs: 600_000, staleWhileRevalidateMs: 0 },
  ...{ staleIfErrorMs: 0, lastModifiedMs: 0, etagStart: 0, etagEnd: 0, reason: 0, bodyBytes: 0 },
};

function open(shape: Omit<StoreShape, "isShared">): CacheStore {
  const path = join(folder, "cache");
  const whole = { ...shape, isShared: true };
  rmSync(path, { force: true });
  closeSync(openSync(path, "w"));
  truncateSync(path, CacheStore.bytesFor(whole));
  const bytes = Bun.mmap(path, { shared: true });
  CacheStore.format(bytes, whole, 12_345);
  return new CacheStore(bytes, "bench", processOwner());
}

function keyOf(path: string): CacheKey {
  const bytes = new TextEncoder().encode(`GET https://www.example.com${path}`);
  return { bytes, firstEnd: bytes.length, end: bytes.length };
}

function store(cache: CacheStore, key: CacheKey, bodyBytes: number): void {
  const draft = cache.lease(key, now, 1000);
  if (draft === null) return;
  facts.bodyBytes = bodyBytes;
  if (draft.begin(facts, head, 0, head.length, none) && draft.append(content, 0, bodyBytes)) draft.finish();
}

let kept = 0;

function measure(name: string, keys: readonly CacheKey[], call: (key: CacheKey) => number): void {
  const prng = new Prng(7);
  const order = Uint32Array.from({ length: callsPerRound }, () => prng.below(keys.length));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startedNs = Bun.nanoseconds();
    for (let index = 0; index < callsPerRound; index++) kept += call(keys[order[index]!]!);
    best = Math.min(best, (Bun.nanoseconds() - startedNs) / callsPerRound);
  }
  console.log(`  ${name.padEnd(44)} ${best.toFixed(0).padStart(6)} ns`);
}

function times(policy: StoreShape["policy"], responses: number): void {
  console.log(`${policy}, ${responses} responses of 1 kB under keys of 40 bytes`);
  const cache = open({ bytesMax: 256 * 2 ** 20, objectBytesMax: 2 ** 20, policy });
  const keys = Array.from({ length: responses }, (_, index) => keyOf(`/items/${index}`));
  const others = keys.map((_, index) => keyOf(`/nothing/${index}`));
  for (const key of keys) store(cache, key, 1000);
  measure("find, run, release", keys, (key) => {
    const entry = cache.find(key, now)!;
    entry.run(0);
    const end = entry.headEnd + entry.runEnd;
    entry.release();
    return end;
  });
  measure("find, not there", others, (key) => (cache.find(key, now) === null ? 1 : 0));
  measure("claim, give up", keys, (key) => {
    const entry = cache.find(key, now)!;
    const isOurs = entry.claim(now, 1000);
    entry.release();
    return isOurs ? 1 : 0;
  });
  measure("store, in the place of another", keys, (key) => {
    const draft = cache.replace(key, now);
    facts.bodyBytes = 1000;
    draft.begin(facts, head, 0, head.length, none);
    draft.append(content, 0, 1000);
    draft.finish();
    return 1;
  });
  const full = open({ bytesMax: 16 * 2 ** 20, objectBytesMax: 2 ** 20, policy });
  let fresh = 0;
  for (; full.figures().evictions === 0; fresh++) store(full, keyOf(`/fill/${fresh}`), 1000);
  measure("store, others make room", keys, () => {
    store(full, keyOf(`/fill/${fresh++}`), 1000);
    return 1;
  });
  const { entries, bytesUsed } = cache.figures();
  console.log(`  ${entries} stand in ${(bytesUsed / entries).toFixed(0)} bytes each`);
  cache.close();
}

// ---- hit ratios ----

const objects = 20_000;
const requests = 300_000;
const sizes = sizesOf(objects);
const workingSet = sizes.reduce((sum, size) => sum + size + head.length, 0);

/** Most are a few kB, some a hundred: as of pages with their pictures. */
function sizesOf(count: number): number[] {
  const prng = new Prng(3);
  return Array.from({ length: count }, () => Math.round(300 * 333 ** (prng.next() * prng.next())));
}

/** Numbers from 0 on by Zipf's law: the n-th is asked for in proportion to n^-alpha. Which size has which rank is chance. */
function zipf(alpha: number, prng: Prng): () => number {
  const sums = new Float64Array(objects);
  let sum = 0;
  for (let rank = 0; rank < objects; rank++) sums[rank] = sum += (rank + 1) ** -alpha;
  return () => {
    const at = prng.next() * sum;
    let [low, high] = [0, objects - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function hitRatio(policy: StoreShape["policy"], share: number, alpha: number, scanShare: number): string {
  const cache = open({ bytesMax: Math.round(workingSet * share), objectBytesMax: 2 ** 20, policy });
  const prng = new Prng(11);
  const draw = zipf(alpha, prng);
  let [hits, asked] = [0, 0];
  for (let request = 0; request < requests; request++) {
    const isScan = prng.next() < scanShare;
    const object = isScan ? request % objects : draw();
    const key = keyOf(isScan ? `/scan/${request}` : `/object/${object}`);
    const entry = cache.find(key, now);
    if (entry === null) store(cache, key, sizes[object]!);
    entry?.release();
    // The first half warms it; what is asked for once can be found by nobody.
    if (request < requests / 2 || isScan) continue;
    asked++;
    if (entry !== null) hits++;
  }
  cache.close();
  return `${((100 * hits) / asked).toFixed(1)} %`.padStart(9);
}

function ratios(): void {
  const text = `${objects} responses, ${(workingSet / 2 ** 20).toFixed(0)} MiB together, ${requests} requests`;
  console.log(`hit ratios: ${text}`);
  console.log(`  ${"requests".padEnd(24)} ${"cache".padStart(6)} ${policies.map((name) => name.padStart(9)).join("")}`);
  const mixes = [...[0.7, 0.9, 1].map((alpha) => [alpha, 0] as const), [0.9, 0.33] as const];
  for (const [alpha, scan] of mixes)
    for (const share of [0.01, 0.05, 0.1]) {
      const name = `Zipf ${alpha.toFixed(1)}${scan > 0 ? ", a third scanned" : ""}`;
      const cells = policies.map((policy) => hitRatio(policy, share, alpha, scan)).join("");
      console.log(`  ${name.padEnd(24)} ${`${share * 100} %`.padStart(6)} ${cells}`);
    }
}

try {
  for (const responses of [1000, 50_000]) times("tinylfu", responses);
  times("lru", 1000);
  ratios();
} finally {
  rmSync(folder, { recursive: true });
}
if (kept < 0) throw new Error("nothing was found");
