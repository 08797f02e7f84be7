// The keys of a listener: where clients connect, who is believed about them, and what servers are told. Whether its pool
// exists, and whether its address is free of other listeners, is for review.ts to say.

import ipaddr from "ipaddr.js";
import { z } from "zod";
import { readListenAddress } from "../base/address.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import type { ListenerInput } from "./input.ts";
import { count, duration, flag, list, listenExpected, says, section, text, words } from "./term.ts";
import type { Listener } from "./types.ts";

/** RFC 9110 5.6.2. */
export const token: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
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

function readCidr(text: string): Reading<string> {
  const [host = "", bits, ...rest] = text.split("/");
  // The library also reads 10.1 and 0x0a000001 as addresses; nobody means them.
  const isIpv4 = ipaddr.IPv4.isValidFourPartDecimal(host);
  const isIpv6 = host.includes(":") && !host.includes("%") && ipaddr.IPv6.isValid(host);
  const isBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIpv4 ? 32 : 128));
  if ((isIpv4 || isIpv6) && isBits && rest.length === 0) return read(text);
  return misread(`must be an IP address or a block such as "10.0.0.0/8" or "fd00::/8", not ${quote(text)}`);
}

function readFieldName(text: string): Reading<string> {
  if (!token.test(text))
    return misread(`must be the name of a header field such as "x-request-id", not ${quote(text)}`);
  if (!ownedFields.has(text.toLowerCase())) return read(text);
  return misread(`must be a field that Sluice does not write for another purpose, not ${quote(text)}`);
}

const forwarding = section({
  xForwardedFor: flag()
    .default(true)
    .describe("Send X-Forwarded-For: the client's address, after those that trusted proxies reported."),
  xForwardedProto: flag().default(true).describe("Send X-Forwarded-Proto: http or https."),
  xForwardedHost: flag().default(true).describe("Send X-Forwarded-Host: the Host that the client asked for."),
  forwarded: flag().default(false).describe("Send Forwarded (RFC 7239)."),
}).meta({ id: "Forwarding", description: "What servers are told about the client." });

const requestId = section({
  header: text("the name of a header field", readFieldName)
    .default("x-request-id")
    .describe("The field that carries the id, to the server and back."),
  keep: flag().default(true).describe("Keep the id that a trusted proxy sent; false makes a new one always."),
}).meta({ id: "RequestId", description: "An id for each request." });

const timeouts = section({
  head: duration().optional().describe("From accept, or a head's first byte, to its last."),
  idle: duration().optional().describe("How long a connection is kept between two requests."),
  read: duration().optional().describe("Silence allowed between two reads of a request body."),
  tunnel: duration().optional().describe("Silence in both directions allowed on an upgraded connection."),
  linger: duration("0s", "5m").optional().describe("How long a refused client's bytes are still read."),
}).meta({ id: "ListenerTimeouts", description: "Instead of the timeouts for all." });

export const listener: z.ZodType<Listener, ListenerInput> = section({
  listen: text(listenExpected, readListenAddress).describe(
    'Where to listen: ":8080" (every address), "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock".',
  ),
  use: z.string({ error: says("the name of a pool") }).describe("The pool that requests go to."),
  maxConnections: count(1, 10_000_000)
    .default(20_000)
    .describe("Connections at once over all workers; more are closed at once and counted."),
  trustedProxies: list(text("an IP address or a block", readCidr), "addresses and blocks")
    .default([])
    .describe(
      "Proxies in front of Sluice, as addresses or CIDR blocks, whose X-Forwarded-* and Forwarded are believed and continued. Others' are removed.",
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
    .prefault({})
    .describe("An id for each request, in a header and the access log; false for none."),
  timeouts: timeouts.prefault({}),
}).meta({ id: "Listener", description: "A place where clients connect." });
