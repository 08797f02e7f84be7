// What /api/v1/registry answers (../registry.ts), as schemas. Shapes only. Each schema is typed by
// the interface that answers are made by, so that neither changes without the other; those with an
// id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type { MemberAnswer, RegistryAnswer, SetAnswer } from "../registry.ts";
import { foundServerRecord } from "./list.ts";
import { registryStatus, sentinelStatus } from "./status.ts";

export const registryAnswer: z.ZodType<RegistryAnswer> = z.strictObject({
  registry: registryStatus.describe("How it stands with it."),
  sentinel: sentinelStatus.nullable().describe("This Sluice's own; null without one."),
  sets: z.array(z.string()).describe("Sets that are watched, or were voted in."),
});

export const setAnswer: z.ZodType<SetAnswer> = z.strictObject({
  set: z.string().describe("The set."),
  members: z
    .array(
      z.strictObject({
        member: z.string().describe("As it stands in the set."),
        server: foundServerRecord
          .nullable()
          .describe("What it means as a server; null where it cannot be used, or is not in the set."),
        problem: z.string().nullable().describe('Why it cannot be used: "has no port"; null where it can.'),
        isMember: z.boolean().describe("False: sentinels talk about it, and it does not stand there."),
        isDraining: z.boolean().describe("It is given nothing new."),
        leaseLeftMs: z.number().nullable().describe("Null: it stays until it is taken out."),
        views: z
          .array(
            z.strictObject({
              voter: z.string().describe("Which sentinel."),
              isUp: z.boolean().describe("It found the member well."),
              leftMs: z.number().describe("How long that still holds."),
            }),
          )
          .describe("What sentinels say of it."),
      }),
    )
    .describe("By name; of a very large set the first of them."),
  size: z.int().describe("Of all members, shown or not."),
});

export const registryMemberAnswer: z.ZodType<MemberAnswer> = z
  .strictObject({
    set: z.string().describe("The set."),
    member: z.string().describe("As it stands in the set."),
    changed: z.boolean().describe("False: it was so before."),
  })
  .meta({ id: "RegistryMemberAnswer" });
