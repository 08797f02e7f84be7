// What /api/v1/egress answers (../../egress/answer.ts), and what orders about outbound addresses are made of, as schemas. Shapes only. Each
// schema is typed by the interface that answers are made by, so that neither changes without the other; those with an id are components of
// the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type {
  EgressesAnswer,
  EgressSummary,
  HistoryAnswer,
  MemberAnswer,
  MemberSummary,
  MembersAnswer,
  OrderAnswer,
  RenewedAnswer,
} from "../../egress/answer.ts";
import type { CauseWord } from "../../egress/wording.ts";

const time = z.string().meta({ format: "date-time" });

const stateCounts = z
  .strictObject({ available: z.int(), coolingDown: z.int(), trial: z.int(), banned: z.int() })
  .meta({ id: "EgressStateCounts", description: "How many members are in which state." });

export const egressSummary: z.ZodType<EgressSummary> = z
  .strictObject({
    name: z.string(),
    members: z.int(),
    states: stateCounts,
    nextBack: time.nullable().describe("When the first of those that are unavailable is back."),
    choose: z.string(),
    judge: z.strictObject({ per: z.string(), strategy: z.string(), coolDownMs: z.number() }),
    whenNone: z.string(),
    requests: z.strictObject({
      answered: z.number(),
      memberFaults: z.number(),
      wayFaults: z.number(),
      cancelled: z.number(),
      direct: z.number(),
      retried: z.number(),
      waited: z.number(),
    }),
    bytes: z.strictObject({ up: z.number(), down: z.number() }),
    refused: z.strictObject({ none: z.number(), paced: z.number(), unfit: z.number(), quota: z.number() }),
    active: z.int(),
    sessions: z.int(),
    hostsDown: z.strictObject({ count: z.int(), hosts: z.array(z.string()) }),
    history: z.strictObject({ entriesMax: z.int(), changesMax: z.int() }),
    memoryBytes: z.number(),
    evidence: z
      .strictObject({
        lines: z.strictObject({
          good: z.number(),
          unlike: z.number(),
          badTime: z.number(),
          unknown: z.number(),
          long: z.number(),
        }),
        bytes: z.number(),
        logs: z.array(
          z.strictObject({
            path: z.string(),
            files: z.int(),
            absent: z.int(),
            unreadable: z.int(),
            problem: z.string().nullable(),
          }),
        ),
      })
      .nullable()
      .describe("What was read of its logs; null without logs."),
  })
  .meta({ id: "EgressSummary", description: "A pool of outbound addresses, and what became of requests through it." });

const stateWord = z.enum(["none", "available", "coolingDown", "trial", "banned"]);
// The words stand in memory/egress.ts; a new one is a text that clients show.
const causeWord = z.string() as unknown as z.ZodType<CauseWord>;

const memberSummary: z.ZodType<MemberSummary> = z
  .strictObject({
    id: z.string(),
    door: z.string().describe('"source", "gateway 127.0.0.1:19001", "http proxy.example:3128".'),
    weight: z.number(),
    tags: z.record(z.string(), z.string()),
    state: stateWord,
    cause: causeWord,
    why: z.string(),
    since: time.nullable(),
    until: time.nullable().describe("When the state ends by itself; null: never."),
    failures: z.int().describe("In a row, since the last success."),
    level: z.int(),
    hostsUnavailable: z.int(),
    active: z.int(),
    requests: z.number(),
    succeeded: z.number(),
    failed: z.number(),
    unanswered: z.number(),
    bytesUp: z.number(),
    bytesDown: z.number(),
    used: time.nullable(),
  })
  .meta({ id: "EgressMember", description: "An outbound address, and why it is in its state." });

