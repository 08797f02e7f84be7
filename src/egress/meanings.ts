// What an outcome says, before anything is known of who it is about: a success, a failure, a ban, a fault of the member's own or of
// its way to a target, or nothing. Pure: the plan's statuses, what a body said, and whose fault it was that no answer came.

import type { EgressJudgePlan, EgressMeaning } from "../config/plan.ts";
import type { EgressOutcome } from "./words.ts";

export type EgressEvidence =
  | "success"
  | "failure"
  | "ban"
  /** No answer: for the member's own reasons, or somewhere between it and the target. */
  | "member"
  /** It is the member's, and the next request would meet with the same. */
  | "source"
  | "way"
  /** The target was reached, and said nothing. */
  | "target"
  | "nothing";

export function evidenceOf(plan: EgressJudgePlan, outcome: EgressOutcome): EgressEvidence {
  if (outcome.isCancelled) return "nothing";
  if (outcome.blame !== "nobody") return outcome.blame;
  const meaning = outcome.meaning ?? meaningOfStatus(plan, outcome.status);
  return meaning === "ignore" ? "nothing" : meaning;
}

function meaningOfStatus(plan: EgressJudgePlan, status: number): EgressMeaning {
  if (status === 0) return "ignore";
  for (const { on, means } of plan.statuses) if (status >= on.from && status <= on.to) return means;
  // A server that fails says nothing of who asked it.
  return plan.per === "target" && status >= 500 && status <= 599 ? "ignore" : "success";
}
