// What is wrong with a text that is no YAML, told once. YAML's parser goes on behind a mistake, and all that it then misreads it
// tells too: dozens of faults for one missing pair of quotes. So a text that wants quotes is told with the advice, then covered
// with letters and the rest parsed again, which finds the independent mistakes behind it and no consequences. Of mistakes that
// cannot be covered the first of a line stays.

import { isScalar, LineCounter, parseDocument, visit, type YAMLParseError, type YAMLWarning } from "yaml";
import type { SyntaxFault } from "./document.ts";
import { adviseQuotes, findUnquoted } from "./unquoted.ts";
import { tagMessage } from "./yamltree.ts";

/** Texts without quotes that are told at most: each costs a parse. */
const unquotedMax = 20;

/** Faults of the tree that has been read, which mislead the parser in nothing that follows. */
const ofTheTree = new Set<string>(["DUPLICATE_KEY", "TAG_RESOLVE_FAILED", "BAD_ALIAS"]);

type Mistake = YAMLParseError | YAMLWarning;

export function yamlFaults(text: string): SyntaxFault[] {
  const faults: SyntaxFault[] = [];
  let covered = text;
  for (;;) {
    const mistakes = mistakesOf(covered);
    const wanting = faults.length < unquotedMax ? firstUnquoted(covered, mistakes) : null;
    if (wanting === null) {
      const rest = independent(covered, mistakes);
      const first = firstLines(covered);
      const wordsOf = ({ message, pos, code }: Mistake): string =>
        code === "DUPLICATE_KEY" ? twice(first, pos[0]) : plainWords(message, isInside(covered, pos[0]));
      faults.push(...rest.map((mistake) => ({ at: mistake.pos[0], message: wordsOf(mistake) })));
      return faults.sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
    }
    faults.push({ at: wanting.at, message: adviseQuotes(wanting, ":") });
    covered = covered.slice(0, wanting.at) + "x".repeat(wanting.end - wanting.at) + covered.slice(wanting.end);
  }
}

/** A key that stands in its section already, and the line of the first. */
interface Standing {
  readonly name: string;
  readonly line: number;
}

/** Of a key that stands again, by where it does. */
export function firstLines(text: string): ReadonlyMap<number, Standing> {
  const found = new Map<number, Standing>();
  const lines = new LineCounter();
  visit(parseDocument(text, { prettyErrors: false, merge: true, lineCounter: lines }), {
    Map: (_, { items }) => {
      const seen = new Map<unknown, number>();
      for (const { key } of items) {
        if (!isScalar(key) || !key.range) continue;
        const at = key.range[0];
        const first = seen.get(key.value);
        if (first === undefined) seen.set(key.value, at);
        else found.set(at, { name: String(key.value), line: lines.linePos(first).line });
      }
    },
  });
  return found;
}

export function twice(first: ReadonlyMap<number, Standing>, at: number): string {
  const standing = first.get(at);
  return standing === undefined
    ? "this key stands twice in its section"
    : `${standing.name} stands twice in its section, first in line ${standing.line}`;
}

/** The parser's words for what is most often wrong, in ours. `goesOn`: the line is meant to stand inside of brackets. */
export function plainWords(message: string, goesOn = false): string {
  const ours = inOurWords(message);
  if (ours !== null) return ours;
  const unclosed = openFlow.exec(message);
  if (unclosed === null) return message;
  const what = unclosed[1] === "map" ? "section" : "list";
  if (goesOn) return `what stands inside of a ${what} in brackets is indented, by one space at least`;
  return `the ${what} before this is not closed with ${unclosed[2]}`;
}

function inOurWords(message: string): string | null {
  if (message.startsWith("Source contains multiple documents"))
    return "a second document begins here, and a config is one: take the line before it away, or give it a file of its own";
  const tag = /^Unresolved tag: (\S+)$/.exec(message)?.[1];
  return tag === undefined ? null : tagMessage(tag);
}

/** A section or list in brackets ends where a line begins no further right than the key that it stands under. */
const openFlow = /^Flow (map|sequence) .*end with an? (.)$/;

/** Whether the line reads as if it stood inside of brackets still. */
function isInside(text: string, at: number): boolean {
  return /^\s*[[\]{}]/.test(text.slice(text.lastIndexOf("\n", at - 1) + 1));
}

function mistakesOf(text: string): Mistake[] {
  const { errors, warnings } = parseDocument(text, { prettyErrors: false, merge: true });
  return [...errors, ...warnings].sort((a, b) => a.pos[0] - b.pos[0]);
}

/** Only of what comes before anything that could have misled the parser. */
function firstUnquoted(text: string, mistakes: readonly Mistake[]): ReturnType<typeof findUnquoted> {
  for (const mistake of mistakes) {
    if (mistake.code === "DUPLICATE_KEY") continue; // It stands at a key, and says all there is to say.
    const found = findUnquoted(text, mistake.pos[0], ":");
    if (found !== null && (!ofTheTree.has(mistake.code) || found.isExpression)) return found;
    if (!ofTheTree.has(mistake.code)) return null;
  }
  return null;
}

function independent(text: string, mistakes: readonly Mistake[]): Mistake[] {
  const kept: Mistake[] = [];
  let isBroken = false;
  let lastEnd = -1; // Where the line of the last structural mistake ends.
  for (const mistake of mistakes) {
    if (!ofTheTree.has(mistake.code)) {
      const at = mistake.pos[0];
      // Lines that were meant to stand inside of brackets say nothing new once those have ended too early.
      if (isBroken && isInside(text, at)) continue;
      if (lastEnd !== -1 && (at <= lastEnd || mistake.message.includes("in YAML stream"))) continue;
      const newline = text.indexOf("\n", at);
      lastEnd = newline === -1 ? text.length : newline;
      isBroken ||= openFlow.test(mistake.message);
    }
    kept.push(mistake);
  }
  return kept;
}
