// The keys of a listener: where clients connect, who is believed about them, and what servers are told. Whether its pool
// exists, and whether its address is free of other listeners, is for review.ts to say.

import { z } from "zod";
import { readListenAddress } from "../base/address.ts";
import { clientConnectionsUsual } from "../base/limits.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { auth, proxy } from "./accessschema.ts";
import { compress, cors, replace } from "./bodyschema.ts";
import { readCidr } from "./cidr.ts";
import { remarkOnHook } from "./hookfunctions.ts";
import { hookOptions } from "./hookschema.ts";
import type { ListenerInput } from "./input.ts";
import { listenerLog } from "./logschema.ts";
import { errors } from "./replyschema.ts";
import { rules } from "./ruleschema.ts";
import { readRouteName } from "./servername.ts";
import { choice, count, duration, flag, list, listenExpected, says, section, text, token, words } from "./term.ts";
import { listenerTls } from "./tlsschema.ts";
import type { Listener } from "./types.ts";

const ownedFields = new Set([
  "connection",
  "content-length",
  "host",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "via",
  "forwarded",
]);

function readFieldName(text: string): Reading<string> {
  if (!token.test(text))
    return misread(`must be the name of a header field such as "x-request-id", not ${quote(text)}`);
  if (!ownedFields.has(text.toLowerCase())) return read(text);
  return misread(`must be a field that Sluice does not write for another purpose, not ${quote(text)}`);
}

const forwarding = section({
  xForwardedFor: flag()
    .optional()
    .describe(
      "Send X-Forwarded-For: the client's address, after those that trusted proxies reported. Absent: true, but for a forward proxy without use.",
    ),
  xForwardedProto: flag()
    .optional()
    .describe("Send X-Forwarded-Proto: http or https. Absent: true, but for a forward proxy without use."),
  xForwardedHost: flag()
    .optional()
    .describe(
      "Send X-Forwarded-Host: the Host that the client asked for. Absent: true, but for a forward proxy without use.",
    ),
  forwarded: flag().default(false).describe("Send Forwarded (RFC 7239)."),
  except: list(text("an IP address or a block", readCidr), "addresses and blocks")
    .default([])
    .describe(
      "Peers, as addresses or CIDR blocks, for which no X-Forwarded-For and no Forwarded is added, and whose own X-Forwarded-* and Forwarded go on as they are. That makes nobody believed: src, bans and limits go by the peer, unless trustedProxies holds it.",
    ),
  believe: flag()
    .default(true)
    .describe(
      "Believe the X-Forwarded-* and Forwarded of trustedProxies that are named there. false: only their PROXY header (proxyProtocol), and those fields are removed as everybody's are.",
    ),
}).meta({
  id: "Forwarding",
  description:
    "What servers are told about the client, in fields of mode http; in the other modes proxyProtocol of a pool tells them.",
});

const requestId = section({
  header: text("the name of a header field", readFieldName)
    .default("x-request-id")
    .describe("The field that carries the id, to the server and back."),
  keep: flag().default(true).describe("Keep the id that a trusted proxy sent; false makes a new one always."),
}).meta({
  id: "RequestId",
  description: "An id for each request, told to the server and back to the client, by which its traces are found.",
});

const timeouts = section({
  handshake: duration()
    .optional()
    .describe(
      "From accept to the end of what comes before content: PROXY header, TLS handshake. With either the kernel hands over a client that says nothing some 7 s late: that is added.",
    ),
  head: duration().optional().describe("From accept, or a head's first byte, to its last."),
  idle: duration().optional().describe("How long a connection is kept between two requests."),
  read: duration().optional().describe("Silence allowed between two reads of a request body."),
  tunnel: duration()
    .optional()
    .describe(
      "Silence in both directions allowed: on an upgraded connection, in mode tcp, and of a session in mode udp (60s when absent there).",
    ),
  clientIdle: duration("0s").optional().describe("Modes tcp and udp: silence allowed of the client; 0s is no limit."),
  linger: duration("0s", "5m").optional().describe("How long a refused client's bytes are still read."),
}).meta({
  id: "ListenerTimeouts",
  description: "How long Sluice waits here; what is left out is as timeouts at the top of the config say.",
});

