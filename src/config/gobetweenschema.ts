// What only a config that was gobetween's needs: its REST API and the names of its metrics, and which listener and pools are which of its
// servers. It is written by the front-end for gobetween's file (foreign/gobetween) and read by control, which has the API. A server that
// is added over that API has its part here too. A config of our own has no need of it: the admin interface knows more.

import { z } from "zod";
import { readListenAddress } from "../base/address.ts";
import type { GobetweenInput } from "./input.ts";
import { filePath, flag, list, listenExpected, named, says, section, text, words } from "./term.ts";
import type { Gobetween } from "./types.ts";

const setting = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())], {
  error: says("a text, a number, true, false, or a list of texts"),
});
const settings = named(setting, "settings").default({});
const name = words("a name", /^[^\0]{1,256}$/);
const user = words("a user name without colons", /^[^\0:]{1,256}$/);
/** Not in the usual words, which quote the value: a password has no place in a terminal or log. */
const passwordExpected = "must be a text of 1 to 256 letters, digits and signs of ASCII, without spaces";
const password = z.string({ error: passwordExpected }).regex(/^[\x21-\x7e]{1,256}$/, { error: passwordExpected });

const tls = section({
  listen: text(listenExpected, readListenAddress).describe("Where the API, and all of the admin interface, has TLS."),
  certificate: filePath("the path of a PEM file with a certificate").describe("The certificate, read at the start."),
  key: filePath("the path of a PEM file with a key").describe("Its private key."),
}).meta({ id: "GobetweenTls", description: "An address of its own with TLS, for gobetween's REST API." });

const api = section({
  user: user.optional().describe("The user name that is asked for, by HTTP basic authentication."),
  password: password
    .optional()
    .describe("The password that is asked for. It is good as a bearer token too. Absent: admin.token, or nothing."),
  cors: flag()
    .default(false)
    .describe("Whether pages of other origins may ask, where they show user and password themselves."),
  tls: tls.optional().describe("An address with TLS besides the admin interface, which has none."),
}).meta({ id: "GobetweenApi", description: "gobetween's REST API, on the admin interface." });

const server = section({
  name: name.describe("What gobetween calls it; the listener's name where that is the same."),
  pools: list(name, "pools").describe("Its pools, which go with it."),
  lists: list(name, "lists").default([]).describe("Its lists of addresses, which go with it."),
  settings: settings.describe("gobetween's own keys of it: discovery.kind."),
}).meta({ id: "GobetweenServer", description: "A server of gobetween's: a listener and its pools." });

export const gobetween: z.ZodType<Gobetween, GobetweenInput> = section({
  api: api.optional().describe("gobetween's REST API. Absent: there is none."),
  metrics: flag().default(false).describe("Whether /metrics has the names of gobetween's as well."),
  settings: settings.describe("gobetween's own keys besides servers: defaults.max_connections."),
  servers: named(server, "servers").default({}).describe("gobetween's servers, by the names of their listeners."),
}).meta({
  id: "Gobetween",
  description: "The REST API and the metrics that gobetween has, for a config that was gobetween's.",
});
