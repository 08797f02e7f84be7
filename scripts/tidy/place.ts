// Nothing in the repository names the machine or the folder it was written in: a clone must make sense anywhere.

import type { Violation } from "./source.ts";

/** In pieces, so that this file does not hold what it looks for. */
const foreign: readonly string[] = [
  "/wo" + "rk/main",
  "/wo" + "rk/shared",
  "/wo" + "rk/.lib",
  "/tm" + "p/brief",
  "/tm" + "p/proto",
];

export function checkPlaces(path: string, text: string): Violation[] {
  return text.split("\n").flatMap((line, index) => {
    const found = foreign.find((word) => line.includes(word));
    if (found === undefined) return [];
    return [
      { path, line: index + 1, message: `names a place of one machine (${found}): say it without`, isWarning: false },
    ];
  });
}
