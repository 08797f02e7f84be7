// Regular expressions: RE2's, found by re2js in a time that grows with the text and with nothing else, for the texts are clients'.
// RegExp decides what is plain (plain.ts), where it is quicker and cannot be slow. It is left with what RE2 has not: what looks
// ahead, and references back. That can take a time that doubles with every character, so the shape that does it most is warned
// of: something repeated without end, inside of something repeated without end, where nothing marks where one round ends and the
// next begins: (a+)+, (\w+\s?)*, but not (/[a-z]+)+.
//
// Replacements are put together here and not by JavaScript, whose $` and $' would let a text grow with its square.

import { RE2JS } from "re2js";
import { replaceWorkMax, textLengthMax } from "./limits.ts";
import { plainRegex } from "./plain.ts";

/** All that was matched, then its groups. */
export type Found = readonly (string | undefined)[] & { readonly index: number };

export interface Pattern {
  /** Whether finding a part of a text takes no longer than that part. */
  readonly isLean: boolean;
  test(text: string): boolean;
  exec(text: string): RegExpMatchArray | null;
  /** From left to right. */
  matchAll(text: string): Iterable<RegExpMatchArray>;
  /** The first that begins at `from` or behind it; what stands before is seen by ^ and \b. */
  execFrom(text: string, from: number): Found | null;
}

/** `isSlow`: some texts can take it very long. */
export type ReadPattern =
  | { readonly ok: true; readonly pattern: Pattern; readonly isSlow: boolean }
  | { readonly ok: false; readonly message: string };

/** Of what re2js remembers of one expression, by its own count, which is about what it takes: when it is full, all is forgotten, and
    what has to be forgotten too soon is walked without. Its own 8 MiB clients could fill for each of hundreds of expressions. */
const memoryBytesMax = 1_048_576;
/** Steps of an expression beyond its characters: those that counts make, as in (a{100}){9}. Each can cost some nanoseconds a character. */
const stepsMax = 1000;

/** Those that some plan still has, by flags and text: to compile one takes a tenth of a ms, and the next plan asks for all of them again. */
const living = new Map<string, WeakRef<Linear | Native>>();
const livingLeast = 256;
let sweepAt = livingLeast;

/** `(?i)` at the beginning is the flag i. */
export function readPattern(text: string, flags: string): ReadPattern {
  const key = `${flags}/${text}`;
  const known = living.get(key)?.deref();
  if (known !== undefined) return { ok: true, pattern: known, isSlow: known.isSlow };
  const read = compilePattern(text, flags);
  if (!read.ok) return read;
  living.set(key, new WeakRef(read.pattern));
  if (living.size > sweepAt) {
    for (const [other, pattern] of living) if (pattern.deref() === undefined) living.delete(other);
    sweepAt = Math.max(livingLeast, 2 * living.size);
  }
  return { ok: true, pattern: read.pattern, isSlow: read.pattern.isSlow };
}

function compilePattern(
  text: string,
  flags: string,
): { readonly ok: true; readonly pattern: Linear | Native } | Extract<ReadPattern, { readonly ok: false }> {
  const inline = /^\(\?([imsu]+)\)/.exec(text);
  const source = inline === null ? text : text.slice(inline[0].length);
  const all = [...new Set(flags + (inline?.[1] ?? ""))].join("");
  if (!/^[imsu]*$/.test(all)) return { ok: false, message: 'must have flags of "i", "m", "s" and "u" only' };
  const compiled = compileOf(source, all);
  if (typeof compiled !== "string") {
    const steps = compiled.programSize() - source.length;
    if (steps > stepsMax) return refused(`its counts make ${steps} steps of it, more than ${stepsMax}`);
    const plain = plainRegex(source, all);
    return { ok: true, pattern: plain === null ? new Linear(compiled) : new Native(plain, true, false) };
  }
  if (!looksAround.test(source)) return refused(compiled);
  try {
    return { ok: true, pattern: new Native(new RegExp(source, all), false, isSlow(source)) };
  } catch (error) {
    return refused(reasonOf(error));
  }
}

function refused(reason: string): Extract<ReadPattern, { readonly ok: false }> {
  return { ok: false, message: `is no regular expression: ${reason}` };
}

function reasonOf(error: unknown): string {
  return error instanceof Error
    ? error.message.replace(/^(?:Invalid regular expression|error parsing regexp): /, "")
    : "";
}

