// What is said of a name that stands for nothing: what was probably meant, or else what there is, as far as that can be listed. It
// knows names and not where they stand: the reviews of pools, tables and caches say that beside it, so that whoever mistypes
// one of them is told in the same words.

import { didYouMean } from "../base/nearest.ts";
import { quote } from "../base/reading.ts";

/** More are not listed. */
const namesShown = 10;

export function absence(kind: string, name: string, names: readonly string[]): string {
  const known =
    names.length === 0
      ? `; there are no ${kind}s`
      : `; there ${names.length === 1 ? "is" : "are"} ${names.slice(0, namesShown).join(", ")}`;
  return `names the ${kind} ${quote(name)}, which does not exist${didYouMean(name, names) || known}`;
}
