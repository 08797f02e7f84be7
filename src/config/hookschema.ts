// The keys of what is said about hooks: how long they may take, what a client is answered when one fails, how large a body may be
// that one sees whole. The functions themselves stand in no schema, for no text holds one: hookfunctions.ts takes them out of a
// TypeScript config before it is judged.

import { z } from "zod";
import type { HookOptionsInput, HooksInput } from "./input.ts";
import { reply, status } from "./replyschema.ts";
import { choice, duration, list, says, section, size } from "./term.ts";
import type { HookOptions, Hooks } from "./types.ts";

const poolName = z.string({ error: says("the name of a pool") });
const failure = z.union([z.literal("pass"), status, reply], {
  error: says('a status from 200 to 599, a section with status, body or file, or "pass"'),
});
const failureTold =
  'What a client is answered when a hook throws, takes too long or answers nonsense; absent: 500, or 504 when it was late. "pass" goes on as if there were no hook.';
const budget = duration("1ms", "10m");
const budgetTold = "How long one call of a hook may take, with all that it awaits.";
const maxBody = size("1b", "1gb");
const maxBodyTold = "The longest body that a transform is given whole.";
const tooLarge = choice(["fail", "pass"]);
const tooLargeTold = "What becomes of longer ones: a failure of the hook, or they go on as they are.";

/** At the top: for all. */
export const hooks: z.ZodType<Hooks, HooksInput> = section({
  budget: budget.default("1s").describe(budgetTold),
  failure: failure.optional().describe(failureTold),
  maxBody: maxBody.default("1mb").describe(maxBodyTold),
  tooLarge: tooLarge.default("fail").describe(tooLargeTold),
}).meta({
  id: "Hooks",
  description:
    "What holds for the functions of a config in TypeScript, where a listener or pool does not say otherwise under its own hooks.",
});

/** In a listener or pool. */
export const hookOptions: z.ZodType<HookOptions, HookOptionsInput> = section({
  budget: budget.optional().describe(budgetTold),
  failure: failure.optional().describe(failureTold),
  maxBody: maxBody.optional().describe(maxBodyTold),
  tooLarge: tooLarge.optional().describe(tooLargeTold),
  use: list(poolName, "pools")
    .default([])
    .describe("The pools that onRequest may send requests to, by request.use(), beside those that rules name."),
}).meta({
  id: "HookOptions",
  description: "What holds for hooks here; what is left out is as hooks at the top of the config say.",
});
