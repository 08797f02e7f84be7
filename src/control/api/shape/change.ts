// One thing that has changed, as the log says it (GET /api/v1/changes, the event "change"): a plan in force, a server that went or came
// back and why, a ban, a worker that died. Shapes only. Each schema is typed by the interface that answers are made by, so that neither
// changes without the other; those with an id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";

export interface ChangeRecord {
  readonly at: string;
  /** As in the log: warn and error are what somebody should look at. */
  readonly level: "info" | "warn" | "error";
  readonly text: string;
}

export interface ChangesAnswer {
  /** The newest first; the last 200 are kept. */
  readonly changes: readonly ChangeRecord[];
}

export const changeRecord: z.ZodType<ChangeRecord> = z.strictObject({
  at: z.string().describe("When it changed."),
  level: z.enum(["info", "warn", "error"]).describe("As in the log: warn and error are what somebody should look at."),
  text: z.string().describe("In a sentence."),
});

export const changesAnswer: z.ZodType<ChangesAnswer> = z.strictObject({
  changes: z.array(changeRecord).describe("The newest first; the last 200 are kept."),
});
