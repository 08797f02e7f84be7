// The keys of a pool: its servers, how one is chosen, what is tried again, and how a bad one is found out. What concerns two
// keys at once (a duplicate server, a timeout above its period) is in review.ts.

import { z } from "zod";
import { isIp, readServerAddress, weightMax } from "../base/address.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { compress, mirror, replace } from "./bodyschema.ts";
import { poolCacheOrName } from "./cacheschema.ts";
import { check } from "./checkschema.ts";
import { discover, nameServers } from "./discoverschema.ts";
import { remarkOnHook } from "./hookfunctions.ts";
import { hookOptions } from "./hookschema.ts";
import type { PoolInput } from "./input.ts";
import type { BalancePolicy } from "./plan.ts";
import { errors, reply } from "./replyschema.ts";
import { expression, rules } from "./ruleschema.ts";
import { choice, count, duration, flag, list, says, section, share, text, token, words } from "./term.ts";
import { tlsOrNot } from "./tlsschema.ts";
import type { Pool } from "./types.ts";

export const balancePolicies: readonly BalancePolicy[] = [
  "random",
  "roundRobin",
  "weightedRoundRobin",
  "leastConnections",
  "leastCalled",
  "leastBandwidth",
  "p2c",
  "peakEwma",
  "ipHash",
  "consistentHash",
  "boundedHash",
  "first",
];
const serverExpected = 'an address such as "10.0.0.1:80", "app:8080^3" or "unix:/run/app.sock"';

function readKey(text: string): Reading<string> {
  const [kind, name, ...rest] = text.split(":");
  if ((kind === "ip" || kind === "uri") && name === undefined) return read(text);
  if ((kind === "header" || kind === "cookie") && name !== undefined && token.test(name) && rest.length === 0)
    return read(text);
  return misread(`must be "ip", "uri", "header:NAME" or "cookie:NAME", not ${quote(text)}`);
}

const policy = choice(balancePolicies);

const balance = section({
  policy: policy.describe("How a server is chosen."),
  key: text('"ip", "uri", "header:NAME" or "cookie:NAME"', readKey)
    .default("ip")
    .describe("What consistentHash and boundedHash hash: ip, uri, header:NAME or cookie:NAME."),
  loadFactor: share(1.01, 10).default(1.25).describe("boundedHash: a server takes at most this times the mean load."),
}).meta({ id: "Balance", description: "How a server is chosen: a policy with its options." });

const cookieName = words("a cookie's name", token);

const sticky = section({
  cookie: cookieName.describe("Name of the cookie that brings a client back to its server."),
  prefix: flag()
    .default(false)
    .describe(
      "The cookie is the application's own: the server's name and ~ are put in front of its value where a server sets it, and taken off again where a client sends it. Nothing else here but cookie holds then.",
    ),
  maxAge: duration("1s", "3650d").optional().describe("How long the browser keeps it; absent: until it is closed."),
  secure: flag().default(false).describe("Only over HTTPS."),
  httpOnly: flag().default(true).describe("Hidden from scripts."),
  sameSite: choice(["Strict", "Lax", "None"]).optional().describe("The SameSite attribute; absent sends none."),
  path: words("a path that starts with / and holds no space or ;", /^\/[\x21-\x3a\x3c-\x7e]*$/)
    .default("/")
    .describe("The Path attribute."),
}).meta({ id: "Sticky", description: "A cookie that brings a client back to its server." });

const proxyVersions = ["v1", "v2"] as const;
const proxyExpected = '"v1" or "v2"';

function readSource(text: string): Reading<string> {
  if (isIp(text)) return read(text);
  return misread(`must be an IP address of this machine, without a port, not ${quote(text)}`);
}

const source = text("an IP address of this machine", readSource);

