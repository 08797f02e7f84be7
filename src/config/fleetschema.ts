// What goes beyond one process or one machine: the registry of servers, sentinels that keep it, and the fleet of nodes that share
// tables and bans over a Redis. What these mean together is for reviewfleet.ts to say.

import { z } from "zod";
import { readListenAddress, readServerAddress } from "../base/address.ts";
import { readRedisPlace, redisDescription, redisExpected } from "../base/redisplace.ts";
import { check } from "./checkschema.ts";
import type { FleetInput, MetricsInput, RegistryInput, SentinelInput } from "./input.ts";
import { choice, count, duration, flag, list, listenExpected, says, section, text, words } from "./term.ts";
import type { Fleet, Metrics, Registry, Sentinel } from "./types.ts";

const redis = text(redisExpected, readRedisPlace);
const name = words("a name of 1 to 100 letters, digits and . _ : -", /^[A-Za-z0-9._:-]{1,100}$/);

export const registry: z.ZodType<Registry, RegistryInput> = section({
  redis: redis.describe(redisDescription),
  poll: duration("100ms", "1h").default("5s").describe("How often sets are read, whatever tells of changes."),
  notify: choice(["auto", "off"])
    .default("auto")
    .describe("auto: Redis tells of changes at once, by tracking or by events of keys. off: only poll."),
  timeout: duration("10ms", "1m").default("3s").describe("How long an answer of Redis may take."),
}).meta({
  id: "Registry",
  description: "Redis sets of servers, which sentinels keep and pools take their servers from.",
});

const targetExpected = 'an address such as "10.0.0.1:80"';

export const sentinel: z.ZodType<Sentinel, SentinelInput> = section({
  targets: list(text(targetExpected, readServerAddress), "targets", 1).describe("Servers to probe, side by side."),
  set: name.default("gopher_backends").describe("The set of the registry that those which are well are put in."),
  scheme: choice(["http", "https", ""])
    .default("http")
    .describe('Members are written as "http://host:port"; "" writes host:port.'),
  id: name
    .optional()
    .describe("What this sentinel is called, unlike all others; absent: the machine's name and the process' number."),
  check: check.prefault({ tcp: true, every: "2s", timeout: "1s", rise: 1, fall: 2 }),
  lease: duration("1s", "1d")
    .default("15s")
    .describe(
      "What a sentinel says holds for so long; it says it again at each probe. When none says so any more, those that are left take a server out; when no sentinel is left, it stays.",
    ),
  quorum: z
    .union([z.literal("majority"), count(1, 100)], { error: says('"majority", or a whole number from 1 to 100') })
    .default("majority")
    .describe("How many sentinels must agree: more than half of those that look at a server, or so many."),
}).meta({ id: "Sentinel", description: "Probes targets and keeps those that are well in a set of the registry." });

export const fleet: z.ZodType<Fleet, FleetInput> = section({
  redis: redis.describe(redisDescription),
  name: name.default("default").describe("Nodes with the same name are one fleet."),
  node: name
    .optional()
    .describe("What this node is called, unlike all others; absent: the machine's name and the admin port."),
  interval: duration("50ms", "10s")
    .default("200ms")
    .describe("How often tables that are shared tell each other what they counted."),
  stale: duration("500ms", "5m")
    .default("5s")
    .describe("What is known of other nodes is called stale after so long without Redis."),
  whenStale: choice(["open", "closed"])
    .default("open")
    .describe(
      "What limits do then: open lets each node go on by its own counts; closed refuses what a shared table is asked about.",
    ),
  bans: flag().default(true).describe("Bans of one node hold on all."),
}).meta({
  id: "Fleet",
  description: "Several Sluices that share tables and bans over a Redis. No request ever waits for it.",
});

export const metrics: z.ZodType<Metrics, MetricsInput> = section({
  listen: text(listenExpected, readListenAddress)
    .optional()
    .describe(
      "Where /metrics, /healthz and /readyz are served besides the admin interface, to whoever asks, without a token.",
    ),
  prefix: words("the beginning of metrics' names, such as gopherproxy", /^[a-zA-Z_:][a-zA-Z0-9_:]{0,63}$/)
    .optional()
    .describe(
      "Beside sluice_... the page has the sums of all HTTP traffic under names that begin so: PREFIX_processed_requests_total, PREFIX_dropped_requests_total, PREFIX_active_backends and PREFIX_request_duration_seconds by backend.",
    ),
}).meta({
  id: "Metrics",
  description: "An address of their own for what may be read by everybody, metrics and health, and names of one's own.",
});
