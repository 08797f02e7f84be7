// `sluice reload`: let a running Sluice load its config again. It asks the admin interface and shows the answer; the config
// itself is read by the Sluice that runs, on its machine, and every problem comes back from there.
// Exit code 0: the new plan is in force; 1: the old one still is, or nobody answered.

import type { ReloadOutcome } from "../control/admin.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, type RemoteOptions } from "./client.ts";

export async function reload(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "POST", "/api/v1/reload");
  if (!answer.ok) {
    writer.err(`sluice: ${answer.message}`);
    return 1;
  }
  const refusal = errorOf(answer.body);
  if (refusal !== null) {
    writer.err(`sluice: ${refusal}`);
    return 1;
  }
  const outcome = answer.body as ReloadOutcome; // What our own admin interface answers.
  if (options.json === true) {
    writer.out(JSON.stringify(outcome, null, 2));
    return outcome.successful ? 0 : 1;
  }
  for (const warning of outcome.warnings) writer.err(warning);
  if (outcome.successful) writer.out(`reloaded: plan ${outcome.generation} is in force`);
  else {
    for (const problem of outcome.problems) writer.err(problem);
    writer.err(`not reloaded: plan ${outcome.generation} stays in force`);
  }
  return outcome.successful ? 0 : 1;
}
