// Finds where the keys of an object literal stand in a TypeScript text: the one given to defineConfig(...), or exported as the
// default. It is a tolerant scanner, not a parser: it knows strings, templates, comments, regular expressions and brackets, and
// steps over every expression that is not an object or list literal. What is computed elsewhere has no place of its own.

import type { Places } from "./place.ts";
import type { Path } from "./problem.ts";

const blank = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const quoted = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y;
const word = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*/uy;
/** After one of these a slash starts a regular expression, after anything else it divides. */
const beforeRegex = /[=([{,;:!&|?+\-*%~^<>]$|\b(?:return|typeof|case|in|of|void)$/;
const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const opening = "([{";
const closing = ")]}";

export function placeLiteral(text: string, places: Places): void {
  new Literal(text, places).run();
}

class Literal {
  readonly #text: string;
  readonly #places: Places;
  #at = 0;

  constructor(text: string, places: Places) {
    this.#text = text;
    this.#places = places;
  }

  run(): void {
    for (; this.#at < this.#text.length; this.#token()) {
      this.#skip(blank);
      const start = /(?<![\w$.])(?:defineConfig\s*(?:<[^>()]*>)?\s*\(|export\s+default(?=\s*\{))/y;
      if (this.#skip(start) === "") continue;
      this.#skip(blank);
      this.#places.add([], this.#at, this.#at);
      if (this.#text[this.#at] === "{") return this.#value([]);
    }
  }

  #value(path: Path): void {
    this.#skip(blank);
    const start = this.#text[this.#at];
    if (start === "{") this.#object(path);
    else if (start === "[") this.#list(path);
    this.#rest();
  }

  #object(path: Path): void {
    this.#at++;
    while (this.#at < this.#text.length) {
      this.#skip(blank);
      if (this.#take("}")) return;
      const at = this.#at;
      const token = this.#skip(quoted) || this.#skip(word);
      this.#skip(blank);
      if (token !== "" && this.#take(":")) {
        this.#skip(blank);
        const key = [...path, unquote(token)];
        this.#places.add(key, at, this.#at);
        this.#value(key);
      } else {
        // A shorthand (`use,`), a method, a spread or a computed key.
        if (token !== "" && /[,}]/.test(this.#text[this.#at] ?? "")) this.#places.add([...path, token], at, at);
        this.#rest();
      }
      if (!this.#take(",") && this.#at === at) return; // A bracket that closes nothing: no TypeScript, but no reason to hang.
    }
  }

  #list(path: Path): void {
    this.#at++;
    for (let index = 0; this.#at < this.#text.length; index++) {
      this.#skip(blank);
      if (this.#take("]")) return;
      // After a spread the indices are not known any more.
      if (this.#text.startsWith("...", this.#at)) index = Number.NaN;
      else if (!Number.isNaN(index)) this.#places.add([...path, index], this.#at, this.#at);
      const before = this.#at;
      this.#value(Number.isNaN(index) ? [...path, "..."] : [...path, index]);
      if (!this.#take(",") && this.#at === before) return;
    }
  }

  /** To the comma or bracket that ends this expression. */
  #rest(): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      this.#skip(blank);
      const next = this.#text[this.#at] ?? "";
      if (depth === 0 && (next === "," || closing.includes(next))) return;
      if (opening.includes(next)) depth++;
      else if (closing.includes(next)) depth--;
      this.#token();
    }
  }

  #token(): void {
    if (this.#text[this.#at] === "`") this.#template();
    else if (this.#skip(quoted) === "" && this.#skip(word) === "" && this.#skipRegex() === "") this.#at++;
  }

  #skipRegex(): string {
    if (this.#text[this.#at] !== "/") return "";
    return beforeRegex.test(this.#text.slice(Math.max(0, this.#at - 40), this.#at).trimEnd()) ? this.#skip(regex) : "";
  }

  #template(): void {
    this.#at++;
    while (this.#at < this.#text.length && !this.#take("`")) {
      if (this.#take("\\")) this.#at++;
      else if (!this.#take("${")) this.#at++;
      else {
        for (let depth = 1; depth > 0 && this.#at < this.#text.length; ) {
          if (this.#text[this.#at] === "{") depth++;
          else if (this.#text[this.#at] === "}") depth--;
          this.#token();
        }
      }
    }
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}

function unquote(token: string): string {
  return /^["']/.test(token) ? token.slice(1, -1).replaceAll(/\\(.)/g, "$1") : token;
}
