// use_backend: a pool by a condition. A name made of samples is compared with the names of all backends, for which pool a rule of
// ours uses is known beforehand; none of them leaves it to what comes after, as in HAProxy.

import { tell } from "./capitals.ts";
import { relate, text } from "./code.ts";
import type { RuleDraft } from "./draft.ts";
import { constantOf, expressionOf, type Part, readFormat } from "./logformat.ts";
import { Objection, refuse } from "./objection.ts";
import type { Made, RuleLine } from "./ruleline.ts";
import { type Service, serverLines, type Word } from "./scene.ts";
import { Settings } from "./settings.ts";
import { isForStats } from "./stats.ts";

/** Backends that one name is compared with at most. */
const backendsMax = 64;

export function useBackend(line: RuleLine): Made {
  const word = line.next("the name of a backend");
  const { conversion, proxy } = line.site;
  const parts = word.text.includes("%") ? readFormat(line.site, word) : [word.text];
  const constant = constantOf(parts);
  if (constant !== null) {
    // It is then in no use, and needs no pool.
    const closed = conversion.proxies.find(({ kind, name }) => kind !== "frontend" && name === constant);
    if (closed !== undefined && isClosed(closed)) return { reject: true };
    const backend = conversion.backendNamed({ ...word, text: constant });
    // It has been told by whoever looks for names.
    if (backend === null) throw new Objection("lose", word, "names no backend");
    if (isForStats(new Settings(backend)))
      refuse(word, "statistics are shown by the admin interface, not at an address of traffic");
    return { use: conversion.poolOf(backend) };
  }
  const candidates = conversion.proxies.filter(
    (backend) =>
      backend.kind !== "frontend" &&
      backend.mode === proxy.mode &&
      mayBe(backend, parts) &&
      !isForStats(new Settings(backend)),
  );
  if (candidates.length > backendsMax)
    refuse(word, `it may be any of ${candidates.length} backends, and ${backendsMax} are compared at most`);
  tellCapitals(line, word, parts, candidates);
  const name = expressionOf(parts);
  return candidates.map(
    (backend): RuleDraft => ({
      if: relate(name, "==", text(backend.name)).text,
      ...(isClosed(backend) ? { reject: true } : { use: conversion.poolOf(backend) }),
    }),
  );
}

/** Of a backend whose name has capitals where only a name of SNI could. */
function tellCapitals({ site }: RuleLine, word: Word, parts: readonly Part[], candidates: readonly Service[]): void {
  if (parts.some((part) => typeof part !== "string" && part.isName !== true)) return;
  const written = parts.filter((part) => typeof part === "string").join("");
  const capitals = (text: string): number => text.replaceAll(/[^A-Z]/g, "").length;
  const found = candidates.find(({ name }) => capitals(name) > capitals(written));
  if (found !== undefined) tell(site, word, `nobody is led to ${found.name}`, "name the backend in lower case");
}

/** A connection that is led there is closed: there are neither servers nor rules. */
function isClosed(backend: Service): boolean {
  if (backend.mode !== "tcp") return false;
  if (backend.disabled !== undefined) return true;
  return serverLines(backend).length === 0 && !backend.statements.some(({ words }) => words[0]!.text === "tcp-request");
}

/** What is written at the beginning and the end of the name. */
function mayBe({ name }: Service, parts: readonly Part[]): boolean {
  const [first] = parts;
  const last = parts.at(-1);
  return (typeof first !== "string" || name.startsWith(first)) && (typeof last !== "string" || name.endsWith(last));
}
