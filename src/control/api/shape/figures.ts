// Live figures: what happened in the last second, computed once for all who look (GET /api/v1/figures, the event "figures"). Rates are per
// second; shares are 0 to 1; null where nothing happened of which there could be one. Shapes only. Each schema is typed by the interface
// that answers are made by, so that neither changes without the other; those with an id are components of the OpenAPI document
// (../openapi.ts).

import { z } from "zod";

/** Of what ended in the last second; from histograms, so that they are as exact as its buckets are narrow. */
export interface Latency {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
}

export interface Traffic {
  readonly requests: number;
  /** By class of status to the client. `none`: ended without an answer. */
  readonly statuses: Readonly<Record<"1xx" | "2xx" | "3xx" | "4xx" | "5xx" | "none", number>>;
  /** Of Sluice's or its servers' making: 5xx, and answers cut short. */
  readonly errors: number;
  readonly latency: Latency | null;
}

export interface WorkerFigures {
  readonly worker: number;
  readonly state: "up" | "stalled" | "starting" | "waiting" | "ended";
  readonly requests: number;
  readonly connections: number;
  readonly upstreamConnections: number;
  /** Share of one core. */
  readonly cpu: number;
  readonly residentBytes: number;
}

export interface ListenerFigures extends Traffic {
  readonly name: string;
  readonly mode: string;
  readonly address: string;
  readonly connections: number;
  /** New ones. */
  readonly accepted: number;
  readonly refused: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** What it sends where: requests, and connections of tcp, by pool; "" is what Sluice answers itself. */
  readonly flows: readonly { readonly pool: string; readonly requests: number }[];
}

export interface PoolFigures {
  readonly name: string;
  readonly requests: number;
  readonly errors: number;
  readonly queued: number;
  readonly retries: number;
  readonly servers: number;
  readonly eligible: number;
  readonly active: number;
}

/** Of the event "servers": those in which something differs from what was told before, and all at first. */
export interface ServerFigures {
  readonly pool: string;
  readonly name: string;
  readonly address: string | null;
  readonly state: "up" | "down" | "unchecked" | "ejected" | "draining" | "unresolved";
  readonly reason: string | null;
  readonly since: string;
  readonly isEligible: boolean;
  readonly isBackup: boolean;
  readonly weight: number;
  readonly active: number;
  readonly requests: number;
  readonly errors: number;
  readonly meanMs: number | null;
}

/** GET /api/v1/servers, in the order of the config. */
export interface ServersAnswer {
  readonly servers: readonly ServerFigures[];
  /** How many fit, those beyond the limit too. */
  readonly matching: number;
}

/** Of the event "gone": servers that no pool has any more. */
export interface ServerName {
  readonly pool: string;
  readonly name: string;
}

export interface CacheFigures {
  readonly name: string;
  readonly hits: number;
  readonly misses: number;
  readonly hitRatio: number | null;
  readonly entries: number;
  readonly bytes: number;
  readonly bytesMax: number;
}

export interface EgressFigures {
  readonly pool: string;
  readonly requests: number;
  readonly failures: number;
  readonly members: number;
  readonly available: number;
}

export interface RuleFigures {
  /** As in GET /api/v1/rules. */
  readonly id: string;
  readonly hits: number;
}

export interface Figures extends Traffic {
  readonly at: string;
  readonly state: "starting" | "ready" | "draining" | "down";
  readonly generation: number;
  /** When the change in force is rolled back by itself, unless it is confirmed before; null: never. */
  readonly confirmBy: string | null;
  readonly uptimeSeconds: number;
  readonly connections: number;
  readonly upstreamConnections: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** The control process. */
  readonly control: { readonly cpu: number; readonly residentBytes: number };
  readonly workers: readonly WorkerFigures[];
  readonly listeners: readonly ListenerFigures[];
  readonly pools: readonly PoolFigures[];
  readonly caches: readonly CacheFigures[];
  readonly egress: readonly EgressFigures[];
  /** Those with hits in the last second only. */
  readonly rules: readonly RuleFigures[];
  readonly bans: number;
}

/** Means of some seconds that are past (GET /api/v1/figures/history). */
export interface Moment extends Traffic {
  /** When those seconds ended. */
  readonly at: string;
  readonly connections: number;
  readonly upstreamConnections: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** The first sixteen of the config. What they hold is as it was when those seconds ended. */
  readonly caches: readonly CacheFigures[];
}

