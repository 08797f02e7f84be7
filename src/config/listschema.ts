// The keys of a list of values that rules compare with: written in the config, or in a file of one value a line. What stands in
// a file is read when the list is made, and again whenever the file changes; here it is only named.

import { z } from "zod";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { readCidr } from "./cidr.ts";
import type { ListInput } from "./input.ts";
import { readRouteName } from "./servername.ts";
import { filePath, list, says, section, text } from "./term.ts";
import type { List } from "./types.ts";

/** One line of a file: that is what a value must fit in. */
const line = /^[^\0\r\n]{1,4096}$/;

function readLine(text: string): Reading<string> {
  return line.test(text) ? read(text) : misread(`must be a text of one line, not ${quote(text)}`);
}

function readName(text: string): Reading<string> {
  return text === "*"
    ? misread("must not be a star alone: a list with every name in it tells nothing")
    : readRouteName(text);
}

/** The key of a map ends at the first space of its line. */
const mapKey = z
  .string()
  .regex(/^[^\s\0]{1,1024}$/, { error: "must be a text without spaces, for a space ends it in a map's file" });

const file = filePath("the path of a file");
const value = text("a text of one line", readLine);

export const values: z.ZodType<List, ListInput> = section({
  addresses: z
    .union([file, list(text("an IP address or a block", readCidr), "addresses and blocks")], {
      error: says("the path of a file, or a list of addresses and blocks"),
    })
    .optional()
    .describe("IP addresses and CIDR blocks: a file with one a line, or a list. Asked for by: src in lists.NAME."),
  texts: z
    .union([file, list(value, "texts")], { error: says("the path of a file, or a list of texts") })
    .optional()
    .describe("Whole texts: a file with one a line, or a list. Asked for by: path in lists.NAME."),
  names: z
    .union([file, list(text('a name such as "www.example.com"', readName), "names")], {
      error: says('the path of a file, or a list of names such as "www.example.com" and "*.example.com"'),
    })
    .optional()
    .describe('Host names, "*.example.com" for all under it: a file with one a line, or a list. host in lists.NAME.'),
  map: z
    .union([file, z.record(mapKey, value, { error: says("a section of texts") })], {
      error: says("the path of a file, or a section of texts with a text each"),
    })
    .optional()
    .describe(
      "Texts with a text each: a file of lines with a key, a space and its value, or a section. lists.NAME[host].",
    ),
}).meta({
  id: "List",
  description: "Values to compare with: one of addresses, texts, names and map. A file is read again when it changes.",
});
