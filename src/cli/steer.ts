// `sluice drain POOL/SERVER`, `sluice maintain POOL/SERVER` and `sluice enable POOL/SERVER`: take a server out of service, and
// put it back. A drained one keeps the clients that a cookie or a table binds to it, one in maintenance nobody. What is under
// way goes on in both; it lasts until the server is enabled again, over reloads but not over a restart of Sluice.

import type { SteeredAnswer } from "../control/api/shape/status.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, type RemoteOptions } from "./client.ts";
import type { ServerName } from "./program.ts";

export async function steer(
  order: SteeredAnswer["order"],
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
  else if (order === "enable") writer.out(`${pool}/${server} is enabled`);
  else {
    const name = `${pool}/${server}`;
    writer.out(
      order === "drain"
        ? `${name} gets no new requests but of clients that a cookie or a table binds to it (\`sluice maintain ${name}\`: not theirs either); \`sluice enable ${name}\` undoes it`
        : `${name} gets no new requests at all: clients that a cookie or a table binds to it get another; \`sluice enable ${name}\` undoes it`,
    );
    // A Sluice of an older version says nothing of it.
    const { eligible } = answer.body as Partial<SteeredAnswer>;
    if (eligible === 0) writer.note(`no server of pool ${pool} takes requests now: they are refused`);
  }
  return 0;
}