const server = section({
  address: text(serverExpected, readServerAddress).describe(
    'host:port, "[::1]:80" or "unix:/path". A name is resolved again as time passes.',
  ),
  weight: count(0, weightMax)
    .optional()
    .describe(
      "Its share against the others' (1 when absent). With 0 it gets no new clients, and keeps those whose cookie or table entry names it.",
    ),
  backup: flag().default(false).describe("Used only while no other server is available."),
  maxConnections: count(0, 1_000_000)
    .default(0)
    .describe(
      "Exchanges or connections at once over all workers; more wait in the queue. 0 is no limit. Connections kept for later requests (`idle`) take places that are free; of those that another worker needs it gives up as many within 64 ms.",
    ),
  tls: tlsOrNot
    .optional()
    .describe("Instead of the pool's tls: true, false, or a section whose keys come before the pool's."),
  http2: flag().optional().describe("Instead of the pool's http2."),
  proxyProtocol: z
    .union([choice(proxyVersions), z.literal(false)], { error: says(`${proxyExpected}, or false`) })
    .optional()
    .describe("Instead of the pool's proxyProtocol; false sends none."),
  source: source.optional().describe("Instead of the pool's source."),
  cookie: words(
    "1 to 64 characters that a cookie may hold, without | and ~",
    /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7b\x7d]{1,64}$/,
  )
    .optional()
    .describe(
      "What names it in the pool's sticky cookie, as it is written: servers of two pools with the same are one to a client of both. Absent: a hash, the same for the same address in every pool with that cookie.",
    ),
  id: words("a text of 1 to 256 characters (a number in quotes)", /^[^\x00-\x1f\x7f]{1,256}$/)
    .optional()
    .describe(
      "What it is to a table of stick, where servers of two pools with the same are one to a client of both, and what lines of the access log in HAProxy's formats call it. Absent: its address.",
    ),
  drain: flag()
    .default(false)
    .describe(
      "It begins out of service and is given nothing new, until an operator enables it; what it has under way goes on.",
    ),
}).meta({ id: "Server", description: "A server with its options." });

const ejection = section({
  consecutiveFailures: z
    .union([count(1, 10_000), z.literal(false)], { error: says("a whole number from 1 to 10000, or false") })
    .default(5)
    .describe("Failures in a row, over all workers, that eject a server; false is off."),
  errorRatio: share(0.01, 1)
    .optional()
    .describe("Share of failures in an interval above which a server is ejected: 0.5 is half."),
  latency: duration().optional().describe("Mean response time in an interval above which a server is ejected."),
  minimumRequests: count(1, 1_000_000)
    .default(20)
    .describe("Requests in an interval below which errorRatio and latency say nothing."),
  interval: duration("100ms", "1h").default("10s").describe("How often errorRatio and latency are looked at."),
  base: duration("100ms", "1d")
    .default("30s")
    .describe("Length of a first ejection; the n-th in a row lasts n times as long."),
  maximum: duration("100ms", "1d").default("5m").describe("No ejection is longer."),
}).meta({
  id: "Ejection",
  description: "Passive ejection: a server that fails in live traffic is left out for a while.",
});

const retryBudget = section({
  ratio: share(0, 1)
    .default(0.2)
    .describe("Retries may be at most this share of the requests of the last seconds, ..."),
  minimumPerSecond: count(0, 100_000).default(10).describe("... plus this many a second."),
}).meta({
  id: "RetryBudget",
  description:
    "What keeps requests that are sent again from becoming a storm. Refused connections do not count, nor does the one other try of what found a connection that had been idle closed.",
});

const queue = section({
  length: count(0, 1_000_000).default(1024).describe("Requests that may wait, in each worker; 0 lets none wait."),
  timeout: duration().default("5s").describe("How long one waits before it is answered 503."),
}).meta({
  id: "Queue",
  description: "The waiting room for when every server is at its maxConnections. Without maxConnections nobody waits.",
});

const idle = section({
  connections: count(0, 100_000)
    .default(256)
    .describe("Idle connections kept to each server, in each worker; 0 closes each after its exchange."),
  timeout: duration()
    .default("30s")
    .describe("How long one is kept. Best a little shorter than the server's own keep-alive timeout."),
}).meta({
  id: "Idle",
  description:
    "Idle connections to servers that are kept for the next request: how many, and how long. One over which a client may have logged in by NTLM or Negotiate is kept too, for that client's connection alone, and beside that number.",
});

const timeouts = section({
  connect: duration().optional().describe("For a connection to be accepted."),
  response: duration().optional().describe("From a request sent whole to the head of its response."),
  read: duration().optional().describe("Silence allowed between two reads of a response body."),
  serverIdle: duration("0s").optional().describe("Modes tcp and udp: silence allowed of the server; 0s is no limit."),
}).meta({
  id: "PoolTimeouts",
  description: "How long Sluice waits here; what is left out is as timeouts at the top of the config say.",
});

const stick = section({
  table: z.string({ error: says("the name of a table") }).describe("A table that stores server_id."),
  by: expression.default("src").describe("What is looked up there, such as src or cookies['sid']: an expression."),
  store: flag()
    .default(true)
    .describe(
      "false: the server that the table has for a key is obeyed, and none is put there; another pool does that.",
    ),
}).meta({
  id: "Stick",
  description: "The server that a key was given stays its server while the table's entry lasts.",
});