const poolName = z.string({ error: says("the name of a pool") });

const nameRoute = section({
  name: text('a name such as "www.example.com" or "*.example.com"', readRouteName)
    .optional()
    .describe('A whole name, or "*.example.com" for every name that ends in .example.com.'),
  pattern: words("a regular expression", /^[^\0]{1,4096}$/)
    .optional()
    .describe("A regular expression, as JavaScript reads it, tried on the name in lower case."),
  use: poolName.describe("The pool that such connections go to."),
  found: choice(["apart", "also"])
    .optional()
    .describe(
      "Each name that the pool's sources tell of its servers: clients that ask for it go to those. apart: the pool itself keeps the servers without a name; also: it has them all.",
    ),
}).meta({ id: "NameRoute", description: "A pool for the names that clients ask for in their TLS hello (SNI)." });

const redirect = section({
  to: z
    .literal("https", { error: says('"https"') })
    .default("https")
    .describe("Which scheme it leads to: https, the only one there is."),
  port: count(1, 65_535).default(443).describe("Port of the https address; 443 is not written out."),
  status: z
    .literal([301, 302, 307, 308], { error: says("one of 301, 302, 307, 308") })
    .default(308)
    .describe("308 and 301 are remembered by browsers; 308 and 307 keep method and body."),
}).meta({ id: "Redirect", description: "Every request is answered by a redirect to the same address with https." });

const hsts = section({
  maxAge: duration("0s", "3650d").describe("How long browsers ask for this host over https only."),
  includeSubDomains: flag().default(false).describe("For all names under it too."),
  preload: flag().default(false).describe("Agree to be on the browsers' own lists."),
}).meta({ id: "Hsts", description: "The Strict-Transport-Security field (RFC 6797)." });

const udp = section({
  maxRequests: count(0, 1_000_000_000)
    .default(0)
    .describe("A session ends after so many datagrams of the client. 0 is no limit."),
  maxResponses: count(0, 1_000_000_000)
    .default(0)
    .describe("A session ends after so many datagrams of the server. 0 is no limit."),
}).meta({ id: "Udp", description: "When a session of mode udp ends, beside its timeouts." });

