// Regular expressions of Go (RE2 syntax) as JavaScript writes them. Most are the same in both. What JavaScript spells otherwise
// is respelled; what it would read as something else without a complaint, such as \pL or [[:alpha:]], is told.

import { misread, quote, type Reading, read } from "../../../base/reading.ts";

const respelled: Record<string, string> = { "\\A": "^", "\\z": "$", "\\a": "\\x07" };
const token = /\\Q([\s\S]*?)(?:\\E|$)|\\x\{([0-9a-fA-F]{1,6})\}|(\\[\s\S])|(\(\?P<)|(\[\[:|\[:)|[\s\S]/g;

export function readGoExpression(text: string): Reading<string> {
  let strange: string | null = null;
  // Flags in front are for the whole; JavaScript has them for a group.
  const flags = /^\(\?([a-zA-Z-]+)\)/.exec(text);
  const body = flags === null ? text : text.slice(flags[0].length);
  if (flags !== null && !/^[ims]+$/.test(flags[1]!)) strange = flags[0];
  const converted = body.replaceAll(
    token,
    (found: string, quoted?: string, code?: string, escaped?: string, group?: string, kind?: string) => {
      if (quoted !== undefined) return quoted.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      if (code !== undefined && Number.parseInt(code, 16) < 0x1_0000) return `\\u${code.padStart(4, "0").slice(-4)}`;
      if (group !== undefined) return "(?<";
      if (kind !== undefined || code !== undefined || (escaped !== undefined && /\\[pPCQE]/.test(escaped)))
        strange ??= found;
      return (escaped === undefined ? undefined : respelled[escaped]) ?? found;
    },
  );
  if (strange !== null)
    return misread(
      `has ${quote(strange)}, which regular expressions here lack, or read as something else: write it in another way`,
    );
  const expression = flags === null ? converted : flagged(converted, flags[1]!);
  try {
    new RegExp(expression);
  } catch {
    return misread(`must be a regular expression, not ${quote(text)}`);
  }
  return read(expression);
}

/** Where both ends are tied they stay outside of the group, so that it is seen that they are. */
function flagged(expression: string, flags: string): string {
  const inside = /^\^([^|]*[^|\\])\$$/.exec(expression)?.[1];
  return inside === undefined || flags.includes("m") ? `(?${flags}:${expression})` : `^(?${flags}:${inside})$`;
}
