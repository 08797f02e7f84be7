// The files that a pattern means, as nginx' include does: * and ? and [..] in any part of a path, files in the order of their names. What is
// asked of the file system goes through Files, which remembers it: a file that is added to such a folder is seen as a change.

import { join } from "node:path";
import type { Files } from "../loadfiles.ts";

const hasStars = /[*?[]/;

/** `pattern`: a whole path. Null: it names one file that is not there, or, where `isSought`, a pattern that nothing fits. */
export function filesFor(pattern: string, files: Files, isSought = false): readonly string[] | null {
  if (!hasStars.test(pattern)) return files.stamp(pattern) === "" ? null : [pattern];
  let found = ["/"];
  for (const part of pattern.split("/").filter((each) => each !== "")) {
    const next = hasStars.test(part) ? (folder: string): string[] => listed(folder, part, files) : null;
    found = next === null ? found.map((folder) => join(folder, part)) : found.flatMap(next);
  }
  const plain = found.filter((path) => files.stamp(path) !== "" && !files.isFolder(path));
  return plain.length === 0 && isSought ? null : plain;
}

/** Names that begin with a dot are for patterns that do so, too. */
function listed(folder: string, part: string, files: Files): string[] {
  const listing = files.list(folder);
  if (!listing.ok) return [];
  const fits = patternOf(part);
  return [...listing.files, ...listing.folders]
    .sort()
    .filter((name) => (part.startsWith(".") || !name.startsWith(".")) && fits.test(name))
    .map((name) => join(folder, name));
}

function patternOf(part: string): RegExp {
  const source = part.replaceAll(
    /\[(!?)([^\]]+)\]|[*?]|[^*?[]+|\[/g,
    (piece, not: string | undefined, set: string | undefined) => {
      if (piece === "*") return "[^/]*";
      if (piece === "?") return "[^/]";
      if (set !== undefined) return `[${not === "!" ? "^" : ""}${set.replaceAll(/[\\^[]/g, "\\$&")}]`;
      return piece.replaceAll(/[\\^$.+(){}|[\]]/g, "\\$&");
    },
  );
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^(?!)/; // A range that goes backwards fits nothing, as in nginx.
  }
}
