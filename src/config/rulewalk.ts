// All rules of a listener or pool in one order, each with its phase, place and name: what reviews and the compiler walk. It reads a
// config as written as well as a checked one, and passes over what is no rule.

import type { Path } from "./problem.ts";
import { isSection, listOf, type Section, sectionOf } from "./section.ts";

export type Phase = "connection" | "request" | "response" | "afterResponse";
export const phases: readonly Phase[] = ["connection", "request", "response", "afterResponse"];

export interface Walked {
  readonly rule: Section;
  readonly phase: Phase;
  readonly path: Path;
  /** As written, or of its place: "request[2].rules[0]". Unique within its owner, or a review has said so. */
  readonly name: string;
  /** Rules within it. */
  readonly rules: readonly Walked[];
}

/** The rules of each phase. `listed`: the phase of a list that names none. */
export function rulesOf(owner: Section, path: Path, listed: Phase): Record<Phase, Walked[]> {
  const written = owner["rules"];
  const of = (phase: Phase): Walked[] => {
    if (isSection(written)) return walk(sectionOf(written)[phase], phase, [...path, "rules", phase], phase);
    return phase === listed ? walk(written, phase, [...path, "rules"], phase) : [];
  };
  return {
    connection: of("connection"),
    request: of("request"),
    response: of("response"),
    afterResponse: of("afterResponse"),
  };
}

/** With those within, in the order in which they stand. */
export function* flat(rules: readonly Walked[]): Generator<Walked> {
  for (const walked of rules) {
    yield walked;
    yield* flat(walked.rules);
  }
}

export function* allRules(rules: Readonly<Record<Phase, readonly Walked[]>>): Generator<Walked> {
  for (const phase of phases) yield* flat(rules[phase]);
}

/** The phase of a list of rules by the modes that its owner has. A pool that nobody uses counts as one of http. */
export function listedPhase(modes: ReadonlySet<string>): Phase {
  return (modes.has("tcp") || modes.has("udp")) && !modes.has("http") ? "connection" : "request";
}

function walk(rules: unknown, phase: Phase, path: Path, prefix: string): Walked[] {
  return listOf(rules).flatMap((value, index): Walked[] => {
    if (!isSection(value)) return [];
    const rule = sectionOf(value);
    const place = `${prefix}[${index}]`;
    const at = [...path, index];
    const name = typeof rule["name"] === "string" ? rule["name"] : place;
    return [{ rule, phase, path: at, name, rules: walk(rule["rules"], phase, [...at, "rules"], `${place}.rules`) }];
  });
}
