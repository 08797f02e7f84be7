// One line of the audit log: a change that somebody asked for over the admin API, and what became of it. Shapes only. Each schema is typed
// by the interface that answers are made by, so that neither changes without the other; those with an id are components of the OpenAPI
// document (../openapi.ts).

import { z } from "zod";

/** As it is noted; the log numbers it. */
export interface AuditNote {
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

export interface AuditRecord extends AuditNote {
  /** Counts up, also over restarts: what tells two records apart that are alike. */
  readonly number: number;
}

export interface AuditAnswer {
  /** The newest first. */
  readonly entries: readonly AuditRecord[];
}

export const auditRecord: z.ZodType<AuditRecord> = z.strictObject({
  number: z
    .int()
    .describe("Counts up, over restarts too as long as the state folder is there: no two records have the same."),
  at: z.string().describe("When it was asked for."),
  actor: z.string().describe("Who says so: `by` of the body, the field Sluice-Actor, or the peer."),
  peer: z.string().describe("Address of whoever asked."),
  operation: z.string().describe('Its id: "drainServer".'),
  method: z.string().describe("Of the request."),
  path: z.string().describe("Of the request, with the query, secrets left out."),
  body: z.string().describe('What was asked for, in short, secrets left out; "" without a body.'),
  status: z.int().describe("What it was answered."),
  problem: z.string().nullable().describe("The refusal; null where it was done."),
});

export const auditAnswer: z.ZodType<AuditAnswer> = z.strictObject({
  entries: z.array(auditRecord).describe("The newest first."),
});
