// POST /api/v1/pools/POOL/servers/SERVER/drain, /maintain and /enable: a server is given nothing new, nothing at all, or something again.
// What that means for traffic is the roster's business.

import type { AdminService } from "../adminservice.ts";
import { json, problem } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";
import { type SteeredAnswer, steeredAnswer } from "./shape/status.ts";

const summaries = {
  drain:
    "give a server no new requests but of clients that its cookie or a table binds to it; those under way end as they would",
  maintain: "give a server no new requests at all; those under way end as they would",
  enable: "give a server requests again",
} as const;

export function steeringOperations(service: Pick<AdminService, "steer" | "status">): readonly Operation[] {
  return (["drain", "maintain", "enable"] as const).map((order) =>
    operation({
      id: `${order}Server`,
      method: "POST",
      path: `/api/v1/pools/{pool}/servers/{server}/${order}`,
      summary: summaries[order],
      tag: "Pools",
      params: { pool: "The name of a pool.", server: "The name of a server, percent-encoded, as status has it." },
      answers: {
        200: { description: "It is so.", schema: steeredAnswer },
        404: { description: "There is no such pool or server." },
      },
      handle: ({ params }) => {
        const [pool, server] = [params.pool!, params.server!];
        const missing = service.steer(pool, server, order);
        if (missing !== null) return problem(404, missing);
        return json(200, { pool, server, order, eligible: eligibleIn(service, pool) } satisfies SteeredAnswer);
      },
    }),
  );
}

function eligibleIn(service: Pick<AdminService, "status">, pool: string): number {
  const { servers } = service.status().pools.find(({ name }) => name === pool) ?? { servers: [] };
  return servers.filter(({ isEligible }) => isEligible).length;
}
