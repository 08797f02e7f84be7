// Regular expressions of PCRE, which HAProxy is built with, as JavaScript reads them. Most are the same in both; what is spelled
// otherwise is respelled, and what JavaScript lacks or would read as something else is told rather than guessed.

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
      `has ${quote(strange)}, which regular expressions of JavaScript do not know: write it in another way`,
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

/** What matches exactly this text. */
export function literally(words: string): string {
  return words.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** A replacement of HAProxy's, `\1` for a group and `\0` for all, as JavaScript writes it. */
export function replacement(written: string): string {
  return written
    .replaceAll("$", "$$$$")
    .replaceAll(/\\(?:([0-9])|([\s\S]))/g, (_, group?: string, other?: string) =>
      group === undefined ? other! : group === "0" ? "$&" : `$${group}`,
    );
}

/** So much around an expression that a replacement takes the place of the whole text, not only of what matched. */
export function whole(flagged: string): string {
  const flags = /^\(\?[ims]+\)/.exec(flagged)?.[0] ?? "";
  const expression = flagged.slice(flags.length);
  return `${flags}${wrapped(expression)}`;
}

function wrapped(expression: string): string {
  if (expression.includes("|")) return `^[^]*?(?:${expression})[^]*$`;
  // A line is all there is of a path or a field, so what begins or ends with all of it needs nothing around it.
  const start = expression.startsWith("^") ? "" : /^\(?\.\*(?!\?)/.test(expression) ? "^" : "^[^]*?";
  const isTied = /(?:^|[^\\])\$$/.test(expression);
  const end = isTied ? "" : /[^\\]?\.\*\)?$/.test(expression) && !/\\\.\*\)?$/.test(expression) ? "$" : "[^]*$";
  const inner = start.length > 1 || end.length > 1 ? `(?:${expression})` : expression;
  return `${start}${inner}${end}`;
}
