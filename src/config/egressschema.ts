// The keys of egress pools: the members that requests go out by, how one is chosen, paced and judged, and what is kept of each. What
// contradicts itself is for reviewegress.ts to say; what stands in nginx' files, and which addresses this machine has, for loadegress.ts.

import { z } from "zod";
import { misread, quote, type Reading } from "../base/reading.ts";
import { memberTimesMax } from "../memory/egress.ts";
import { readPorts } from "./accessschema.ts";
import { addressExpected, readAddressRange } from "./addressrange.ts";
import { readStatuses } from "./cacheschema.ts";
import { proxyExpected, readProxy } from "./egressproxy.ts";
import type { EgressInput, EgressMembersInput } from "./input.ts";
import type { StatusRange } from "./plan.ts";
import {
  choice,
  count,
  duration,
  filePath,
  flag,
  list,
  says,
  section,
  share,
  sizeOrZero,
  text,
  words,
} from "./term.ts";
import { serverTls } from "./tlsschema.ts";
import type { Egress, EgressMembers } from "./types.ts";

const hostExpected = 'the name or IP address of a host, such as "127.0.0.1"';

/** What is wrong with such a text is said without it: there may be a password in it. */
const proxies = z
  .array(
    z.string({ error: says(proxyExpected) }).check((context) => {
      const reading = readProxy(context.value);
      if (!reading.ok) context.issues.push({ code: "custom", message: reading.message, input: "" });
    }),
    {
      error: ({ input }) =>
        typeof input === "string"
          ? "must be a list of proxies, not a text"
          : says("a list of proxies")({ code: "", input }),
    },
  )
  .check(({ value, issues }) => {
    if (value.length === 0)
      issues.push({ code: "custom", message: "must not be empty: name its proxies", input: value });
  })
  .meta({ minItems: 1 });

const tagName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,31}$/, {
  error: "must have a name of letters, digits and underscores, at most 32 of them, starting with a letter",
});
const tags = z.record(tagName, words("a word of letters, digits, dots and underscores", /^[A-Za-z0-9._]{1,64}$/), {
  error: says("a section of tags, each with a word"),
});

const portsExpected = 'a port, or a range such as "19001-19341"';

export const egressMembers: z.ZodType<EgressMembers, EgressMembersInput> = section({
  nginx: filePath("the path of a configuration of nginx")
    .optional()
    .describe(
      "A configuration of nginx, or several by a pattern with *: each server in it that has listen and proxy_bind is a member, asked with X-Egress-Scheme, X-Egress-Host and X-Egress-Key. Watched: members come and go as it changes.",
    ),
  host: words(hostExpected, /^[A-Za-z0-9_.:-]{1,253}$/)
    .optional()
    .describe("Where that nginx is (127.0.0.1 when absent)."),
  ports: list(z.union([count(1, 65_535), text(portsExpected, readPorts)], { error: says(portsExpected) }), "ports", 1)
    .optional()
    .describe("Of that file only the servers that listen at these ports. Absent: all."),
  addresses: list(text(addressExpected, readAddressRange), "addresses", 1)
    .optional()
    .describe(
      'Addresses of this machine that connections come from: "203.0.113.7", "203.0.113.10-40", "198.51.100.0/28", "2001:db8::/64".',
    ),
  count: count(1, 65_536)
    .optional()
    .describe(
      "So many addresses of each block that has more, drawn of it, the same each time. A block of more than 65,536 needs it.",
    ),
  proxies: proxies
    .optional()
    .describe(
      'Proxies of others: "http://user:password@host:port", https:// for TLS to the proxy, socks5://. User and password are percent-encoded.',
    ),
  tls: serverTls
    .optional()
    .describe("TLS to the proxies whose URL begins with https://: a section. Absent: their certificates must be good."),
  weight: count(1, 100).default(1).describe("How often each is chosen by chance, beside others."),
  tags: tags.default({}).describe("What can be wished for in a user name: { country: de }."),
}).meta({ id: "EgressMembers", description: "Members of an egress pool: of one kind, with the same weight and tags." });

