// POST /api/v1/explain: what would become of a request, and why. {"url", "method", "headers", "source", "listener", "status"};
// all but the URL may be left out. It knows JSON; what is asked stands in flow/question.ts, the answer in flow/explanation.ts.

import type { Plan } from "../../config/plan.ts";
import type { Circumstances } from "../../flow/explain.ts";
import { readQuestion } from "../../flow/question.ts";
import { json, notValid, problem } from "./answer.ts";
import { type Operation, wordedOperation } from "./operation.ts";
import { explanation, question } from "./shape/explanation.ts";

/** `plan`: the one in force, null before there is one. */
export function explainOperations(
  plan: () => Plan | null,
  circumstances: (plan: Plan) => Circumstances,
): readonly Operation[] {
  return [
    wordedOperation({
      id: "explainRequest",
      method: "POST",
      path: "/api/v1/explain",
      summary: "what would become of a request, and why",
      description:
        "Nothing is sent anywhere and nothing is counted: the rules are played with what they would find now.",
      tag: "Rules",
      isChange: false,
      body: question,
      answers: {
        200: {
          description: "Each rule with its terms and their values, the choice of a server, and the outcome.",
          schema: explanation,
        },
        503: { description: "Sluice is starting." },
      },
      handle: async ({ body }) => {
        const inForce = plan();
        if (inForce === null) return problem(503, "there is no plan in force yet");
        const asked = readQuestion(body, inForce);
        if (!asked.ok) return notValid(asked.message);
        // What serves requests is for workers; control loads it when somebody asks.
        const { explain } = await import("../../flow/explain.ts");
        return json(200, explain(asked.value, circumstances(inForce)));
      },
    }),
  ];
}
