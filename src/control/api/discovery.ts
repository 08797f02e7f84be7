// GET /api/v1/discovery: where the pools' servers come from that no config names: each source with what it told last, when, and why it
// does not answer. The shape is public; fields are added, not changed. Names of sources and their problems hold no secrets.

import type { FoundServer } from "../../config/found.ts";
import { type SourceStatus, sourceStatus } from "../discovery/sourcestatus.ts";
import type { PoolSources } from "../discovery.ts";
import { json } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";
import { discoveryAnswer } from "./shape/list.ts";

export interface DiscoveryAnswer {
  readonly pools: readonly {
    readonly name: string;
    readonly sources: readonly (Omit<SourceStatus, "servers"> & {
      /** `isKept`: it counts only because the source told of it once. */
      readonly servers: readonly (FoundServer & { readonly isKept: boolean })[];
    })[];
  }[];
}

export function discoveryOperations(sources: () => readonly PoolSources[], nowMs: () => number): readonly Operation[] {
  return [
    operation({
      id: "listDiscovery",
      method: "GET",
      path: "/api/v1/discovery",
      summary: "where pools have servers from that no config names, and what was found there",
      tag: "Pools",
      answers: { 200: { description: "Every pool that has such sources.", schema: discoveryAnswer } },
      handle: () => json(200, answerOf(sources(), nowMs())),
    }),
  ];
}

function answerOf(pools: readonly PoolSources[], nowMs: number): DiscoveryAnswer {
  return {
    pools: pools.map(({ pool, sources }) => ({
      name: pool,
      sources: sources.map((each) => {
        const kept = new Set(each.kept?.servers);
        const servers = each.servers.map((server) => ({ ...server, isKept: kept.has(server.address) }));
        return { ...sourceStatus(each, nowMs), servers };
      }),
    })),
  };
}
