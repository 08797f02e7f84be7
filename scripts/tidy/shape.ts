// The shape of a file: how it opens, how long it and its functions are, and what the language has that we leave alone.

import { isTest, lineAt, type Source, type Violation, violation } from "./source.ts";

const linesMax = 500;
const linesUsual = 300;
const functionLinesMax = 60;
const openingLinesMin = 2;

/** The package's door: what `import … from "sluice"` gives. */
const packageEntry = "src/sluice.ts";

export function checkShape(source: Source): Violation[] {
  return [
    ...checkOpening(source),
    ...checkLength(source),
    ...checkFunctions(source),
    ...checkLanguage(source),
    ...checkBarrel(source),
  ];
}

function checkOpening(source: Source): Violation[] {
  if (!/^(?:console\/)?src\//.test(source.path) || isTest(source.path)) return [];
  const lines = source.text.replace(/^#!.*\n/, "").split("\n");
  const block = /^\/\*[\s\S]*?\*\//.exec(lines.join("\n"))?.[0].split("\n").length ?? 0;
  const first = lines.findIndex((line) => !line.startsWith("//"));
  if (Math.max(block, first) >= openingLinesMin) return [];
  return [
    violation(
      source,
      1,
      "open with a comment: what the file knows, what it must not know, its strategy (3 to 8 lines)",
    ),
  ];
}

function checkLength(source: Source): Violation[] {
  // What is made by a program is as long as what it is made from.
  if (/^\/\/.*\bMade from\b/.test(source.text)) return [];
  const count = source.text.split("\n").length - 1;
  if (count > linesMax) return [violation(source, linesMax, `has ${count} lines: split it, ${linesMax} is the most`)];
  const saysWhy = /\blong\b|\bone file\b|\btogether\b/i.test(source.text.split("\n", 1)[0]!);
  if (count > linesUsual && !saysWhy)
    return [
      violation(source, linesUsual, `has ${count} lines: split it, or say in the first line why it is long`, true),
    ];
  return [];
}

const heads =
  /(?:\bfunction\b[^\n]*|=>|^\s*(?:(?:static|async|get|set|override|export)\s+)*#?\w+\([^\n]*\)[^\n]*|^\s*\)[^\n;]*)\{$/;
const notHeads = /^\s*(?:\}\s*)?(?:if|for|while|switch|catch|else|do|try|with)\b/;

/** By indentation, which the formatter guarantees: a function that opens on a line ends with the first line as far left as it. */
function checkFunctions(source: Source): Violation[] {
  if (isTest(source.path)) return [];
  const lines = source.code.split("\n");
  return lines.flatMap((line, index) => {
    if (!heads.test(line) || notHeads.test(line)) return [];
    const indent = /^\s*/.exec(line)![0];
    const length = lines.slice(index + 1).findIndex((other) => other.startsWith(`${indent}}`)) + 2;
    if (length <= functionLinesMax) return [];
    return [
      violation(source, index + 1, `this function has ${length} lines: keep the branches, move the leaves out`, true),
    ];
  });
}

const refused: readonly (readonly [RegExp, string])[] = [
  [/\benum\s+\w+\s*\{/g, "enum is not erasable: use a const object and its type"],
  [/(?:[:<|&,(]|\bas|=>)\s*any\b(?!\s*[:(])/g, "any turns the checker off: use unknown and look"],
];
const refusedComments = /@ts-(?:ignore|nocheck|expect-error)/g;

function checkLanguage(source: Source): Violation[] {
  const found = refused.flatMap(([pattern, advice]) =>
    [...source.code.matchAll(pattern)].map((match) => violation(source, lineAt(source.code, match.index), advice)),
  );
  for (const match of source.text.matchAll(refusedComments)) {
    if (source.code.startsWith(match[0], match.index) || source.uncommented.startsWith(match[0], match.index)) continue;
    found.push(violation(source, lineAt(source.text, match.index), `${match[0]} hides an error: mend the types`));
  }
  if (!source.path.startsWith("examples/")) {
    for (const match of source.code.matchAll(/\bexport\s+default\b|\bas\s+default\b/g))
      found.push(violation(source, lineAt(source.code, match.index), "no default export: give it a name"));
  }
  if (source.path.startsWith("src/") && !source.path.startsWith("src/cli/")) {
    for (const match of source.code.matchAll(/\bconsole\.log\b/g))
      found.push(
        violation(
          source,
          lineAt(source.code, match.index),
          "console.log is for the command line: use the application log",
        ),
      );
  }
  return found;
}

function checkBarrel(source: Source): Violation[] {
  if (source.path === packageEntry || !source.path.startsWith("src/")) return [];
  const star = /\bexport\s*\*\s*(?:as\s+\w+\s*)?from\b/.exec(source.code);
  if (star !== null)
    return [violation(source, lineAt(source.code, star.index), "no barrels: import from the file itself")];
  const rest = source.code.replace(/\bexport\s+(?:type\s+)?\{[^}]*\}\s*from\s*["'][^"']*["'];?/g, "").trim();
  return rest === "" && source.code.trim() !== ""
    ? [violation(source, 1, "no barrels: import from the file itself")]
    : [];
}
