// GET /api/v1/discovery: where the pools' servers come from that no config names: each source with what it told last, when, and why it
// does not answer. The shape is public; fields are added, not changed. Names of sources and their problems hold no secrets.

import type { FoundServer } from "../../config/found.ts";
import { type SourceStatus, sourceStatus } from "../discovery/sourcestatus.ts";
import type { PoolSources } from "../discovery.ts";
import { json, only, type Routes } from "./answer.ts";

export interface DiscoveryAnswer {
  readonly pools: readonly {
    readonly name: string;
    readonly sources: readonly (Omit<SourceStatus, "servers"> & { readonly servers: readonly FoundServer[] })[];
  }[];
}

export function discoveryRoutes(sources: () => readonly PoolSources[], nowMs: () => number): Routes {
  return (request, path) => {
    if (path !== "/api/v1/discovery") return null;
    return only(request, "GET", () => {
      const pools = sources().map(({ pool, sources: figures }) => ({
        name: pool,
        sources: figures.map((each) => ({ ...sourceStatus(each, nowMs()), servers: each.servers })),
      }));
      return json(200, { pools } satisfies DiscoveryAnswer);
    });
  };
}
