// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, not a forgotten template.
// ${VAR} and ${VAR:-default} in the string values of text formats; $${ is a literal ${. It knows the environment and trees of
// plain values. A variable that is not set and has no default is an error: an empty token or address would be worse than none.

import { didYouMean } from "../base/nearest.ts";
import type { Finding } from "./issues.ts";
import type { Path } from "./problem.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substituted {
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** Paths of the strings that held a variable: where a text of digits may have been meant as a number. */
  readonly changed: ReadonlySet<string>;
}

/** Not what every object has by itself: a variable may be called "constructor". */
export function variableOf(environment: Environment, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined;
}

export function substitute(tree: unknown, environment: Environment): Substituted {
  const findings: Finding[] = [];
  const changed = new Set<string>();
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === "string") {
      if (!value.includes("${")) return value;
      changed.add(JSON.stringify(path));
      return expand(value, environment, (message) =>
        findings.push({ severity: "error", path, part: "value", message }),
      );
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (typeof value !== "object" || value === null || value instanceof Date) return value;
    // Not an assignment: a key named __proto__ must stay a key, to be refused.
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return { value: walk(tree, []), findings, changed };
}

/** The same tree with the text at that path turned into the number or truth value that it spells, or null when it spells none. */
export function respell(tree: unknown, path: Path): unknown {
  const [first, ...rest] = path;
  if (first === undefined) {
    if (tree === "true" || tree === "false") return tree === "true";
    return typeof tree === "string" && /^-?\d+(\.\d+)?$/.test(tree) ? Number(tree) : tree;
  }
  if (Array.isArray(tree)) return tree.map((item, index) => (index === first ? respell(item, rest) : item));
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([key, item]) => [key, key === first ? respell(item, rest) : item]),
  );
}

function expand(text: string, environment: Environment, complain: (message: string) => void): string {
  return text.replaceAll(/\$\$\{|\$\{([^}]*)(\}?)/g, (whole, inside: string | undefined, closing: string) => {
    if (inside === undefined) return "${";
    const parts = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/.exec(inside);
    if (closing === "") complain("has a ${ without its }; write $${ for the two characters themselves");
    else if (parts === null)
      complain(
        `has ${whole}, which is no variable; write \${NAME} or \${NAME:-default}, or $\${ for the two characters themselves`,
      );
    else {
      const [, name, usual] = parts as unknown as [string, string, string | undefined]; // The pattern's first group always matches.
      const found = variableOf(environment, name);
      // As in a shell, :- is for a variable that is empty too.
      if (found !== undefined && (found !== "" || usual === undefined)) return found;
      if (usual !== undefined) return usual;
      const meant = didYouMean(
        name,
        Object.keys(environment).filter((key) => environment[key] !== undefined),
      );
      complain(
        `needs the environment variable ${name}, which is not set${meant === "" ? `; give it a default with \${${name}:-...}, or write $\${ for the two characters themselves` : meant}`,
      );
    }
    return whole;
  });
}
