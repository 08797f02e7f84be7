// What the compiler and the linter cannot see: the ranks of the rooms, the purity of the lower ones, the shape of a file, and
// that all code has a test. Run: npm run tidy. Errors end it with 1, warnings do not.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkCover } from "./tidy/cover.ts";
import { checkPlaces } from "./tidy/place.ts";
import { checkPurity, checkRanks } from "./tidy/ranks.ts";
import { checkShape } from "./tidy/shape.ts";
import { type Source, sourceOf, type Violation } from "./tidy/source.ts";

/** Files by path, each with its text. */
export type Tree = ReadonlyMap<string, string>;

export function tidy(tree: Tree): Violation[] {
  const sources: Source[] = [...tree]
    .filter(([path]) => /^(?:src|scripts|test|bench|examples|console\/src)\/.*\.tsx?$/.test(path))
    .map(([path, text]) => sourceOf(path, text));
  const found = [
    ...sources.flatMap((source) => [...checkRanks(source), ...checkPurity(source), ...checkShape(source)]),
    ...checkCover(sources),
    ...[...tree].flatMap(([path, text]) => checkPlaces(path, text)),
  ];
  return found.sort(
    (a, b) => Number(b.isWarning) - Number(a.isWarning) || a.path.localeCompare(b.path) || a.line - b.line,
  );
}

const textBytesMax = 1_000_000;

/** What git tracks or would track. */
function treeOf(root: string): Tree {
  const listed = spawnSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" });
  if (listed.status !== 0) throw new Error(`git ls-files failed: ${listed.stderr}`);
  const paths = listed.stdout.split("\0").filter((path) => path !== "" && path !== "package-lock.json");
  return new Map(
    paths
      .filter((path) => existsSync(join(root, path)) && statSync(join(root, path)).size < textBytesMax)
      .map((path) => [path, readFileSync(join(root, path), "utf8")]),
  );
}

if (import.meta.main) {
  const violations = tidy(treeOf(join(import.meta.dir, "..")));
  for (const { path, line, message, isWarning } of violations)
    console.log(`${isWarning ? "warning" : "error"}: ${path}:${line} ${message}`);
  const errors = violations.filter(({ isWarning }) => !isWarning).length;
  console.log(`tidy: ${errors} errors, ${violations.length - errors} warnings`);
  process.exit(errors > 0 ? 1 : 0);
}
