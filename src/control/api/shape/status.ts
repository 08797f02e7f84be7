// What GET /api/v1/status and its parts answer (../../status.ts), as schemas. Shapes only. Each
// schema is typed by the interface that answers are made by, so that neither changes without the
// other; those with an id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type { RegistryStatus } from "../../../registry/registry.ts";
import type { CacheStatus, RedisStatus } from "../../cachestatus.ts";
import type { KeptStatus, SourceStatus } from "../../discovery/sourcestatus.ts";
import type { SentinelStatus } from "../../sentinel.ts";
import type { ListenerStatus, PoolStatus, RemovedServerStatus, ServerStatus, Status } from "../../status.ts";
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
  readonly order: "drain" | "maintain" | "enable";
  readonly eligible: number;
}

const time = z.string().meta({ format: "date-time" });

export const redisStatus: z.ZodType<RedisStatus> = z
  .strictObject({
    address: z.string().describe("Host and port, without user, password and database."),
    state: z.enum(["up", "away"]).describe("Whether it answers."),
    reason: z.string().nullable().describe("Why it is away; null while it is up."),
    since: time.nullable().describe("Since when it is away; null while it is up."),
    refusal: z.string().nullable().describe("Why it takes nothing, though it is up; null where it does."),
    isOwing: z.boolean().describe("What was purged while it was away is still to be purged there."),
  })
  .meta({ id: "RedisStatus", description: "How it stands with the Redis behind a cache." });

const cacheStatus: z.ZodType<CacheStatus> = z
  .strictObject({
    name: z.string().describe("Its name in the config."),
    memory: z.enum(["shared", "worker"]).describe("shared: one for all workers; worker: each has one of its own."),
    holds: z
      .strictObject({
        responses: z.int().describe("Whole responses in it."),
        bytes: z.number().describe("Memory that they take."),
        bytesMax: z.number().describe("The most that they may take."),
      })
      .nullable()
      .describe("What it holds; null where nobody can look into it."),
    redis: redisStatus.nullable().describe("How it stands with the Redis behind it; null without one."),
  })
  .meta({
    id: "CacheStatus",
    description: "How full a cache is; of one that each worker has for itself `holds` is null.",
  });

const keptStatus: z.ZodType<KeptStatus> = z.strictObject({
  source: z.string().describe("Which source has told of it."),
  since: time.describe("Since when that does not tell of it any more."),
});

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
  source: z.string().describe('The kind of the source and where it is: "dns app.local:80".'),
  servers: z.int().describe("How many it told of last, or before it failed."),
  lastSuccess: time.nullable().describe("When it answered last; null before it has ever done so."),
  ageSeconds: z.number().nullable().describe("How long ago that is; null before it has ever answered."),
  problem: z
    .strictObject({ text: z.string().describe("What is wrong, in a sentence."), since: time.describe("Since when.") })
    .nullable()
    .describe("Why it does not answer; null while it does."),
  remarks: z.array(z.string()).describe("What of its last answer was passed over, a sentence each."),
  kept: z
    .strictObject({
      servers: z.int().describe("How many they are."),
      since: time.describe("Since when they are kept."),
      why: z.string().describe("Why they are kept."),
    })
    .nullable()
    .describe("Servers that count only because it told of them once; null without any."),
};

const sourceStatus: z.ZodType<SourceStatus> = z
  .strictObject(sourceFields)
  .meta({ id: "SourceStatus", description: "Where a pool has servers from that the config does not name." });

export const serverStatus: z.ZodType<ServerStatus> = z
  .strictObject({
    name: z.string().describe('As the config or its source writes it: "10.0.0.1:80".'),
    address: z.string().nullable().describe("The address that its name leads to; null where that is not known."),
    state: z
      .enum(["up", "down", "unchecked", "ejected", "draining", "unresolved"])
      .describe("How it stands; `isEligible` says whether it is given new requests."),
    reason: z.string().nullable().describe("Why the state is not `up`; null when there is nothing to say."),
    since: time.describe("Since when it is in this state."),
    isEligible: z.boolean().describe("It is given new requests."),
    weight: z.number().describe("Its share against the others'."),
    backup: z.boolean().describe("It is used only where no other server can be."),
    active: z.int().describe("Exchanges in flight."),
    requests: z.number().describe("Requests and connections that it was given."),
    failures: z.number().describe("How many of them it failed at: no connection, no answer, or a bad one."),
    kept: keptStatus.nullable().describe("It counts only because a source told of it once."),
  })
  .meta({ id: "ServerStatus", description: "A server of a pool, and why it is in its state." });