export interface PastAnswer {
  /** How many seconds each moment is about. */
  readonly everySeconds: number;
  /** The oldest first. */
  readonly moments: readonly Moment[];
}

const latency = z
  .strictObject({
    p50Ms: z.number().describe("Half of them took no longer."),
    p90Ms: z.number().describe("Nine of ten took no longer."),
    p99Ms: z.number().describe("99 of 100 took no longer."),
  })
  .meta({ id: "LatencyFigures", description: "Of what ended in these seconds." })
  .nullable();

const traffic = {
  requests: z.number().describe("Requests a second."),
  statuses: z
    .strictObject({
      "1xx": z.number().describe("Upgrades and the like."),
      "2xx": z.number().describe("Successes."),
      "3xx": z.number().describe("Redirects, and what has not changed."),
      "4xx": z.number().describe("Refused as the client's mistake."),
      "5xx": z.number().describe("Failures."),
      none: z.number().describe("Ended without an answer."),
    })
    .describe("The same by the class of the status to the client."),
  errors: z.number().describe("Of Sluice's or its servers' making, a second: 5xx, and answers cut short."),
  latency: latency.describe("How long it took; null where nothing ended."),
};

const cacheFigures: z.ZodType<CacheFigures> = z
  .strictObject({
    name: z.string().describe("Its name in the config."),
    hits: z.number().describe("Requests a second that it answered."),
    misses: z.number().describe("Requests a second that it had nothing for."),
    hitRatio: z.number().nullable().describe("The share of hits; null where nobody asked."),
    entries: z.number().describe("Responses in it."),
    bytes: z.number().describe("Memory that they take."),
    bytesMax: z.number().describe("The most that they may take."),
  })
  .meta({ id: "CacheFigures", description: "A cache in the last second, and what it holds." });

export const pastAnswer: z.ZodType<PastAnswer> = z
  .strictObject({
    everySeconds: z.number().describe("How many seconds each moment is about."),
    moments: z
      .array(
        z.strictObject({
          ...traffic,
          at: z.string().describe("When those seconds ended."),
          connections: z.number().describe("Connections of clients that are open."),
          upstreamConnections: z.number().describe("Connections to servers that are open."),
          bytesReceived: z.number().describe("Bytes from clients, a second."),
          bytesSent: z.number().describe("Bytes to clients, a second."),
          caches: z.array(cacheFigures).describe("The first sixteen of the config."),
        }),
      )
      .describe("The oldest first."),
  })
  .meta({ id: "FiguresHistory", description: "The last hour, in means of ten seconds." });

export const serverFigures: z.ZodType<ServerFigures> = z
  .strictObject({
    pool: z.string().describe("Its pool."),
    name: z.string().describe("As the config or its source writes it."),
    address: z.string().nullable().describe("The address that its name leads to; null where that is not known."),
    state: z.enum(["up", "down", "unchecked", "ejected", "draining", "unresolved"]).describe("How it stands."),
    reason: z.string().nullable().describe("Why; null when there is nothing to say."),
    since: z.string().describe("Since when it is in this state."),
    isEligible: z.boolean().describe("It is given new requests."),
    isBackup: z.boolean().describe("It is used only where no other server can be."),
    weight: z.number().describe("Its share against the others'."),
    active: z.number().describe("Requests and connections under way."),
    requests: z.number().describe("Requests a second."),
    errors: z.number().describe("Failures a second: no connection, no answer, or one of 5xx."),
    meanMs: z.number().nullable().describe("How long it took on average; null where nothing ended."),
  })
  .meta({ id: "ServerFigures", description: "A server, and what it did in the last second." });

export const serversAnswer: z.ZodType<ServersAnswer> = z
  .strictObject({
    servers: z.array(serverFigures).describe("Those that fit, up to the limit."),
    matching: z.int().describe("How many fit, those beyond the limit too."),
  })
  .meta({ id: "ServersAnswer", description: "Servers, in the order of the config." });

export const serverName: z.ZodType<ServerName> = z
  .strictObject({ pool: z.string().describe("The pool that it was in."), name: z.string().describe("The server.") })
  .meta({ id: "ServerName", description: "A server that no pool has any more." });

