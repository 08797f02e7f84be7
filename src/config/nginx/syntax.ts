// The syntax of nginx' configurations, and no more of nginx than that: words and quotes, comments, directives that end in ; or have a
// block, blocks in blocks. Any text is read or refused with a line. What directives mean is for who asks. Blocks of Lua hold another
// language and are passed over. As in nginx, a # begins a comment only where a word could begin, and a \ takes the next character as it is.

export interface Directive {
  readonly name: string;
  /** Without their quotes. */
  readonly words: readonly string[];
  readonly line: number;
  /** Null where it ends in ;. */
  readonly block: readonly Directive[] | null;
}

export type NginxText =
  | { readonly ok: true; readonly directives: readonly Directive[] }
  /** `message` continues "line N". */
  | { readonly ok: false; readonly line: number; readonly message: string };

const depthMax = 32;
/** Spaces, comments, words, and what ends them. A $ before { makes both part of the word. */
const token =
  /[ \t\r]+|\n|#[^\n]*|[;{}]|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|(?:\$\{[^}\s]*\}|\\[\s\S]|[^\s;{}"'#\\])(?:\$\{[^}\s]*\}|\\[\s\S]|[^\s;{}\\])*/y;

class Fault extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

export function readNginx(text: string): NginxText {
  try {
    return { ok: true, directives: new Reader(text).read() };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { ok: false, line: fault.line, message: fault.message };
  }
}

interface Open {
  readonly name: string;
  readonly words: readonly string[];
  readonly line: number;
  readonly inside: Directive[];
}

class Reader {
  readonly #text: string;
  #at = 0;
  #line = 1;
  /** Line of the last word. */
  #wordLine = 1;
  /** The last one was ; { or } itself, and no word that spells it. */
  #isMark = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Directive[] {
    const whole: Directive[] = [];
    const open: Open[] = [];
    let words: string[] = [];
    let line = 1;
    const inside = (): Directive[] => open.at(-1)?.inside ?? whole;
    for (let next = this.#next(); next !== null; next = this.#next()) {
      const [name = "", ...rest] = words;
      if (!this.#isMark) {
        if (words.length === 0) line = this.#wordLine;
        words.push(next);
      } else if (next === ";") {
        if (words.length > 0) inside().push({ name, words: rest, line, block: null });
        words = [];
      } else if (next === "{") {
        if (words.length === 0) throw new Fault(this.#wordLine, "has a { that nothing stands before");
        if (open.length >= depthMax) throw new Fault(this.#wordLine, `has more than ${depthMax} blocks in each other`);
        if (name.endsWith("_by_lua_block")) this.#skipLua(line);
        else open.push({ name, words: rest, line, inside: [] });
        words = [];
      } else {
        if (words.length > 0) throw new Fault(line, `has no ; behind ${JSON.stringify(name.slice(0, 40))}`);
        const done = open.pop();
        if (done === undefined) throw new Fault(this.#wordLine, "has a } too many");
        inside().push({ name: done.name, words: done.words, line: done.line, block: done.inside });
      }
    }
    const last = open.at(-1);
    if (last !== undefined) throw new Fault(last.line, `has a block, ${last.name.slice(0, 40)}, that nothing ends`);
    if (words.length > 0) throw new Fault(line, `has no ; behind ${JSON.stringify(words[0]!.slice(0, 40))}`);
    return whole;
  }

  /** A word, or one of ; { }; null at the end. An empty word in quotes is a word. */
  #next(): string | null {
    for (;;) {
      if (this.#at >= this.#text.length) return null;
      token.lastIndex = this.#at;
      const found = token.exec(this.#text)?.[0];
      if (found === undefined) throw new Fault(this.#line, "has a quote, or a \\, that nothing ends");
      this.#at += found.length;
      const first = found[0]!;
      if (first === "\n") this.#line += 1;
      if (first === "\n" || first === " " || first === "\t" || first === "\r" || first === "#") continue;
      this.#wordLine = this.#line;
      this.#isMark = first === ";" || first === "{" || first === "}";
      if (found.includes("\n")) this.#line += found.split("\n").length - 1;
      return first === '"' || first === "'" ? plain(found.slice(1, -1)) : plain(found);
    }
  }

  /** To the } that ends it. Quotes and comments of Lua may hold braces. */
  #skipLua(line: number): void {
    const part =
      /--\[\[[\s\S]*?\]\]|--[^\n]*|\[\[[\s\S]*?\]\]|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'|[{}\n]|[^{}\n"'[-]+|[\s\S]/y;
    for (let depth = 1; depth > 0; ) {
      part.lastIndex = this.#at;
      const found = part.exec(this.#text)?.[0];
      if (found === undefined) throw new Fault(line, "has a block of Lua that nothing ends");
      this.#at += found.length;
      this.#line += found.split("\n").length - 1;
      if (found === "{") depth += 1;
      if (found === "}") depth -= 1;
    }
  }
}

/** nginx takes the \ away before quotes, spaces and itself, and makes control characters of \t, \r and \n. */
function plain(word: string): string {
  if (!word.includes("\\")) return word;
  return word.replaceAll(/\\([\s\S])/g, (whole, character: string) => {
    if (character === "t") return "\t";
    if (character === "r") return "\r";
    if (character === "n") return "\n";
    return `"'\\ ;{}#$`.includes(character) ? character : whole;
  });
}