export const poolStatus: z.ZodType<PoolStatus> = z
  .strictObject({
    name: z.string().describe("Its name in the config."),
    balance: z.string().describe("How a server is chosen."),
    queued: z.int().describe("Requests that wait for a server."),
    sources: z.array(sourceStatus).describe("Where it has servers from that the config does not name."),
    servers: z.array(serverStatus).describe("Its servers."),
  })
  .meta({ id: "PoolStatus", description: "A pool and its servers." });

const removedServerStatus: z.ZodType<RemovedServerStatus> = z
  .strictObject({
    pool: z.string().describe("The pool that it was in, which may be gone too."),
    name: z.string().describe("As the config or its source wrote it."),
    address: z.string().describe("Its address."),
    since: time.describe("Since when it is not in its pool any more."),
    active: z.int().describe("Exchanges in flight."),
  })
  .meta({
    id: "RemovedServerStatus",
    description:
      "A server that is not in its pool any more, for the config is without it or its source has lost it, while requests or connections that it was given go on.",
  });

const listenerTls = z.strictObject({
  certificates: z.int().describe("How many it shows, by name."),
  notAfter: time.describe("The earliest end of one of them."),
  clientCertificate: z.enum(["none", "optional", "required"]).describe("Whether clients have to show one."),
});

export const listenerStatus: z.ZodType<ListenerStatus> = z
  .strictObject({
    name: z.string().describe("Its name in the config."),
    address: z.string().describe("Where it listens."),
    mode: z.enum(["http", "tcp", "udp"]).describe("What it carries."),
    tls: listenerTls.nullable().describe("Its TLS; null without."),
    pool: z.string().describe('Where what nothing else claims goes; "" where it is refused, or redirected.'),
    pools: z.array(z.string()).describe("Every pool that it sends something to."),
    redirect: z.boolean().describe("Every request is answered by a redirect to https."),
    connections: z.int().describe("Connections of clients that are open."),
    requests: z
      .number()
      .describe("Of mode http: those that have ended, and upgraded connections and tunnels that are under way."),
    sessions: z.number().describe("Of mode tcp and udp: those that reached a server, those under way included."),
    refused: z
      .number()
      .describe("Refused at the limit of connections, before the first byte of content, or in the TLS handshake."),
    bytesReceived: z.number().describe("Bytes from clients."),
    bytesSent: z.number().describe("Bytes to clients."),
  })
  .meta({ id: "ListenerStatus", description: "A listener, where it sends things, and what it has seen." });

export const workerRecord: z.ZodType<WorkerRecord> = z
  .strictObject({
    worker: z.int().describe("Its number, from 0 on."),
    pid: z.int().nullable().describe("Of its process; null while it has none."),
    state: z
      .enum(["up", "stalled", "starting", "waiting", "ended"])
      .describe(
        "stalled: its process stands still, and takes nothing. waiting: its process has ended, and the next one is started in a moment.",
      ),
    generation: z.int().nullable().describe("Of the plan that it serves by."),
    restarts: z.int().describe("How often its process was replaced."),
    lastExit: z.string().nullable().describe("How the process before it ended."),
    connections: z.int().describe("Connections of clients that are open."),
  })
  .meta({ id: "WorkerStatus", description: "A worker process." });

export const registryStatus: z.ZodType<RegistryStatus> = z
  .strictObject({
    place: z.string().describe('"memory", or where its Redis is, without secrets.'),
    notice: z.enum(["at once", "tracking", "keyspace events", "channel", "poll"]).describe("How changes are heard of."),
    problem: z.string().nullable().describe("Why it cannot be asked now; null while it can."),
    outages: z.int().describe("How often it could not be asked any more."),
  })
  .meta({ id: "RegistryStatus", description: "Where the registry is, and how changes of it are heard of." });

