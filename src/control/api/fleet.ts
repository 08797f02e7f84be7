// GET /api/v1/fleet: this node's standing in its fleet, and all nodes as they tell of themselves. The nodes are asked for when the question
// comes; where Redis is away they are as it told of them last, and the answer says so. The shape stands in ../fleet/nodestatus.ts and is
// public; it knows paths and nothing else.

import type { Fleet } from "../fleet.ts";
import { json, problem } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";
import { fleetAnswer } from "./shape/fleet.ts";

export function fleetOperations(fleet: Pick<Fleet, "answer" | "isDecided">): readonly Operation[] {
  return [
    operation({
      id: "getFleet",
      method: "GET",
      path: "/api/v1/fleet",
      summary: "this node and all others of its fleet, and how old is what it knows of them",
      tag: "Fleet",
      answers: {
        200: { description: "This node's standing, and every node.", schema: fleetAnswer },
        503: { description: "Sluice is starting." },
      },
      handle: () => answer(fleet),
    }),
  ];
}

async function answer(fleet: Pick<Fleet, "answer" | "isDecided">): Promise<Response> {
  if (!fleet.isDecided) return problem(503, "this Sluice is starting: it has not joined a fleet yet");
  return json(200, await fleet.answer());
}
