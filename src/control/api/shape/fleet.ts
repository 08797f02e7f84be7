// What GET /api/v1/fleet answers (../../fleet/nodestatus.ts), as schemas. Shapes only. Each schema
// is typed by the interface that answers are made by, so that neither changes without the other;
// those with an id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type { FleetAnswer, FleetStatus, NodeStatus } from "../../fleet/nodestatus.ts";
import type { TalkFigures } from "../../fleet/talk.ts";

const talkFigures: z.ZodType<TalkFigures> = z.strictObject({
  table: z.string(),
  ageMs: z.number().nullable().describe("Since the last good exchange; null: there was none yet."),
  isStale: z.boolean(),
  exchanges: z.number(),
  failures: z.number(),
  keysSent: z.number(),
  keysReceived: z.number(),
  problem: z.string().nullable(),
});

export const fleetStatus: z.ZodType<FleetStatus> = z
  .strictObject({
    name: z.string(),
    node: z.string(),
    redis: z.string(),
    isUp: z.boolean(),
    problem: z.string().nullable(),
    since: z.string().nullable(),
    intervalMs: z.number(),
    staleMs: z.number(),
    whenStale: z.enum(["open", "closed"]),
    bans: z.boolean(),
    outages: z.int(),
    nodes: z.int(),
    tables: z.array(talkFigures),
  })
  .meta({ id: "FleetStatus", description: "How this node stands in its fleet." });

const counts = z.strictObject({ up: z.int(), all: z.int() });

const nodeStatus: z.ZodType<NodeStatus> = z
  .strictObject({
    name: z.string(),
    isSelf: z.boolean(),
    standing: z.enum(["here", "gone"]),
    seenMsAgo: z.number(),
    version: z.string(),
    address: z.string().describe("Of its admin interface."),
    state: z.string(),
    startedAt: z.string(),
    workers: counts,
    connections: z.number(),
    requests: z.number(),
    requestsPerSecond: z.number(),
    servers: counts,
    config: z.string().describe("Nodes of one fleet that have the same config show the same."),
    bans: z.number(),
    exchangeAgeMs: z.number().nullable(),
    isStale: z.boolean(),
  })
  .meta({ id: "NodeStatus", description: "A node of the fleet, as it tells of itself." });

export const fleetAnswer: z.ZodType<FleetAnswer> = z.strictObject({
  fleet: fleetStatus.nullable().describe("Null: the config has no fleet."),
  nodes: z.array(nodeStatus),
});
