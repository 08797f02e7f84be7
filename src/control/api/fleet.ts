// GET /api/v1/fleet: this node's standing in its fleet, and all nodes as they tell of themselves. The nodes are asked for when the question
// comes; where Redis is away they are as it told of them last, and the answer says so. The shape stands in ../fleet/nodestatus.ts and is
// public; it knows paths and nothing else.

import type { Fleet } from "../fleet.ts";
import { json, only, type Routes } from "./answer.ts";

export function fleetRoutes(fleet: Pick<Fleet, "answer">): Routes {
  return (request, path) =>
    path === "/api/v1/fleet" ? only(request, "GET", async () => json(200, await fleet.answer())) : null;
}
