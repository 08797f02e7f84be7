// Paths of operations as patterns: which of them a path is asked by, and what stands where a pattern has its braces. Of two that both
// match, the one whose words come first counts: "/egress/renew" before "/egress/{pool}". It knows paths, not what is at them.

/** One part of a pattern: a word, or the name of a parameter. */
type Part = { readonly word: string } | { readonly parameter: string };

export interface Pattern<Of> {
  readonly path: string;
  readonly parts: readonly Part[];
  readonly hasRest: boolean;
  readonly of: Of;
}

export function patternOf<Of>(path: string, hasRest: boolean, of: Of): Pattern<Of> {
  const parts = path
    .slice(1)
    .split("/")
    .map((part): Part => (part.startsWith("{") ? { parameter: part.slice(1, -1) } : { word: part }));
  return { path, parts, hasRest, of };
}

/** The order in which patterns are tried: a word before a parameter, at the first place where they differ so. */
export function comparePatterns({ parts: left }: Pattern<unknown>, { parts: right }: Pattern<unknown>): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [isWord, isOtherWord] = ["word" in left[index]!, "word" in right[index]!];
    if (isWord !== isOtherWord) return isWord ? -1 : 1;
  }
  return 0;
}

export type Matched = Readonly<Record<string, string>>;

/** Parts as they stand in the path, not decoded yet: only the last may be empty. Null where the path is another. */
export function match({ parts, hasRest }: Pattern<unknown>, path: string): Matched | null {
  const asked = path.slice(1).split("/");
  if (hasRest && asked.length > parts.length) asked.push(asked.splice(parts.length - 1).join("/"));
  if (asked.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const text = asked[index]!;
    if ("word" in part ? part.word !== text : text === "" && index < parts.length - 1) return null;
    if ("parameter" in part) params[part.parameter] = text;
  }
  return params;
}
