// What contradicts itself in caches and in how pools use them: caches that are not there, or that nobody uses, responses that are
// allowed to be larger than what is to hold them, keys of which one makes the other pointless.

import { formatSize } from "../base/size.ts";
import { layoutOf } from "../memory/cachestore/layout.ts";
import { absence } from "./absence.ts";
import { cache as cacheSchema } from "./cacheschema.ts";
import { compileCache } from "./compilecontent.ts";
import type { Path } from "./problem.ts";
import type { Use } from "./reviewuse.ts";
import { isSection, type Report, type Section, sectionOf, textOf } from "./section.ts";

/** The cache that a pool or a forward proxy asks for, as written: true, a name, or a section. */
interface Wish {
  readonly path: Path;
  readonly value: unknown;
}

export function reviewCaches(root: Section, report: Report): void {
  const caches = sectionOf(root["caches"]);
  const names = Object.keys(caches).filter((name) => name !== "__proto__");
  const wishes = wishesOf(root);
  const used = new Set<string>();
  let isWhole = true;
  for (const { path, value } of wishes) {
    const at = isSection(value) ? [...path, "in"] : path;
    const named = textOf(isSection(value) ? sectionOf(value)["in"] : value);
    if (named === null) {
      if (names.length > 1) {
        isWhole = false;
        report("error", path, "value", `must say which cache, for there are several: ${severally(names, value)}`);
      }
      for (const name of names) used.add(name);
    } else if (names.includes(named)) used.add(named);
    else {
      isWhole = false;
      report("error", at, "value", `${absence("cache", named, names)}${names.length === 0 ? advice : ""}`);
    }
    if (isSection(value)) reviewKey(sectionOf(sectionOf(value)["key"]), [...path, "key"], report);
  }
  for (const [name, value] of Object.entries(caches)) reviewCache(name, value, report);
  // Where a name is wrong, the cache that was meant would only be a second complaint about one mistake.
  if (!isWhole) return;
  for (const name of names) if (!used.has(name)) report("warning", ["caches", name], "key", "is used by no pool");
}

/** What a listener makes of bodies is stored with them, and another listener would show it. */
export function reviewSharing(root: Section, uses: readonly Use[], report: Report): void {
  const pools = sectionOf(root["pools"]);
  for (const [name, value] of Object.entries(sectionOf(root["listeners"]))) {
    const listener = sectionOf(value);
    const key = ["replace", "transformResponse"].find(
      (one) => listener[one] !== undefined && !isEmptyList(listener[one]),
    );
    if (key === undefined) continue;
    const own = new Set(uses.filter((use) => use.listener === name).map(({ pool }) => pool));
    const other = uses.find(
      ({ listener: user, pool }) => user !== name && own.has(pool) && isCaching(sectionOf(pools[pool])),
    );
    if (other === undefined) continue;
    const why = `changes what the cache of the pool ${other.pool} stores, and ${other.listener} would show it too`;
    report(
      "error",
      ["listeners", name, key],
      "key",
      `${why}: move it to the pool, or give each listener a pool of its own`,
    );
  }
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isCaching({ cache }: Section): boolean {
  return cache !== undefined && cache !== false;
}

const advice = ": add it under caches, or write true for one of the usual size";

function severally(names: readonly string[], value: unknown): string {
  const [first = ""] = names;
  return `${names.join(", ")}; write ${isSection(value) ? `in: ${first}` : `cache: ${first}`}, or another of them`;
}

/** Of pools, and of listeners that are forward proxies; in the order in which they stand. */
export function wishesOf(root: Section): Wish[] {
  const pools = Object.entries(sectionOf(root["pools"])).map(([name, pool]): Wish => {
    return { path: ["pools", name, "cache"], value: sectionOf(pool)["cache"] };
  });
  const proxies = Object.entries(sectionOf(root["listeners"])).map(([name, listener]): Wish => {
    const value = sectionOf(sectionOf(listener)["proxy"])["cache"];
    return { path: ["listeners", name, "proxy", "cache"], value };
  });
  return [...pools, ...proxies].filter(({ value }) => value === true || typeof value === "string" || isSection(value));
}

function reviewCache(name: string, value: unknown, report: Report): void {
  const parsed = cacheSchema.safeParse(value);
  if (!parsed.success) return;
  const plan = compileCache(name, parsed.data);
  const path: Path = ["caches", name];
  if (plan.bytesMax > cacheBytesMax) {
    const most = formatSize(cacheBytesMax);
    report(
      "error",
      [...path, "size"],
      "value",
      `is more than can be mapped at once: at most ${most}; write several caches`,
    );
    return;
  }
  const { objectBytesMax } = layoutOf(plan);
  if (plan.objectBytesMax > objectBytesMax)
    report(
      "error",
      [...path, "objectSize"],
      "value",
      `is more than a cache of ${parsed.data.size} keeps of one response, which is ${Math.floor(objectBytesMax / 1024)}kb`,
    );
}

/** A file is mapped as a whole, and its words are counted in 31 bits; what it takes beside its size is left room for. */
export const cacheBytesMax: number = 3.9375 * 1024 ** 3;

function reviewKey(key: Section, path: Path, report: Report): void {
  const query = sectionOf(key["query"]);
  if (query["include"] !== undefined && query["exclude"] !== undefined)
    report(
      "error",
      [...path, "query", "exclude"],
      "key",
      "cannot stand beside include: what is not included is not there",
    );
}
