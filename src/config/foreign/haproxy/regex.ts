// Regular expressions of PCRE, which HAProxy is built with, as they are written here (RE2, JavaScript's spelling). Most are the same in
// both; what is spelled otherwise is respelled, and what is not there or would be read as something else is told rather than guessed.

import { misread, quote, type Reading, read } from "../../../base/reading.ts";

const classes: Record<string, string> = {
  alnum: "a-zA-Z0-9",
  alpha: "a-zA-Z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "\\x21-\\x7e",
  lower: "a-z",
  print: "\\x20-\\x7e",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\s",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9a-fA-F",
};
const respelled: Record<string, string> = {
  "\\A": "^",
  "\\z": "$",
  "\\Z": "$",
  "\\a": "\\x07",
  "\\e": "\\x1b",
  "\\h": "[ \\t]",
};
const token =
  /\\Q([\s\S]*?)(?:\\E|$)|\[:([a-z]+):\]|(\\[\s\S])|(\(\?P?<(?![=!]))|(\(\?>|[*+?}]\+|\(\?[R&0-9(])|[\s\S]/g;

export function readRegex(written: string, isFolded = false): Reading<string> {
  const flags = /^\(\?([a-zA-Z]+)\)/.exec(written);
  let strange = flags === null || /^[ims]+$/.test(flags[1]!) ? null : flags[0];
  const body = (flags === null ? written : written.slice(flags[0].length)).replaceAll(
    token,
    (found: string, quoted?: string, kind?: string, escaped?: string, group?: string, alien?: string) => {
      if (quoted !== undefined) return quoted.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      if (kind !== undefined && Object.hasOwn(classes, kind)) return classes[kind]!;
      if (group !== undefined) return "(?<";
      if (alien !== undefined || kind !== undefined || (escaped !== undefined && /\\[pPXRKGCHVN]/.test(escaped)))
        strange ??= found;
      // Outside of unicode mode a letter without a meaning stands for itself in both.
      return (escaped === undefined ? undefined : respelled[escaped]) ?? found;
    },
  );
  if (strange !== null)
    return misread(
      `has ${quote(strange)}, which regular expressions here (RE2) do not have, or mean otherwise: write it in another way`,
    );
  const letters = [...new Set([...(flags?.[1] ?? ""), ...(isFolded ? "i" : "")])].join("");
  const expression = letters === "" ? body : `(?${letters})${body}`;
  try {
    new RegExp(body);
  } catch {
    return misread(`must be a regular expression, not ${quote(written)}`);
  }
  return read(expression);
}

/** Why no ACL can have it; null when one can. HAProxy keeps no groups where nothing is replaced, save those with a name. */
export function refersBack(written: string): string | null {
  // Within brackets it is a character, and so is a number of two digits.
  const outside = written
    .replaceAll(/\\Q[\s\S]*?(?:\\E|$)/g, "")
    .replaceAll(/(\\[^Q])|\[\^?\]?(?:\\[\s\S]|\[:[a-z]+:\]|[^\]\\])*\]/g, (_, escaped?: string) => escaped ?? "");
  const numbers = [...outside.matchAll(/\\(?:([1-9](?!\d))|[\s\S])/g)].flatMap(([, digit]) => digit ?? []);
  if (numbers.length === 0) return null;
  const named = outside.match(/\(\?(?:P?<(?![=!])|')/g)?.length ?? 0;
  if (numbers.some((digit) => Number(digit) > named)) return "refers back to a group, and an ACL has none";
  const isMixed = /(?:^|[^\\])(?:\\\\)*\((?!\?)/.test(outside);
  return isMixed
    ? "refers back by number, and groups without a name are none to HAProxy: give them (?: in place of ("
    : null;
}

/** What matches exactly this text. */
export function literally(words: string): string {
  return words.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/**
 * A replacement of HAProxy's, `\1` for a group and `\0` for all, as JavaScript writes it. `isHeld`: all is held by a group of its own
 * in front of the others.
 */
export function replacement(written: string, isHeld = false, groups = 9): string {
  return written.replaceAll("$", "$$$$").replaceAll(/\\(?:([0-9])|([\s\S]))/g, (_, group?: string, other?: string) => {
    if (group === undefined) return other!;
    if (Number(group) > groups) return "";
    if (isHeld) return `$${Number(group) + 1}`;
    return group === "0" ? "$&" : `$${group}`;
  });
}

/** With `\0`, which is what matched and not what stands around it. */
export function hasAll(written: string): boolean {
  return /^(?:[^\\]|\\[^0])*\\0/.test(written);
}

/** So much around an expression that a replacement takes the place of the whole text, not only of what matched. */
export function whole(flagged: string, isHeld = false): string {
  const [flags, expression] = unflagged(flagged);
  // The groups that it speaks of stand one further back.
  const moved = (): string =>
    expression.replaceAll(/\\([\s\S])/g, (found, next: string) =>
      /[1-8]/.test(next) ? `\\${Number(next) + 1}` : found,
    );
  return `${flags}${isHeld ? `^[\\s\\S]*?(${moved()})[\\s\\S]*$` : wrapped(expression)}`;
}

function unflagged(flagged: string): readonly [flags: string, expression: string] {
  const flags = /^\(\?[ims]+\)/.exec(flagged)?.[0] ?? "";
  return [flags, flagged.slice(flags.length)];
}

const partToken = /(\[\^?)((?:\\[\s\S]|\[:[a-z]+:\]|[^\]\\])*\])|\\([\s\S])|\(\?(?!:)|[\s\S]/g;
const others: Record<string, string> = { S: "[^\\s,]", W: "[^\\w,]", D: "[^\\d,]" };

/**
 * For each value of a list: what takes the place of one value in which the expression matches, wherever it stands among the others. The
 * blanks around it go too. Null where the expression looks beyond one value.
 */
export function eachPart(flagged: string, by: string): { readonly pattern: string; readonly by: string } | null {
  const [flags, expression] = unflagged(flagged);
  const isBegun = expression.startsWith("^");
  const isTied = /(?:^|[^\\])(?:\\\\)*\$$/.test(expression);
  if ((isBegun || isTied) && expression.includes("|")) return null;
  let isBeyond = false;
  const inner = expression
    .slice(isBegun ? 1 : 0, isTied ? -1 : undefined)
    .replaceAll(partToken, (found: string, open?: string, rest?: string, escaped?: string) => {
      if (open === "[^") return `[^,${rest}`;
      if (open !== undefined) isBeyond ||= /\\[SWD]/.test(rest!) || new RegExp(found).test(",");
      else if (escaped !== undefined) {
        isBeyond ||= /[1-9k,]/.test(escaped);
        return others[escaped] ?? found;
      } else if (found === ".") return "[^,]";
      else isBeyond ||= [",", "^", "$", "(?"].includes(found);
      return found;
    });
  if (isBeyond) return null;
  const groups = (new RegExp(`|${inner}`).exec("")?.length ?? 1) - 1;
  const start = `(?<![^,])[ \\t]*(?![ \\t])${isBegun ? "" : "[^,]*?"}`;
  const put = replacement(by, true, groups);
  // Blanks behind a value are none of it; the comma that they lead to is put back.
  // What matches ends before them, unless more of the value follows.
  const beforeBlanks = "(?:(?<![ \\t])|(?=[ \\t]*[^, \\t]))";
  return isTied
    ? { pattern: `${flags}${start}(${inner})(?<![ \\t])[ \\t]*(,|$)`, by: `${put}$${groups + 2}` }
    : { pattern: `${flags}${start}(${inner})${beforeBlanks}[^,]*`, by: put };
}

function wrapped(expression: string): string {
  if (expression.includes("|")) return `^[\\s\\S]*?(?:${expression})[\\s\\S]*$`;
  // A line is all there is of a path or a field, so what begins or ends with all of it needs nothing around it.
  const start = expression.startsWith("^") ? "" : /^\(?\.\*(?!\?)/.test(expression) ? "^" : "^[\\s\\S]*?";
  const isTied = /(?:^|[^\\])\$$/.test(expression);
  const end = isTied ? "" : /[^\\]?\.\*\)?$/.test(expression) && !/\\\.\*\)?$/.test(expression) ? "$" : "[\\s\\S]*$";
  const inner = start.length > 1 || end.length > 1 ? `(?:${expression})` : expression;
  return `${start}${inner}${end}`;
}
