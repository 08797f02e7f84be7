// From lines to sections: which line begins one, what stands in it. It knows the names of sections and what may stand behind them, no
// keyword of any. `no` and `default` in front of a statement are taken off it here.

import { didYouMean } from "../../../base/nearest.ts";
import type { Ledger } from "../ledger.ts";
import { sectionWords } from "./globalwords.ts";
import { keywordIn } from "./keyword.ts";
import { pathOf, type Statement, type Word } from "./scene.ts";
import { enterKeyword, warn } from "./tell.ts";

export interface Section {
  readonly kind: string;
  /** The word that says the kind. */
  readonly word: Word;
  readonly name: Word | null;
  /** `from NAME`: the defaults section that is meant. */
  readonly from: Word | null;
  readonly statements: Statement[];
}

const proxyKinds: ReadonlySet<string> = new Set(["frontend", "backend", "listen"]);
const nameless: ReadonlySet<string> = new Set(["global"]);
/** Their first word is no statement's, for a section without a name is legal only for these. */
const namePattern = /^[A-Za-z0-9_.:-]+$/;
const prefixed: ReadonlySet<string> = new Set(
  "option log busy-polling set-dumpable strict-limits insecure-fork-wanted numa-cpu-mapping".split(" "),
);

/** Whatever cannot be read is told in the ledger; the sections hold the rest. */
export function readSections(lines: readonly (readonly Word[])[], ledger: Ledger): Section[] {
  const sections: Section[] = [];
  for (const words of lines) {
    const first = words[0]!;
    const keyword = keywordIn(sectionWords, first.text);
    const section = sections.at(-1);
    if (keyword !== undefined && !(section?.kind === "userlist" && first.text === "group")) {
      enterKeyword(ledger, keyword, first);
      sections.push(headed(words, ledger));
    } else if (section !== undefined) {
      const statement = statementOf(words, ledger);
      if (statement !== null) section.statements.push(statement);
    } else
      ledger.fault(pathOf(first), `stands outside of any section${didYouMean(first.text, Object.keys(sectionWords))}`);
  }
  return sections;
}

function headed(words: readonly Word[], ledger: Ledger): Section {
  const [word, ...rest] = words as [Word, ...Word[]]; // A line has a word.
  const statements: Statement[] = [];
  const fromAt = rest.findIndex((each) => each.text === "from" && !each.isQuoted);
  const takesFrom = proxyKinds.has(word.text) || word.text === "defaults";
  const from = takesFrom && fromAt !== -1 ? rest[fromAt + 1] : undefined;
  if (takesFrom && fromAt !== -1 && from === undefined)
    ledger.fault(pathOf(rest[fromAt]!), "needs the name of a defaults section");
  const before = takesFrom && fromAt !== -1 ? rest.slice(0, fromAt) : rest;
  const [name, ...more] = nameless.has(word.text) ? [undefined, ...before] : before;
  if (name === undefined && word.text !== "defaults" && !nameless.has(word.text))
    ledger.fault(pathOf(word), `needs a name, as in "${word.text} web"`);
  else if (name !== undefined && !namePattern.test(name.text))
    ledger.fault(pathOf(name), 'may have letters, digits and "_", ".", ":", "-" only, as in HAProxy');
  if (more.length > 0) statements.push(...addressed(word, more as Word[], ledger));
  return { kind: word.text, word, name: name ?? null, from: from ?? null, statements };
}

/** `listen x 10.0.0.1:80`, which HAProxy took until 1.8. */
function addressed(word: Word, more: readonly Word[], ledger: Ledger): Statement[] {
  const address = more[0]!;
  if ((word.text !== "listen" && word.text !== "frontend") || more.length > 1) {
    ledger.fault(pathOf(address), `is one word too many behind ${word.text} and its name`);
    return [];
  }
  warn(ledger, address, "is read as if it stood behind bind, where HAProxy wants it today");
  const bind = { ...address, text: "bind", isQuoted: false };
  return [{ words: [bind, address], line: word.line, prefix: null, isInherited: false }];
}

function statementOf(words: readonly Word[], ledger: Ledger): Statement | null {
  const [first, second] = words as [Word, Word | undefined];
  if ((first.text !== "no" && first.text !== "default") || first.isQuoted)
    return { words, line: first.line, prefix: null, isInherited: false };
  if (second === undefined || !prefixed.has(second.text)) {
    ledger.fault(
      pathOf(first),
      "can stand in front of option and log only, and of few words of section global, as in HAProxy",
    );
    return null;
  }
  return { words: words.slice(1), line: first.line, prefix: first.text, isInherited: false };
}
