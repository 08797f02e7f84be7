// Why a statement cannot become one of ours, at a word of it. Thrown where it is found, deep in a sample or a condition, and caught
// where the statement is read (rules.ts): one statement has one objection, and the statements after it are read all the same.

import type { Ledger } from "../ledger.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";

export class Objection extends Error {
  readonly word: Word;
  /** fault: HAProxy does not take it either. refuse: it does, and Sluice cannot do it. lose: said elsewhere. */
  readonly verdict: "fault" | "refuse" | "lose";

  constructor(verdict: Objection["verdict"], word: Word, message: string) {
    super(message);
    this.word = word;
    this.verdict = verdict;
  }
}

/** HAProxy does not take it either; `message` continues the word. */
export function fault(word: Word, message: string): never {
  throw new Objection("fault", word, message);
}

/** `message` says why Sluice cannot do it. */
export function refuse(word: Word, message: string): never {
  throw new Objection("refuse", word, message);
}

/** What `read` makes of a statement; null, and told, when there is an objection. */
export function heard<T>(ledger: Ledger, statement: Statement, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Objection)) throw error;
    const path = pathOf(error.word);
    if (error.verdict === "fault") ledger.fault(path, error.message);
    else if (error.verdict === "refuse") ledger.refuse(path, error.message);
    else ledger.lose(linePath(statement));
    return null;
  }
}
