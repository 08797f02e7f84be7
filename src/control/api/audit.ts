// GET /api/v1/audit: which changes were asked for, by whom, and what became of them, the refused ones too. It knows paths and JSON; the
// log itself is ../audit.ts, and what comes into it is the business of the desk (../desk.ts), which every request passes. Reading it is
// no change, and leaves no line in it.

import { z } from "zod";
import type { Audit } from "../audit.ts";
import { json } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";
import { type AuditAnswer, auditAnswer } from "./shape/audit.ts";

export function auditOperations(audit: Pick<Audit, "last">): readonly Operation[] {
  return [
    operation({
      id: "listAudit",
      method: "GET",
      path: "/api/v1/audit",
      summary: "which changes were asked for, by whom, and what became of them",
      tag: "Audit",
      query: z.strictObject({
        limit: z.coerce.number().int().min(1).max(1000).default(100).describe("How many, the newest first."),
      }),
      answers: { 200: { description: "The last changes, the refused ones among them.", schema: auditAnswer } },
      handle: ({ query }) => json(200, { entries: audit.last(query.limit) } satisfies AuditAnswer),
    }),
  ];
}