const session = section({
  lifetime: duration("0s", "30d")
    .default("10m")
    .describe(
      "Since the first request of a key; 0s: by the hash of the key alone, for as long as the member is there.",
    ),
  idle: duration("0s", "30d").default("0s").describe("Since its last request. 0s is no limit."),
  requests: count(0, 1_000_000_000).default(0).describe("After so many it is given another member. 0 is no limit."),
  bytes: sizeOrZero("1b", "8191tb")
    .default(0)
    .describe("After so many bytes, both directions together, it is given another member. 0 is no limit."),
}).meta({ id: "EgressSession", description: "Requests with the same key have the same member, for some time." });

const perTarget = section({
  interval: duration("0s", "1h")
    .default("0s")
    .describe("From one request of a member to a host to its next there. 0s is no limit."),
  concurrency: count(0, 100_000).default(0).describe("Requests of a member at once at a host. 0 is no limit."),
}).meta({
  id: "EgressPerTarget",
  description:
    "How much a host is asked by one member: for targets that count requests by address. Without it, as much as comes.",
});

const meanings = ["success", "failure", "ban", "ignore"] as const;

export function readEgressStatuses(written: string): Reading<StatusRange[]> {
  const reading = readStatuses(written);
  return reading.ok
    ? reading
    : misread(`must be statuses such as "403", "500-599", "5xx" or "403,429", not ${quote(written)}`);
}

const statuses = z.record(
  z.string().check((context) => {
    const reading = readEgressStatuses(context.value);
    if (!reading.ok) context.issues.push({ code: "custom", message: reading.message, input: context.value });
  }),
  choice(meanings),
  { error: says("a section of statuses, each with what it means") },
);

