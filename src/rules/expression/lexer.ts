// From text to tokens (cel-spec, doc/langdef.md, "Lexis"). Whatever the text, it ends in tokens or in one remark at its place;
// nothing is thrown. Inside of a template an expression ends at the brace that closes it, which is no token of the language.

import { quote } from "../../base/reading.ts";
import { variableOf } from "./habits.ts";
import { integerMax } from "./limits.ts";
import { readString } from "./literal.ts";
import { type Remark, remark, type Span } from "./syntax.ts";

export interface Token extends Span {
  readonly kind: "name" | "number" | "string" | "symbol" | "end";
  /** A name or symbol as written, the value of a string. */
  readonly text: string;
  /** Of a number. */
  readonly value: number;
}

export type Lexed =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly error: Remark };

const space = /(?:[ \t\n\f\r]+|\/\/[^\n]*)+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const string = /[rR]?(?:'''|"""|'|")/y;
/** An address or a block without quotes. No expression has two dots in a number or two colons side by side. */
const bareAddress =
  /(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*)?::[0-9a-fA-F:.]*)(?:\/\d+)?/y;
const symbol = /&&|\|\||==|!=|<=|>=|[<>+\-*/%!?:.,()[\]]/y;

/** Mistakes that have a name elsewhere. */
const slips: Readonly<Record<string, string>> = {
  "=": 'is no operator: write "==" to compare',
  "&": 'is no operator: write "&&"',
  "|": 'is no operator: write "||"',
  "{": "cannot stand here: there are no maps",
  "}": "cannot stand here: there are no maps",
  "~": "is no operator: write path.matches('^/x')",
  ";": "cannot stand here: this is one expression",
  $: "cannot stand here: names begin with a letter",
};

/** `from` and `isTemplate`: the expression begins there, and ends before the first brace that closes. Texts become bytes where `isUtf8`. */
export function lex(text: string, from: number, isTemplate: boolean, isUtf8: boolean): Lexed {
  const tokens: Token[] = [];
  let at = from;
  const matched = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
  };
  for (;;) {
    at += matched(space)?.length ?? 0;
    const start = at;
    if (at >= text.length || (isTemplate && text[at] === "}")) {
      tokens.push({ kind: "end", text: "", value: 0, start, end: start });
      return { ok: true, tokens };
    }
    const address = matched(bareAddress);
    if (address !== null) return { ok: false, error: unquoted(text, tokens, address, start) };
    const opening = matched(string);
    const word = opening === null ? matched(name) : null;
    const digits = matched(number);
    if (opening !== null) {
      const read = readString(text, at, opening, isUtf8);
      if (!read.ok) return read;
      at = read.end;
      tokens.push({ kind: "string", text: read.value, value: 0, start, end: at });
    } else if (word !== null) {
      at += word.length;
      if (/^[bB][rR]?$|^[rR][bB]$/.test(word) && /['"]/.test(text[at] ?? ""))
        return { ok: false, error: remark({ start, end: at }, `is no prefix of a string: bytes are not a type here`) };
      tokens.push({ kind: "name", text: word, value: 0, start, end: at });
    } else if (digits !== null) {
      at += digits.length;
      const error = misnumbered(text, digits, start, at);
      if (error !== null) return { ok: false, error };
      tokens.push({ kind: "number", text: digits, value: Number(digits), start, end: at });
    } else {
      const found = matched(symbol);
      if (found === null) return { ok: false, error: strange(text, at) };
      at += found.length;
      tokens.push({ kind: "symbol", text: found, value: 0, start, end: at });
    }
  }
}

/** An address as it stands in other programs' files. To the right of `in` stands cidr(…), which takes several. */
function unquoted(text: string, before: readonly Token[], address: string, start: number): Remark {
  const span = { start, end: start + address.length };
  const opening = before.findLastIndex((token) => token.kind === "symbol" && token.text === "[");
  const closing = before.findLastIndex((token) => token.kind === "symbol" && token.text === "]");
  const isListed = opening > closing && before[opening - 1]?.text === "in";
  if (isListed) {
    const list = /^[^\]]*/.exec(text.slice(before[opening]!.end))![0].split(",");
    const items = list.map((item) => `'${item.trim().replaceAll(/['"]/g, "")}'`);
    const shown = items.length > 3 ? [...items.slice(0, 3), "…"] : items;
    return remark(span, `must stand in quotes, and the list be a block: write in cidr(${shown.join(", ")})`);
  }
  const maker = address.includes("/") || before.at(-1)?.text === "in" ? "cidr" : "ip";
  return remark(span, `must stand in quotes: write ${maker}('${address}')`);
}

function misnumbered(text: string, digits: string, start: number, end: number): Remark | null {
  const value = Number(digits);
  if (
    !Number.isFinite(value) ||
    (Number.isInteger(value) && value > integerMax && !/[.eE]/.test(digits.replace(/^0x.*/i, "")))
  )
    return remark({ start, end }, `must be at most ${integerMax} to be exact, not ${digits}`);
  const rest = /^[A-Za-z0-9_]+/.exec(text.slice(end, end + 32))?.[0];
  if (rest === undefined) return null;
  if (/_rate\($/.test(text.slice(Math.max(0, start - 32), start)))
    return remark({ start, end }, "must not stand here: a rate has its period in the table's store, and no brackets");
  const hint = /^(?:ms|s|m|h|d)$/.test(rest) ? `: write duration('${digits}${rest}')` : sizeHint(rest);
  return remark({ start, end: end + rest.length }, `is no number: ${quote(digits + rest)}${hint}`);
}

function sizeHint(unit: string): string {
  return /^[kmg]i?b?$/i.test(unit) ? ": a size is a number of bytes, 10 MB are 10e6" : "";
}

function strange(text: string, at: number): Remark {
  const character = String.fromCodePoint(text.codePointAt(at)!);
  const span = { start: at, end: at + character.length };
  const [variable, name] = /^\$\{?([A-Za-z_]\w*)/.exec(text.slice(at, at + 64)) ?? [];
  const meant = name === undefined ? null : variableOf(name.toLowerCase());
  if (meant !== null && variable !== undefined)
    return remark({ start: at, end: at + variable.length }, `${quote(variable)} is not known here; write ${meant}`);
  if (character === "{" && at === 0) return remark(span, '"{" cannot stand here: a condition has no braces around it');
  if (text.startsWith("=~", at)) return remark({ start: at, end: at + 2 }, `"=~" ${slips["~"]}`);
  return remark(span, `${quote(character)} ${slips[character] ?? "cannot stand in an expression outside of a string"}`);
}
