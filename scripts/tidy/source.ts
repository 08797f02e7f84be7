// A source file as tidy sees it: its text, and the same text with comments, or comments and strings, turned into blanks.
// Blanking keeps every line and column, so that a match can be told by its line. It is a scanner, not a parser: it knows
// comments, strings, templates and regular expressions, which is all that could hide or fake a word of code.

export interface Source {
  readonly path: string;
  readonly text: string;
  /** Comments blanked. */
  readonly uncommented: string;
  /** Comments, and the insides of strings, templates and regular expressions, blanked. */
  readonly code: string;
}

export interface Violation {
  readonly path: string;
  readonly line: number;
  /** What is wrong and what to do. */
  readonly message: string;
  readonly isWarning: boolean;
}

export interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
  readonly line: number;
}

export function sourceOf(path: string, text: string): Source {
  return { path, text, uncommented: blank(text, false), code: blank(text, true) };
}

export function violation(source: Source, line: number, message: string, isWarning = false): Violation {
  return { path: source.path, line, message, isWarning };
}

export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < index; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

const importPattern =
  /\b(import|export)\b\s*(type\b)?([^;"'`()]*?)\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g;

/** Everything the file imports or re-exports, types included. */
export function importsOf(source: Source): Import[] {
  return [...source.uncommented.matchAll(importPattern)].map((match) => {
    const names = /\{([^}]*)\}/.exec(match[3] ?? "")?.[1]?.split(",") ?? [""];
    const areAllTypes = names.every((name) => /^\s*(type\s|$)/.test(name)) && names.some((name) => name.trim() !== "");
    return {
      specifier: match[4] ?? match[5]!,
      isTypeOnly: match[2] !== undefined || areAllTypes,
      line: lineAt(source.uncommented, match.index),
    };
  });
}

/** The path inside the repository that a relative import of the file means, or undefined. */
export function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

const endings: Record<string, RegExp> = {
  "//": /\n/g,
  "/*": /\*\//g,
  '"': /\\.|["\n]/gs,
  "'": /\\.|['\n]/gs,
  "/": /\\.|\[(?:\\.|[^\]\\\n])*\]|[/\n]/gs,
};
/** A slash after one of these starts a regular expression; after anything else it divides. */
const beforeRegex = /(?:^|[=(,:;!&|?{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void))\s*$/;

function blank(text: string, isBlankingStrings: boolean): string {
  let out = "";
  let at = 0;
  // For each template that is open: how deep the braces of its ${ } are now.
  const templates: number[] = [];
  const hide = (end: number, isHidden: boolean): void => {
    const part = text.slice(at, end);
    out += isHidden ? part.replace(/[^\n]/g, " ") : part;
    at = end;
  };
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    const one = text[at]!;
    if (two === "//") hide(endOf(text, at + 2, endings["//"]!, 1), true);
    else if (two === "/*") hide(endOf(text, at + 2, endings["/*"]!, 0), true);
    else if (one === '"' || one === "'" || (one === "/" && beforeRegex.test(out.slice(-40)))) {
      const end = endOf(text, at + 1, endings[one]!, 0);
      hide(at + 1, false);
      hide(end - 1, isBlankingStrings);
      hide(end, false);
    } else if (one === "`" || (one === "}" && templates.at(-1) === 0)) {
      if (one === "}") templates.pop();
      hide(at + 1, false);
      const end = endOf(text, at, /\\.|\$\{|`/gs, 0);
      const isOpen = text.slice(end - 2, end) === "${";
      hide(isOpen ? end - 2 : end - 1, isBlankingStrings);
      hide(end, false);
      if (isOpen) templates.push(0);
    } else {
      if (templates.length > 0) templates[templates.length - 1]! += one === "{" ? 1 : one === "}" ? -1 : 0;
      hide(at + 1, false);
    }
  }
  return out;
}

/** Where what starts before `from` ends: after the first match that is no escape and no class, less `back`. */
function endOf(text: string, from: number, pattern: RegExp, back: number): number {
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0].startsWith("\\") || match[0].startsWith("[")) continue;
    return pattern.lastIndex - back;
  }
  return text.length;
}
