// `sluice weight POOL/SERVER NUMBER`: another share of requests for a server of the config that is in force, as if somebody had edited it
// and reloaded. What share a weight is, the pool's balance knows. Exit code 1: there is no such server, its source says its weight, or nobody
// answers.

import type { WeightAnswer } from "../control/api/shape/rule.ts";
import type { Writer } from "./check.ts";
import { ask, failureOf, type RemoteOptions, refusalOf } from "./client.ts";
import type { ServerName } from "./program.ts";
import { untilReload } from "./rules.ts";

export interface WeightOptions extends RemoteOptions {
  readonly reason?: string;
}

export async function weigh(
  { pool, server }: ServerName,
  weight: number,
  options: WeightOptions,
  writer: Writer,
): Promise<number> {
  const path = `/api/v1/pools/${encodeURIComponent(pool)}/servers/${encodeURIComponent(server)}`;
  const { reason } = options;
  const answer = await ask(options, "PATCH", path, { weight, ...(reason === undefined ? {} : { reason }) });
  const refusal = refusalOf(answer);
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return failureOf(answer);
  }
  const done = answer.body as WeightAnswer; // What our own admin interface answers.
  if (options.json === true) writer.out(JSON.stringify(done, null, 2));
  else writer.out(`${done.pool}/${done.server} has weight ${done.weight} ${untilReload}`);
  return 0;
}
