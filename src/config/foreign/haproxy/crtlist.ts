// The file of a crt-list: a certificate a line. What HAProxy takes behind it is refused by its line: options in brackets, for they
// are the listener's here, and names (SNI filters), for a certificate is shown here for the names that stand in it.
// HAProxy's manual, 5.1, crt-list.

import { quote } from "../../../base/reading.ts";

export interface CrtList {
  readonly files: readonly string[];
  /** What cannot be had, of the first line that has it. */
  readonly refused: string | null;
}

export function readCrtList(text: string): CrtList {
  const files: string[] = [];
  let refused: string | null = null;
  for (const [at, line] of text.split("\n").entries()) {
    const found = /^\s*(\S+)\s*(?:\[([^\]]*)\])?\s*(.*?)\s*$/.exec(line);
    if (found === null || line.startsWith("#")) continue;
    const [, file = "", options = "", names = ""] = found;
    files.push(file);
    if (options.trim() !== "")
      refused ??= `line ${at + 1} of it has options, ${quote(`[${options}]`)}, which a certificate has not here: those of the bind line hold for all`;
    else if (names !== "")
      refused ??= `line ${at + 1} of it says for which names its certificate is shown, ${quote(names)}; here it is shown for the names that stand in it`;
  }
  return { files, refused };
}
