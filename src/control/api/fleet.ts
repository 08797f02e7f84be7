// GET /api/v1/fleet: this node's standing in its fleet, and all nodes as they tell of themselves. It answers where Redis is away too.

import type { Fleet } from "../fleet.ts";
import { json, only, type Routes } from "./answer.ts";

export function fleetRoutes(fleet: Pick<Fleet, "answer">): Routes {
  return (request, path) =>
    path === "/api/v1/fleet" ? only(request, "GET", async () => json(200, await fleet.answer())) : null;
}