const mediaType = words(
  'a media type such as "text/html" or "text/*"',
  /^[A-Za-z0-9!#$&^_.+-]+\/([A-Za-z0-9!#$&^_.+-]+|\*)$/,
);
const hostPattern = words('a host such as "example.com" or "*.example.com"', /^(\*\.)?[A-Za-z0-9_.:[\]-]{1,253}$/);

const body = section({
  find: words("a text of 1 to 1024 characters", /^[\s\S]{1,1024}$/)
    .optional()
    .describe("The text that is looked for."),
  pattern: words("a regular expression of 1 to 1024 characters", /^[\s\S]{1,1024}$/)
    .optional()
    .describe("Or a regular expression (RE2's syntax)."),
  means: choice(meanings)
    .default("ban")
    .describe("What it says of the member: success, failure, ban (unavailable at once), or ignore (nothing)."),
  types: list(mediaType, "media types", 1)
    .default(["text/*", "application/json"])
    .describe("In bodies of these media types only, in their first 64 kB."),
  hosts: list(hostPattern, "hosts").default([]).describe("Only of these hosts. Empty: of all."),
}).meta({ id: "EgressBody", description: "What a body says of the member that it came by." });

const coolDown = section({
  time: duration("1s", "30d").default("10m").describe("How long a member is unavailable."),
  growth: share(1, 100)
    .default(1)
    .describe("Each time that it is unavailable again soon it is so many times longer. 1 stays the same."),
  max: duration("1s", "30d").default("24h").describe("No longer than this, whatever growth makes of it."),
  trial: flag().default(true).describe("Afterwards it is given one request at a time, until one has succeeded."),
}).meta({ id: "EgressCoolDown", description: "How long a member is unavailable, and how it comes back." });

const judge = section({
  per: choice(["target", "member"])
    .default("target")
    .describe(
      "target: a member is judged for each host by itself, and only what fails at several hosts is its own fault. member: whatever the host.",
    ),
  strategy: choice(["consecutive", "share", "never"])
    .default("consecutive")
    .describe(
      "What makes it unavailable: failures in a row, a share of the last outcomes that failed, or nothing but a ban.",
    ),
  failures: count(1, memberTimesMax).default(3).describe("consecutive: so many failures in a row."),
  within: duration("1s", "1d").default("5m").describe("consecutive: from the first of them to the last."),
  of: count(2, 96).default(20).describe("share: of so many outcomes, the last ones."),
  share: share(0.01, 1).default(0.5).describe("share: so many of them, 0 to 1."),
  statuses: statuses
    .optional()
    .describe(
      'What statuses mean: { "403": ban, "5xx": failure }; the narrowest that holds counts. Absent: per target 403, 407 and 429 are failures and 5xx says nothing; per member all of 4xx and 5xx are failures.',
    ),
  bodies: list(body, "texts").default([]).describe("What bodies of answers mean; it comes before the status."),
  coolDown: z
    .union([duration("1s", "30d"), coolDown], { error: says('a duration such as "10m", or a section with time') })
    .default("10m")
    .describe("How long a member is unavailable: a duration, or a section."),
  hostDown: count(2, 8)
    .default(3)
    .describe("per target: a host at which so many members fail in a row is down, and no member is blamed."),
}).meta({ id: "EgressJudge", description: "What makes a member unavailable, and for how long." });

const quota = section({
  requests: count(0, 1_000_000_000).default(0).describe("Requests of a user in each period. 0 is no limit."),
  bytes: sizeOrZero("1b", "8191tb")
    .default(0)
    .describe("Bytes in each period, both directions together. 0 is no limit."),
  per: duration("1s", "30d").default("1h").describe("The period, which begins with a user's first request."),
}).meta({
  id: "EgressQuota",
  description: "How much each user of a listener with auth may have; more is answered 429.",
});

const history = section({
  entries: count(0, 100_000).default(1000).describe("Outcomes that are kept of each member."),
  changes: count(0, 100_000).default(100).describe("Changes of state that are kept of each member."),
}).meta({
  id: "EgressHistory",
  description: "What is kept of each member, in shared memory: 20 bytes an outcome, 12 a change.",
});

const pattern = section({
  pattern: words("a regular expression", /^[\s\S]{1,4096}$/).describe(
    "A regular expression (RE2's syntax) with groups that are named time, status, key, target, port, address: those that there are.",
  ),
}).meta({ id: "EgressLogPattern", description: "What a line of a log says, by a regular expression." });

const log = section({
  path: filePath("the path of a log, with %s where a member's address stands").describe(
    "The log's path, which starts at this file's folder; %s in it stands for a member's address, and makes it one for each.",
  ),
  format: z
    .union([words("a log_format of nginx", /^[\s\S]{1,4096}$/), pattern], {
      error: says('a log_format of nginx, "ipmanager", or a section with pattern'),
    })
    .default("ipmanager")
    .describe(
      'What a line says: the text of nginx\' log_format, a section with a regular expression, or "ipmanager": what that looks for, wherever it stands.',
    ),
  mode: choice(["serve", "parse"])
    .default("serve")
    .describe("serve: what is written from now on. parse: what stands there already, too."),
  every: duration("0s", "1d").default("0s").describe("How often it is looked at; 0s: whenever it grows."),
}).meta({ id: "EgressLog", description: "An access log that tells how requests by members have ended." });

export const egress: z.ZodType<Egress, EgressInput> = section({
  members: list(egressMembers, "members", 1).describe("What requests go out by."),
  choose: choice(["random", "roundRobin", "leastUsed"])
    .default("random")
    .describe("Among the members that may be used, for requests without a session."),
  session: z
    .union([z.literal("hash"), z.literal(false), session], {
      error: says('"hash", false for none, or a section with lifetime'),
    })
    .default("hash")
    .describe(
      "Requests with the same key (X-Egress-Key, or session in the user name) have the same member: hash, for as long as it may be used; a section, for some time; false, not.",
    ),
  perTarget: perTarget.prefault({}),
  judge: judge.prefault({}),
  quota: quota.optional().describe("What each user of the listeners may have. Absent: no limit."),
  history: history.prefault({}),
  logs: list(log, "logs").default([]).describe("Access logs of nginx in which outcomes stand."),
  evidence: choice(["own", "logs", "both"])
    .optional()
    .describe(
      "What members are judged by: our own requests, what logs say, or both. Absent: logs where there are some.",
    ),
  whenNone: choice(["refuse", "soonest", "direct"])
    .default("refuse")
    .describe(
      "When no member may be used: answer 503 with Retry-After, take the one that comes back first, or none at all: the system's own address.",
    ),
  wait: duration("0s", "5m")
    .default("5s")
    .describe("How long a request waits for a member that is only paced or busy, before it is answered 503."),
  tell: flag().default(true).describe("X-Egress-IP in answers says which member it was."),
}).meta({
  id: "Egress",
  description:
    "A pool of outbound addresses, by which a forward proxy asks targets: chosen for each request, paced, and left out while they fail.",
});