export const listener: z.ZodType<Listener, ListenerInput> = section(
  {
    listen: text(listenExpected, readListenAddress).describe(
      'Where to listen: ":8080" (every address), "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock".',
    ),
    mode: choice(["http", "tcp", "udp"])
      .default("http")
      .describe(
        "What is carried: requests of HTTP, connections as they are, or datagrams. With tls and mode tcp, TLS ends here and the content is passed on.",
      ),
    use: poolName
      .optional()
      .describe(
        "The pool that requests or connections go to which nothing else claims. Needed, except with redirect and where rules name pools; in mode tcp with sni, other names are refused when it is absent.",
      ),
    maxConnections: count(1, 10_000_000)
      .default(clientConnectionsUsual)
      .describe("Connections (mode udp: sessions) at once over all workers; more are closed at once and counted."),
    tls: listenerTls.optional().describe("TLS towards clients. Absent: none. Modes http and tcp."),
    sni: list(nameRoute, "names with their pools")
      .default([])
      .describe(
        "Mode tcp: pools by the name that the client asks for in its TLS hello, with or without tls. A whole name comes before a star, a longer star before a shorter one, both before patterns, which are tried as written.",
      ),
    redirect: z
      .union([z.literal("https"), redirect], { error: says('"https", or a section with port and status') })
      .optional()
      .describe("Mode http: answer every request by a redirect to https."),
    hsts: z
      .union([duration("0s", "3650d"), hsts], { error: says('a duration such as "365d", or a section with maxAge') })
      .optional()
      .describe("Mode http with tls: tell browsers for how long to ask for this host over https only."),
    udp: udp.optional().describe("Mode udp: when sessions end."),
    proxyProtocol: flag()
      .default(false)
      .describe(
        "Connections from trustedProxies begin with a PROXY protocol header, version 1 or 2, that says who the client is; without one they are closed. Others' are taken as they are.",
      ),
    http2: flag()
      .default(true)
      .describe(
        'Mode http: clients may speak HTTP/2 too. With tls it is offered to them, unless tls.alpn is written without "h2"; without tls those that begin with its connection preface are understood (prior knowledge). What servers are asked by is said by http2 of their pools.',
      ),
    abortOnClose: flag()
      .default(false)
      .describe(
        "Mode http: a client that ends its sending half before its answer has begun is taken to have left, and its request is given up. Without this it gets its answer, as who has only said all may expect.",
      ),
    trustedProxies: list(text("an IP address or a block", readCidr), "addresses and blocks")
      .default([])
      .describe(
        "Proxies in front of Sluice, as addresses or CIDR blocks: who the client is they say in X-Forwarded-For, or with proxyProtocol in their PROXY header. What they say in X-Forwarded-For, -Proto, -Host, -Port, -Prefix, -Server, -Scheme, -Ssl, -Protocol and in Forwarded is continued, what others say there is removed. Other names of that kind (X-Forwarded-User) are applications' own and pass from everybody.",
      ),
    forwarding: forwarding.prefault({}),
    via: z
      .union([words('a pseudonym such as "sluice", without spaces', token), z.literal(false)], {
        error: says('a pseudonym such as "sluice", or false for none'),
      })
      .default("sluice")
      .describe("Pseudonym in the Via field of requests and responses (RFC 9110 7.6.3); false sends none."),
    requestId: z
      .union([requestId, z.literal(false)], { error: says("a section with header and keep, or false for none") })
      .optional()
      .describe(
        "An id for each request, in a header and the access log: a section with header and keep; false for none. Absent: x-request-id, but none for a forward proxy without use.",
      ),
    workerBy: choice(["connection", "client"])
      .default("connection")
      .describe(
        "Which worker takes a connection: any of them, or for all connections of one client address (an IPv6 /64) the same, which is where its TLS sessions resume. Uneven when few addresses bring most of the traffic. Linux.",
      ),
    rules: rules
      .default([])
      .describe(
        "What is decided about requests (mode tcp: connections) before a pool is asked: a list in the order of evaluation, or a section with lists for connection, request and response.",
      ),
    errors: errors
      .default({})
      .describe(
        "Answers instead of our own, by status or by the code of a fault: another status, a file that holds a whole answer, or a section. They come before those at the top.",
      ),
    auth: auth
      .optional()
      .describe("Mode http: Basic authentication, demanded of every request that rules let through."),
    proxy: proxy
      .optional()
      .describe(
        "Mode http: a forward proxy, for targets that clients name: true, or a section. Only public addresses may be targets, unless it says otherwise.",
      ),
    cors: cors
      .optional()
      .describe("Mode http: cross-origin requests of browsers that are allowed: an origin, or a section with origins."),
    compress: compress
      .optional()
      .describe(
        "Compress responses for clients that take it: true, a list of codings, or a section. A pool may say otherwise.",
      ),
    replace: replace.default([]).describe("Other text in the bodies of responses, before those of the pool."),
    hooks: hookOptions.prefault({}),
    timeouts: timeouts.prefault({}),
    accessLog: z
      .union([z.literal(false), listenerLog], {
        error: says("false, or a section with name, format, normal or failures"),
      })
      .optional()
      .describe("What is different about its lines in the access log; false: it has none. Absent: they are as all."),
  },
  (key, value) => remarkOnHook(key, "listeners", value),
).meta({
  id: "Listener",
  description: "A place where clients connect: an address, the mode that is spoken there, and where what comes goes.",
});
