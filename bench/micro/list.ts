// What a lookup in a list costs: each kind, a thousand values and a million, found and not found, and what the list takes to make
// and to hold. Addresses come as random blocks, and of IPv6 also all under one /32, which no radix of leading bits tells apart.
// Run with: node scripts/bun.mjs bench/micro/list.ts
// Prints nanoseconds a lookup: the best of the rounds, which is the least disturbed by what else runs on the machine.

import { Prng } from "../../src/base/prng.ts";
import type { ListPlan } from "../../src/config/plan.ts";
import { ListDraft } from "../../src/memory/listdraft.ts";
import { ListFile } from "../../src/memory/listfile.ts";
import { runSteps } from "../../src/memory/listranges.ts";
import { readListText } from "../../src/memory/listtext.ts";
import { readAddress } from "../../src/wire/ipaddress.ts";

interface Case {
  readonly name: string;
  readonly kind: ListPlan["kind"];
  readonly lineOf: (index: number) => string;
  /** Of the same shape, in no list. */
  readonly missOf: (index: number) => string;
}

const rounds = 5;
const lookups = 1 << 18;
const asked = 1 << 16;
const prng = new Prng(1);
const below = (limit: number): number => Math.floor(prng.next() * limit);
const group = (): string => below(65_536).toString(16);
const keyOf = (line: string, kind: ListPlan["kind"]): string =>
  kind === "name" ? line.replace(/^\*/, "www") : line.split(kind === "address" ? "/" : " ", 1)[0]!;

const cases: readonly Case[] = [
  {
    name: "IPv4 blocks",
    kind: "address",
    lineOf: () => `${1 + below(126)}.${below(256)}.${below(256)}.${below(256)}/${16 + below(17)}`,
    missOf: () => `${128 + below(96)}.${below(256)}.${below(256)}.${below(256)}`,
  },
  {
    name: "IPv6 blocks",
    kind: "address",
    lineOf: () => `2${group().padStart(4, "0").slice(1)}:${group()}:${group()}:${group()}::/${32 + below(33)}`,
    missOf: () => `3${group().padStart(4, "0").slice(1)}:${group()}:${group()}:${group()}::1`,
  },
  {
    name: "IPv6 under a /32",
    kind: "address",
    lineOf: () => `2a00:1450:${group()}:${group()}:${group()}::/${56 + below(25)}`,
    missOf: () => `2a00:1450:${group()}:${group()}:${group()}:ffff:ffff:ffff`,
  },
  { name: "texts", kind: "text", lineOf: (index) => `/shop/item/${index}`, missOf: (index) => `/shop/part/${index}` },
  {
    name: "names",
    kind: "name",
    lineOf: (index) => `${index % 2 === 0 ? "*." : ""}host-${index}.example.com`,
    missOf: (index) => `www.host-${index}.example.org`,
  },
  {
    name: "map",
    kind: "map",
    lineOf: (index) => `host-${index}.example.com pool-${index % 100}`,
    missOf: (index) => `host-${index}.example.org`,
  },
];

function nsOf(list: ListFile, kind: ListPlan["kind"], values: readonly string[]): number {
  const octets = new Uint8Array(values.length * 16);
  if (kind === "address")
    for (const [index, value] of values.entries())
      if (!readAddress(value, octets.subarray(index * 16, index * 16 + 16))) throw new Error(`${value} is no address`);
  let best = Number.POSITIVE_INFINITY;
  let found = 0;
  for (let round = 0; round < rounds; round++) {
    const start = Bun.nanoseconds();
    for (let count = 0; count < lookups; count++) {
      const index = count % asked;
      found += kind === "address" ? list.findAddress(octets, index * 16) : list.findText(values[index]!);
    }
    best = Math.min(best, (Bun.nanoseconds() - start) / lookups);
  }
  if (Number.isNaN(found)) throw new Error("a lookup answered no number");
  return best;
}

console.log(
  "list".padEnd(18),
  "values".padStart(9),
  "hit ns".padStart(8),
  "miss ns".padStart(8),
  "read ms".padStart(8),
  "make ms".padStart(8),
  "bytes each".padStart(11),
);
for (const { name, kind, lineOf, missOf } of cases)
  for (const count of [1000, 1_000_000]) {
    const lines = Array.from({ length: count }, (_, index) => lineOf(index));
    const text = new TextEncoder().encode(lines.join("\n"));
    const draft = new ListDraft(kind);
    const startedMs = performance.now();
    const { problemCount } = runSteps(readListText(text, draft, readAddress));
    const readMs = performance.now();
    const list = new ListFile(runSteps(draft.finish()));
    const madeMs = performance.now();
    if (problemCount > 0) throw new Error(`${problemCount} lines were refused`);
    const hits = Array.from({ length: asked }, () => keyOf(lines[below(count)]!, kind));
    const misses = Array.from({ length: asked }, () => missOf(below(count)));
    console.log(
      name.padEnd(18),
      String(list.size).padStart(9),
      nsOf(list, kind, hits).toFixed(0).padStart(8),
      nsOf(list, kind, misses).toFixed(0).padStart(8),
      (readMs - startedMs).toFixed(0).padStart(8),
      (madeMs - readMs).toFixed(0).padStart(8),
      (list.bytes.length / list.size).toFixed(1).padStart(11),
    );
  }
