// The whole configuration: every key with its meaning, default and bounds, told to the operator where it is declared. The JSON
// Schema, the TypeScript types of input.ts and types.ts and the reference are made from here; nothing else declares a key. Listeners and pools
// have files of their own. What concerns two keys at once (a pool that does not exist, a timeout above its period) is in review.ts.

import { z } from "zod";
import { readListenAddress } from "../base/address.ts";
import { readRedisPlace, redisExpected } from "../base/redisplace.ts";
import { capacity } from "../memory/arena.ts";
import { acme } from "./acmeschema.ts";
import { cache } from "./cacheschema.ts";
import { egress } from "./egressschema.ts";
import { fleet, metrics, registry, sentinel } from "./fleetschema.ts";
import { gobetween } from "./gobetweenschema.ts";
import { haproxy } from "./haproxyschema.ts";
import { hooks } from "./hookschema.ts";
import type { ConfigInput } from "./input.ts";
import { ipmanager } from "./ipmanagerschema.ts";
import { listener } from "./listenerschema.ts";
import { values } from "./listschema.ts";
import { accessLog, log } from "./logschema.ts";
import { pool } from "./poolschema.ts";
import { rateExpected, readRate } from "./rate.ts";
import { errors, reply, status } from "./replyschema.ts";
import { table } from "./tableschema.ts";
import {
  count,
  duration,
  flag,
  list,
  listenExpected,
  named,
  says,
  section,
  size,
  sizeOrZero,
  text,
  words,
} from "./term.ts";
import { tests } from "./testschema.ts";
import type { Config } from "./types.ts";

// Not in the usual words, which quote the value: a token has no place in a terminal or log.
const tokenExpected = "must be a text of at least 16 letters, digits and signs of ASCII, without spaces";

const admin = section({
  listen: text(listenExpected, readListenAddress)
    .default("127.0.0.1:2112")
    .describe(
      "Where the admin interface listens: /metrics, /healthz, /readyz and the API. Outside of loopback it demands a token.",
    ),
  token: z
    .string({ error: tokenExpected })
    .regex(/^[\x21-\x7e]{16,}$/, { error: tokenExpected })
    .optional()
    .describe("Bearer token that admin requests must carry. In a text file, take it from the environment."),
  hosts: list(
    words('a host name without its port, such as "sluice.example.com"', /^[a-z0-9_.-]{1,253}$/i),
    "host names",
  )
    .optional()
    .describe(
      "Names that the admin interface is asked by, where a proxy stands in front of it: requests must name one of them in Host, or a loopback address on loopback. Without: any name off loopback, for the token is what counts there.",
    ),
  rateLimit: text(rateExpected, readRate)
    .optional()
    .describe(
      'Requests that one address may send to the admin interface, as a rate such as "50/s", which it is where this is absent; at once as many as in four seconds. /metrics, /healthz and /readyz are not counted.',
    ),
  haproxy: haproxy
    .optional()
    .describe("HAProxy's runtime API and statistics page, for tools that know HAProxy. Absent: there are none."),
}).meta({
  id: "Admin",
  description:
    "The admin interface: metrics, health, the console, and the API that the command line asks. It is always there; the keys say where it listens and who may ask.",
});

const recorder = section({
  entries: count(0, 100_000)
    .default(1000)
    .describe(
      "How many each worker keeps of the requests, connections and sessions that have ended, 512 bytes each, in shared memory. 0 keeps none.",
    ),
  query: flag()
    .default(false)
    .describe("Whether a target's query is kept too. It may hold what is nobody's business: tokens, names, addresses."),
}).meta({
  id: "Recorder",
  description:
    "The flight recorder: what became of the last requests, connections and sessions, and how long each phase took. sluice tail and the console show it.",
});

const timeouts = section({
  handshake: duration()
    .default("10s")
    .describe(
      "From accept to the end of what comes before content: PROXY header, TLS handshake, in mode tcp the TLS hello. On listeners with TLS or `proxyProtocol` the kernel hands over a client that says nothing some 7 s late: that is added.",
    ),
  head: duration()
    .default("10s")
    .describe("From accept, or a head's first byte, to its last: a slower client is answered 408."),
  idle: duration().default("60s").describe("How long a client's connection is kept between two requests."),
  read: duration()
    .default("60s")
    .describe("Silence allowed between two reads of a body, the client's or the server's."),
  tunnel: duration()
    .default("1h")
    .describe(
      "Silence in both directions allowed on an upgraded connection (WebSocket) and on one of mode tcp. Sessions of mode udp have 60s, unless their listener says otherwise.",
    ),
  clientIdle: duration("0s")
    .default("0s")
    .describe("Modes tcp and udp: silence allowed of the client; 0s is no limit."),
  serverIdle: duration("0s")
    .default("0s")
    .describe("Modes tcp and udp: silence allowed of the server; 0s is no limit."),
  linger: duration("0s", "5m")
    .default("2s")
    .describe(
      "After a refused request: how long what the client still sends is read and thrown away, so that it can see the answer.",
    ),
  connect: duration().default("5s").describe("For a connection to a server to be accepted."),
  response: duration().default("60s").describe("From a request sent whole to the head of its response."),
}).meta({
  id: "Timeouts",
  description: "How long Sluice waits, for every listener and pool that does not say otherwise itself.",
});

