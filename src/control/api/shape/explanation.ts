// What POST /api/v1/explain takes and answers (src/flow/explanation.ts), as schemas. Shapes only. Each schema is typed by the interface
// that answers are made by, so that neither changes without the other; those with an id are components of the OpenAPI document
// (../openapi.ts).

import { z } from "zod";
import type { Explanation } from "../../../flow/explanation.ts";
import type { RuleTrace } from "../../../rules/trace.ts";

export const question: z.ZodType = z.strictObject({
  url: z.string().describe('"http://example.com/path", "/path" where one listener is left, "tcp://host:port".'),
  method: z.string().exactOptional().describe("GET where it is not said."),
  headers: z.array(z.array(z.string()).length(2)).exactOptional().describe("Pairs of name and value."),
  source: z.string().exactOptional().describe("Address of the client; 127.0.0.1 where it is not said."),
  listener: z.string().exactOptional(),
  status: z.int().min(200).max(599).exactOptional().describe("What the server is taken to answer."),
});

const term = z.strictObject({ term: z.string(), value: z.string() });

const ruleTrace: z.ZodType<RuleTrace> = z
  .strictObject({
    name: z.string(),
    place: z.string(),
    mode: z.enum(["enforce", "observe"]),
    condition: z.string().nullable(),
    isHeld: z.boolean(),
    isPassed: z.boolean(),
    terms: z.array(term),
    effects: z.array(z.strictObject({ effect: z.string(), terms: z.array(term), result: z.string().nullable() })),
    outcome: z.string().nullable(),
    get rules() {
      return z.array(ruleTrace);
    },
  })
  .meta({
    id: "RuleTrace",
    description: "A rule that was reached: its terms and their values, what it did, and how it ended.",
  });

const entryValues = z.record(z.string(), z.number()).nullable();

export const explanation: z.ZodType<Explanation> = z.strictObject({
  subject: z.strictObject({
    listener: z.string(),
    mode: z.enum(["http", "tcp", "udp"]),
    client: z.string(),
    method: z.string().exactOptional(),
    target: z.string().exactOptional(),
    host: z.string().exactOptional(),
    serverName: z.string().exactOptional(),
  }),
  ban: z.string().nullable(),
  phases: z.array(
    z.strictObject({
      phase: z.enum(["connection", "request", "response"]),
      of: z.string(),
      isRehearsed: z.boolean(),
      rules: z.array(ruleTrace),
      skipped: z.int(),
    }),
  ),
  entries: z.array(z.strictObject({ table: z.string(), key: z.string(), before: entryValues, after: entryValues })),
  cache: z.strictObject({ cache: z.string(), result: z.string(), text: z.string() }).exactOptional(),
  pool: z.string().nullable(),
  choices: z.array(
    z.strictObject({
      pool: z.string(),
      policy: z.string(),
      server: z.string().nullable(),
      why: z.string(),
      candidates: z.array(
        z.strictObject({
          server: z.string(),
          state: z.enum(["up", "down", "draining", "ejected", "unchecked", "unresolved", "tried"]),
          isEligible: z.boolean(),
          isChecked: z.boolean(),
          isBackup: z.boolean(),
          weight: z.number(),
          active: z.int(),
          activeMax: z.int(),
        }),
      ),
    }),
  ),
  egress: z
    .array(
      z.strictObject({
        pool: z.string(),
        member: z.string().nullable(),
        host: z.string(),
        key: z.string(),
        tags: z.array(z.string()),
        why: z.string(),
        members: z.int(),
        passedOver: z.array(z.string()),
      }),
    )
    .exactOptional(),
  forwarded: z.array(z.string()).exactOptional(),
  outcome: z.strictObject({ status: z.int(), rule: z.string(), text: z.string() }),
  assumptions: z.array(z.string()),
});