export const pool: z.ZodType<Pool, PoolInput> = section(
  {
    servers: list(
      z.union([text(serverExpected, readServerAddress), server], {
        error: says(`${serverExpected}, or a section with that address`),
      }),
      "servers",
      1,
    )
      .default([])
      .describe(
        'Its servers: "host:port", "host:port^weight", "[::1]:80", "unix:/path", or sections with more options. A pool has servers or a reply.',
      ),
    nameServers: nameServers
      .optional()
      .describe(
        "Name servers to ask for the names of its servers, instead of the system's: by address, or by a name that the system knows.",
      ),
    discover: z
      .union([discover, list(discover, "sources", 1)], { error: says("a source of servers, or a list of them") })
      .optional()
      .describe("Where further servers come from while Sluice runs: a source, or a list of them."),
    reply: reply
      .optional()
      .describe("What every request is answered, in a pool that has no servers: a section with status, body or file."),
    balance: z
      .union([policy, balance], { error: says("the name of a policy, or a section with policy, key and loadFactor") })
      .default("weightedRoundRobin")
      .describe("How a server is chosen: the name of a policy, or a section with its options."),
    sticky: z
      .union([cookieName, sticky], { error: says("a cookie's name, or a section with cookie") })
      .optional()
      .describe("A cookie that brings a client back to its server: its name, or a section with its attributes."),
    retries: count(0, 100)
      .default(2)
      .describe(
        "Further attempts after the first. Only what cannot have reached a server, or is idempotent, is ever sent again.",
      ),
    backups: choice(["all", "first"])
      .default("all")
      .describe(
        "Which backups serve while no other server is available: all of them, by balance, or the first that is, in the order of servers; behind these come those of discover, in the order of their addresses as text, whatever their priority.",
      ),
    redispatch: flag().default(true).describe("Whether a further attempt may go to another server."),
    retryBudget: retryBudget.prefault({}),
    queue: queue.prefault({}),
    idle: idle.prefault({}),
    slowStart: duration("0s", "1h")
      .default("0s")
      .describe("How long a server that came up takes to reach its full weight."),
    panicThreshold: share(0, 1)
      .default(0.5)
      .describe(
        "When ejections would leave less than this share of the servers, they are ignored: better a bad server than none.",
      ),
    tls: tlsOrNot
      .optional()
      .describe(
        "Whether servers are connected to over TLS: true verifies their certificates by the system's authorities, a section says more. Absent or false: plain.",
      ),
    http2: flag()
      .default(false)
      .describe(
        "Mode http: servers are asked by HTTP/2, over connections that many requests share; gRPC needs it. With tls it is offered before HTTP/1.1, and the server chooses; without tls servers must speak HTTP/2 from the first byte (h2c, prior knowledge).",
      ),
    proxyProtocol: z
      .enum(proxyVersions, { error: says(proxyExpected) })
      .optional()
      .describe(
        "Each connection begins with a PROXY protocol header of this version, which tells the server who the client is. Absent: none. No connection is then used for a second client.",
      ),
    source: source
      .optional()
      .describe("The local IP address that connections to servers come from; absent: the system chooses."),
    check: check
      .optional()
      .describe("Active health checks of its servers. Absent: there are none, and every server counts as up."),
    ejection: ejection
      .optional()
      .describe("Passive ejection: a server that fails in live traffic is left out for a while. Absent: none is."),
    rules: rules
      .default([])
      .describe(
        "What is decided when this pool has been chosen, after the listener's rules: a list (requests; connections where listeners of mode tcp use it), or a section with lists for connection, request and response.",
      ),
    errors: errors
      .default({})
      .describe("Answers instead of our own, by status or by the code of a fault; they come before the listener's."),
    stick: stick.optional().describe("Keep each client at the server that it was first given, by a table."),
    cache: poolCacheOrName
      .optional()
      .describe(
        "Responses are cached, as RFC 9111 says: true, the name of a cache, or a section with keys such as ttl.",
      ),
    compress: compress
      .optional()
      .describe(
        "Compress responses for clients that take it, instead of what the listener says: true, false, a list of codings, or a section.",
      ),
    replace: replace.default([]).describe("Other text in the bodies of responses."),
    mirror: mirror.optional().describe("Copies of requests go to another pool, whose answers are thrown away."),
    hooks: hookOptions.prefault({}),
    timeouts: timeouts.prefault({}),
  },
  (key, value) => remarkOnHook(key, "pools", value),
).meta({ id: "Pool", description: "A group of servers that answer the same requests." });
