// The words behind an address on a line of bind or server: flags, and words with a value behind them. Each is entered in the ledger
// here; what comes back are those that code reads, in their order, so that the last of several holds.

import type { Ledger } from "../ledger.ts";
import type { Keywords } from "./keyword.ts";
import { pathOf, type Word } from "./scene.ts";
import { enter } from "./tell.ts";

interface Option {
  readonly name: string;
  readonly word: Word;
  readonly value: Word | null;
}

export interface Vocabulary {
  readonly words: Keywords;
  readonly flags: ReadonlySet<string>;
  /** "on a server line" */
  readonly where: string;
}

export class Options {
  readonly #options: readonly Option[];

  constructor(options: readonly Option[]) {
    this.#options = options;
  }

  has(name: string): boolean {
    return this.word(name) !== null;
  }

  /** The word itself, of the last one. */
  word(name: string): Word | null {
    return this.#options.findLast((option) => option.name === name)?.word ?? null;
  }

  value(name: string): Word | null {
    return this.#options.findLast((option) => option.name === name)?.value ?? null;
  }

  values(name: string): readonly Word[] {
    return this.#options.flatMap(({ name: each, value }) => (each === name && value !== null ? [value] : []));
  }

  /** A flag that its `no-` takes back: the last of the two holds. */
  flag(name: string): Word | null {
    const last = this.#options.findLast((option) => option.name === name || option.name === `no-${name}`);
    return last?.name === name ? last.word : null;
  }

  /** The last of several. */
  lastOf(names: readonly string[]): Word | null {
    return this.#options.findLast((option) => names.includes(option.name))?.word ?? null;
  }

  names(): readonly string[] {
    return this.#options.map(({ name }) => name);
  }

  /** These, and after them the others. */
  and(others: Options): Options {
    return new Options([...this.#options, ...others.#options]);
  }
}

export function readOptions(
  ledger: Ledger,
  words: readonly Word[],
  { words: table, flags, where }: Vocabulary,
): Options {
  const options: Option[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const isRead = enter(ledger, table, word, where);
    const isKnown = Object.hasOwn(table, word.text);
    const value = isKnown && !flags.has(word.text) ? (words[++at] ?? null) : null;
    if (isKnown && !flags.has(word.text) && value === null) ledger.fault(pathOf(word), "needs a value behind it");
    else if (isRead) options.push({ name: word.text, word, value });
  }
  return new Options(options);
}
