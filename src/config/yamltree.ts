// What YAML allows and a config cannot be: aliases without an anchor or within their own, << of what is no section, keys that are no
// words, and tags, which other programs give meanings to. The parser says nothing of these, or says it in words about itself when the
// values are taken out; here each is told where it stands, with what to write.

import { isAlias, isMap, isScalar, isSeq, type Node, type ParsedNode, visit } from "yaml";
import { didYouMean } from "../base/nearest.ts";
import type { SyntaxFault } from "./document.ts";

const tagPrefix = "tag:yaml.org,2002:";
/** Of these a value is what it would be without, or a text instead of a number. */
const knownTags = ["str", "int", "float", "bool", "null", "map", "seq", "merge"].map((name) => tagPrefix + name);

/** In the order of the text. */
export function treeFaults(contents: ParsedNode | null): SyntaxFault[] {
  const faults: SyntaxFault[] = [];
  const anchors = new Map<string, unknown>();
  visit(contents, {
    Alias: (_, { source, range }, ancestors) => {
      const say = (message: string): void => void faults.push({ at: range?.[0] ?? 0, message });
      if (!anchors.has(source))
        say(`there is no anchor &${source} before this alias${didYouMean(source, [...anchors.keys()])}`);
      else if (ancestors.includes(anchors.get(source) as Node))
        say(`*${source} stands inside of what &${source} names, which would have no end`);
    },
    Pair: (_, { key, value }) => {
      const at = placeOf(key) ?? placeOf(value) ?? 0;
      if (isMap(key) || isSeq(key)) faults.push({ at, message: keyMessage(isMap(key) ? "section" : "list") });
      else if (isScalar(key) && key.value === null) faults.push({ at, message: emptyKey });
      else if (isMergeKey(key) && !isMergeable(value, anchors))
        faults.push({ at: placeOf(value) ?? at, message: mergeMessage });
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      if (node.tag === undefined || node.tag === "!" || knownTags.includes(node.tag)) return;
      faults.push({ at: placeOf(node) ?? 0, message: tagMessage(node.tag.replace(tagPrefix, "!!")) });
    },
  });
  return faults.sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

/** `tag` as it is written. */
export function tagMessage(tag: string): string {
  return `a config has no tags such as ${tag}: write the value itself, in quotes where it is a text, or \${NAME} for one from the environment`;
}

const keyMessage = (what: string): string =>
  `a key is a word, and this is a ${what}; put quotes around it where it is meant as a text`;
const emptyKey = "a key is missing here; where null is the name that is meant, put quotes around it";
const mergeMessage = "<< takes a section, an alias of one such as *base, or a list of those";

/** The parser has a symbol for it. */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === "symbol" && key.value.description === "<<";
}

function isMergeable(value: unknown, anchors: ReadonlyMap<string, unknown>, isItem = false): boolean {
  // One without an anchor is told as that.
  if (isAlias(value)) return !anchors.has(value.source) || isMergeable(anchors.get(value.source), anchors, isItem);
  if (isSeq(value) && !isItem) return value.items.every((item) => isMergeable(item, anchors, true));
  return isMap(value);
}

function placeOf(node: unknown): number | null {
  return (node as Node | null)?.range?.[0] ?? null;
}
