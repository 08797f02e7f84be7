// The keys of tests that stand in a config: requests, how servers answer them, and what is expected. `sluice test` runs them
// (testing/); to a proxy that runs they mean nothing.

import { z } from "zod";
import type { TestInput } from "./input.ts";
import { readFieldName, readFieldValue } from "./replyschema.ts";
import { choice, count, duration, flag, list, says, section, text, token, words } from "./term.ts";
import type { Test } from "./types.ts";

const anyText = z.string({ error: says("a text") });
const headers = z.record(
  text("the name of a header field", readFieldName),
  text("a text of one line", readFieldValue),
  {
    error: says("a section of header fields"),
  },
);
const method = words("a method such as GET", token);

const request = section({
  method: method.default("GET").describe("Its method."),
  url: anyText.describe("http://host:port/path, which finds its listener, or /path alone."),
  headers: headers.default({}).describe("Fields of its head."),
  body: anyText.optional().describe("Its body."),
  from: anyText.optional().describe("Address of the client; 127.0.0.1 when absent."),
  listener: anyText.optional().describe("Name of the listener, where the URL does not tell."),
}).meta({ id: "TestRequest", description: "A request of a test." });

const server = section({
  status: count(200, 599).default(200).describe("Status of its answers."),
  headers: headers.default({}).describe("Fields of their heads."),
  body: anyText.default("").describe("Their body."),
  after: duration("0s").optional().describe("How long it takes to answer."),
  fails: choice(["refuse", "hang", "close"])
    .optional()
    .describe("refuse: it takes no connection. hang: it does not answer. close: it closes without an answer."),
  down: flag().default(false).describe("Its checks have found it down."),
}).meta({ id: "TestServer", description: "How a server of a test behaves." });

const servers = z.record(z.string(), server, { error: says("a section of servers by host:port or pool") });

const pattern = words("a regular expression", /^[\s\S]{1,4096}$/);
const part = section({
  contains: anyText.optional().describe("A text that is in it."),
  matches: pattern.optional().describe("A regular expression that it matches."),
}).meta({ id: "TestText", description: "What a text has to be like." });
const like = z.union([anyText, part], { error: says("the text itself, or a section with contains or matches") });
const field = z.union([anyText, z.literal(false), part], {
  error: says("its value, false where it must be absent, or a section with contains or matches"),
});
const fields = z.record(z.string(), field, { error: says("a section of header fields") });

const sent = section({
  method: method.optional().describe("Its method."),
  path: like.optional().describe("Its path, with the query."),
  headers: fields.default({}).describe("Fields of its head; false: it must not be there."),
  body: like.optional().describe("Its body."),
}).meta({ id: "TestSent", description: "The request as a server gets it." });

const expectation = section({
  status: count(0, 599).optional().describe("Status of the answer; 0 where there is none."),
  headers: fields.default({}).describe("Fields of the answer; false: it must not be there."),
  body: like.optional().describe("Body of the answer, out of its coding."),
  pool: anyText.optional().describe('The pool that it goes to; "" for none.'),
  server: anyText.optional().describe('The server that answers, as the config names it; "" for none.'),
  rule: anyText.optional().describe('Name of the rule that decides; "" for none.'),
  fault: anyText.optional().describe('Code of the fault that is answered (docs/FAULTS.md); "" for none.'),
  cache: anyText.optional().describe("What Cache-Status says first, such as hit or fwd=uri-miss."),
  calls: count(0, 1000).optional().describe("How often servers are asked for it."),
  sent: sent.optional().describe("What the last of those gets."),
}).meta({ id: "TestExpectation", description: "What is to become of a request." });

const step = {
  after: duration("0s", "3650d").optional().describe("Time that goes by before it."),
  request: z
    .union([anyText, request], { error: says('a request such as "GET http://example.com/", or a section with url') })
    .optional()
    .describe('The request: "GET http://example.com/path", "/path", or a section.'),
  from: anyText.optional().describe("Address of its client; 127.0.0.1 when absent."),
  repeat: count(1, 10_000).optional().describe("How often it is sent; each time the same is expected."),
  servers: servers.optional().describe("From now on servers answer like this: by host:port, by pool, or * for all."),
  expect: z
    .union([count(0, 599), expectation], {
      error: says("a status, or a section with status, headers, body and others"),
    })
    .optional()
    .describe("What is to become of it: a status, or a section."),
};

const stepSection = section(step).meta({ id: "TestStep", description: "One step of a test." });

export const tests: z.ZodType<Test[], TestInput[]> = list(
  section({
    name: words("a text of 1 to 200 characters", /^[^\0-\x1f\x7f]{1,200}$/).describe("What it shows, in a sentence."),
    ...step,
    banned: list(anyText, "addresses").default([]).describe("Addresses that are banned."),
    steps: list(stepSection, "steps").default([]).describe("One after the other, in place of a single request."),
  }).meta({ id: "Test", description: "A test of this config, which `sluice test` runs." }),
  "tests",
);
