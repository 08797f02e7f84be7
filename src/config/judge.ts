// Schema and review together: from a tree of values to a checked config, or to everything that is wrong with it. All skins, the
// command line and the foreign formats meet here; what they differ in is how a finding gets its place.

import { type Finding, findings as schemaFindings, withoutMistyped } from "./issues.ts";
import type { Path } from "./problem.ts";
import { review } from "./review.ts";
import { configSchema } from "./schema.ts";
import { respell, type Substituted } from "./substitute.ts";
import type { Config } from "./types.ts";

export interface Judgement {
  /** Null when there are errors. */
  readonly config: Config | null;
  /** The same where every value is of its kind, though some contradict each other: the files that it names can be looked at. */
  readonly shaped: Config | null;
  readonly findings: readonly Finding[];
}

export function judge(input: unknown): Judgement {
  const parsed = configSchema.safeParse(input, { reportInput: true });
  const found = withoutMistyped([...(parsed.success ? [] : schemaFindings(parsed.error.issues)), ...review(input)]);
  const isRefused = found.some((finding) => finding.severity === "error");
  const shaped = parsed.success ? parsed.data : null;
  return { config: isRefused ? null : shaped, shaped, findings: found };
}

/**
 * A variable's value is a text; where the schema wants a number or true or false, one that spells it is taken for it. Which
 * keys those are the schema tells by refusing the text.
 */
export function judgeSubstituted({ value, findings: before, changed }: Substituted): Judgement {
  const first = configSchema.safeParse(value, { reportInput: true });
  let tree = value;
  if (!first.success)
    for (const { path } of schemaFindings(first.error.issues))
      if (changed.has(JSON.stringify(path))) tree = respell(tree, path);
  const judgement = judge(tree);
  // What a variable would have made of a value is not known when it is not set: only its absence is told.
  const unset = new Set(before.map(({ path }) => JSON.stringify(path)));
  const others = judgement.findings.filter(({ path }) => !unset.has(JSON.stringify(path satisfies Path)));
  const findings = [...before, ...others];
  return before.length > 0 ? { config: null, shaped: null, findings } : { ...judgement, findings };
}
