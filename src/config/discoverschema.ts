// Where a pool's servers come from when they are not written down: each source is a section with exactly one kind of whom to ask,
// and how often. What is asked, and how an answer is read, is the business of control/discovery; which keys go together is for
// reviewdiscover.ts to say.

import { RE2JS } from "re2js";
import { z } from "zod";
import { weightMax } from "../base/address.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import type { DiscoverInput } from "./input.ts";
import { choice, count, duration, filePath, flag, list, says, section, text, words } from "./term.ts";
import type { Discover } from "./types.ts";

/** Servers of one source; what an answer holds beyond them is left out, with a warning. */
export const foundMax = 1000;

function readWebAddress(text: string): Reading<string> {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isWeb = url !== null && (url.protocol === "http:" || url.protocol === "https:");
  return isWeb || /^unix:\/.+/.test(text) ? read(text) : misread(`must be an address such as "http://127.0.0.1:8500"`);
}

/** RE2's, for the text is somebody else's: no pattern may take longer than the text is long. */
function readPattern(text: string): Reading<string> {
  try {
    RE2JS.compile(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : "it cannot be read";
    return misread(`is no regular expression of RE2: ${reason}`);
  }
  return /\(\?P?<host>/.test(text) ? read(text) : misread("must have a group (?<host>...)");
}

function readNameServer(text: string): Reading<string> {
  return /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(:\d{1,5})?$/.test(text)
    ? read(text)
    : misread(`must be a host with or without a port, such as "127.0.0.1:8600", not ${quote(text)}`);
}

export const nameServers: z.ZodType<string[], string[]> = list(
  text('a host such as "127.0.0.1:8600"', readNameServer),
  "name servers",
  1,
);
const webAddress = text('an address such as "http://127.0.0.1:8500" or "unix:/run/x.sock"', readWebAddress);
// Not in the usual words, which quote the value: a secret has no place in a terminal or log.
const secretExpected = "must be a text of 1 to 4096 characters without spaces";
const secret = z.string({ error: secretExpected }).regex(/^[\x21-\x7e]{1,4096}$/, { error: secretExpected });
const label = words("a text of 1 to 253 characters", /^[^\0]{1,253}$/);
/** Of an object in an answer: names with dots between them. */
const field = words('the name of a field, or names with dots between as in "node.address"', /^[^\0]{1,253}$/);
const portNumber = count(1, 65_535);

const sourceTls = section({
  ca: filePath("the path of a PEM file with authorities")
    .optional()
    .describe("Authorities that are trusted instead of the system's."),
  certificate: filePath("the path of a PEM file with a certificate").optional().describe("What we show when asked."),
  key: filePath("the path of a PEM file with a key").optional().describe("Its private key."),
  verify: flag().default(true).describe("False trusts whatever certificate is shown."),
}).meta({ id: "SourceTls", description: "TLS towards a source of servers. Files are read anew at each question." });

const dns = section({
  name: words("a name", /^[^\s\0]{1,253}$/).describe(
    'The name that is asked for, with or without a port: "app.local", "app.local:80".',
  ),
  record: choice(["address", "srv"])
    .default("address")
    .describe(
      "address: A and AAAA, a server each, with port. srv: SRV records, with their ports, weights and priorities.",
    ),
  port: portNumber.optional().describe("The port of servers; SRV records say it themselves."),
  servers: nameServers
    .optional()
    .describe("Name servers to ask instead of the system's: by address, or by a name that the system knows."),
  prefer: choice(["ipv4", "ipv6"])
    .optional()
    .describe("Of a name that has addresses of both kinds only these are servers; absent: all of them."),
}).meta({ id: "DiscoverDns", description: "Every address of a name is a server, for as long as its TTL says." });

const http = section({
  url: text('an address such as "https://inventory.local/servers"', readWebAddress).describe(
    "What is fetched with GET.",
  ),
  headers: z
    .record(z.string(), z.string({ error: says("a text") }), { error: says("a section of header fields") })
    .optional()
    .describe("Header fields of the request."),
  tls: sourceTls.optional().describe("TLS towards it, where its address is an https one."),
}).meta({ id: "DiscoverHttp", description: "A document that is fetched again and again." });

const docker = section({
  endpoint: text('"unix:/var/run/docker.sock" or "http://host:2375"', readWebAddress)
    .default("unix:/var/run/docker.sock")
    .describe("Where Docker's API is."),
  label: label.optional().describe('Only containers with this label: "app=web", or a label\'s name.'),
  port: portNumber.optional().describe("The container's own port; absent: its only one."),
  network: label.optional().describe("The network whose address of a container is taken; absent: its first."),
  host: label
    .optional()
    .describe("Instead of a container's own address: this host, with the port that Docker publishes there."),
  hostVariable: label
    .optional()
    .describe("Before that: the host that this variable of the container's environment names."),
  nameLabel: label
    .optional()
    .describe(
      "The label (sluice.sni where this is absent) that says the name that TLS asks for, and by which a listener's sni may find the server.",
    ),
  tls: sourceTls.optional().describe("TLS towards it, where its address is an https one."),
}).meta({ id: "DiscoverDocker", description: "Containers that run, told of by Docker as they come and go." });

const kubernetes = section({
  service: label.describe('The name of a Service, or "namespace/name".'),
  namespace: label.optional().describe("Its namespace; absent: the one that Sluice runs in."),
  port: z
    .union([portNumber, label], { error: says("a port's number or name") })
    .optional()
    .describe("Name or number of the port; absent: the only one."),
  endpoint: webAddress.optional().describe("Where the API server is; absent: as a pod finds it."),
  token: secret.optional().describe("Bearer token; absent: that of the pod's service account."),
  tokenFile: filePath("the path of a file with a token")
    .optional()
    .describe("A file that holds the token, read again at each question."),
  tls: sourceTls.optional().describe("TLS towards it, where its address is an https one."),
}).meta({ id: "DiscoverKubernetes", description: "The EndpointSlices of a Service, watched." });

const consul = section({
  service: label.describe("The name of a service."),
  endpoint: webAddress.default("http://127.0.0.1:8500").describe("Where Consul's HTTP API is."),
  tag: label.optional().describe("Only instances with this tag."),
  datacenter: label.optional().describe("Absent: that of the agent."),
  passing: flag().default(true).describe("Only instances whose checks pass."),
  nameTag: label
    .optional()
    .describe(
      "What stands before = in the tag that says the name that TLS asks for, and by which a listener's sni may find the server: sni, for sni=www.example.com.",
    ),
  token: secret.optional().describe("ACL token. In a text file, take it from the environment."),
  user: secret.optional().describe("The user name for HTTP basic authentication."),
  password: secret.optional().describe("For HTTP basic authentication. In a text file, take it from the environment."),
  tls: sourceTls.optional().describe("TLS towards it, where its address is an https one."),
}).meta({ id: "DiscoverConsul", description: "A service of Consul, by its blocking queries." });

const fields = section({
  list: field
    .optional()
    .describe("Where in the document the list of servers is; absent: it is the document, or its field servers."),
  host: field.default("host").describe("Its address or name, or host:port."),
  port: field.default("port").describe("Its port."),
  weight: field.default("weight").describe("Its weight."),
  backup: field.default("backup").describe("Whether it is a backup."),
  priority: field.default("priority").describe("Its tier: servers of a higher number than the lowest are backups."),
  maxConnections: field.default("maxConnections").describe("Connections at once."),
  name: field.default("sni").describe("The name that TLS asks for."),
}).meta({ id: "DiscoverFields", description: "What the fields of servers in a JSON document are called." });

export const discover: z.ZodType<Discover, DiscoverInput> = section({
  file: filePath("the path of a file")
    .optional()
    .describe("A file with servers; watched. Its path starts at this file's folder."),
  dns: z
    .union([label, dns], { error: says('"name:port", or a section with name') })
    .optional()
    .describe('A name and a port as "app.local:80", or a section.'),
  http: z
    .union([webAddress, http], { error: says("an address, or a section with url") })
    .optional()
    .describe("The address of a document, or a section."),
  exec: list(words("a text of 1 to 4096 characters", /^[^\0]{1,4096}$/), "a program and its arguments", 1)
    .optional()
    .describe("A program and its arguments, run without a shell; what it writes to stdout is read."),
  docker: z
    .union([z.literal(true, { error: says("true") }), label, docker], { error: says("true, a label, or a section") })
    .optional()
    .describe("Containers: true for all, a label, or a section."),
  kubernetes: z
    .union([label, kubernetes], { error: says('"namespace/service", or a section with service') })
    .optional()
    .describe("A Service, or a section."),
  consul: z
    .union([label, consul], { error: says("a service's name, or a section with service") })
    .optional()
    .describe("A service's name, or a section."),
  registry: label.optional().describe("A set of the registry: Redis' where there is one, else of this Sluice."),
  format: choice(["auto", "lines", "json", "pattern"])
    .default("auto")
    .describe(
      'Of a file, a document or a program\'s output: lines as "10.0.0.1:80 weight=3", JSON, or what pattern finds. auto: JSON where it begins like it.',
    ),
  fields: fields.prefault({}),
  pattern: text("a regular expression with a group (?<host>...)", readPattern)
    .optional()
    .describe(
      "A regular expression (RE2) with groups host, port, weight, backup, priority, maxConnections, name, tried on each line: every match is a server.",
    ),
  port: portNumber.optional().describe("For servers of an answer that says no port."),
  weight: count(1, weightMax).optional().describe("Of servers whose source says no weight."),
  maxConnections: count(0, 1_000_000)
    .optional()
    .describe("Exchanges or connections at once of servers whose source says none; 0 is no limit."),
  backup: z
    .literal(true, { error: says("true") })
    .optional()
    .describe("All its servers are backups."),
  interval: duration("0s", "1d")
    .default("10s")
    .describe("How often it is asked, whatever else tells of changes; 0s is once."),
  timeout: duration("10ms", "5m").default("2s").describe("How long an answer may take."),
  onFailure: choice(["keep", "empty"])
    .default("keep")
    .describe("When there is no answer: the servers of the last one stay, or there are none."),
  onNothing: choice(["failure", "empty"])
    .default("failure")
    .describe(
      "Of file, http and exec, when the answer has no text at all: it is none, or it says that there is no server.",
    ),
}).meta({
  id: "Discover",
  description: "A source of servers: exactly one of file, dns, http, exec, docker, kubernetes, consul, registry.",
});
