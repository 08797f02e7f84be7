// What GET /api/v1/status and its parts answer (../../status.ts), as schemas. Shapes only. Each
// schema is typed by the interface that answers are made by, so that neither changes without the
// other; those with an id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type { RegistryStatus } from "../../../registry/registry.ts";
import type { CacheStatus, RedisStatus } from "../../cachestatus.ts";
import type { KeptStatus, SourceStatus } from "../../discovery/sourcestatus.ts";
import type { SentinelStatus } from "../../sentinel.ts";
import type { ListenerStatus, PoolStatus, ServerStatus, Status } from "../../status.ts";
import { egressSummary } from "./egress.ts";
import { fleetStatus } from "./fleet.ts";

export type WorkerRecord = Status["workers"][number];

export interface WorkersAnswer {
  readonly workers: readonly WorkerRecord[];
}

export interface ListenersAnswer {
  readonly listeners: readonly ListenerStatus[];
}

export interface PoolsAnswer {
  readonly pools: readonly PoolStatus[];
}

export interface ServersAnswer {
  readonly pool: string;
  readonly servers: readonly ServerStatus[];
}

/** What was asked for, and done. */
export interface SteeredAnswer {
  readonly pool: string;
  readonly server: string;
  readonly order: "drain" | "enable";
}

const time = z.string().meta({ format: "date-time" });

export const redisStatus: z.ZodType<RedisStatus> = z
  .strictObject({
    address: z.string(),
    state: z.enum(["up", "away"]),
    reason: z.string().nullable(),
    since: time.nullable(),
    isOwing: z.boolean(),
  })
  .meta({ id: "RedisStatus", description: "How it stands with the Redis behind a cache." });

const cacheStatus: z.ZodType<CacheStatus> = z
  .strictObject({
    name: z.string(),
    memory: z.enum(["shared", "worker"]),
    holds: z.strictObject({ responses: z.int(), bytes: z.number(), bytesMax: z.number() }).nullable(),
    redis: redisStatus.nullable(),
  })
  .meta({
    id: "CacheStatus",
    description: "How full a cache is; of one that each worker has for itself `holds` is null.",
  });

const keptStatus: z.ZodType<KeptStatus> = z.strictObject({ source: z.string(), since: time });

/** Of which answers about discovery are made too. */
export const sourceFields: {
  readonly source: z.ZodType<SourceStatus["source"]>;
  readonly servers: z.ZodType<SourceStatus["servers"]>;
  readonly lastSuccess: z.ZodType<SourceStatus["lastSuccess"]>;
  readonly ageSeconds: z.ZodType<SourceStatus["ageSeconds"]>;
  readonly problem: z.ZodType<SourceStatus["problem"]>;
  readonly remarks: z.ZodType<SourceStatus["remarks"]>;
  readonly kept: z.ZodType<SourceStatus["kept"]>;
} = {
  source: z.string(),
  servers: z.int(),
  lastSuccess: time.nullable(),
  ageSeconds: z.number().nullable(),
  problem: z.strictObject({ text: z.string(), since: time }).nullable(),
  remarks: z.array(z.string()),
  kept: z.strictObject({ servers: z.int(), since: time, why: z.string() }).nullable(),
};

const sourceStatus: z.ZodType<SourceStatus> = z
  .strictObject(sourceFields)
  .meta({ id: "SourceStatus", description: "Where a pool has servers from that the config does not name." });

export const serverStatus: z.ZodType<ServerStatus> = z
  .strictObject({
    name: z.string(),
    address: z.string().nullable(),
    state: z.enum(["up", "down", "unchecked", "ejected", "draining", "unresolved"]),
    reason: z.string().nullable().describe("Why the state is not `up`; null when there is nothing to say."),
    since: time,
    isEligible: z.boolean().describe("It is given new requests."),
    weight: z.number(),
    backup: z.boolean(),
    active: z.int().describe("Exchanges in flight."),
    requests: z.number(),
    failures: z.number(),
    kept: keptStatus.nullable().describe("It counts only because a source told of it once."),
  })
  .meta({ id: "ServerStatus", description: "A server of a pool, and why it is in its state." });

export const poolStatus: z.ZodType<PoolStatus> = z
  .strictObject({
    name: z.string(),
    balance: z.string(),
    queued: z.int(),
    sources: z.array(sourceStatus),
    servers: z.array(serverStatus),
  })
  .meta({ id: "PoolStatus", description: "A pool and its servers." });

