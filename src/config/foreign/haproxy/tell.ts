// Words for the operator: what is told of a word or a whole statement, entered in the ledger at its place. Verdicts by table are told
// here, so that every section tells them in the same words.

import { didYouMean } from "../../../base/nearest.ts";
import type { Ledger } from "../ledger.ts";
import { type Keyword, type Keywords, keywordIn } from "./keyword.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";

/** Kept, and yet the operator should know. */
export function warn(ledger: Ledger, word: Word, message: string): void {
  ledger.keep(pathOf(word));
  ledger.judged({ severity: "warning", path: pathOf(word), part: "value", message });
}

/**
 * Enters a word or statement by its table. True when code is to read it; whatever else was to be told is then told.
 * `where` ends the sentence of an unknown one: "in a frontend".
 */
export function enter(
  ledger: Ledger,
  tables: Keywords,
  word: Word,
  where: string,
  others: readonly string[] = [],
): boolean {
  const keyword = keywordIn(tables, word.text);
  if (keyword === undefined) {
    const meant = didYouMean(word.text, [...Object.keys(tables), ...others]);
    ledger.fault(pathOf(word), `is no keyword of HAProxy's ${where}${meant}`);
    return false;
  }
  return enterKeyword(ledger, keyword, word);
}

export function enterKeyword(ledger: Ledger, keyword: Keyword, word: Word): boolean {
  switch (keyword.kind) {
    case "read":
      ledger.keep(pathOf(word));
      return true;
    case "noted":
      ledger.note(pathOf(word), keyword.text);
      return false;
    case "differs":
      ledger.approximate(pathOf(word), keyword.text);
      return false;
    case "refused":
      ledger.refuse(pathOf(word), keyword.text);
      return false;
    case "gone":
      ledger.fault(pathOf(word), `is refused, by HAProxy too: ${keyword.text}`);
      return false;
    default:
      return keyword.kind satisfies never;
  }
}

/** The words behind the keyword are as many as there may be; if not, that is told. `wordsMax` counts the keyword's own. */
export function hasWords(
  ledger: Ledger,
  statement: Statement,
  wordsMin: number,
  wordsMax: number,
  expected: string,
): boolean {
  const { words } = statement;
  if (words.length < wordsMin) {
    ledger.fault(linePath(statement), `needs ${expected}`);
    return false;
  }
  if (words.length > wordsMax) {
    ledger.fault(pathOf(words[wordsMax]!), `is one word too many: there is only ${expected}`);
    return false;
  }
  return true;
}

/** A whole number; what else stands there is told. */
export function readCount(ledger: Ledger, word: Word | undefined, min: number, max: number): number | null {
  if (word === undefined) return null;
  const value = /^\d{1,10}$/.test(word.text) ? Number(word.text) : Number.NaN;
  if (value >= min && value <= max) return value;
  ledger.fault(pathOf(word), `must be a whole number from ${min} to ${max}`);
  return null;
}
