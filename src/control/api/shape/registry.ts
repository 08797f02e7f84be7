// What /api/v1/registry answers (../registry.ts), as schemas. Shapes only. Each schema is typed by
// the interface that answers are made by, so that neither changes without the other; those with an
// id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type { MemberAnswer, RegistryAnswer, SetAnswer } from "../registry.ts";
import { foundServerRecord } from "./list.ts";
import { registryStatus, sentinelStatus } from "./status.ts";

export const registryAnswer: z.ZodType<RegistryAnswer> = z.strictObject({
  registry: registryStatus,
  sentinel: sentinelStatus.nullable(),
  sets: z.array(z.string()),
});

export const setAnswer: z.ZodType<SetAnswer> = z.strictObject({
  set: z.string(),
  members: z.array(
    z.strictObject({
      member: z.string(),
      server: foundServerRecord.nullable(),
      problem: z.string().nullable(),
      isMember: z.boolean().describe("False: sentinels talk about it, and it does not stand there."),
      isDraining: z.boolean(),
      leaseLeftMs: z.number().nullable().describe("Null: it stays until it is taken out."),
      views: z.array(z.strictObject({ voter: z.string(), isUp: z.boolean(), leftMs: z.number() })),
    }),
  ),
  size: z.int().describe("Of all members, shown or not."),
});

export const registryMemberAnswer: z.ZodType<MemberAnswer> = z
  .strictObject({
    set: z.string(),
    member: z.string().describe("As it stands in the set."),
    changed: z.boolean().describe("False: it was so before."),
  })
  .meta({ id: "RegistryMemberAnswer" });
