// What GET /api/v1/fleet answers (../../fleet/nodestatus.ts), as schemas. Shapes only. Each schema
// is typed by the interface that answers are made by, so that neither changes without the other;
// those with an id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type { FleetAnswer, FleetStatus, NodeStatus } from "../../fleet/nodestatus.ts";
import type { TalkFigures } from "../../fleet/talk.ts";

const talkFigures: z.ZodType<TalkFigures> = z.strictObject({
  table: z.string().describe("The shared table."),
  ageMs: z.number().nullable().describe("Since the last good exchange; null: there was none yet."),
  isStale: z.boolean().describe("That is longer ago than may be."),
  exchanges: z.number().describe("Exchanges with the others."),
  failures: z.number().describe("How many of them had no answer."),
  keysSent: z.number().describe("Entries that were told."),
  keysReceived: z.number().describe("Entries that were heard of."),
  problem: z.string().nullable().describe("Why the last exchange had no answer; null: it had one."),
});

export const fleetStatus: z.ZodType<FleetStatus> = z
  .strictObject({
    name: z.string().describe("Of the fleet."),
    node: z.string().describe("What this node is called."),
    redis: z.string().describe("Where its Redis is, without secrets."),
    isUp: z.boolean().describe("That answers."),
    problem: z
      .string()
      .nullable()
      .describe("Why it does not; of one that answers, what does not get through, and why; null: all does."),
    since: z.string().nullable().describe("Since when it does, or does not."),
    intervalMs: z.number().describe("How often nodes tell each other."),
    staleMs: z.number().describe("After how long without news these are stale."),
    whenStale: z.enum(["open", "closed"]).describe("What limits do then: open lets through, closed refuses."),
    bans: z.boolean().describe("Bans are shared, too."),
    outages: z.int().describe("How often Redis went away."),
    nodes: z.int().describe("Nodes that are here, as far as this one knows, which is one of them."),
    heartbeatAgeMs: z.number().describe("Since the last heartbeat that got through, or since there is one."),
    clockAheadMs: z.number().nullable().describe("Of the clock here, before that of Redis; null: it is not known."),
    tables: z.array(talkFigures).describe("How this node stands in each shared table."),
  })
  .meta({ id: "FleetStatus", description: "How this node stands in its fleet." });

const counts = z.strictObject({
  up: z.int().describe("How many are up."),
  all: z.int().describe("How many there are."),
});

const nodeStatus: z.ZodType<NodeStatus> = z
  .strictObject({
    name: z.string().describe("What it is called."),
    isSelf: z.boolean().describe("It is the one that answers."),
    standing: z.enum(["here", "gone"]).describe("gone: it has said nothing for too long."),
    seenMsAgo: z.number().describe("When it last said something."),
    version: z.string().describe("Of its Sluice."),
    address: z.string().describe("Of its admin interface."),
    state: z.string().describe("Whether it accepts traffic."),
    startedAt: z.string().describe("When it started."),
    workers: counts.describe("Its workers."),
    connections: z.number().describe("Connections of clients that are open."),
    requests: z.number().describe("Requests since it started."),
    requestsPerSecond: z.number().describe("Of late."),
    servers: counts.describe("Servers of its pools."),
    config: z.string().describe("Nodes of one fleet that have the same config show the same."),
    bans: z.number().describe("Addresses and blocks that it bans."),
    exchangeAgeMs: z
      .number()
      .nullable()
      .describe("Of the shared table that heard of others longest ago; null: of none, or never."),
    isStale: z.boolean().describe("That is longer ago than may be."),
    clockAheadMs: z.number().nullable().describe("Of its clock, before that of Redis; null: it is not known."),
  })
  .meta({ id: "NodeStatus", description: "A node of the fleet, as it tells of itself." });

export const fleetAnswer: z.ZodType<FleetAnswer> = z.strictObject({
  fleet: fleetStatus.nullable().describe("Null: the config has no fleet."),
  nodes: z
    .array(nodeStatus)
    .describe(
      "This one, and the others as Redis has them now; while it does not answer as it last told, with the time since.",
    ),
});
