// Where a character of a value stands in the file that the value was written in: behind quotes, escapes, and lines that were
// folded into one. It is given the value as it was understood and walks both texts side by side; where they cannot be brought
// together (a variable was filled in, a program computed the text) there is no such place. It serves all four formats: what one
// of them does not have does not stand in its files.

/** A place in a value: what is wrong begins there. */
export interface Inside {
  readonly text: string;
  readonly offset: number;
}

const blank = /\s/;
const quotes = ['"""', "'''", '"', "'", "`"];
const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  f: "\f",
  v: "\v",
  e: "\x1b",
  a: "\x07",
  "0": "\0",
};

/** `start`: where the value begins in the source, with its quote. Null when the value does not stand there as it is. */
export function offsetInside(source: string, start: number, { text, offset }: Inside): number | null {
  const quote = quotes.find((one) => source.startsWith(one, start)) ?? "";
  const from = quote === "" ? start + blockHeader(source, start) : contentStart(source, start + quote.length, quote);
  // Whether a backslash begins an escape depends on the format; the one that fits the whole value is right. Where none does,
  // the beginning may, up to where a variable was filled in.
  for (const isWhole of [true, false])
    for (const hasEscapes of quote === "" ? [false] : [true, false]) {
      const found = walk(source, from, text, { offset, quote, hasEscapes, isWhole });
      if (found !== null) return found;
    }
  return null;
}

/** TOML drops the line's end after three quotes. */
function contentStart(source: string, at: number, quote: string): number {
  if (quote.length < 3) return at;
  return source.startsWith("\r\n", at) ? at + 2 : source.startsWith("\n", at) ? at + 1 : at;
}

/** Of a block of YAML: `|` or `>` with its signs, to the end of that line. */
function blockHeader(source: string, start: number): number {
  const header = /[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n\s*/y;
  header.lastIndex = start;
  return header.exec(source)?.[0].length ?? 0;
}

interface Manner {
  readonly offset: number;
  readonly quote: string;
  readonly hasEscapes: boolean;
  readonly isWhole: boolean;
}

function walk(source: string, from: number, text: string, manner: Manner): number | null {
  const { offset, quote, hasEscapes, isWhole } = manner;
  let at = from;
  let found: number | null = offset === 0 ? from : null;
  for (let index = 0; index < text.length; ) {
    if (index >= offset && found === null) found = at;
    if (found !== null && !isWhole) return found;
    const character = text[index]!;
    const length = charLength(source, at, character, quote, hasEscapes);
    if (length === 0 && !blank.test(character)) return null;
    if (length > 0) {
      at += length;
      index++;
    }
    if (!blank.test(character)) continue;
    // A line may have been folded: however much space there is on either side is one.
    if (length === 0 && !blank.test(source[at] ?? "")) return null;
    while (blank.test(source[at] ?? "")) at++;
    if (length === 0) index++;
    while (index < text.length && blank.test(text[index]!)) {
      if (index >= offset && found === null) found = at;
      index++;
    }
  }
  return found ?? at;
}

/** How many characters of the source stand for this one; 0 when it does not stand there. */
function charLength(source: string, at: number, character: string, quote: string, hasEscapes: boolean): number {
  if (hasEscapes && source[at] === "\\") {
    const number = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\})/y;
    number.lastIndex = at;
    const found = number.exec(source);
    if (found !== null) {
      const code = Number.parseInt(found[1] ?? found[2] ?? found[3]!, 16);
      return String.fromCharCode(code) === character ? found[0].length : 0;
    }
    const next = source[at + 1] ?? "";
    return (escapes[next] ?? next) === character ? 2 : 0;
  }
  if (source[at] !== character) return 0;
  // YAML doubles a single quote within single quotes.
  return character === "'" && quote === "'" && source[at + 1] === "'" ? 2 : 1;
}
