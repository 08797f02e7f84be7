// Every file with logic has a test: one beside it, or one elsewhere that imports it, or it is a leaf of a file in its folder
// that has one beside it and tests it through that. What only whole processes can test is listed here with the reason; a
// line that is no longer needed is an error too, so the list only shrinks.

import { importsOf, isTest, resolve, type Source, type Violation, violation } from "./source.ts";

const exceptions: Record<string, string> = {
  "src/main.ts": "wiring: test/e2e starts it as a process",
};

export function checkCover(sources: readonly Source[]): Violation[] {
  const paths = new Set(sources.map((source) => source.path));
  const tested = new Set(
    sources
      .filter((source) => isTest(source.path) || source.path.startsWith("test/"))
      .flatMap((source) => importsOf(source).map(({ specifier }) => resolve(source.path, specifier))),
  );
  const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));
  for (const source of sources) {
    if (isTest(source.path) || !paths.has(testBeside(source.path))) continue;
    for (const { specifier, isTypeOnly } of importsOf(source)) {
      const target = resolve(source.path, specifier);
      if (target !== undefined && !isTypeOnly && isLeafOf(folderOf(target), folderOf(source.path), source.path))
        tested.add(target);
    }
  }
  return sources.flatMap((source) => {
    if (!source.path.startsWith("src/") || isTest(source.path) || !hasLogic(source)) return [];
    const beside = testBeside(source.path);
    const isTested = paths.has(beside) || tested.has(source.path);
    const reason = exceptions[source.path];
    if (isTested && reason !== undefined && paths.has(beside))
      return [violation(source, 1, "has a test now: take it out of the list in scripts/tidy/cover.ts")];
    if (isTested || reason !== undefined) return [];
    return [violation(source, 1, `has no test: write ${beside}`)];
  });
}

const testBeside = (path: string): string => path.replace(/\.ts$/, ".test.ts");

/** Beside it, or in the folder that has its name. */
function isLeafOf(folder: string, parentFolder: string, parent: string): boolean {
  return folder === parentFolder || folder === parent.replace(/\.ts$/, "");
}

/** Types, and tables of plain values, have none. A generated or declared type may hold `=>`, so only bodies count. */
function hasLogic(source: Source): boolean {
  return /\bfunction\b[^;]*?\{|=>\s*[^;]*?\{\s*$|\bclass\s+\w+[^;{]*\{[\s\S]*?\)\s*(?::[^;{]*)?\{/m.test(source.code);
}
