// The keys of who may ask: Basic authentication, and forward proxies with the targets that they may be used for. What a forward
// proxy says here goes into a pool of its own making (compileaccess.ts); which of these keys contradict each other, and who
// would open a proxy to the world, is for reviewproxy.ts to say.

import { z } from "zod";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { poolCacheOrName } from "./cacheschema.ts";
import { readCidr } from "./cidr.ts";
import type { AuthInput, ForwardProxyInput } from "./input.ts";
import type { DirectPlan } from "./plan.ts";
import { count, duration, filePath, flag, list, says, section, sizeOrZero, text, words } from "./term.ts";
import type { Auth, ForwardProxy } from "./types.ts";

const user = z
  .string()
  .regex(/^[^\0-\x1f\x7f:]{1,255}$/, { error: "must be a name without colons, of at most 255 characters" });

export const auth: z.ZodType<Auth, AuthInput> = section({
  users: z
    .record(
      user,
      z.string({ error: 'must be a password, or a hash such as "$2y$..."' }).min(1, { error: "must not be empty" }),
      {
        error: says("a section of names with their passwords"),
      },
    )
    .default({})
    .describe("Names with passwords: plain, or as hashes that htpasswd makes ($2y$..., $apr1$..., {SHA}...)."),
  file: filePath("the path of an htpasswd file")
    .optional()
    .describe("A file of lines name:hash, as htpasswd makes it; watched."),
  realm: words("a text without quotes", /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,256}$/)
    .default("Access to internal site")
    .describe("What a browser shows when it asks for a password."),
  remember: duration("0s", "1d")
    .default("5m")
    .describe("Credentials that were found good are believed for so long; hashes are slow to check on purpose."),
  proxyAuthorization: flag()
    .default(false)
    .describe(
      "Requests that are for no forward proxy may show credentials in Proxy-Authorization too, as goproxy's clients do; where it is there Authorization is the server's.",
    ),
}).meta({
  id: "Auth",
  description: "Basic authentication: 401 without good credentials, 407 where the listener is a forward proxy.",
});

const nameOrBlock = 'a name such as "example.com" or "*.example.com", or addresses such as "10.0.0.0/8"';

export function readTarget(text: string): Reading<{ kind: "name" | "block"; match: string }> {
  const cidr = readCidr(text);
  if (cidr.ok) return read({ kind: "block", match: text });
  if (text === "*" || /^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/.test(text))
    return read({ kind: "name", match: text.toLowerCase() });
  return misread(`must be ${nameOrBlock}, not ${quote(text)}`);
}

const directExpected = 'a target such as "*.example.com", "10.0.0.0/8" or "example.com:8080"';

/** As in `allow`, and with one port. */
export function readDirect(text: string): Reading<DirectPlan> {
  const whole = readTarget(text);
  if (whole.ok) return read({ ...whole.value, port: 0 });
  const parts = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3] ?? 0);
  const target = readTarget(parts?.[1] ?? parts?.[2] ?? "");
  const isSound = port >= 1 && port <= 65_535 && target.ok && !target.value.match.includes("/");
  if (isSound && (parts![1] === undefined) === !target.value.match.includes(":"))
    return read({ ...target.value, port });
  return misread(`must be ${directExpected}, not ${quote(text)}`);
}

export function readPorts(text: string): Reading<{ from: number; to: number }> {
  const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const from = Number(found?.[1]);
  const to = Number(found?.[2] ?? found?.[1]);
  if (found !== null && from >= 1 && to <= 65_535 && from <= to) return read({ from, to });
  return misread(`must be a port or a range such as "8000-8999", not ${quote(text)}`);
}

const ports = list(
  z.union([count(1, 65_535), text('a port or a range such as "8000-8999"', readPorts)], {
    error: says('a port, or a range such as "8000-8999"'),
  }),
  "ports",
  1,
);

const tunnels = section({
  ports: ports.default([443]).describe("Ports that tunnels may be made to (CONNECT, SOCKS5)."),
  maxOpen: count(0, 1_000_000).default(0).describe("Tunnels at once in each worker. 0 is no limit."),
  maxTime: duration("0s", "30d").default("0s").describe("A tunnel ends after so long, however busy. 0s is no limit."),
  maxBytes: sizeOrZero("1b", "8191tb")
    .default(0)
    .describe("A tunnel ends after so many bytes, both directions together. 0 is no limit."),
}).meta({
  id: "Tunnels",
  description: "What CONNECT and SOCKS5 are for: to which ports, how many, how long and for how many bytes.",
});

const egressName = words("the name of an egress pool", /^[^\0]{1,64}$/);
const egressUse = section({
  http: egressName.optional().describe("By which requests go on to http:// targets."),
  https: egressName.optional().describe("By which requests go on that are TLS of ours: https:// in a whole URL."),
  tunnels: egressName.optional().describe("By which tunnels are made (CONNECT, SOCKS5)."),
}).meta({
  id: "ProxyEgress",
  description: "Egress pools by what is asked for; what is not named here is asked from the system's own address.",
});

const proxySection = section({
  http: flag().default(true).describe("Requests with a whole URL (GET http://host/path) go to that host."),
  connect: flag().default(true).describe("CONNECT makes tunnels."),
  socks: flag().default(false).describe("SOCKS5 on the same port: tunnels, with or without user and password."),
  egress: z
    .union([egressName, egressUse], {
      error: says("the name of an egress pool, or a section with http, https, tunnels"),
    })
    .optional()
    .describe(
      "The egress pool whose members targets are asked by, or one for each kind of request. Absent: the system's own address.",
    ),
  direct: list(text(directExpected, readDirect), "targets")
    .default([])
    .describe(
      "Targets that are asked from the system's own address in spite of egress: as in allow, with a port behind a colon or without. A name is not looked up for that.",
    ),
  open: flag()
    .default(false)
    .describe(
      "Strangers may use it on purpose: a listener with egress that anybody could reach is warned of at each start, and not refused.",
    ),
  fields: flag()
    .default(false)
    .describe(
      "Requests with X-Egress-Host, and X-Egress-Scheme where it is not http, go to the host that these name; X-Egress-Key is their session.",
    ),
  allow: list(text(nameOrBlock, readTarget), "targets", 1)
    .default(["*"])
    .describe('Targets that may be asked for: names, "*.example.com", addresses and blocks.'),
  deny: list(text(nameOrBlock, readTarget), "targets")
    .default([])
    .describe("Targets that may not, whatever allow says."),
  ports: ports.default([80, 443, "1024-65535"]).describe("Ports that requests may go to."),
  tunnels: tunnels.prefault({}),
  private: flag()
    .default(false)
    .describe(
      "Whether loopback, private, link-local and other addresses that are not public may be targets. A name is judged by the address that it leads to.",
    ),
  resolveTimeout: duration("1ms", "5m")
    .default("6s")
    .describe("For the address of a name to be found. The system waits 5s for its first name server."),
  cache: poolCacheOrName
    .optional()
    .describe("Answers are cached: true, the name of a cache, or a section, as in a pool."),
}).meta({ id: "ForwardProxy", description: "A forward proxy: clients name the targets." });

export const proxy: z.ZodType<boolean | ForwardProxy, boolean | ForwardProxyInput> = z.union([flag(), proxySection], {
  error: says("true, or a section with keys such as allow, deny, ports"),
});
