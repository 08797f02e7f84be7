// Sections beside global and the proxies whose lines are only told of: cache, peers, program, and those that are refused
// whole. A line of a section that is refused goes down with it; in the others an unknown word is as wrong as anywhere.
// The words are in globalwords.ts.

import type { Ledger } from "../ledger.ts";
import { cacheWords, peersWords, programWords, sectionWords } from "./globalwords.ts";
import { type Keywords, keywordIn } from "./keyword.ts";
import { linePath } from "./scene.ts";
import type { Section } from "./sections.ts";
import { enter } from "./tell.ts";

const tables: Readonly<Record<string, Keywords>> = {
  cache: cacheWords,
  peers: peersWords,
  program: programWords,
};

export function tellOtherSections(ledger: Ledger, sections: readonly Section[]): void {
  for (const { kind, statements } of sections) {
    const table = Object.hasOwn(tables, kind) ? tables[kind] : undefined;
    for (const statement of statements)
      if (table !== undefined) enter(ledger, table, statement.words[0]!, `in section ${kind}`);
      else if (keywordIn(sectionWords, kind)?.kind === "refused") ledger.lose(linePath(statement));
  }
}
