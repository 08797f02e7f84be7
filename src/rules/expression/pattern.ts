// Regular expressions: in JavaScript's syntax, compiled once. Whether one is found is decided by RegExp where there are few ways to
// try, and else by an automaton (automaton.ts), in a time that grows with the text; what that does not understand is left to RegExp, which can take a time that doubles with
// every character (CEL's RE2 cannot). There the shape that does it most is warned of: something repeated without end, inside of
// something repeated without end, where nothing marks where one round ends and the next begins: (a+)+, (\w+\s?)*, but not
// (/[a-z]+)+. RegExp replaces, too, but only where something has been found.
//
// Replacements are put together here and not by JavaScript, whose $` and $' would let a text grow with its square.

import { automatonOf } from "./automaton.ts";
import { textLengthMax } from "./limits.ts";
import { parseRegex, waysOf } from "./regex.ts";

/** `isSlow`: finding it, and replacing it, can take very long. */
export type ReadPattern =
  | {
      readonly ok: true;
      readonly pattern: RegExp;
      readonly finder: { test(text: string): boolean };
      readonly isSlow: { readonly toFind: boolean; readonly toReplace: boolean };
    }
  | { readonly ok: false; readonly message: string };

/** Up to so many ways from each place RegExp is quicker than the automaton, and never slow. */
const waysMax = 64;

/** `(?i)` at the beginning is the flag i, as RE2 writes it. */
export function readPattern(text: string, flags: string): ReadPattern {
  const inline = /^\(\?([imsu]+)\)/.exec(text);
  const source = inline === null ? text : text.slice(inline[0].length);
  const all = [...new Set(flags + (inline?.[1] ?? ""))].join("");
  if (!/^[imsu]*$/.test(all)) return { ok: false, message: 'must have flags of "i", "m", "s" and "u" only' };
  try {
    const pattern = new RegExp(source, all);
    const regex = parseRegex(source, all);
    const isQuick = regex !== null && waysOf(regex) <= waysMax;
    const finder = regex === null || isQuick ? null : automatonOf(regex);
    const toReplace = isSlow(source);
    return {
      ok: true,
      pattern,
      finder: finder ?? pattern,
      isSlow: { toFind: finder === null && toReplace, toReplace },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
    return { ok: false, message: `is no regular expression: ${reason}` };
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

/** Null where the text would grow too long. */
export function replacePattern(
  text: string,
  { pattern, finder }: Pick<ReadPattern & { ok: true }, "pattern" | "finder">,
  parts: readonly (string | number)[],
  isAll: boolean,
): string | null {
  if (!finder.test(text)) return text;
  const global = isAll ? new RegExp(pattern.source, `${pattern.flags}g`) : pattern;
  let replaced = "";
  let at = 0;
  for (let found = global.exec(text); found !== null; found = isAll ? global.exec(text) : null) {
    replaced += text.slice(at, found.index);
    for (const part of parts) replaced += typeof part === "string" ? part : (found[part] ?? "");
    if (replaced.length > textLengthMax) return null;
    at = found.index + found[0].length;
    if (found[0] === "") global.lastIndex++;
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