const workerFigures: z.ZodType<WorkerFigures> = z
  .strictObject({
    worker: z.int().describe("Its number, from 0 on."),
    state: z
      .enum(["up", "stalled", "starting", "waiting", "ended"])
      .describe(
        "stalled: its process stands still, and takes nothing. waiting: its process has ended, and the next one is started in a moment.",
      ),
    requests: z.number().describe("Requests a second."),
    connections: z.number().describe("Connections of clients that are open."),
    upstreamConnections: z.number().describe("Connections to servers that are open."),
    cpu: z.number().describe("Share of one core."),
    residentBytes: z.number().describe("Memory of its process, what workers share included."),
  })
  .meta({ id: "WorkerFigures", description: "A worker process in the last second." });

const listenerFigures: z.ZodType<ListenerFigures> = z
  .strictObject({
    ...traffic,
    name: z.string().describe("Its name in the config."),
    mode: z.string().describe("What it carries: http, tcp or udp."),
    address: z.string().describe("Where it listens."),
    connections: z.number().describe("Connections of clients that are open."),
    accepted: z.number().describe("New connections a second."),
    refused: z.number().describe("Connections a second that were refused."),
    bytesReceived: z.number().describe("Bytes from clients, a second."),
    bytesSent: z.number().describe("Bytes to clients, a second."),
    flows: z
      .array(
        z.strictObject({
          pool: z.string().describe('The pool; "" is what Sluice answers itself.'),
          requests: z.number().describe("Requests, or connections of tcp, a second."),
        }),
      )
      .describe("What it sends where."),
  })
  .meta({ id: "ListenerFigures", description: "A listener in the last second." });

const poolFigures: z.ZodType<PoolFigures> = z
  .strictObject({
    name: z.string().describe("Its name in the config."),
    requests: z.number().describe("Requests a second."),
    errors: z.number().describe("Failures a second."),
    queued: z.number().describe("Requests that wait for a server."),
    retries: z.number().describe("Further tries a second, with another server or the same."),
    servers: z.int().describe("How many it has."),
    eligible: z.int().describe("How many of them are given new requests."),
    active: z.number().describe("Requests and connections under way."),
  })
  .meta({ id: "PoolFigures", description: "A pool in the last second." });

const egressFigures: z.ZodType<EgressFigures> = z
  .strictObject({
    pool: z.string().describe("Its name in the config."),
    requests: z.number().describe("Requests a second through its addresses."),
    failures: z.number().describe("Failures a second."),
    members: z.int().describe("Addresses that it has."),
    available: z.int().describe("How many of them may be used."),
  })
  .meta({ id: "EgressFigures", description: "An egress pool in the last second." });

export const figures: z.ZodType<Figures> = z
  .strictObject({
    ...traffic,
    at: z.string().describe("When this second ended."),
    state: z
      .enum(["starting", "ready", "draining", "down"])
      .describe("Whether traffic is accepted: only while it is ready."),
    generation: z.int().describe("Of the plan in force."),
    confirmBy: z
      .string()
      .nullable()
      .describe("When a change rolls itself back, unless it is confirmed before; null: none does."),
    uptimeSeconds: z.number().describe("How long ago it started."),
    connections: z.number().describe("Connections of clients that are open."),
    upstreamConnections: z.number().describe("Connections to servers that are open."),
    bytesReceived: z.number().describe("Bytes from clients, a second."),
    bytesSent: z.number().describe("Bytes to clients, a second."),
    control: z
      .strictObject({
        cpu: z.number().describe("Share of one core."),
        residentBytes: z.number().describe("Memory of its process."),
      })
      .describe("The control process."),
    workers: z.array(workerFigures).describe("Each worker process."),
    listeners: z.array(listenerFigures).describe("Each listener."),
    pools: z.array(poolFigures).describe("Each pool."),
    caches: z.array(cacheFigures).describe("Each cache."),
    egress: z.array(egressFigures).describe("Each pool of outbound addresses."),
    rules: z
      .array(
        z.strictObject({
          id: z.string().describe("As GET /api/v1/rules tells it."),
          hits: z.number().describe("How often its condition held."),
        }),
      )
      .describe("Those with hits in the last second only."),
    bans: z.int().describe("How many addresses and blocks are banned."),
  })
  .meta({ id: "Figures", description: "What happened in the last second. Rates are per second, shares 0 to 1." });