const limits = section({
  head: size("1kb", "1mb")
    .default("32kb")
    .describe("Start line and fields of a request or response together; a larger request is answered 431."),
  fields: count(8, 10_000).default(128).describe("Fields in a head, or in trailers."),
  body: sizeOrZero("1b", "8191tb").default(0).describe("Request body; a larger one is answered 413. 0 is no limit."),
  requestsPerConnection: count(0, 1_000_000_000)
    .default(0)
    .describe("Requests on one client connection before it is closed. 0 is no limit."),
  streamsPerConnection: count(1, 1000)
    .default(100)
    .describe(
      "Requests at once on one connection of HTTP/2, which clients are told as SETTINGS_MAX_CONCURRENT_STREAMS; one more is refused, and may be sent again.",
    ),
}).meta({ id: "Limits", description: "What a client or server may send. Sizes are of 1024: 32kb, 1mb." });

const bans = section({
  answer: z
    .union([z.literal("close"), status, reply], {
      error: says('"close", a status from 200 to 599, or a section with status, body or file'),
    })
    .default(403)
    .describe('What requests of banned clients are answered; "close" closes their connections, as the other modes do.'),
}).meta({ id: "Bans", description: "What becomes of clients that sluice ban has banned. Banning needs no section." });

const debug = section({
  token: z
    .string({ error: tokenExpected })
    .regex(/^[\x21-\x7e]{16,}$/, { error: tokenExpected })
    .optional()
    .describe("A request whose Sluice-Debug field holds this is answered with a trace of the rules. Absent: none is."),
}).meta({
  id: "Debug",
  description:
    "Traces of live requests, for who wants to see why one was answered as it was; sluice explain asks the same without traffic.",
});

export const configSchema: z.ZodType<Config, ConfigInput> = section({
  $schema: z
    .string({ error: says("the address of a JSON Schema") })
    .optional()
    .describe("For editors only: where the JSON Schema of this file is."),
  workers: z
    .union([z.literal("auto"), count(1, capacity.workers)], {
      error: says(`"auto" or a whole number from 1 to ${capacity.workers}`),
    })
    .default("auto")
    .describe("Processes that carry traffic; auto is one for each core."),
  admin: admin.prefault({}),
  metrics: metrics
    .optional()
    .describe("Where metrics are besides the admin interface, and names of one's own for some."),
  log: log.prefault({}),
  accessLog: accessLog.optional().describe("The access log: a line for each exchange. Absent: none is written."),
  recorder: recorder.prefault({}),
  drainTimeout: duration("0s")
    .default("30s")
    .describe("How long a worker that is to stop waits for exchanges and tunnels to end."),
  stallTimeout: duration("0s", "1h")
    .default("10s")
    .describe(
      "How long a worker may stand still, in a hook that never ends, before it is killed and replaced. Shorter than 1s is as 1s; 0s lets it stand.",
    ),
  timeouts: timeouts.prefault({}),
  limits: limits.prefault({}),
  hooks: hooks.prefault({}),
  errors: errors
    .default({})
    .describe(
      "Answers instead of our own, by status or by the code of a fault: another status, a file that holds a whole answer, or a section. For every listener of mode http.",
    ),
  tables: named(table, "tables")
    .default({})
    .describe("Tables of counters by key, each under a name of its own. Rules write and read them."),
  lists: named(values, "lists").default({}).describe("Lists of values to compare with, each under a name of its own."),
  caches: named(cache, "caches")
    .default({})
    .describe("Memories for responses, each under a name of its own. A pool whose cache is true needs none here."),
  egress: named(egress, "egress pools")
    .default({})
    .describe("Pools of outbound addresses, each under a name of its own. Forward proxies use them."),
  bans: bans.prefault({}),
  registry: z
    .union([text(redisExpected, readRedisPlace), registry], {
      error: says(`${redisExpected}, or a section with redis`),
    })
    .optional()
    .describe("Where sets of servers are kept: the address of a Redis, or a section. Absent: in this Sluice."),
  sentinel: sentinel
    .optional()
    .describe("Probes targets and keeps those that are well in a set of the registry. Absent: this Sluice keeps none."),
  fleet: z
    .union([text(redisExpected, readRedisPlace), fleet], { error: says(`${redisExpected}, or a section with redis`) })
    .optional()
    .describe("Other Sluices to share tables and bans with: the address of the Redis between them, or a section."),
  ipmanager: ipmanager
    .optional()
    .describe("ipmanager's pages and metrics, for what asked it for them. Absent: there are none."),
  gobetween: gobetween
    .optional()
    .describe("gobetween's REST API and metrics, for what asked it for them. Absent: there are none."),
  acme: acme
    .optional()
    .describe(
      "Certificates from an authority, got and renewed by Sluice. Needed where a listener has names under tls.acme.",
    ),
  debug: debug.prefault({}),
  listeners: named(listener, "listeners").describe("Where clients connect, each under a name of its own."),
  pools: named(pool, "pools").default({}).describe("Groups of servers, or replies, each under a name of its own."),
  tests: tests
    .default([])
    .describe(
      "Tests of this config, each in a world of its own, with a clock that only moves as they say: sluice test.",
    ),
}).meta({
  title: "Sluice configuration",
  description:
    "What one Sluice does: where clients connect (listeners), and where what they ask for goes (pools). All else may be left out.",
});

/** For editors: what an operator may write. */
export function jsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: "input" }) as Record<string, unknown>; // Zod's own type of a JSON Schema is narrower to write, not to read.
}

/** What `types.ts` is made from: a config as checked, every default filled in. */
export function checkedJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: "output" }) as Record<string, unknown>; // As above.
}
