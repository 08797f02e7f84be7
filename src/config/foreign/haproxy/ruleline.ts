// A line with a rule, read word by word: an action, what it needs, and `if` or `unless` with a condition. And what comes of it: keys
// of a rule of ours, an end of its family, or nothing.

import { quote } from "../../../base/reading.ts";
import type { Acls } from "./acl.ts";
import { type Code, not } from "./code.ts";
import { isConverter } from "./converter.ts";
import type { RuleDraft } from "./draft.ts";
import { convertAll, readSample } from "./fetch.ts";
import { type Part, readFormat } from "./logformat.ts";
import { fault } from "./objection.ts";
import type { Sample, Site } from "./sample.ts";
import { readCalls } from "./samplewords.ts";
import { linePath, type Statement, type Word } from "./scene.ts";

/**
 * Keys of one rule, or several rules under one condition. accept: the rest of the family is passed over. Null: nothing is done, and
 * that has been told.
 */
export type Made = RuleDraft | readonly RuleDraft[] | "accept" | null;

export class RuleLine {
  readonly site: Site;
  readonly statement: Statement;
  readonly #acls: Acls;
  #at: number;

  /** `at`: the first word to be read. */
  constructor(site: Site, acls: Acls, statement: Statement, at: number) {
    this.site = site;
    this.statement = statement;
    this.#acls = acls;
    this.#at = at;
  }

  /** The word read last. */
  get last(): Word {
    return this.statement.words[this.#at - 1]!;
  }

  /** Null where the condition begins, or the line ends. */
  peek(): Word | null {
    const word = this.statement.words[this.#at];
    return word === undefined || isConditional(word) ? null : word;
  }

  next(expected: string): Word {
    const word = this.peek();
    if (word === null) return fault(this.last, `needs ${expected} behind it`);
    if (word.text === "" && expected !== "") return fault(word, `is empty where ${expected} must stand, as in HAProxy`);
    this.#at += 1;
    return word;
  }

  /** Reads the next word when it is one of these. */
  take(...texts: readonly string[]): Word | null {
    const word = this.peek();
    if (word === null || !texts.includes(word.text)) return null;
    this.#at += 1;
    return word;
  }

  /** In old configs converters stand behind spaces too. */
  sample(expected: string): Sample {
    const word = this.next(expected);
    let sample = readSample(this.site, word);
    for (let more = this.peek(); more !== null && isConverter(/^[^(,]*/.exec(more.text)![0]); more = this.peek())
      sample = convertAll(this.site, more, sample, readCalls(this.next("")));
    return sample;
  }

  format(expected: string, isQuoting = false): readonly Part[] {
    const word = this.next(expected);
    return readFormat(this.site, word, word.text, isQuoting);
  }

  /** What nothing is made of. */
  skip(): void {
    while (this.peek() !== null) this.#at += 1;
  }

  /** Null without one. Nothing else may stand before it or after the action. */
  condition(): Code | null {
    const { words } = this.statement;
    const keyword = words[this.#at];
    if (keyword === undefined) return null;
    if (!isConditional(keyword))
      return fault(keyword, `must be if or unless with a condition behind it, not ${quote(keyword.text)}`);
    const code = this.#acls.condition(this.site, words.slice(this.#at + 1), keyword);
    return keyword.text === "if" ? code : not(code);
  }

  /** Something about the rule as a whole that differs. */
  differs(message: string): null {
    this.site.conversion.ledger.approximate(linePath(this.statement), message);
    return null;
  }

  /** Nothing is done here, and nothing need be. */
  needless(message: string): null {
    this.site.conversion.ledger.note(linePath(this.statement), message);
    return null;
  }
}

function isConditional(word: Word): boolean {
  return (word.text === "if" || word.text === "unless") && !word.isQuoted;
}
