// What asks Sluice as it asked HAProxy: sockets that speak HAProxy's runtime API, its statistics page, and the names that HAProxy has for
// listeners, pools and servers, by which both tell of them. It is written by the front-end for haproxy.cfg (foreign/haproxy/stats.ts) and
// read by control. A config of one's own may have it too, for tools that know no other words; names are those of the config then.

import { z } from "zod";
import { isLoopback, readListenAddress } from "../base/address.ts";
import { misread, type Reading } from "../base/reading.ts";
import type { HaproxyInput } from "./input.ts";
import { choice, count, duration, flag, list, listenExpected, section, text, words } from "./term.ts";
import type { Haproxy } from "./types.ts";

const placeExpected = 'a unix socket such as "unix:/run/haproxy/admin.sock", or an address of loopback with its port';

/** Nobody is asked for a password there: who may open the socket may ask. */
function readPlace(place: string): Reading<unknown> {
  const reading = readListenAddress(place);
  if (!reading.ok || reading.value.kind === "unix" || isLoopback(reading.value.host)) return reading;
  return misread(`must be ${placeExpected}: it asks for no password`);
}

const systemName = words("the name or number of a user or group", /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\$?$/);
const name = words("a name", /^[^\0-\x1f]{1,256}$/);

const socket = section({
  listen: text(placeExpected, readPlace).describe(
    "Where it is: a path, or an address of this machine alone, which every user of it may ask; so not beside admin.token.",
  ),
  mode: words('an octal mode such as "660"', /^0?[0-7]{3}$/)
    .default("600")
    .describe("Permissions of the socket's file: who may write to it may ask."),
  user: systemName.optional().describe("Owner of the socket's file; only root can give it to another."),
  group: systemName.optional().describe("Group of the socket's file."),
  level: choice(["user", "operator", "admin"])
    .default("operator")
    .describe("What may be asked: user sees figures, operator sees all, admin changes."),
}).meta({ id: "HaproxySocket", description: "A socket that speaks HAProxy's runtime API." });

/** Not in the usual words, which quote the value: a password has no place in a terminal or log. */
const passwordExpected = "must be a text of 1 to 256 letters, digits and signs of ASCII, without spaces";
const credentials = section({
  user: words("a user name without colons", /^[^\0-\x1f:]{1,256}$/).describe("The user name."),
  password: z
    .string({ error: passwordExpected })
    .regex(/^[\x21-\x7e]{1,256}$/, { error: passwordExpected })
    .describe("The password, in clear."),
}).meta({ id: "HaproxyUser", description: "Who may see a statistics page." });

/** It is sent between quotes in a field of HTTP, which has no other letters. */
export const realmPattern: RegExp = /^[\x20!\x23-\x5b\x5d-\x7e]{1,256}$/;

const page = section({
  listen: text(listenExpected, readListenAddress)
    .optional()
    .describe("An address of its own, where the page is and nothing else. Absent: it is on the admin interface."),
  uri: words('a path such as "/stats", without ;', /^\/[^\0-\x20;#]{0,255}$/)
    .default("/haproxy?stats")
    .describe("Where the page is; with ;csv behind it the same as CSV, with ;json as JSON."),
  users: list(credentials, "users")
    .default([])
    .describe("Who may see it, by HTTP basic authentication. Empty: whoever may speak to its address."),
  realm: words('a text of ASCII without " and \\', realmPattern)
    .default("HAProxy Statistics")
    .describe("What a browser calls the place when it asks for the password."),
  refresh: duration("1s", "24h").optional().describe("How often a browser asks for the page again. Absent: never."),
  hideVersion: flag().default(false).describe("Whether the page says nothing of the version."),
  scope: list(name, "names").default([]).describe("The proxies that it shows; empty: all."),
})
  .check(({ value, issues }) => {
    const reading = value.listen === undefined ? null : readListenAddress(value.listen);
    if (reading?.ok !== true || reading.value.kind === "unix" || isLoopback(reading.value.host)) return;
    const message = "is not a loopback address, so users must be set: whoever reaches it would see all figures";
    if (value.users.length === 0) issues.push({ code: "custom", message, input: value.listen, path: ["listen"] });
  })
  .meta({ id: "HaproxyPage", description: "HAProxy's statistics page." });

const exporter = section({
  listen: text(listenExpected, readListenAddress).describe(
    "An address of its own, where metrics are without a token, and statistics pages of the same address; nothing else.",
  ),
  path: words('a path such as "/metrics"', /^\/[^\0-\x20?#]{0,255}$/)
    .default("/metrics")
    .describe("Where they are."),
}).meta({ id: "HaproxyExporter", description: "Metrics for Prometheus where HAProxy's exporter had them." });

const server = section({
  name: name.describe("What HAProxy calls the server."),
  server: name.describe("The server's name in its pool."),
}).meta({ id: "HaproxyServer", description: "A server under the name that HAProxy has for it." });

const proxy = section({
  name: name.describe("What HAProxy calls it."),
  listeners: list(name, "listeners").default([]).describe("Its listeners: it is a frontend."),
  pool: name.optional().describe("Its pool: it is a backend."),
  table: name.optional().describe("Its table, where that has another name."),
  servers: list(server, "servers").default([]).describe("Its servers, in the order of its lines."),
}).meta({ id: "HaproxyProxy", description: "A frontend, backend or listen of HAProxy's." });

export const haproxy: z.ZodType<Haproxy, HaproxyInput> = section({
  sockets: list(socket, "sockets").default([]).describe("Sockets that speak HAProxy's runtime API."),
  timeout: duration("1s", "24h").default("10s").describe("How long a connection to one of them may say nothing."),
  connections: count(1, 1000).default(10).describe("Connections at once to each of them."),
  pages: list(page, "pages").default([]).describe("HAProxy's statistics pages."),
  exporters: list(exporter, "exporters")
    .default([])
    .describe("Addresses of metrics, in the place of HAProxy's exporter."),
  proxies: list(proxy, "proxies")
    .default([])
    .describe(
      "What HAProxy calls listeners, pools and servers, in its order. What is not named here has its own name, behind these.",
    ),
}).meta({
  id: "Haproxy",
  description: "HAProxy's runtime API and statistics page, for tools that know HAProxy.",
});
