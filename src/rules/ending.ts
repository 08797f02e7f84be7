// How a rule ends its phase, compiled: from a stage to an outcome. Only a limit can decide otherwise once it is reached: who has
// a token goes on.

import type { OutcomePlan, ReplyPlan, RulePlan } from "../config/plan.ts";
import type { Outcome, Reply } from "./outcome.ts";
import { ReplyMaker } from "./reply.ts";
import type { Stage } from "./scene.ts";
import type { Terms } from "./terms.ts";

export interface Ending {
  readonly plan: OutcomePlan;
  /**
   * How long the client must wait, in ms, which makes the rule hold; 0 lets it pass. Absent where nothing is asked. It takes
   * the token in mode observe too: whom it would hit is not known otherwise.
   */
  readonly wait?: (stage: Stage) => number;
  /** There is no entry to take from. */
  readonly isKeyless?: (stage: Stage) => boolean;
  /** `waitMs`: what `wait` has answered. */
  readonly outcome: (stage: Stage, waitMs: number) => Outcome;
}

export function compileEnding(plan: OutcomePlan, rule: RulePlan, terms: Terms): Ending {
  switch (plan.kind) {
    case "accept":
    case "reject":
    case "reset":
    case "drop": {
      const outcome: Outcome = { kind: plan.kind, rule };
      return { plan, outcome: () => outcome };
    }
    case "use": {
      const outcome: Outcome = { kind: "use", rule, pool: plan.pool };
      return { plan, outcome: () => outcome };
    }
    case "reply": {
      const maker = new ReplyMaker(plan.reply, terms);
      const { isDenial } = plan;
      return { plan, outcome: (stage) => ({ kind: "reply", rule, reply: maker.fill(stage), isDenial }) };
    }
    case "tarpit": {
      const maker = new ReplyMaker(plan.reply, terms);
      const { forMs } = plan;
      return { plan, outcome: (stage) => ({ kind: "tarpit", rule, reply: maker.fill(stage), forMs }) };
    }
    case "redirect": {
      const maker = new ReplyMaker(redirection(plan), terms);
      return {
        plan,
        outcome: (stage) => ({ kind: "reply", rule, reply: leading(maker.fill(stage)), isDenial: false }),
      };
    }
    case "limit": {
      const maker = new ReplyMaker(plan.reply, terms);
      const target = terms.target(plan.target);
      const cost = terms.expression(plan.cost, "number");
      return {
        plan,
        wait: (stage) => {
          const amount = cost.evaluate(stage);
          return typeof amount === "number" ? target.take(stage, amount) : 0;
        },
        isKeyless: (stage) => target.read(stage) === null,
        outcome: (stage, waitMs) => ({ kind: "reply", rule, reply: maker.fill(stage, waitMs), isDenial: true }),
      };
    }
  }
}

/** A small page for the rare client that does not follow. */
function redirection({ status, location, fields }: OutcomePlan & { kind: "redirect" }): ReplyPlan {
  const all = [{ name: "Location", value: location }, ...fields];
  return { status, reason: "", fields: all, body: null, isTemplate: true, retryAfterS: 0 };
}

/** https://{host} leads nowhere for a request that names no host (HTTP/1.0, an empty Host): that is what is wrong with it. */
function leading(reply: Reply): Reply {
  const isNowhere = /^[a-z][a-z0-9+.-]*:\/\/(?:[/?#]|$)/i.test(reply.fields[0]!.value);
  return isNowhere ? { status: 400, reason: "", fields: [], body: null, retryAfterS: 0 } : reply;
}

/** As a config would say it. */
export function describeOutcome(outcome: Outcome, poolName: (pool: number) => string): string {
  switch (outcome.kind) {
    case "accept":
      return "accepts: no further rule of this phase is asked";
    case "reject":
      return "closes the connection";
    case "reset":
      return "resets the connection";
    case "drop":
      return "drops the connection silently";
    case "use":
      return `uses the pool ${poolName(outcome.pool)}`;
    case "tarpit":
      return `holds the request for ${outcome.forMs} ms, then answers ${outcome.reply.status}`;
    case "reply": {
      const { status, retryAfterS, fields } = outcome.reply;
      const location = fields.find(({ name }) => name === "Location");
      const where = location === undefined ? "" : ` to ${location.value}`;
      return `answers ${status}${where}${retryAfterS > 0 ? `, to come again in ${retryAfterS} s` : ""}`;
    }
  }
}
