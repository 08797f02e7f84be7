// For tests: small configurations of HAProxy's, each with the verdict on every line of it. They stand in ../haproxycorpus/*.txt, where a line
// `--- KIND TITLE` begins one. What follows is put into a frontend (front, or tcp for one of mode tcp), a backend (back), the section
// global, beside other sections, or nothing (whole). A mark at the end of a line says who refuses it there:
//
//     # wrong     HAProxy 2.6 and Sluice
//     # refused   Sluice alone, which says what to do instead
//     # taken     HAProxy alone; Sluice knows what older ones meant by it
//
// Without a mark both take the line. What HAProxy says is asked of it in haproxycheck.test.ts.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Mark = "wrong" | "refused" | "taken";

export interface Snippet {
  /** `conditions: host, any case`. */
  readonly title: string;
  /** A whole configuration. */
  readonly text: string;
  /** By number of the line, from 1. */
  readonly marks: ReadonlyMap<number, Mark>;
  /** The first line of it that is its own, not of what it is put into, and where it stands in its file. */
  readonly ownLine: number;
  readonly place: { readonly file: string; readonly line: number };
}

export const corpusFolder: string = join(import.meta.dir, "..", "haproxycorpus");

const times = ["timeout connect 5s", "timeout client 30s", "timeout server 30s"];
const web = ["frontend web", "bind 127.0.0.1:8080"];
const app = ["default_backend app", "backend app"];
const server = "server a 127.0.0.1:9101";
const kinds: Readonly<Record<string, readonly [before: readonly string[], after: readonly string[]]>> = {
  front: [
    ["defaults", "mode http", ...times, ...web],
    [...app, server],
  ],
  tcp: [
    ["defaults", "mode tcp", ...times, ...web],
    [...app, server],
  ],
  back: [["defaults", "mode http", ...times, ...web, ...app, server], []],
  global: [["global"], ["defaults", "mode http", ...times, ...web, ...app, server]],
  beside: [[], ["defaults", "mode http", ...times, ...web, ...app, server]],
  whole: [[], []],
};

export function readCorpus(): Snippet[] {
  const files = readdirSync(corpusFolder).filter((name) => name.endsWith(".txt"));
  return files.sort().flatMap((name) => {
    const lines = readFileSync(join(corpusFolder, name), "utf8").trimEnd().split("\n");
    const starts = [...lines.entries()].filter(([, line]) => line.startsWith("--- ")).map(([index]) => index);
    return starts.map((start, index) => snippet(name, start, lines.slice(start, starts[index + 1])));
  });
}

function snippet(file: string, start: number, [head = "", ...own]: readonly string[]): Snippet {
  const [, kind = "", title = ""] = /^--- (\S+) (.+)$/.exec(head) ?? [];
  const frame = kinds[kind];
  if (frame === undefined) throw new Error(`${file}: "${head}" begins no snippet`);
  const marks = new Map<number, Mark>();
  const lines = [...frame[0], ...own, ...frame[1]].map((line, index) => {
    const [, kept, mark] = /^(.*?) # (wrong|refused|taken)$/.exec(line) ?? [];
    if (kept === undefined) return line;
    marks.set(index + 1, mark as Mark); // The expression has nothing else.
    return kept;
  });
  const ownLine = frame[0].length + 1;
  return {
    title: `${file.replace(/\.txt$/, "")}: ${title}`,
    text: `${lines.join("\n")}\n`,
    marks,
    ownLine,
    place: { file, line: start + 2 },
  };
}
