// What contradicts itself in caches and in how pools use them: caches that are not there, or that nobody uses, responses that are
// allowed to be larger than what is to hold them, keys of which one makes the other pointless.

import { readSize } from "../base/size.ts";
import { absence } from "./absence.ts";
import type { Path } from "./problem.ts";
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
  for (const [name, value] of Object.entries(caches)) if (isSection(value)) reviewCache(name, sectionOf(value), report);
  // Where a name is wrong, the cache that was meant would only be a second complaint about one mistake.
  if (!isWhole) return;
  for (const name of names) if (!used.has(name)) report("warning", ["caches", name], "key", "is used by no pool");
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

function reviewCache(name: string, cache: Section, report: Report): void {
  const path: Path = ["caches", name];
  const size = bytesOf(cache["size"] ?? "128mb");
  const objectSize = bytesOf(cache["objectSize"]);
  if (objectSize > size * objectShareMax)
    report(
      "error",
      [...path, "objectSize"],
      "value",
      `is more than a cache of ${String(cache["size"] ?? "128mb")} keeps of one response: at most a quarter of its size`,
    );
}

/** One response that takes more drives nearly all others out. */
const objectShareMax = 1 / 4;

/** NaN, which compares as false, when the schema has refused it. */
function bytesOf(value: unknown): number {
  const reading = typeof value === "string" ? readSize(value) : null;
  return reading?.ok === true ? reading.value : Number.NaN;
}

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
