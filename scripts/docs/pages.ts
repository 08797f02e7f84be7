// The pages of the documentation as their tests see them: each with its headings, links, blocks of code and code in sentences, all with the
// lines that they stand on. It knows Markdown as these pages use it (fences of three, headings with #) and nothing of what they say.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { anchorOf } from "../reference/words.ts";

export const root: string = join(import.meta.dir, "../..");

/** Paths from the root: all in docs/, the front page, and those beside examples. */
export const pageNames: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "examples/README.md",
  "examples/ipmanager/README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .sort(),
];

export interface Piece {
  /** `docs/RULES.md:12`. */
  readonly at: string;
  readonly text: string;
}

export interface Block extends Piece {
  /** What stands behind the fence; "" for none. */
  readonly language: string;
}

export class Page {
  readonly name: string;
  readonly blocks: readonly Block[];
  /** Code within sentences. */
  readonly words: readonly Piece[];
  /** Targets of links, images too. */
  readonly links: readonly Piece[];
  /** What a link may lead to behind #. */
  readonly anchors: ReadonlySet<string>;

  constructor(name: string, text: string) {
    this.name = name;
    const at = (index: number): string => `${name}:${text.slice(0, index).split("\n").length}`;
    this.blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)].map(({ 1: language = "", 2: code = "", index }) => ({
      ...{ at: at(index), language, text: code },
    }));
    const rest = text.replaceAll(/^```(\w*)\n(.*?)^```/gms, (block) => block.replaceAll(/[^\n]/g, " "));
    const prose = rest.replaceAll(/`[^`\n]+`/g, (code) => " ".repeat(code.length));
    // In a table a bar is written with a backslash.
    this.words = [...rest.matchAll(/`([^`\n]+)`/g)].map(({ 1: code = "", index }) => ({
      ...{ at: at(index), text: code.replaceAll("\\|", "|") },
    }));
    this.links = [...prose.matchAll(/\]\(([^)\s]+)\)|<(?:img|source)[^>]* src(?:set)?="([^"]+)"/g)].map(
      ({ 1: target, 2: image, index }) => ({ at: at(index), text: target ?? image ?? "" }),
    );
    this.anchors = anchorsOf([...rest.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = ""]) => heading));
  }
}

/** Of several alike the second has -1 behind it, as on GitHub. */
function anchorsOf(headings: readonly string[]): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const anchor = anchorOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
    let count = 0;
    while (anchors.has(count === 0 ? anchor : `${anchor}-${count}`)) count++;
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}

export function readPage(name: string): Page {
  return new Page(name, readFileSync(join(root, name), "utf8"));
}

export function readPages(): readonly Page[] {
  return pageNames.map(readPage);
}
