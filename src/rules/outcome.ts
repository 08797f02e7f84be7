// How a phase of rules can end, as the flow is told: what the rule decided with everything filled in. Nothing of it needs the
// rules again. No outcome at all means that the phase has been passed.

import type { FieldPlan, RulePlan } from "../config/plan.ts";

export type Outcome =
  | { readonly kind: "accept" | "reject" | "reset" | "drop"; readonly rule: RulePlan }
  /** `isDenial`: it counts as an error of the client. */
  | { readonly kind: "reply"; readonly rule: RulePlan; readonly reply: Reply; readonly isDenial: boolean }
  | { readonly kind: "tarpit"; readonly rule: RulePlan; readonly reply: Reply; readonly forMs: number }
  /** Index into `Plan.pools`. */
  | { readonly kind: "use"; readonly rule: RulePlan; readonly pool: number };

/** An answer of our own, without its framing. */
export interface Reply {
  readonly status: number;
  /** "" is the usual one. */
  readonly reason: string;
  readonly fields: readonly FieldPlan[];
  /** Latin-1; null is a line that says the status. */
  readonly body: string | null;
  /** 0 sends none. */
  readonly retryAfterS: number;
}
