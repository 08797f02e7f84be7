// Regular expressions as trees of what they match, of bytes: the part of JavaScript's syntax that an automaton can decide without
// ever going back. What looks around or back (lookahead, lookbehind, backreferences), and what is so rarely written that its
// meaning is not worth guessing, is not understood here: null. The text has been found right by RegExp before.

/** 1 for each byte that may stand there. */
export type ByteSet = Uint8Array;
export type Assertion = "start" | "end" | "lineStart" | "lineEnd" | "word" | "notWord";

export type Regex =
  | { readonly kind: "set"; readonly set: ByteSet }
  | { readonly kind: "assert"; readonly assertion: Assertion }
  | { readonly kind: "all"; readonly parts: readonly Regex[] }
  | { readonly kind: "any"; readonly parts: readonly Regex[] }
  /** `max`: infinity where there is no end. */
  | { readonly kind: "repeat"; readonly part: Regex; readonly min: number; readonly max: number };

const bytes = 256;
export const isWord: ByteSet = setOf((byte) => /\w/.test(String.fromCharCode(byte)));

export function parseRegex(source: string, flags: string): Regex | null {
  // With both the classes have members of their own.
  if (flags.includes("i") && flags.includes("u")) return null;
  try {
    return new Parser(source, flags).parse();
  } catch (error) {
    if (error instanceof NotUnderstood) return null;
    throw error;
  }
}

/** In how many ways a text can be met from one place on at most: who tries one after the other tries no more. */
export function waysOf(regex: Regex): number {
  switch (regex.kind) {
    case "set":
    case "assert":
      return 1;
    case "all":
      return regex.parts.reduce((ways, part) => ways * waysOf(part), 1);
    case "any":
      return regex.parts.reduce((ways, part) => ways + waysOf(part), 0);
    case "repeat": {
      const ways = waysOf(regex.part);
      if (regex.max - regex.min > repeatsMax) return Number.POSITIVE_INFINITY;
      let sum = 0;
      for (let count = regex.min; count <= regex.max; count++) sum += ways ** count;
      return sum;
    }
  }
}

/** Of counting them. */
const repeatsMax = 1000;

class NotUnderstood extends Error {}

function setOf(has: (byte: number) => boolean): ByteSet {
  return Uint8Array.from({ length: bytes }, (_, byte) => (has(byte) ? 1 : 0));
}

const classes: Readonly<Record<string, ByteSet>> = Object.fromEntries(
  ["d", "D", "w", "W", "s", "S"].map((letter) => {
    const pattern = new RegExp(`\\${letter}`);
    return [letter, setOf((byte) => pattern.test(String.fromCharCode(byte)))];
  }),
);
const controls: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b };
const quantifier = /(?:([*+?])|\{(\d{1,6})(,(\d{0,6}))?\})\??/y;
const escaped = /x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|c([a-zA-Z])|(0)(?!\d)|([^a-zA-Z0-9])/y;

class Parser {
  readonly #source: string;
  readonly #flags: string;
  #at = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  parse(): Regex {
    const found = this.#alternatives();
    if (this.#at < this.#source.length) throw new NotUnderstood();
    return found;
  }

