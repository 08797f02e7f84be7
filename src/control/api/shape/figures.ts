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
  readonly state: "up" | "starting" | "waiting" | "ended";
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
  .strictObject({ p50Ms: z.number(), p90Ms: z.number(), p99Ms: z.number() })
  .meta({ id: "LatencyFigures", description: "Of what ended in these seconds." })
  .nullable();

const traffic = {
  requests: z.number(),
  statuses: z.strictObject({
    "1xx": z.number(),
    "2xx": z.number(),
    "3xx": z.number(),
    "4xx": z.number(),
    "5xx": z.number(),
    none: z.number(),
  }),
  errors: z.number(),
  latency,
};

const cacheFigures: z.ZodType<CacheFigures> = z
  .strictObject({
    name: z.string(),
    hits: z.number(),
    misses: z.number(),
    hitRatio: z.number().nullable(),
    entries: z.number(),
    bytes: z.number(),
    bytesMax: z.number(),
  })
  .meta({ id: "CacheFigures", description: "A cache in the last second, and what it holds." });

export const pastAnswer: z.ZodType<PastAnswer> = z
  .strictObject({
    everySeconds: z.number(),
    moments: z.array(
      z.strictObject({
        ...traffic,
        at: z.string(),
        connections: z.number(),
        upstreamConnections: z.number(),
        bytesReceived: z.number(),
        bytesSent: z.number(),
        caches: z.array(cacheFigures),
      }),
    ),
  })
  .meta({ id: "FiguresHistory", description: "The last hour, in means of ten seconds." });

export const serverFigures: z.ZodType<ServerFigures> = z
  .strictObject({
    pool: z.string(),
    name: z.string(),
    address: z.string().nullable(),
    state: z.enum(["up", "down", "unchecked", "ejected", "draining", "unresolved"]),
    reason: z.string().nullable(),
    since: z.string(),
    isEligible: z.boolean(),
    isBackup: z.boolean(),
    weight: z.number(),
    active: z.number(),
    requests: z.number(),
    errors: z.number(),
    meanMs: z.number().nullable(),
  })
  .meta({ id: "ServerFigures", description: "A server, and what it did in the last second." });

export const serversAnswer: z.ZodType<ServersAnswer> = z
  .strictObject({
    servers: z.array(serverFigures),
    matching: z.int(),
  })
  .meta({ id: "ServersAnswer", description: "Servers, in the order of the config." });

export const serverName: z.ZodType<ServerName> = z
  .strictObject({ pool: z.string(), name: z.string() })
  .meta({ id: "ServerName", description: "A server that no pool has any more." });

const workerFigures: z.ZodType<WorkerFigures> = z
  .strictObject({
    worker: z.int(),
    state: z.enum(["up", "starting", "waiting", "ended"]),
    requests: z.number(),
    connections: z.number(),
    upstreamConnections: z.number(),
    cpu: z.number(),
    residentBytes: z.number(),
  })
  .meta({ id: "WorkerFigures", description: "A worker process in the last second." });

const listenerFigures: z.ZodType<ListenerFigures> = z
  .strictObject({
    ...traffic,
    name: z.string(),
    mode: z.string(),
    address: z.string(),
    connections: z.number(),
    accepted: z.number(),
    refused: z.number(),
    bytesReceived: z.number(),
    bytesSent: z.number(),
    flows: z.array(z.strictObject({ pool: z.string(), requests: z.number() })),
  })
  .meta({ id: "ListenerFigures", description: "A listener in the last second." });

const poolFigures: z.ZodType<PoolFigures> = z
  .strictObject({
    name: z.string(),
    requests: z.number(),
    errors: z.number(),
    queued: z.number(),
    retries: z.number(),
    servers: z.int(),
    eligible: z.int(),
    active: z.number(),
  })
  .meta({ id: "PoolFigures", description: "A pool in the last second." });

const egressFigures: z.ZodType<EgressFigures> = z
  .strictObject({
    pool: z.string(),
    requests: z.number(),
    failures: z.number(),
    members: z.int(),
    available: z.int(),
  })
  .meta({ id: "EgressFigures", description: "An egress pool in the last second." });

export const figures: z.ZodType<Figures> = z
  .strictObject({
    ...traffic,
    at: z.string(),
    state: z.enum(["starting", "ready", "draining", "down"]),
    generation: z.int(),
    confirmBy: z.string().nullable(),
    uptimeSeconds: z.number(),
    connections: z.number(),
    upstreamConnections: z.number(),
    bytesReceived: z.number(),
    bytesSent: z.number(),
    control: z.strictObject({ cpu: z.number(), residentBytes: z.number() }),
    workers: z.array(workerFigures),
    listeners: z.array(listenerFigures),
    pools: z.array(poolFigures),
    caches: z.array(cacheFigures),
    egress: z.array(egressFigures),
    rules: z.array(z.strictObject({ id: z.string(), hits: z.number() })),
    bans: z.int(),
  })
  .meta({ id: "Figures", description: "What happened in the last second. Rates are per second, shares 0 to 1." });
