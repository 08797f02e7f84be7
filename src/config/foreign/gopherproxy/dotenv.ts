// Files of variables, as shells and Compose read them: NAME=value a line, in quotes or not, # before a comment. They are read into a
// tree of texts with their places. Whether such a file is a config at all is for isVariables to say, by what stands in it.

import type { Document, SyntaxFault } from "../../document.ts";
import { stars } from "../../mask.ts";
import { Places } from "../../place.ts";

const assignment = /^(\s*(?:export\s+)?)([A-Za-z_][A-Za-z0-9_]*)(\s*=\s*)(.*)$/;
const blank = /^\s*(#.*)?$/;

/** Whether a text is nothing but variables, one of these among them. */
export function isVariables(text: string, names: readonly string[]): boolean {
  const lines = text.split(/\r?\n/).filter((line) => !blank.test(line));
  const found = lines.map((line) => assignment.exec(line)?.[2]);
  return found.every((name) => name !== undefined) && names.some((name) => found.includes(name));
}

/** Of a name that stands there twice the last counts, as in shells. */
export function readDotenv(text: string): Document {
  // Here whatever stands before @ is somebody's, who need not have a password beside it to be one.
  const places = new Places(text.replaceAll(/[^\s=/'"]*@/g, stars));
  const faults: SyntaxFault[] = [];
  const value: Record<string, string> = {};
  // The first place told stays, and the last line counts: it is told first.
  const spots: (() => void)[] = [];
  let start = 0;
  for (const line of text.split("\n")) {
    const at = start;
    start += line.length + 1;
    const bare = line.replace(/\r$/, "");
    if (blank.test(bare)) continue;
    const [, before = "", name = "", sign = "", written = ""] = assignment.exec(bare) ?? [];
    const read = unquoted(written);
    if (name === "") faults.push({ at, message: "must be a line such as PROXY_PORT=8080" });
    else if (read === null) faults.push({ at: at + before.length, message: `${name} has a quote without its end` });
    else value[name] = read;
    const key = at + before.length;
    spots.unshift(() => places.add([name], key, key + name.length + sign.length));
  }
  if (faults.length > 0) return { ok: false, faults };
  for (const spot of spots) spot();
  return { ok: true, value, places };
}

/** Null where a quote has no end. Behind an unquoted value a comment begins with a space and #. */
function unquoted(written: string): string | null {
  const quote = written[0];
  if (quote !== '"' && quote !== "'") return written.replace(/(^|\s)#.*$/, "").trim();
  const inside = quote === "'" ? /^'([^']*)'\s*(#.*)?$/ : /^"((?:[^"\\]|\\.)*)"\s*(#.*)?$/;
  const found = inside.exec(written)?.[1];
  if (found === undefined) return null;
  return quote === "'" ? found : found.replaceAll(/\\(["\\$])/g, "$1");
}
