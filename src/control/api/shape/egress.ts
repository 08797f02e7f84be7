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
  .strictObject({
    available: z.int().describe("They may be used."),
    coolingDown: z.int().describe("They rest after failures."),
    trial: z.int().describe("They are tried with one request after a rest."),
    banned: z.int().describe("Somebody, or their failures, banned them."),
  })
  .meta({ id: "EgressStateCounts", description: "How many members are in which state." });

export const egressSummary: z.ZodType<EgressSummary> = z
  .strictObject({
    name: z.string().describe("Its name in the config."),
    members: z.int().describe("Addresses that it has."),
    states: stateCounts.describe("How they stand."),
    nextBack: time.nullable().describe("When the first of those that are unavailable is back."),
    choose: z.string().describe("How one is chosen."),
    judge: z
      .strictObject({
        per: z.string().describe("Whether an address is judged as a whole, or at each host."),
        strategy: z.string().describe("What makes one unavailable."),
        coolDownMs: z.number().describe("How long its first rest is."),
      })
      .describe("How outcomes are judged."),
    whenNone: z.string().describe("What is done when none may be used."),
    requests: z
      .strictObject({
        answered: z.number().describe("With an answer."),
        memberFaults: z.number().describe("By a fault of the address, or of what stands there."),
        wayFaults: z.number().describe("By a fault between it and the target."),
        cancelled: z.number().describe("By the client."),
        direct: z.number().describe("From the system's own address, for want of a member."),
        retried: z.number().describe("Went on with another address; counted in one of the others too."),
        waited: z.number().describe("Waited for an address; counted in one of the others too."),
      })
      .describe("Requests through it, by how they ended."),
    bytes: z
      .strictObject({ up: z.number().describe("Towards hosts."), down: z.number().describe("From hosts.") })
      .describe("Bytes that were carried."),
    refused: z
      .strictObject({
        none: z.number().describe("None was available."),
        paced: z.number().describe("Those available were paced or busy."),
        unfit: z.number().describe("None was what was wished for."),
        quota: z.number().describe("The user had had its quota."),
      })
      .describe("Requests that were given no address."),
    active: z.int().describe("Requests under way."),
    sessions: z.int().describe("Sessions that hold an address."),
    hostsDown: z
      .strictObject({
        count: z.int().describe("How many they are."),
        hosts: z.array(z.string()).describe("Some of them by name."),
      })
      .describe("Hosts at which so many addresses failed that it is the host's fault, and none is blamed."),
    history: z
      .strictObject({
        entriesMax: z.int().describe("Outcomes of each address."),
        changesMax: z.int().describe("Changes of the state of each address."),
      })
      .describe("How much is remembered."),
    memoryBytes: z.number().describe("Shared memory that it takes."),
    evidence: z
      .strictObject({
        lines: z
          .strictObject({
            good: z.number().describe("Read, and counted."),
            unlike: z.number().describe("Not as the format says."),
            badTime: z.number().describe("Without a time that can be read."),
            unknown: z.number().describe("About no address of this pool."),
            long: z.number().describe("Too long, and passed over."),
          })
          .describe("Lines by what they were."),
        bytes: z.number().describe("How much was read."),
        logs: z
          .array(
            z.strictObject({
              path: z.string().describe("As the config writes it."),
              files: z.int().describe("Files that it stands for."),
              absent: z.int().describe("How many of them are not there."),
              unreadable: z.int().describe("How many are there and cannot be read."),
              problem: z.string().nullable().describe("The first of these, and why; null without."),
            }),
          )
          .describe("Each log of the config."),
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
    id: z.string().describe("What it is called."),
    door: z.string().describe('"source", "gateway 127.0.0.1:19001", "http proxy.example:3128".'),
    weight: z.number().describe("Its share against the others'."),
    tags: z.record(z.string(), z.string()).describe("What it can be wished for by."),
    state: stateWord.describe("How it stands."),
    cause: causeWord.describe("Why, as a word."),
    why: z.string().describe("Why, in words."),
    since: time.nullable().describe("Since when it is in this state; null: from the start."),
    until: time.nullable().describe("When the state ends by itself; null: never."),
    failures: z.int().describe("In a row, since the last success."),
    level: z.int().describe("How often in a row it has cooled down."),
    hostsUnavailable: z.int().describe("Hosts at which it is unavailable now."),
    active: z.int().describe("Requests under way."),
    requests: z.number().describe("Requests that it was given."),
    succeeded: z.number().describe("How many of them went well."),
    failed: z.number().describe("How many failed."),
    unanswered: z.number().describe("How many of the failed had no answer at all."),
    bytesUp: z.number().describe("Bytes towards hosts."),
    bytesDown: z.number().describe("Bytes from hosts."),
    used: time.nullable().describe("When it was used last; null: never."),
  })
  .meta({ id: "EgressMember", description: "An outbound address, and why it is in its state." });

const outcome = z
  .strictObject({
    at: time.nullable().describe("When it ended; null: not known."),
    member: z.string().describe("The address."),
    status: z.int().describe("0: there was no answer, see `fault`."),
    fault: z.string().nullable().describe("Code of the fault (docs/FAULTS.md); null where it was answered."),
    host: z.string().nullable().describe("Where the request went; null where that was forgotten for want of room."),
    key: z.string().nullable().describe("The key or session that it was for; null without."),
    durationMs: z.number().describe("-1: not known."),
    isFailure: z.boolean().describe("It counts against the address."),
    isBan: z.boolean().describe("It has the address banned."),
    isTunnel: z.boolean().describe("It was a tunnel, of whose content nothing is known."),
    from: z.enum(["log", "own"]).describe("log: read in an access log; own: seen here."),
  })
  .meta({ id: "EgressOutcome", description: "What one request through an address came to." });

export const egressesAnswer: z.ZodType<EgressesAnswer> = z.strictObject({
  pools: z.array(egressSummary).describe("In the order of the config."),
});

export const membersAnswer: z.ZodType<MembersAnswer> = z.strictObject({
  pool: z.string().describe("Whose they are."),
  members: z.array(memberSummary).describe("Those of this page."),
  found: z.int().describe("That were asked for, of which these are some."),
  offset: z.int().describe("How many stand before this page."),
  states: stateCounts.describe("How all of the pool stand."),
});

export const memberAnswer: z.ZodType<MemberAnswer> = z.strictObject({
  pool: z.string().describe("Whose it is."),
  member: memberSummary.describe("How it stands."),
  hosts: z
    .array(
      z.strictObject({
        host: z.string().describe("The host."),
        state: stateWord.describe("How it stands there."),
        cause: causeWord.describe("Why, as a word."),
        until: time.nullable().describe("When that ends by itself; null: never."),
        failures: z.int().describe("In a row, since the last success there."),
        active: z.int().describe("Requests under way there."),
        requests: z.number().describe("Requests that went there, from the one on that it was remembered for."),
        next: time.nullable().describe("When it may be used there next, where it is paced; null: now."),
      }),
    )
    .describe("How it stands at each host that it is judged at."),
  timeline: z
    .array(
      z.strictObject({
        at: time.nullable().describe("When it changed."),
        state: stateWord.describe("How it stood from then on."),
        cause: causeWord.describe("Why, as a word."),
        why: z.string().describe("Why, in words."),
        forMs: z.number().nullable().describe("How long it was to last; null: open."),
      }),
    )
    .describe("The last first."),
  history: z.array(outcome).describe("Its last outcomes, the last first."),
});

export const historyAnswer: z.ZodType<HistoryAnswer> = z.strictObject({
  pool: z.string().describe("Whose they are."),
  history: z.array(outcome).describe("The last first."),
  isMore: z.boolean().describe("There may be older ones."),
});

export const orderAnswer: z.ZodType<OrderAnswer> = z
  .strictObject({ pool: z.string().describe("Whose it is."), member: memberSummary.describe("How it stands now.") })
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
  until: time.exactOptional().describe("Until when; instead of `for`."),
  by: by.exactOptional().describe("Who wants it so."),
});

export const egressUnbanWanted: z.ZodType = z
  .strictObject({
    reason: reason.exactOptional().describe("Why, for the log."),
    by: by.exactOptional().describe("Who wants it so."),
  })
  .optional();

export const renewWanted: z.ZodType = z
  .strictObject({ by: by.exactOptional().describe("Who wants it so.") })
  .optional();
