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
  listener: z.string().exactOptional().describe("That it comes to, where the URL does not say so."),
  status: z.int().min(200).max(599).exactOptional().describe("What the server is taken to answer."),
});

const term = z.strictObject({
  term: z.string().describe("The part of the expression, as it is written."),
  value: z.string().describe("What it came to."),
});

const ruleTrace: z.ZodType<RuleTrace> = z
  .strictObject({
    name: z.string().describe("Of the rule."),
    place: z.string().describe("Where it stands in the config."),
    mode: z.enum(["enforce", "observe"]).describe("In mode observe it only counts."),
    condition: z.string().nullable().describe("As written; null: it always holds."),
    isHeld: z.boolean().describe("Its condition held."),
    isPassed: z.boolean().describe("It came to its limit, and found a token there."),
    terms: z
      .array(term)
      .describe("Parts of the condition, of a limit and of an answer, in the order in which they were evaluated."),
    effects: z
      .array(
        z.strictObject({
          effect: z.string().describe("As a config would say it."),
          terms: z.array(term).describe("What it asked."),
          result: z.string().nullable().describe("What came of it; null where there is nothing to tell."),
        }),
      )
      .describe("What it did, or would have done in mode observe."),
    outcome: z.string().nullable().describe("How it ended the phase, or would have; null where it did not."),
    get rules() {
      return z.array(ruleTrace).describe("Rules in it that were reached.");
    },
  })
  .meta({
    id: "RuleTrace",
    description: "A rule that was reached: its terms and their values, what it did, and how it ended.",
  });

const entryValues = z.record(z.string(), z.number()).nullable();

export const explanation: z.ZodType<Explanation> = z.strictObject({
  subject: z
    .strictObject({
      listener: z.string().describe("That it comes to."),
      mode: z.enum(["http", "tcp", "udp"]).describe("What that carries."),
      client: z.string().describe("Its address: behind trusted proxies the one that they report."),
      method: z.string().exactOptional().describe("As sent."),
      target: z.string().exactOptional().describe("As sent."),
      host: z.string().exactOptional().describe("As sent."),
      serverName: z.string().exactOptional().describe("By SNI."),
    })
    .describe("What is explained."),
  ban: z.string().nullable().describe('Until when the client is banned, or "for ever"; null when it is not.'),
  phases: z
    .array(
      z.strictObject({
        phase: z.enum(["connection", "request", "response", "afterResponse"]).describe("When they are asked."),
        of: z.string().describe('Whose rules: "listener web", "pool app".'),
        isRehearsed: z.boolean().describe("Of a connection that stood before: played again, without effect."),
        rules: z.array(ruleTrace).describe("Those that were reached."),
        skipped: z.int().describe("How many stand behind the one that ended the phase, and were not asked."),
      }),
    )
    .describe("Every set of rules that was played, in order."),
  entries: z
    .array(
      z.strictObject({
        table: z.string().describe("The table."),
        key: z.string().describe("The key."),
        before: entryValues.describe("When it was first looked at; null where there was no entry."),
        after: entryValues.describe("At the end; null where there is no entry."),
      }),
    )
    .describe("Every entry of a table that rules have looked at, in order."),
  cache: z
    .strictObject({
      cache: z.string().describe("The cache."),
      result: z.string().describe("The word of the access log."),
      text: z.string().describe("In sentences."),
    })
    .exactOptional()
    .describe("What the pool's cache has to do with it; absent where it is not asked."),
  pool: z.string().nullable().describe("Where it goes when nothing ends it before; null: nowhere."),
  choices: z
    .array(
      z.strictObject({
        pool: z.string().describe("The pool."),
        policy: z.string().describe("How it chooses."),
        server: z.string().nullable().describe("The one that was picked; null when none could be."),
        why: z.string().describe("In a sentence."),
        candidates: z
          .array(
            z.strictObject({
              server: z.string().describe("The server."),
              state: z
                .enum(["up", "down", "draining", "ejected", "unchecked", "unresolved", "tried"])
                .describe("As the status has it; tried has refused this very request."),
              isEligible: z.boolean().describe("It could be picked."),
              isChecked: z.boolean().describe("By the pool's checks; without them it is up until it fails."),
              isBackup: z.boolean().describe("It is used only where no other server can be."),
              weight: z.number().describe("Now: slow start applied."),
              active: z.int().describe("Under way over all workers, without this one."),
              activeMax: z.int().describe("The most that may be; 0 is no limit."),
            }),
          )
          .describe("Servers that there were."),
      }),
    )
    .describe("One for each try at a server."),
  egress: z
    .array(
      z.strictObject({
        pool: z.string().describe("The egress pool."),
        member: z.string().nullable().describe("The address; null where there is none."),
        host: z.string().describe("Of the target."),
        key: z.string().describe('The key or session; "" without.'),
        tags: z.array(z.string()).describe("What was wished for."),
        why: z.string().describe("In a sentence."),
        members: z.int().describe("Addresses that the pool has."),
        passedOver: z.array(z.string()).describe('Who could not be chosen: "3 are cooling down".'),
      }),
    )
    .exactOptional()
    .describe("One for each search for an outbound address; absent where none was sought."),
  forwarded: z
    .array(z.string())
    .exactOptional()
    .describe("Head of the request as a server gets it, a line each; absent where none did."),
  outcome: z
    .strictObject({
      status: z.int().describe("Of the response; 0 where there is none."),
      rule: z.string().describe('The rule that decided it; "" when none did.'),
      text: z.string().describe("In a sentence."),
    })
    .describe("What becomes of it."),
  assumptions: z.array(z.string()).describe("What was taken for granted."),
});
