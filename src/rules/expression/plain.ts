// Which regular expressions RegExp may decide: those it cannot be slow at, whatever the text, and means the same by as RE2. It is
// ten times as quick there, and most of what is written is of that kind: a path's beginning, some names, an ending.
//
// A scanner of the few things such expressions are made of, not a parser: what it does not know is not plain. It counts the steps
// that can be tried from one place, and lets at most one thing be repeated without end: in a text that is met from its beginning
// only, or at the end of the expression, where nothing behind it can fail. In such a text [a-z]+/ may stand as often as one likes, for
// there is one place where it ends. What the two spell alike and mean differently (`.` and \r, \s and \xa0) is respelled. Groups are
// not repeated, nor left out when they can be empty: there the two find different things.

/** As many steps for each character of a text. */
const stepsMax = 256;

const quantifier = /(?:([*+?])|\{(\d{1,4})(?:(,)(\d{0,4}))?\})\??/y;
const closing = /(?:\)\??)*/y;
const opening = /\((?:\?:|\?P?<\w+>)?/y;
const escaped = String.raw`\\(?:[dDwWnrtfv]|x[0-9a-fA-F]{2}|[!-/:-@[-\x60{-~])`;
const single = new RegExp(String.raw`${escaped}|\\[sSbB.]|[ !"#%&',\-/0-9:;<=>@A-Z_\x60a-z~]|[.^$]`, "y");
const member = String.raw`(?:${escaped}|\\s|[ -,./:-@^_\x600-9A-Za-z{-~])`;
const setOf = new RegExp(String.raw`\[\^?-?(?!\^)${member}(?:-?${member})*-?\]`, "y");
const respelled: Readonly<Record<string, string>> = { "\\s": "[\\t\\n\\f\\r ]", "\\S": "[^\\t\\n\\f\\r ]" };

const bytes: readonly string[] = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

interface Frame {
  /** In how many ways one can have come to where the group begins, to where its alternatives before have ended, and to here. */
  readonly from: number;
  ended: number;
  ways: number;
  /** Whether an alternative before, and this one, can be met by nothing. */
  wasEmpty: boolean;
  isEmpty: boolean;
}

/** The same for RegExp, which is as quick as it is long; null where it is not plain. RE2 must have taken it already. */
export function plainRegex(source: string, flags: string): RegExp | null {
  const scanner = new Scanner(source, flags);
  const spelled = scanner.spell();
  return spelled === null || !scanner.isQuick ? null : new RegExp(spelled, flags.includes("i") ? "i" : "");
}

/** The same for texts of some hundred characters, with the cube of which it may become slow. Groups have numbers, as RE2 gives them. */
export function shortRegex(source: string): RegExp | null {
  const scanner = new Scanner(source, "");
  const spelled = scanner.spell();
  return spelled === null || !scanner.isQuickWhereShort ? null : new RegExp(spelled);
}

class Scanner {
  readonly #source: string;
  readonly #flags: string;
  readonly #frames: Frame[] = [frameFrom(1)];
  #at = 0;
  #steps = 0;
  #spelled = "";
  #endless = 0;
  /** Repeated without end, and what follows does not say where it ends. */
  #openEnds = 0;
  #isBranched = false;
  /** Whether something is repeated without end that has one end only, if it is looked for from one place only. */
  #isSharp = false;
  /** Whether nothing follows what is repeated without end. */
  #isLast = false;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  /** Null: there is something in it that is not known, or too much to try. */
  spell(): string | null {
    while (this.#at < this.#source.length) {
      const character = this.#source[this.#at]!;
      this.#isBranched ||= character === "|" && this.#frames.length === 1;
      if (!this.#read(character) || this.#steps > stepsMax) return null;
    }
    return this.#frames.length === 1 ? this.#spelled : null;
  }

  get isQuick(): boolean {
    if (this.#isTied) return this.#endless <= 1;
    return !this.#isSharp && (this.#endless === 0 || (this.#endless === 1 && this.#isLast));
  }

  /** Where it begins, and where something ends, may each be anywhere; behind two such places there is still something to be looked through. */
  get isQuickWhereShort(): boolean {
    return this.#openEnds <= (this.#isTied ? 2 : 1);
  }

  get #isTied(): boolean {
    return this.#source.startsWith("^") && !this.#isBranched;
  }

  #read(character: string): boolean {
    switch (character) {
      case "(":
        return this.#open();
      case ")":
        return this.#close();
      case "|":
        return this.#branch();
      default:
        return this.#one(character);
    }
  }

  #open(): boolean {
    const found = this.#take(opening);
    // `(?i:` and what looks around.
    if (found === null || this.#source[this.#at] === "?") return false;
    this.#frames.push(frameFrom(this.#frames.at(-1)!.ways));
    this.#spelled += found[0] === "(?:" ? "(?:" : "(";
    return true;
  }

  #branch(): boolean {
    const frame = this.#frames.at(-1)!;
    this.#steps += frame.from;
    frame.ended += frame.ways;
    frame.ways = frame.from;
    frame.wasEmpty ||= frame.isEmpty;
    frame.isEmpty = true;
    this.#at++;
    this.#spelled += "|";
    return true;
  }

  #close(): boolean {
    const inner = this.#frames.pop()!;
    const outer = this.#frames.at(-1);
    if (outer === undefined) return false;
    this.#at++;
    const isEmpty = inner.wasEmpty || inner.isEmpty;
    const found = this.#take(quantifier);
    if (found !== null && (found[1] !== "?" || isEmpty)) return false;
    outer.ways = inner.ended + inner.ways + (found === null ? 0 : inner.from);
    outer.isEmpty &&= isEmpty || found !== null;
    this.#steps += inner.from;
    this.#spelled += `)${found?.[0] ?? ""}`;
    return true;
  }

  /** A character, or one of many, or a place. */
  #one(character: string): boolean {
    const text = this.#take(character === "[" ? setOf : single)?.[0];
    if (text === undefined) return false;
    const found = this.#take(quantifier);
    const isPlace = /^(?:[\^$]|\\[bB])$/.test(text);
    if (isPlace && (found !== null || (this.#flags.includes("m") && text.length === 1))) return false;
    this.#spelled += this.#respell(text) + (found?.[0] ?? "");
    const [least, most] = timesOf(found);
    const frame = this.#frames.at(-1)!;
    if (least > 0 && !isPlace) frame.isEmpty = false;
    if (most !== Number.POSITIVE_INFINITY) {
      this.#steps += frame.ways * Math.max(most, 1);
      frame.ways *= most - least + 1;
    } else {
      this.#steps += frame.ways * (least + 1);
      // What is repeated behind something that can end anywhere is begun anew at every such end.
      const isSharp = this.#endsBefore(text);
      // Behind the last one nothing can fail.
      if (!isSharp && !this.#isAtEnd()) this.#openEnds++;
      if (this.#endless === 0 && isSharp) this.#isSharp = true;
      else this.#endless++;
      this.#isLast = this.#at === this.#source.length;
    }
    return true;
  }

  /** Whether what comes next is there for certain, and can be none of what is repeated. */
  #endsBefore(repeated: string): boolean {
    const before = this.#at;
    this.#take(closing);
    const next = this.#take(this.#source[this.#at] === "[" ? setOf : single)?.[0];
    const [least] = timesOf(this.#take(quantifier));
    this.#at = before;
    if (next === undefined || least === 0 || /^(?:\^|\\[bB])$/.test(next)) return false;
    return next === "$" || !bytes.some((byte) => this.#has(repeated, byte) && this.#has(next, byte));
  }

  #isAtEnd(): boolean {
    const before = this.#at;
    this.#take(closing);
    const isAtEnd = this.#at === this.#source.length;
    this.#at = before;
    return isAtEnd;
  }

  #has(text: string, byte: string): boolean {
    return new RegExp(`^${this.#respell(text)}$`, this.#flags.includes("i") ? "i" : "").test(byte);
  }

  #respell(text: string): string {
    if (text === ".") return this.#flags.includes("s") ? "[^]" : "[^\\n]";
    if (!text.startsWith("[")) return respelled[text] ?? text;
    return text.replaceAll(/\\./gs, (found) => (found === "\\s" ? "\\t\\n\\f\\r " : found));
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    this.#at += found?.[0].length ?? 0;
    return found;
  }
}

function frameFrom(ways: number): Frame {
  return { from: ways, ended: 0, ways, wasEmpty: false, isEmpty: true };
}

function timesOf(found: RegExpExecArray | null): readonly [least: number, most: number] {
  if (found === null) return [1, 1];
  const [, sign, least, range, most] = found;
  if (sign !== undefined) return [sign === "+" ? 1 : 0, sign === "?" ? 1 : Number.POSITIVE_INFINITY];
  if (range === undefined) return [Number(least), Number(least)];
  return [Number(least), most === "" ? Number.POSITIVE_INFINITY : Number(most)];
}
