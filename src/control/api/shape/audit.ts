// One line of the audit log: a change that somebody asked for over the admin API, and what became of it. Shapes only. Each schema is typed
// by the interface that answers are made by, so that neither changes without the other; those with an id are components of the OpenAPI
// document (../openapi.ts).

import { z } from "zod";

export interface AuditRecord {
  readonly at: string;
  /** Who says so: `by`, or the peer's address. */
  readonly actor: string;
  readonly peer: string;
  /** Id of the operation: "drainServer". */
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  /** What was asked, in short, secrets left out; "" without a body. */
  readonly body: string;
  readonly status: number;
  /** The refusal; null where it was done. */
  readonly problem: string | null;
}

export interface AuditAnswer {
  /** The newest first. */
  readonly entries: readonly AuditRecord[];
}

export const auditRecord: z.ZodType<AuditRecord> = z.strictObject({
  at: z.string(),
  actor: z.string(),
  peer: z.string(),
  operation: z.string(),
  method: z.string(),
  path: z.string(),
  body: z.string(),
  status: z.int(),
  problem: z.string().nullable(),
});

export const auditAnswer: z.ZodType<AuditAnswer> = z.strictObject({ entries: z.array(auditRecord) });
