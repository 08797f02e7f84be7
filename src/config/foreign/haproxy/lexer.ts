// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, as an operator writes them.
// From a line of haproxy.cfg to words with their places, as HAProxy 2.6 takes lines apart: words end at white space, # begins a
// comment anywhere, "..." keeps spaces and fills in variables ($NAME, ${NAME}, ${NAME-default}, ${NAME[*]} for several words),
// '...' keeps everything, and a backslash stands before white space, quotes, # and itself, or is one of \n \r \t \xHH. Before any other
// character it stands for itself, so that \. in a regular expression needs nothing. What is wrong is told at its character.

import { type Environment, variableOf } from "../../substitute.ts";
import type { Word } from "./scene.ts";

/** As many words as HAProxy takes in a line. */
const wordsMax = 64;

export interface LineFault {
  /** Offset into the file. */
  readonly at: number;
  readonly message: string;
}

export interface Line {
  readonly words: readonly Word[];
  /** The first thing that is wrong; the words are then of no use. */
  readonly fault: LineFault | null;
}

/** `start` is the line's offset in the file, `number` counts from 1. */
export function lexLine(text: string, number: number, start: number, environment: Environment): Line {
  const lexer = new Lexer(text, number, start, environment);
  lexer.run();
  return { words: lexer.words, fault: lexer.fault };
}

const simpleEscapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

class Lexer {
  readonly words: Word[] = [];
  fault: LineFault | null = null;
  readonly #text: string;
  readonly #number: number;
  readonly #start: number;
  readonly #environment: Environment;
  #at = 0;
  #word = "";
  /** Where the word began, or -1 between words. */
  #wordAt = -1;
  #isQuoted = false;

  constructor(text: string, number: number, start: number, environment: Environment) {
    this.#text = text;
    this.#number = number;
    this.#start = start;
    this.#environment = environment;
  }

  run(): void {
    const text = this.#text;
    let quote = "";
    let quoteAt = 0;
    while (this.#at < text.length && this.fault === null) {
      const char = text[this.#at]!;
      if (quote === "" && /[ \t\r\v\f]/.test(char)) this.#end();
      else if (quote === "" && char === "#") break;
      else {
        if (this.#wordAt === -1) this.#wordAt = this.#at;
        if ((char === '"' || char === "'") && (quote === "" || quote === char)) {
          quoteAt = this.#at;
          quote = quote === "" ? char : "";
          this.#isQuoted = true;
        } else if (char === "\\" && quote !== "'") this.#escape(quote === '"');
        else if (char === "$" && quote === '"') this.#variable();
        else this.#word += char;
      }
      this.#at++;
    }
    if (this.fault !== null) return;
    if (quote !== "") this.#wrong(quoteAt, "this quote is not closed on its line");
    this.#end();
    if (this.words.length > wordsMax)
      this.#wrong(this.words[wordsMax]!.column - 1, `a line has at most ${wordsMax} words, as in HAProxy`);
  }

  #wrong(at: number, message: string): void {
    this.fault ??= { at: this.#start + at, message };
  }

  #end(): void {
    if (this.#wordAt === -1) return;
    this.words.push({
      text: this.#word,
      line: this.#number,
      column: this.#wordAt + 1,
      at: this.#start + this.#wordAt,
      index: this.words.length,
      isQuoted: this.#isQuoted,
    });
    this.#word = "";
    this.#wordAt = -1;
    this.#isQuoted = false;
  }

  /** Leaves `#at` at the escape's last character. */
  #escape(isInQuotes: boolean): void {
    const next = this.#text[this.#at + 1] ?? "";
    if (next === "x") {
      const digits = /^[0-9a-f]{2}/i.exec(this.#text.slice(this.#at + 2))?.[0];
      if (digits === undefined) return this.#wrong(this.#at, "\\x must be followed by two hexadecimal digits");
      this.#word += String.fromCharCode(Number.parseInt(digits, 16));
      this.#at += 3;
    } else if (next !== "" && (" \t\\#'\"".includes(next) || (next === "$" && isInQuotes))) {
      this.#word += next;
      this.#at += 1;
    } else if (next !== "" && simpleEscapes[next] !== undefined) {
      this.#word += simpleEscapes[next];
      this.#at += 1;
    } else {
      this.#word += "\\";
      return;
    }
    this.#isQuoted = true;
  }

  /** Leaves `#at` at the variable's last character. */
  #variable(): void {
    const rest = this.#text.slice(this.#at);
    const found = /^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(\[\*\])?(?:-([^}]*))?(\}?))/.exec(rest);
    if (found === null)
      return this.#wrong(
        this.#at,
        "a $ in double quotes begins the name of a variable, as in ${NAME}; write \\$ for the character itself",
      );
    const [whole, short, long, isList, usual, brace] = found;
    if (short === undefined && brace === "") return this.#wrong(this.#at + 1, "this { of a variable is not closed");
    const value = variableOf(this.#environment, short ?? long ?? "") ?? unquoted(usual ?? "");
    this.#at += whole.length - 1;
    if (isList === undefined) {
      this.#word += value;
      return;
    }
    const [first, ...others] = value.split(" ").filter((part) => part !== "");
    this.#word += first ?? "";
    for (const part of others) {
      const wordAt = this.#wordAt;
      this.#end();
      this.#wordAt = wordAt;
      this.#isQuoted = true;
      this.#word = part;
    }
  }
}

/** A default may stand in quotes of its own. */
function unquoted(text: string): string {
  return text.replaceAll(/["']/g, "");
}