/** Or refers back. */
const looksAround = /\(\?<?[=!]|\\(?:[1-9]|k<)/;

/** Or why it is none. RE2's spelling comes first, JavaScript's where that is none of RE2's: [^], \u0041. */
function compileOf(source: string, all: string): RE2JS | string {
  let flags = RE2JS.LOOKBEHINDS;
  if (all.includes("i")) flags |= RE2JS.CASE_INSENSITIVE;
  if (all.includes("m")) flags |= RE2JS.MULTILINE;
  if (all.includes("s")) flags |= RE2JS.DOTALL;
  try {
    return RE2JS.compile(source, flags);
  } catch (error) {
    const translated = looksAround.test(source) ? source : RE2JS.translateRegExp(source);
    if (translated === source) return reasonOf(error);
    try {
      return RE2JS.compile(translated, flags);
    } catch {
      return reasonOf(error);
    }
  }
}

class Linear implements Pattern {
  readonly isLean = false;
  readonly isSlow = false;
  readonly #compiled: RE2JS;

  constructor(compiled: RE2JS) {
    this.#compiled = compiled;
    const { dfa } = compiled.re2();
    dfa.stateBudget = memoryBytesMax;
    dfa.memBudget = memoryBytesMax;
  }

  test(text: string): boolean {
    return this.#compiled.test(text);
  }

  exec(text: string): RegExpMatchArray | null {
    // It is declared as an array of anything, and made to be what RegExp gives.
    return this.#compiled.exec(text) as RegExpMatchArray | null;
  }

  matchAll(text: string): Iterable<RegExpMatchArray> {
    return this.#compiled.matchAll(text);
  }

  execFrom(text: string, from: number): Found | null {
    const matcher = this.#compiled.matcher(text);
    if (!matcher.find(from)) return null;
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
    return Object.assign(groups, { index: matcher.start() });
  }
}

class Native implements Pattern {
  readonly isLean: boolean;
  readonly isSlow: boolean;
  readonly #one: RegExp;
  readonly #all: RegExp;

  constructor(pattern: RegExp, isLean: boolean, isSlow: boolean) {
    this.isLean = isLean;
    this.isSlow = isSlow;
    this.#one = pattern;
    this.#all = new RegExp(pattern, `${pattern.flags}g`);
  }

  test(text: string): boolean {
    return this.#one.test(text);
  }

  exec(text: string): RegExpMatchArray | null {
    return this.#one.exec(text);
  }

  matchAll(text: string): Iterable<RegExpMatchArray> {
    // It goes on where execFrom, by whoever has the same expression, has left it.
    this.#all.lastIndex = 0;
    return text.matchAll(this.#all);
  }

  execFrom(text: string, from: number): Found | null {
    this.#all.lastIndex = from;
    return this.#all.exec(text);
  }
}

/** Parts of a replacement: texts, and numbers of groups; $1, \1, $& and $$. Null when it has something else after a $. */
export function readReplacement(text: string): readonly (string | number)[] | null {
  const parts: (string | number)[] = [];
  let at = 0;
  for (const found of text.matchAll(/\$(?:(\d)|(&)|(\$)|)|\\(?:(\d)|(\\)|)/g)) {
    const [whole, dollar, all, plain, backslash, double] = found;
    if (whole === "$") return null;
    parts.push(text.slice(at, found.index));
    at = found.index + whole.length;
    if (dollar !== undefined || backslash !== undefined) parts.push(Number(dollar ?? backslash));
    else parts.push(all !== undefined ? 0 : plain !== undefined ? "$" : double !== undefined ? "\\" : whole);
  }
  parts.push(text.slice(at));
  return parts.filter((part) => part !== "");
}

/** What stands in the place of one match. */
export function fillIn(parts: readonly (string | number)[], found: readonly (string | undefined)[]): string {
  let filled = "";
  for (const part of parts) filled += typeof part === "string" ? part : (found[part] ?? "");
  return filled;
}

/** Null where the text would grow too long, or the search take too long. */
export function replacePattern(
  text: string,
  pattern: Pattern,
  parts: readonly (string | number)[],
  isAll: boolean,
): string | null {
  if (!pattern.test(text)) return text;
  let replaced = "";
  let at = 0;
  let work = 0;
  for (const found of isAll ? pattern.matchAll(text) : [pattern.exec(text)!]) {
    const { index } = found as { readonly index: number };
    replaced += text.slice(at, index);
    replaced += fillIn(parts, found);
    at = index + found[0].length;
    // To find one it may have been necessary to look at all that is left, as for (a.*b)|a in many a.
    if (!pattern.isLean) work += text.length - at;
    if (replaced.length > textLengthMax || work > replaceWorkMax) return null;
  }
  return replaced + text.slice(at);
}

interface Alternative {
  /** Sources of what is repeated without end, and characters that must stand in every round. */
  readonly endless: string[];
  readonly fixed: string[];
}

const atom =
  /\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:[a-z-]*:|[=!]|<[=!]|<\w+>))?|\)|\||[\s\S]/y;
const quantifier = /(?:[*+?]|\{(\d+)(,(\d*))?\})\??/y;
/** Repeated so often it is as good as without end. */
const endlessFrom = 10;

function isSlow(source: string): boolean {
  const groups: Alternative[][] = [[{ endless: [], fixed: [] }]];
  let at = 0;
  while (at < source.length) {
    atom.lastIndex = at;
    const text = atom.exec(source)![0];
    at += text.length;
    if (text.startsWith("(")) {
      groups.push([{ endless: [], fixed: [] }]);
      continue;
    }
    if (text === "|") {
      groups.at(-1)!.push({ endless: [], fixed: [] });
      continue;
    }
    const closed = text === ")" && groups.length > 1 ? groups.pop()! : null;
    quantifier.lastIndex = at;
    const found = quantifier.exec(source);
    at += found?.[0].length ?? 0;
    const isEndless = found !== null && repeatsEndlessly(found);
    const isOptional = found !== null && /^(?:[*?]|\{0)/.test(found[0]);
    if (closed !== null && isEndless && closed.some(isAmbiguous)) return true;
    const outer = groups.at(-1)!.at(-1)!;
    if (closed !== null) outer.endless.push(...closed.flatMap(({ endless }) => endless));
    else if (isEndless) outer.endless.push(text);
    else if (!isOptional && /^(?:[^\\[.^$]|\\[^dDwWsSbBux0-9])$/.test(text)) outer.fixed.push(text.at(-1)!);
  }
  return false;
}

function repeatsEndlessly(found: RegExpExecArray): boolean {
  if (found[1] === undefined) return found[0].startsWith("*") || found[0].startsWith("+");
  const most = found[2] === undefined ? found[1] : found[3];
  return most === "" || Number(most) >= endlessFrom;
}

function isAmbiguous({ endless, fixed }: Alternative): boolean {
  if (endless.length === 0) return false;
  return !fixed.some((character) => endless.every((text) => !new RegExp(`^(?:${text})$`, "s").test(character)));
}