  #alternatives(): Regex {
    const parts = [this.#sequence()];
    while (this.#source[this.#at] === "|") {
      this.#at++;
      parts.push(this.#sequence());
    }
    return parts.length === 1 ? parts[0]! : { kind: "any", parts };
  }

  #sequence(): Regex {
    const parts: Regex[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at]!)) parts.push(this.#repeated());
    return parts.length === 1 ? parts[0]! : { kind: "all", parts };
  }

  #repeated(): Regex {
    const part = this.#atom();
    quantifier.lastIndex = this.#at;
    const found = quantifier.exec(this.#source);
    if (found === null) return part;
    if (part.kind === "assert") throw new NotUnderstood();
    this.#at += found[0].length;
    const [, sign, least, range, most] = found;
    if (sign !== undefined)
      return { kind: "repeat", part, min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Number.POSITIVE_INFINITY };
    const max = range === undefined ? Number(least) : most === "" ? Number.POSITIVE_INFINITY : Number(most);
    return { kind: "repeat", part, min: Number(least), max };
  }

  #atom(): Regex {
    const character = this.#source[this.#at++]!;
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return { kind: "set", set: this.#class() };
      case ".":
        return { kind: "set", set: setOf((byte) => this.#flags.includes("s") || (byte !== 0x0a && byte !== 0x0d)) };
      case "^":
        return { kind: "assert", assertion: this.#flags.includes("m") ? "lineStart" : "start" };
      case "$":
        return { kind: "assert", assertion: this.#flags.includes("m") ? "lineEnd" : "end" };
      case "\\": {
        const next = this.#source[this.#at]!;
        if (next !== "b" && next !== "B") return { kind: "set", set: this.#escaped() };
        this.#at++;
        return { kind: "assert", assertion: next === "b" ? "word" : "notWord" };
      }
      case "*":
      case "+":
      case "?":
        throw new NotUnderstood();
      default:
        return { kind: "set", set: this.#folded(single(character.charCodeAt(0))) };
    }
  }

  #group(): Regex {
    const opening = /\?(?::|<[A-Za-z_$][\w$]*>)/y;
    opening.lastIndex = this.#at;
    const found = opening.exec(this.#source);
    if (found !== null) this.#at += found[0].length;
    else if (this.#source[this.#at] === "?") throw new NotUnderstood();
    const inner = this.#alternatives();
    if (this.#source[this.#at] !== ")") throw new NotUnderstood();
    this.#at++;
    return inner;
  }

  /** Behind a backslash. */
  #escaped(): ByteSet {
    const letter = this.#source[this.#at]!;
    const known = Object.hasOwn(classes, letter) ? classes[letter]! : null;
    if (known === null) return this.#folded(single(this.#escapedByte()));
    this.#at++;
    return known;
  }

  #escapedByte(): number {
    const letter = this.#source[this.#at] ?? "";
    if (Object.hasOwn(controls, letter)) {
      this.#at++;
      return controls[letter]!;
    }
    escaped.lastIndex = this.#at;
    const found = escaped.exec(this.#source);
    if (found === null) throw new NotUnderstood();
    this.#at += found[0].length;
    const [, hex, unicode, braced, control, zero, itself] = found;
    if (braced !== undefined && !this.#flags.includes("u")) throw new NotUnderstood();
    if (control !== undefined) return control.charCodeAt(0) % 32;
    if (zero !== undefined) return 0;
    return itself === undefined ? Number.parseInt(hex ?? unicode ?? braced!, 16) : itself.charCodeAt(0);
  }

  /** Behind the bracket, to the one that closes. */
  #class(): ByteSet {
    const isNegated = this.#source[this.#at] === "^";
    if (isNegated) this.#at++;
    const set = new Uint8Array(bytes);
    while (this.#source[this.#at] !== "]") {
      if (this.#at >= this.#source.length) throw new NotUnderstood();
      const first = this.#member();
      const isRange = this.#source[this.#at] === "-" && this.#source[this.#at + 1] !== "]";
      if (isRange) this.#at++;
      const last = isRange ? this.#member() : first;
      if (typeof first === "number" && typeof last === "number") {
        single(last);
        set.fill(1, single(first), last + 1);
      } else if (isRange || typeof first === "number") throw new NotUnderstood();
      else for (let byte = 0; byte < bytes; byte++) set[byte]! |= first[byte]!;
    }
    this.#at++;
    const folded = this.#folded(set);
    return isNegated ? setOf((byte) => folded[byte] === 0) : folded;
  }

  #member(): number | ByteSet {
    const character = this.#source[this.#at++];
    if (character === undefined) throw new NotUnderstood();
    if (character !== "\\") return character.charCodeAt(0);
    const letter = this.#source[this.#at]!;
    if (letter === "b" || Object.hasOwn(classes, letter)) {
      this.#at++;
      return letter === "b" ? 0x08 : classes[letter]!;
    }
    return this.#escapedByte();
  }

  /** With flag i: and every byte that is the same letter in the other case, as JavaScript sees it. */
  #folded(of: ByteSet | number): ByteSet {
    const set = typeof of === "number" ? setOf((byte) => byte === of) : of;
    if (!this.#flags.includes("i")) return set;
    const letters = new Set<number>();
    for (let byte = 0; byte < bytes; byte++) if (set[byte] === 1) letters.add(canonical(byte));
    return setOf((byte) => letters.has(canonical(byte)));
  }
}

/** What is beyond a byte stands in no text, and means that something else was meant. */
function single(code: number): number {
  if (code >= bytes) throw new NotUnderstood();
  return code;
}

/** ECMAScript's Canonicalize, without flag u. */
function canonical(byte: number): number {
  const upper = String.fromCharCode(byte).toUpperCase();
  const code = upper.charCodeAt(0);
  return upper.length !== 1 || (byte >= 0x80 && code < 0x80) ? byte : code;
}