const listenerTls = z.strictObject({
  certificates: z.int(),
  notAfter: time.describe("The earliest end of one of them."),
  clientCertificate: z.enum(["none", "optional", "required"]),
});

export const listenerStatus: z.ZodType<ListenerStatus> = z
  .strictObject({
    name: z.string(),
    address: z.string(),
    mode: z.enum(["http", "tcp", "udp"]),
    tls: listenerTls.nullable(),
    pool: z.string().describe('Where what nothing else claims goes; "" where it is refused, or redirected.'),
    pools: z.array(z.string()).describe("Every pool that it sends something to."),
    redirect: z.boolean().describe("Every request is answered by a redirect to https."),
    connections: z.int(),
    requests: z.number().describe("Of mode http."),
    sessions: z.number().describe("Of mode tcp and udp: those that reached a server, those under way included."),
    refused: z.number(),
    bytesReceived: z.number(),
    bytesSent: z.number(),
  })
  .meta({ id: "ListenerStatus", description: "A listener, where it sends things, and what it has seen." });

export const workerRecord: z.ZodType<WorkerRecord> = z
  .strictObject({
    worker: z.int(),
    pid: z.int().nullable(),
    state: z.enum(["up", "starting", "waiting", "ended"]),
    generation: z.int().nullable().describe("Of the plan that it serves by."),
    restarts: z.int(),
    lastExit: z.string().nullable().describe("How the process before it ended."),
    connections: z.int(),
  })
  .meta({ id: "WorkerStatus", description: "A worker process." });

export const registryStatus: z.ZodType<RegistryStatus> = z
  .strictObject({
    place: z.string(),
    notice: z.enum(["at once", "tracking", "keyspace events", "channel", "poll"]),
    problem: z.string().nullable(),
    outages: z.int(),
  })
  .meta({ id: "RegistryStatus", description: "Where the registry is, and how changes of it are heard of." });

export const sentinelStatus: z.ZodType<SentinelStatus> = z
  .strictObject({
    set: z.string(),
    voter: z.string(),
    targets: z.array(
      z.strictObject({ target: z.string(), state: z.enum(["up", "down", "unchecked"]), reason: z.string() }),
    ),
    problem: z.string().nullable(),
    lastVote: z.string().nullable(),
    counts: z.strictObject({
      probesPassed: z.int(),
      probesFailed: z.int(),
      votesTaken: z.int(),
      votesFailed: z.int(),
      added: z.int(),
      removed: z.int(),
    }),
  })
  .meta({ id: "SentinelStatus", description: "This Sluice's own sentinel." });

export const status: z.ZodType<Status> = z
  .strictObject({
    version: z.string(),
    pid: z.int(),
    state: z.enum(["starting", "ready", "draining", "down"]),
    startedAt: time,
    uptimeSeconds: z.number(),
    generation: z.int().describe("Of the plan in force."),
    config: z.string().nullable().describe("The config file; null where there is none."),
    configOrigin: z.string(),
    lastReload: z.strictObject({ successful: z.boolean(), at: time, problems: z.array(z.string()) }),
    confirmBy: time
      .nullable()
      .describe("When a change rolls itself back, unless it is confirmed before; null while none waits for that."),
    workers: z.array(workerRecord),
    listeners: z.array(listenerStatus),
    pools: z.array(poolStatus),
    caches: z.array(cacheStatus),
    egress: z.array(egressSummary),
    registry: registryStatus.nullable(),
    sentinel: sentinelStatus.nullable(),
    fleet: fleetStatus.nullable(),
  })
  .meta({ id: "Status", description: "The state of everything with a name." });

export const workersAnswer: z.ZodType<WorkersAnswer> = z.strictObject({ workers: z.array(workerRecord) });
export const listenersAnswer: z.ZodType<ListenersAnswer> = z.strictObject({ listeners: z.array(listenerStatus) });
export const poolsAnswer: z.ZodType<PoolsAnswer> = z.strictObject({ pools: z.array(poolStatus) });
export const serversAnswer: z.ZodType<ServersAnswer> = z.strictObject({
  pool: z.string(),
  servers: z.array(serverStatus),
});
export const steeredAnswer: z.ZodType<SteeredAnswer> = z.strictObject({
  pool: z.string(),
  server: z.string(),
  order: z.enum(["drain", "enable"]),
});
