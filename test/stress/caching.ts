// A process that asks a cache, stores in it, reads along and purges until it is killed, or told to stop. Every byte that it reads must
// be one that was stored under that key, in one piece: the head names key and version, and the body follows from them. So must what it
// lends, as late as it is looked at. Run by the test beside it: caching.ts FOLDER SLOT SEED

import { statSync } from "node:fs";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import {
  type CacheDraft,
  type CacheEntry,
  type CacheFacts,
  type CacheKey,
  cacheState,
} from "../../src/memory/cache.ts";
import { CacheStore } from "../../src/memory/cachestore.ts";
import { processOwner } from "../../src/owner.ts";
import { lendingPages } from "../../src/pages.ts";
import { Lent } from "./lent.ts";
import { lentWord, map, shadowOf, stopWord } from "./shared.ts";

const [folder = "", slotText = "0", seed = "0"] = process.argv.slice(2);
const prng = new Prng(Number(seed));
const path = join(folder, "cached");
const bytes = map(folder, "cached");
const store = new CacheStore(bytes, "cached", processOwner(), lendingPages(bytes, { path, inode: statSync(path).ino }));
const shadow = new Int32Array(map(folder, "shadow").buffer);
const { beats } = shadowOf(Number(slotText));
const none = new Uint8Array();
const held: [CacheEntry, number][] = [];
/** What was lent, of which version and from where in the body. */
const lent: [lent: Lent, version: number, at: number][] = [];

const byteOf = (version: number, at: number): number => (Math.imul(version, 31) + at * 7 + (at >>> 9)) & 0xff;

function keyOf(number: number): CacheKey {
  const bytes = new TextEncoder().encode(`/cached/${number >> 1}${number & 1 ? "variant" : ""}`);
  return { bytes, firstEnd: bytes.length - (number & 1 ? 7 : 0), end: bytes.length };
}

function store1(draft: CacheDraft, number: number, nowMs: number): void {
  const version = prng.below(1_000_000);
  const length = prng.below(prng.below(2) === 0 ? 120_000 : 9000);
  const head = new TextEncoder().encode(`${number} ${version} ${length} `.padEnd(20 + prng.below(900), "x"));
  const content = new Uint8Array(length);
  for (let at = 0; at < length; at++) content[at] = byteOf(version, at);
  const facts: CacheFacts = {
    ...{ status: 200, flags: 0, bornMs: nowMs, storedMs: nowMs, freshForMs: 30, staleWhileRevalidateMs: 0, reason: 0 },
    ...{ staleIfErrorMs: 0, lastModifiedMs: 0, etagStart: 0, etagEnd: 0, bodyBytes: prng.below(2) === 0 ? length : -1 },
  };
  if (!draft.begin(facts, head, 0, head.length, none)) return;
  for (let at = 0; at < length; at += 5000) if (!draft.append(content, at, Math.min(at + 5000, length))) return;
  if (prng.below(20) === 0) draft.drop();
  else draft.finish();
}

function verify(entry: CacheEntry, number: number): void {
  if (entry.state !== cacheState.whole && entry.state !== cacheState.filling) return;
  const [key, version, length] = new TextDecoder()
    .decode(entry.bytes.slice(entry.headStart, entry.headEnd))
    .split(" ")
    .map(Number);
  if (key !== number) throw new Error(`asked for ${number}, found ${key}`);
  let at = 0;
  for (; entry.run(at); at += entry.runEnd - entry.runStart) {
    lend(entry, version!, at);
    for (let index = entry.runStart; index < entry.runEnd; index++)
      if (entry.bytes[index] !== byteOf(version!, at + index - entry.runStart))
        throw new Error(`byte ${at + index - entry.runStart} of ${number}, version ${version}, is another's`);
  }
  if (entry.isWhole && entry.written === at && at !== length) throw new Error(`${at} bytes of ${length} are whole`);
}

/** The run that the entry shows, to somebody who reads it much later. */
function lend(entry: CacheEntry, version: number, at: number): void {
  const file = entry.lend();
  if (file >= 0) lent.push([new Lent(file, entry.runStart, entry.runEnd - entry.runStart), version, at]);
  while (lent.length > 4) {
    const [former, of, from] = lent.splice(prng.below(lent.length), 1)[0]!;
    const late = former.take().findIndex((byte, index) => byte !== byteOf(of, from + index));
    if (late >= 0) throw new Error(`byte ${from + late} of version ${of}, which was lent, is another's`);
    Atomics.add(shadow, lentWord, 1);
  }
}

function step(nowMs: number): void {
  const number = prng.below(80);
  const key = keyOf(number);
  const entry = store.find(key, nowMs);
  if (entry === null) {
    const draft = store.lease(key, nowMs, 50);
    if (draft !== null) store1(draft, number, nowMs);
  } else {
    verify(entry, number);
    held.push([entry, number]);
    if (entry.state === cacheState.whole && entry.facts.bornMs + 30 < nowMs && entry.claim(nowMs, 20)) {
      const head = entry.bytes.slice(entry.headStart, entry.headEnd);
      if (prng.below(2) === 0) entry.freshen({ ...entry.facts, bornMs: nowMs }, head, 0, head.length);
      else store1(store.replace(key, nowMs), number, nowMs);
    }
  }
  while (held.length > 10) {
    const [former, of] = held.splice(prng.below(held.length), 1)[0]!;
    verify(former, of);
    former.release();
  }
  if (prng.below(50) === 0) store.purge(key, prng.below(2) === 0);
  if (prng.below(100) === 0) store.markPass(key, 1, nowMs + 3);
}

while (Atomics.load(shadow, stopWord) === 0) {
  step(Date.now());
  Atomics.add(shadow, beats, 1);
}
store.close();
