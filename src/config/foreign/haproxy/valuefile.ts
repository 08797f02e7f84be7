// Files of values and maps that ACLs and converters name. A list of ours stands for one that is compared with whole values, and is
// read again when the file changes. Whatever else (beginnings, regular expressions) has to be written into the expression, from
// what the file holds when the config is read.

import { quote } from "../../../base/reading.ts";
import { readCidr } from "../../cidr.ts";
import { readBlock } from "./cidrwords.ts";
import type { Code } from "./code.ts";
import { fault, refuse } from "./objection.ts";
import { nameIn, type Site } from "./sample.ts";
import { pathOf, type Word } from "./scene.ts";
import { warn } from "./tell.ts";

export type ListKind = "addresses" | "texts" | "map";

/** Values that are written out in an expression at most; it has at most 4096 characters in all. */
const inlineMax = 64;

/** The list of a file, which is made when there is none yet. */
export function listOfFile(site: Site, word: Word, kind: ListKind, file: string): Code {
  const held = kind === "map" ? "" : (site.conversion.textOf(file) ?? "");
  const at = held.split(/\r?\n/).findIndex((line) => /^[^#].*[ \t]$/.test(line));
  if (at !== -1 && kind === "addresses")
    return fault(
      word,
      `names ${quote(file)}, where line ${at + 1} has a blank behind the address, which HAProxy refuses too`,
    );
  if (at !== -1)
    warn(
      site.conversion.ledger,
      word,
      `has a blank at the end of line ${at + 1}, which to HAProxy is part of the value, and is none of it here`,
    );
  return listOfValues(site, word, kind, file, site.conversion.pathOf(file));
}

/** The list of a file of addresses: the file itself, or what it holds now where a line is written as HAProxy alone reads it. */
export function addressesOfFile(site: Site, word: Word, file: string): Code {
  const held = site.conversion.textOf(file) ?? "";
  const lines = held
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/^[ \t]+/, ""));
  const odd = lines.find((line) => !readCidr(line).ok);
  // What has a blank behind it is told with its line.
  if (odd === undefined || lines.some((line) => /[ \t]$/.test(line))) return listOfFile(site, word, "addresses", file);
  const blocks = lines.map((line) => (readCidr(line).ok ? line : readBlock(word, line)));
  site.conversion.ledger.approximate(
    pathOf(word),
    `the file is read with this config, for ${quote(odd)} is written as HAProxy alone reads it; a change of it needs a reload`,
  );
  return listOfValues(site, word, "addresses", file, blocks);
}

/** A list by a name of its own: of a file, or of values. One that is there already with the same values is the same one. */
export function listOfValues(site: Site, word: Word, kind: ListKind, wanted: string, values: unknown): Code {
  const { draft, origins } = site.conversion;
  const { lists } = draft;
  const written = JSON.stringify(values);
  for (let count = 1; ; count++) {
    const name = site.conversion.nameOf("list", count === 1 ? wanted : `${wanted}.${count}`);
    const before = Object.hasOwn(lists, name) ? lists[name] : undefined;
    if (before === undefined) {
      lists[name] = { [kind]: values };
      origins.add(["lists", name], pathOf(word));
    }
    if (before === undefined || JSON.stringify(before[kind]) === written) return nameIn("lists", name);
  }
}

/** However many: the first words of the lines of a map, or the whole lines of a file of values. */
export function readKeys(site: Site, word: Word, file: string, kind: "file" | "map"): readonly string[] {
  const lines = heldLines(site, word, file).map((line) => line.replace(/^[ \t]+/, ""));
  return kind === "map" ? lines.map((line) => /^\S*/.exec(line)![0]) : lines;
}

/** One value a line; what begins with # is a comment. */
export function readValues(site: Site, word: Word, file: string): readonly string[] {
  return linesOf(site, word, file).map((line) => line.replace(/^[ \t]+/, ""));
}

/** Key and value, with spaces between them. */
export function readPairs(site: Site, word: Word, file: string): readonly (readonly [string, string])[] {
  return linesOf(site, word, file).map((line) => {
    const found = /^\s*(\S+)(?:\s+(.*?))?\s*$/.exec(line)!;
    return [found[1]!, found[2] ?? ""];
  });
}

/** Those that are to be written out in an expression. */
function linesOf(site: Site, word: Word, file: string): readonly string[] {
  const lines = heldLines(site, word, file);
  if (lines.length > inlineMax)
    return refuse(
      word,
      `needs ${lines.length} values of ${quote(file)} in one expression, and there is room for ${inlineMax}`,
    );
  return lines;
}

function heldLines(site: Site, word: Word, file: string): readonly string[] {
  const held = site.conversion.textOf(file);
  if (held === null) return fault(word, `names ${quote(file)}, which cannot be read`);
  if (held.includes("\0")) return fault(word, `names ${quote(file)}, which is no text`);
  return held.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
}
