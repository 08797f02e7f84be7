// What /api/v1/bans takes and answers (../bans.ts), as schemas. Shapes only. Each schema is typed
// by the interface that answers are made by, so that neither changes without the other; those with
// an id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type { BanRecord } from "../../ban.ts";
import type { BanAnswer, BansAnswer, UnbanAnswer } from "../bans.ts";

const time = z.string().meta({ format: "date-time" });

const banRecord: z.ZodType<BanRecord> = z
  .strictObject({
    address: z.string().describe("The address or block."),
    reason: z.string().describe('Why, for whoever looks at it later; "" where nobody said.'),
    by: z.string().describe('Who said so; "" where nobody did.'),
    node: z.string().exactOptional().describe("Of a fleet: the node that it was made on."),
    since: time.describe("Since when."),
    until: time.nullable().describe("Null: until it is lifted."),
  })
  .meta({ id: "Ban", description: "An address or block that is given no service." });

/** What is asked for; ../../ban.ts reads it. */
export const banWanted: z.ZodType = z.strictObject({
  address: z.string().describe('An IP address or a block: "203.0.113.7", "10.0.0.0/8".'),
  for: z.string().exactOptional().describe('A duration such as "1h". With neither: until it is lifted.'),
  until: time.exactOptional().describe("Until when; instead of `for`."),
  reason: z.string().max(200).exactOptional().describe("Why, for whoever looks at it later."),
  by: z.string().max(100).exactOptional().describe("Who wants it so."),
  force: z.boolean().exactOptional().describe("Bans what is likely a slip too, such as loopback or half of the world."),
});

export const bansAnswer: z.ZodType<BansAnswer> = z.strictObject({
  bans: z
    .array(banRecord)
    .describe("Every ban, or those that were asked for. The one that was made first comes first."),
  matching: z.int().describe("How many fit, those beyond the limit too."),
});

export const banAnswer: z.ZodType<BanAnswer> = z
  .strictObject({
    ban: banRecord.describe("As it is now."),
    former: banRecord.nullable().describe("What was said of the same block before."),
  })
  .meta({ id: "BanAnswer" });

export const unbanAnswer: z.ZodType<UnbanAnswer> = z.strictObject({
  ban: banRecord.describe("As it was."),
  around: banRecord.nullable().describe("A wider one that still holds."),
});