const outcome = z
  .strictObject({
    at: time.nullable(),
    member: z.string(),
    status: z.int().describe("0: there was no answer, see `fault`."),
    fault: z.string().nullable(),
    host: z.string().nullable(),
    key: z.string().nullable(),
    durationMs: z.number().describe("-1: not known."),
    isFailure: z.boolean(),
    isBan: z.boolean(),
    isTunnel: z.boolean(),
    from: z.enum(["log", "own"]),
  })
  .meta({ id: "EgressOutcome", description: "What one request through an address came to." });

export const egressesAnswer: z.ZodType<EgressesAnswer> = z.strictObject({ pools: z.array(egressSummary) });

export const membersAnswer: z.ZodType<MembersAnswer> = z.strictObject({
  pool: z.string(),
  members: z.array(memberSummary),
  found: z.int().describe("That were asked for, of which these are some."),
  offset: z.int(),
  states: stateCounts,
});

export const memberAnswer: z.ZodType<MemberAnswer> = z.strictObject({
  pool: z.string(),
  member: memberSummary,
  hosts: z.array(
    z.strictObject({
      host: z.string(),
      state: stateWord,
      cause: causeWord,
      until: time.nullable(),
      failures: z.int(),
      active: z.int(),
      requests: z.number(),
      next: time.nullable(),
    }),
  ),
  timeline: z
    .array(
      z.strictObject({
        at: time.nullable(),
        state: stateWord,
        cause: causeWord,
        why: z.string(),
        forMs: z.number().nullable(),
      }),
    )
    .describe("The last first."),
  history: z.array(outcome),
});

export const historyAnswer: z.ZodType<HistoryAnswer> = z.strictObject({
  pool: z.string(),
  history: z.array(outcome).describe("The last first."),
  isMore: z.boolean().describe("There may be older ones."),
});

export const orderAnswer: z.ZodType<OrderAnswer> = z
  .strictObject({ pool: z.string(), member: memberSummary })
  .meta({ id: "EgressOrderAnswer" });

export const renewedAnswer: z.ZodType<RenewedAnswer> = z
  .strictObject({ pools: z.array(z.string()).describe("Whose logs were read.") })
  .meta({ id: "EgressRenewedAnswer" });

const count = z.coerce.number().int();
const reason = z.string().max(200);
const by = z.string().max(100);

/** What is asked of members; ../../egress/request.ts reads these. */
export const membersWanted: z.ZodType = z.strictObject({
  state: z.enum(["available", "coolingDown", "trial", "banned", "unavailable", "any"]).exactOptional(),
  tag: z.array(z.string()).exactOptional().describe("country=de; may be there more than once."),
  find: z.string().exactOptional().describe("A part of the name."),
  sort: z.string().exactOptional(),
  offset: count.min(0).max(65_536).exactOptional(),
  limit: count.min(1).max(65_536).exactOptional().describe("100 where it is not said."),
});

export const memberWanted: z.ZodType = z.strictObject({
  limit: count.min(0).max(10_000).exactOptional().describe("Of outcomes and changes; 50 where it is not said."),
});

export const historyWanted: z.ZodType = z.strictObject({
  members: z.array(z.string()).exactOptional().describe("Names, with commas between them. Without: of all."),
  limit: count.min(1).max(10_000).exactOptional().describe("100 where it is not said."),
  status: z.string().exactOptional().describe("403, 4xx or 400-499; 0 for what had no answer."),
  failed: z.enum(["true", "false"]).exactOptional(),
  host: z.string().exactOptional(),
  key: z.string().exactOptional(),
  since: z.string().exactOptional().describe('A time, or how long ago: "10m".'),
});

export const egressBanWanted: z.ZodType = z.strictObject({
  reason: reason.describe("Others have to know when they may lift it."),
  for: z.string().exactOptional().describe('A duration such as "1h". With neither: until it is lifted.'),
  until: time.exactOptional(),
  by: by.exactOptional(),
});

export const egressUnbanWanted: z.ZodType = z
  .strictObject({ reason: reason.exactOptional(), by: by.exactOptional() })
  .optional();

export const renewWanted: z.ZodType = z.strictObject({ by: by.exactOptional() }).optional();
