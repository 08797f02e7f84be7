// From zod's issues to findings: a path, which half of the key it concerns, and a sentence. It knows the shapes of zod's issues
// and nothing of files. A union's issue is taken apart: the branch that fits the value's kind is the one the operator meant.

import type { z } from "zod";
import type { Inside } from "./caret.ts";
import type { Path } from "./problem.ts";

/** A problem before it has a place. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly path: Path;
  readonly part: "key" | "value";
  readonly message: string;
  /** Which character of the value, or of the key, it is about, where it is about one. */
  readonly inside?: Inside;
}

type Issue = z.core.$ZodIssue;

export function findings(issues: readonly Issue[], above: Path = []): Finding[] {
  const found = issues.flatMap((issue): Finding[] => {
    const path = [...above, ...(issue.path as Path)]; // Symbols are no keys of a config.
    const error = (at: Path, part: "key" | "value", message: string): Finding => ({
      severity: "error",
      path: at,
      part,
      message,
    });
    switch (issue.code) {
      case "unrecognized_keys": {
        const lines = issue.message.split("\n");
        return issue.keys.map((key, index) => error([...path, key], "key", lines[index] ?? "is not a known key"));
      }
      case "invalid_key":
        return [error(path, "key", issue.issues[0]?.message ?? "has a name that is not allowed")];
      case "invalid_union": {
        const meant = issue.errors.filter((branch) => !branch.some(isOfWrongKind));
        return meant.length === 1 ? findings(meant[0]!, path) : [error(path, "value", issue.message)];
      }
      default:
        return [error(path, "value", issue.message)];
    }
  });
  // A number beyond all that are exact is beyond the bounds of its key too, and would be told for both.
  return found.filter((each, index) => index === 0 || !isSame(each, found[index - 1]!));
}

/** Without keys that are missing because they stand there under another name: one mistake, and told where it stands. */
export function withoutMistyped(found: readonly Finding[]): readonly Finding[] {
  const mistyped = found.filter(({ part, message }) => part === "key" && message.includes("did you mean"));
  if (mistyped.length === 0) return found;
  return found.filter((each) => !isMissing(each) || !mistyped.some((other) => isMeantBy(other, each)));
}

function isMissing({ message }: Finding): boolean {
  return message.startsWith("is missing;");
}

function isMeantBy({ path, message }: Finding, missing: Finding): boolean {
  const isBeside =
    path.length === missing.path.length && path.slice(0, -1).every((key, index) => key === missing.path[index]);
  return isBeside && message.endsWith(`did you mean ${JSON.stringify(missing.path.at(-1))}?`);
}

function isSame(a: Finding, b: Finding): boolean {
  return a.message === b.message && a.part === b.part && JSON.stringify(a.path) === JSON.stringify(b.path);
}

/**
 * Whether a branch of a union fails at its root already: the value is of another kind than the branch describes. A word that
 * is none of several options is of the right kind; one that is not the single literal of its branch says nothing.
 */
function isOfWrongKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "invalid_value") return issue.values.length === 1 || typeof issue.input !== "string";
  return issue.code === "invalid_type" || issue.code === "invalid_union";
}
