// What kinds of values a variable can hold: HAProxy keeps the kind of the sample that `set-var` has read, and a converter of bytes
// takes those of a number or an address. Every line of the file that sets the name counts, wherever it stands.

import { isName } from "./capitals.ts";
import { convertedKind } from "./converter.ts";
import { fetches } from "./fetchnames.ts";
import type { Kind } from "./sample.ts";
import { type Called, readCalls } from "./samplewords.ts";
import type { Conversion, Word } from "./scene.ts";

/** `name`: with its scope, as in `txn.x`. */
export function kindsOf(conversion: Conversion, name: string): ReadonlySet<Kind> {
  return new Set([...sourcesOf(conversion, name)].map(kindOf));
}

/** Whether it can hold a name of SNI. */
export function holdsName(conversion: Conversion, name: string): boolean {
  return [...sourcesOf(conversion, name)].some(isName);
}

/** What is read into it. */
function* sourcesOf({ proxies }: Conversion, name: string): Iterable<readonly Called[]> {
  const setters = proxies.flatMap(({ statements }) => statements.flatMap(({ words }) => settersIn(words)));
  const seen = new Set([name]);
  // Names are added while they are gone through: a variable may hold what another one does.
  for (const one of seen)
    for (const { target, calls } of setters) {
      if (target !== one) continue;
      const source = variableIn(calls);
      if (source === null) yield calls;
      else seen.add(source);
    }
}

interface Setter {
  readonly target: string;
  readonly calls: readonly Called[];
}

function settersIn(words: readonly Word[]): readonly Setter[] {
  return words.flatMap((word, at) => {
    const target = /^set-var\(([^,)]*)/.exec(word.text)?.[1]?.trim();
    const rest = words.slice(at + 1);
    const end = rest.findIndex(({ text }) => text === "if" || text === "unless");
    if (target === undefined || rest.length === 0) return [];
    return [{ target, calls: (end === -1 ? rest : rest.slice(0, end)).flatMap(callsIn) }];
  });
}

/** What is wrong with a word is told where its own line is read. */
function callsIn(word: Word): readonly Called[] {
  try {
    return readCalls(word);
  } catch {
    return [];
  }
}

function variableIn(calls: readonly Called[]): string | null {
  const [first] = calls;
  return calls.length === 1 && first?.name === "var" ? (first.args[0] ?? "") : null;
}

function kindOf(calls: readonly Called[]): Kind {
  const last = calls.at(-1);
  if (last === undefined) return "any";
  if (calls.length > 1) return convertedKind(last.name);
  const fetch = Object.hasOwn(fetches, last.name) ? fetches[last.name]! : null;
  if (fetch !== null && typeof fetch !== "string") return fetch.kind;
  // Counters of tables, each by its slot or by the client's address.
  return /^(?:sc[0-2]?|src)_/.test(last.name) ? "int" : "any";
}
