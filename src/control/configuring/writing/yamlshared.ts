// Why a change finds no place in a config of YAML that uses anchors: what an anchor names stands at several places at once, and is
// changed at all of them or at none. It finds the first change of which that is so, and says which places share what it would change.
// Where each of them is meant, the operator can change the text; where one is, the alias has to give way to a section of its own.

import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import { keyText, type Path } from "../../../config/problem.ts";
import type { TextChange } from "./change.ts";

/** A clause; null where anchors stand in no change's way. */
export function sharedReason(text: string, changes: readonly TextChange[]): string | null {
  const uses = usesOf(parseDocument(text, { merge: true }).contents);
  for (const { path } of changes)
    for (const use of uses.filter((each) => isOf(each, path))) {
      const key = String(path[use.at.length]);
      const sharing = uses.filter(({ anchor, own }) => anchor === use.anchor && !own.has(key));
      if (sharing.length < 2) continue;
      const places = sharing.map(({ at }) => keyText(at));
      const all = `${places.slice(0, -1).join(", ")} and ${places.at(-1)}`;
      return `${keyText(path)} is part of what &${use.anchor} names, which ${all} share`;
    }
  return null;
}

interface Use {
  readonly anchor: string;
  readonly at: Path;
  readonly isAnchor: boolean;
  /** Keys that a section has itself, beside what << takes in. */
  readonly own: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/** Where what each anchor names stands: there itself, and where aliases and << put it. In the order of the text. */
function usesOf(contents: unknown): Use[] {
  const uses: Use[] = [];
  const walk = (node: unknown, at: Path, own: ReadonlySet<string> = none): void => {
    const anchor = (node as { anchor?: string } | null)?.anchor;
    if (isAlias(node)) uses.push({ anchor: node.source, at, isAnchor: false, own });
    else if (anchor !== undefined) uses.push({ anchor, at, isAnchor: true, own });
    if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...at, index]);
    if (!isMap(node)) return;
    const keys = new Set(node.items.map(({ key }) => (isScalar(key) ? String(key.value) : "")));
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? key.value : "";
      if (typeof name !== "symbol") walk(value, [...at, String(name)]);
      // What << takes in is part of the section that it stands in.
      else for (const source of isSeq(value) ? value.items : [value]) walk(source, at, keys);
    }
  };
  walk(contents, []);
  return uses;
}

/** Whether what is at the path comes by that use. An alias itself can be replaced; what others name cannot. */
function isOf({ at, isAnchor, own }: Use, path: Path): boolean {
  if (path.length < at.length + (isAnchor ? 0 : 1) || own.has(String(path[at.length]))) return false;
  return at.every((part, depth) => part === path[depth]);
}