export const sentinelStatus: z.ZodType<SentinelStatus> = z
  .strictObject({
    set: z.string().describe("The set that it keeps."),
    voter: z.string().describe("What it is called there."),
    targets: z
      .array(
        z.strictObject({
          target: z.string().describe("Its address."),
          state: z.enum(["up", "down", "unchecked"]).describe("What the probes say of it."),
          reason: z.string().describe("Why."),
        }),
      )
      .describe("What it probes."),
    problem: z.string().nullable().describe("Why the last vote has failed; null when it has not."),
    lastVote: z.string().nullable().describe("When it voted last; null before the first time."),
    counts: z
      .strictObject({
        probesPassed: z.int().describe("Probes that found a target well."),
        probesFailed: z.int().describe("Probes that did not."),
        votesTaken: z.int().describe("Votes that were written down."),
        votesFailed: z.int().describe("Votes that were not."),
        added: z.int().describe("Members that its votes put into the set."),
        removed: z.int().describe("Members that its votes took out."),
      })
      .describe("Since this process has started."),
  })
  .meta({ id: "SentinelStatus", description: "This Sluice's own sentinel." });

export const status: z.ZodType<Status> = z
  .strictObject({
    version: z.string().describe("Of Sluice."),
    pid: z.int().describe("Of the control process."),
    state: z
      .enum(["starting", "ready", "draining", "down"])
      .describe("Whether traffic is accepted: only while it is ready."),
    startedAt: time.describe("When it started."),
    uptimeSeconds: z.number().describe("How long ago that is."),
    generation: z.int().describe("Of the plan in force."),
    config: z.string().nullable().describe("The config file; null where there is none."),
    configOrigin: z.string().describe('Where the config is from: the file, "command line", "environment", "demo".'),
    lastReload: z
      .strictObject({
        successful: z.boolean().describe("It is in force."),
        at: time.describe("When it was."),
        problems: z.array(z.string()).describe("What was wrong, a line each."),
      })
      .describe("What became of the last load of the config."),
    confirmBy: time
      .nullable()
      .describe("When a change rolls itself back, unless it is confirmed before; null while none waits for that."),
    workers: z.array(workerRecord).describe("Worker processes."),
    listeners: z.array(listenerStatus).describe("Listeners, in the order of the config."),
    pools: z.array(poolStatus).describe("Pools, in the order of the config."),
    removedServers: z
      .array(removedServerStatus)
      .describe("Servers that are not in their pools any more, until the last of what they were given has ended."),
    caches: z.array(cacheStatus).describe("Caches, and how full they are."),
    egress: z.array(egressSummary).describe("Pools of outbound addresses."),
    registry: registryStatus.nullable().describe("How it stands with the registry; null where the config uses none."),
    sentinel: sentinelStatus.nullable().describe("This Sluice's own sentinel; null without one."),
    fleet: fleetStatus.nullable().describe("How this node stands in its fleet; null where it is alone."),
  })
  .meta({ id: "Status", description: "The state of everything with a name." });

export const workersAnswer: z.ZodType<WorkersAnswer> = z.strictObject({
  workers: z.array(workerRecord).describe("Every worker process."),
});
export const listenersAnswer: z.ZodType<ListenersAnswer> = z.strictObject({
  listeners: z.array(listenerStatus).describe("In the order of the config."),
});
export const poolsAnswer: z.ZodType<PoolsAnswer> = z.strictObject({
  pools: z.array(poolStatus).describe("In the order of the config."),
});
export const serversAnswer: z.ZodType<ServersAnswer> = z.strictObject({
  pool: z.string().describe("Whose they are."),
  servers: z.array(serverStatus).describe("In the order of the config, those of sources behind them."),
});
export const steeredAnswer: z.ZodType<SteeredAnswer> = z.strictObject({
  pool: z.string().describe("The pool of the server."),
  server: z.string().describe("The server."),
  order: z.enum(["drain", "maintain", "enable"]).describe("What was done."),
  eligible: z.int().describe("How many servers of the pool are given requests now. 0: its requests are refused."),
});
