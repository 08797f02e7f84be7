// The keys of active health checks: what is asked of a server, how often, and what counts as an answer. Which of them go
// together is for reviewcheck.ts to say.

import { z } from "zod";
import { readEscaped } from "./escape.ts";
import type { CheckInput } from "./input.ts";
import { readStatusRanges } from "./statusrange.ts";
import { choice, count, duration, flag, list, says, section, text, words } from "./term.ts";
import type { Check } from "./types.ts";

const bytesExpected = "a text that is not empty, with escapes such as \\r\\n and \\x00";
const bytes = text(bytesExpected, readEscaped);

const receive = section({
  starts: bytes.optional().describe("The answer starts with this text."),
  contains: bytes.optional().describe("The answer holds this text somewhere."),
  pattern: words("a regular expression", /^[^\0]{1,4096}$/)
    .optional()
    .describe("The answer fits this regular expression, as JavaScript reads it; each byte is one character."),
}).meta({ id: "Receive", description: "What must come back: one of starts, contains and pattern." });

const word = words("a word without NUL", /^[^\0]{1,4096}$/);

export const check: z.ZodType<Check, CheckInput> = section({
  http: words('a path that starts with "/"', /^\/[\x21-\x7e]*$/)
    .optional()
    .describe("Ask for this path and judge by the status of the answer."),
  grpc: z
    .union([z.literal(true), words("the name of a service", /^[\x21-\x7e]{1,127}$/)], {
      error: says("true, or the name of a service"),
    })
    .optional()
    .describe(
      "Call grpc.health.v1.Health/Check, by HTTP/2, and judge by whether it answers SERVING: true asks for the server as a whole, a name for that service.",
    ),
  tcp: z
    .literal(true, { error: says("true") })
    .optional()
    .describe("Judge by whether a connection is accepted; with send and receive, by what is answered."),
  udp: z
    .literal(true, { error: says("true") })
    .optional()
    .describe("Send a datagram and judge by what comes back; without receive, by whether the server refuses it."),
  exec: z
    .union([word, list(word, "words", 1)], { error: says("a command, or a list of the command and its words") })
    .optional()
    .describe(
      "Run a command and judge by its exit code, or by output. A text is split at spaces, a list is taken word by word, and no shell reads it; {host} and {port} stand for the server's.",
    ),
  every: duration("100ms", "1d").default("2s").describe("From one probe of a server to the next."),
  everyDown: duration("100ms", "1d").optional().describe("Instead of every while a server is down."),
  everyChanging: duration("100ms", "1d")
    .optional()
    .describe(
      "Instead of every while the last results speak against a server's state and it has not changed yet: between rise and fall.",
    ),
  timeout: duration("10ms", "1h")
    .optional()
    .describe("For connection and answer together; when absent 1s, or every where that is shorter."),
  rise: count(1, 100).default(2).describe("Successes in a row that bring a server up."),
  fall: count(1, 100).default(3).describe("Failures in a row that take a server down."),
  expect: z
    .union([text('statuses such as "200-399"', readStatusRanges), count(100, 599)], {
      error: says('statuses such as "200-399"'),
    })
    .optional()
    .describe('http: statuses that count as success, such as "200", "200-399" (the default) or "200-299,401".'),
  method: choice(["GET", "HEAD", "OPTIONS"]).optional().describe("http: method of the probe; GET when absent."),
  host: words("a host name, with or without a port", /^[A-Za-z0-9._:[\]-]{1,255}$/)
    .optional()
    .describe("http and grpc: Host field of the probe; the server's own host:port when absent."),
  http2: flag()
    .optional()
    .describe(
      "http: whether the probe asks by HTTP/2; over TLS the server may choose HTTP/1.1 all the same. Absent: as the server's traffic does.",
    ),
  send: bytes
    .optional()
    .describe("tcp and udp: what is sent, with the escapes \\r \\n \\t \\0 \\\\ and \\xHH for a byte."),
  receive: z
    .union([bytes, receive], { error: says("a text that the answer must hold, or a section with starts or pattern") })
    .optional()
    .describe("tcp and udp: what the answer must hold, or a section that says more. Absent: no answer is waited for."),
  output: z
    .string({ error: says("a text") })
    .optional()
    .describe("exec: what the command must print, without the white space around it. Absent: exit code 0 is success."),
  tls: flag()
    .optional()
    .describe("http, grpc and tcp: whether the probe goes over TLS. Absent: as the server's traffic does."),
  port: count(1, 65_535).optional().describe("Probe this port instead of the server's own."),
}).meta({
  id: "Check",
  description: "Active health checks. All servers are probed side by side; a new one serves after its first success.",
});
