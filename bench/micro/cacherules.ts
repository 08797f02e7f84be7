// What the rules of caching cost on a fresh hit, in nanoseconds: the facts of a request, its key, its variant, whether it may be shown,
// conditions and range. Run with: node scripts/bun.mjs bench/micro/cacherules.ts
// The store itself is not in it (bench/micro/cachestore.ts). Heads are parsed before; the best of the rounds is told.

import { Freshness } from "../../src/cache/freshness.ts";
import { Key } from "../../src/cache/key.ts";
import { Ranges } from "../../src/cache/range.ts";
import { RequestFacts } from "../../src/cache/requestfacts.ts";
import { ResponseFacts } from "../../src/cache/responsefacts.ts";
import { reuse, reuseOf } from "../../src/cache/reuse.ts";
import { fillFacts, writeStoredHead } from "../../src/cache/storedhead.ts";
import { reason, whyNotStored } from "../../src/cache/storing.ts";
import { conditionOf, conditionOutcome, isRangeWanted } from "../../src/cache/validators.ts";
import { VaryNames, writeVariant } from "../../src/cache/vary.ts";
import { StoredFacts } from "../../src/memory/cachefacts.ts";
import type { Head } from "../../src/wire/http1/head.ts";
import { Output } from "../../src/wire/http1/writer.ts";
import { dateOf, nowMs, policyOf, requestHead, responseHead } from "../../test/cacheheads.ts";
import { bestOf } from "./world.ts";

const callsPerRound = 200_000;
const bare = requestHead("GET /some/path/to/a/thing?with=query", "User-Agent: wrk", "Accept: */*");
const browserFields = [
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Sec-Fetch-Dest: document",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-Site: none",
  "Upgrade-Insecure-Requests: 1",
  "Cookie: session=0123456789abcdef; theme=dark",
];
const browser = requestHead("GET /some/path/to/a/thing?with=query", ...browserFields);
const asking = requestHead("GET /some/path/to/a/thing?with=query", ...browserFields, 'If-None-Match: "abcdef0123"');
const ranged = requestHead("GET /some/path/to/a/thing?with=query", ...browserFields, "Range: bytes=100-199");
const page = responseHead(
  200,
  "Server: nginx",
  `Date: ${dateOf(0)}`,
  "Content-Type: text/html; charset=utf-8",
  "Content-Length: 5000",
  `Last-Modified: ${dateOf(-100_000)}`,
  'ETag: "abcdef0123"',
  "Cache-Control: public, max-age=600",
  "Vary: Accept-Encoding",
  "Connection: keep-alive",
);

const policy = policyOf();
const key = new Key();
const request = new RequestFacts();
const response = new ResponseFacts();
const freshness = new Freshness();
const names = new VaryNames();
const facts = new StoredFacts();
const ranges = new Ranges();
const output = new Output();

function store(): number {
  response.read(page, nowMs);
  freshness.read(response, policy, nowMs, nowMs);
  const why = whyNotStored(request, response, page, freshness, policy, names.read(page, response), false);
  output.clear();
  writeStoredHead(output, page, response, policy, facts);
  fillFacts(facts, response, freshness, policy, nowMs);
  return why;
}

function hit(head: Head, isVaried: boolean): number {
  request.read(head);
  key.write(head, true, policy);
  if (isVaried) writeVariant(key, names.bytes, 0, names.end, head, request);
  if (reuseOf(facts, request, policy, nowMs + 1000) !== reuse.fresh) return 1;
  if (conditionOf(head, request, facts, output.bytes, 0, nowMs) === conditionOutcome.notModified) return 2;
  if (!isRangeWanted(head, request, facts, output.bytes, 0, nowMs)) return 3;
  return ranges.read(head.bytes, head.spans[request.range * 4 + 2]!, head.spans[request.range * 4 + 3]!, 5000) + 3;
}

let sum = 0;
function measure(name: string, call: () => number): void {
  const best = bestOf(callsPerRound, () => {
    sum += call();
  });
  console.log(`  ${name.padEnd(44)} ${best.toFixed(0).padStart(6)} ns`);
}

request.read(browser);
if (store() !== reason.none) throw new Error("the page is not stored");
measure("a fresh hit, 3 fields", () => hit(bare, false));
measure("a fresh hit, 10 fields, one variant field", () => hit(browser, true));
measure("the same, answered by 304", () => hit(asking, true));
measure("the same, a range of it", () => hit(ranged, true));
measure("  facts of the request, 10 fields", () => {
  request.read(browser);
  return request.acceptEncoding;
});
measure("  its key", () => {
  key.write(browser, true, policy);
  return key.firstEnd;
});
measure("  its variant", () => {
  writeVariant(key, names.bytes, 0, names.end, browser, request);
  return key.end;
});
measure("a response judged, its head and facts made", store);
if (sum < 0) throw new Error("nothing was measured");
