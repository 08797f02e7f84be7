// Changes in a config that is written in JSON. It has no comments: the tree is written anew, with the indent that the file has, and
// what stood on one line may stand on several. Keys stay in their order, new ones come last. Whether the result says what it should, who
// asks finds out by reading it.

import { changeTree, type TextChange } from "./change.ts";

export function changeJson(text: string, changes: readonly TextChange[]): string {
  const tree: unknown = JSON.parse(text);
  for (const change of changes) changeTree(tree, change);
  const indent = /^[{[]\r?\n([ \t]+)/.exec(text.trimStart())?.[1] ?? (text.trim().includes("\n") ? "  " : "");
  return `${JSON.stringify(tree, null, indent)}${text.endsWith("\n") ? "\n" : ""}`;
}
