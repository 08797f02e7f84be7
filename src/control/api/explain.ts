// POST /api/v1/explain: what would become of a request, and why. {"url", "method", "headers", "source", "listener", "status"};
// all but the URL may be left out. It knows JSON; what is asked stands in flow/question.ts, the answer in flow/explanation.ts.

import type { Plan } from "../../config/plan.ts";
import { type Circumstances, explain } from "../../flow/explain.ts";
import { readQuestion } from "../../flow/question.ts";
import { bodyOf, json, only, problem, type Routes } from "./answer.ts";

const path = "/api/v1/explain";

/** `plan`: the one in force, null before there is one. */
export function explainRoutes(plan: () => Plan | null, circumstances: (plan: Plan) => Circumstances): Routes {
  return (request, asked) => {
    if (asked !== path) return null;
    return only(request, "POST", async () => {
      const body = await bodyOf(request);
      if (body instanceof Response) return body;
      const inForce = plan();
      if (inForce === null) return problem(503, "there is no plan in force yet");
      const question = readQuestion(body, inForce);
      if (!question.ok) return problem(422, question.message);
      return json(200, explain(question.value, circumstances(inForce)));
    });
  };
}
