// `sluice drain POOL/SERVER` and `sluice enable POOL/SERVER`: take a server out of service, and put it back. What is under way
// at a drained server goes on; it lasts until it is enabled again, over reloads but not over a restart of Sluice.

import type { SteeredAnswer } from "../control/api/shape/status.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, type RemoteOptions } from "./client.ts";
import type { ServerName } from "./program.ts";

export async function steer(
  order: "drain" | "enable",
  { pool, server }: ServerName,
  options: RemoteOptions,
  writer: Writer,
): Promise<number> {
  const path = `/api/v1/pools/${encodeURIComponent(pool)}/servers/${encodeURIComponent(server)}/${order}`;
  const answer = await ask(options, "POST", path);
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return 1;
  }
  if (options.json === true) writer.out(JSON.stringify(answer.body, null, 2));
  else if (order === "drain") {
    writer.out(`${pool}/${server} gets no new requests; \`sluice enable ${pool}/${server}\` undoes it`);
    // A Sluice of an older version says nothing of it.
    const { eligible } = answer.body as Partial<SteeredAnswer>;
    if (eligible === 0) writer.note(`no server of pool ${pool} takes requests now: they are refused`);
  } else writer.out(`${pool}/${server} is enabled`);
  return 0;
}
