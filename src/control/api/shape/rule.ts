// A rule as the admin API tells of it (GET /api/v1/rules). Shapes only. Each schema is typed by the
// interface that answers are made by, so that neither changes without the other; those with an id
// are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";

export type RuleMode = "off" | "observe" | "enforce";

export interface RuleRecord {
  /** Where it stands in the config, in its own words: "listeners.web.rules[2].rules[0]". */
  readonly id: string;
  /** Its `name`, or the one that it was given. */
  readonly name: string;
  /** "listener" or "pool", and which. */
  readonly owner: { readonly kind: "listener" | "pool"; readonly name: string };
  readonly phase: "connection" | "request" | "response" | "afterResponse";
  readonly mode: RuleMode;
  /** What the config file says, where a change of now says otherwise. */
  readonly configuredMode: RuleMode;
  /** Its condition as written; null: it always holds. */
  readonly condition: string | null;
  /** What it does, in short: "deny", "rules", "track marked". */
  readonly action: string;
  /** Times its condition held since it is in force, whatever the mode. */
  readonly hits: number;
  /** How deep it stands under others. */
  readonly depth: number;
}

export interface RulesAnswer {
  readonly rules: readonly RuleRecord[];
}

/** PATCH /api/v1/pools/{pool}/servers/{server}. */
export interface WeightAnswer {
  readonly pool: string;
  readonly server: string;
  readonly weight: number;
}

const ruleMode = z.enum(["off", "observe", "enforce"]);

export const ruleRecord: z.ZodType<RuleRecord> = z.strictObject({
  id: z.string().describe('Where it stands in the config: "listeners.web.rules[2].rules[0]".'),
  name: z.string().describe("Its `name`, or the one that it was given."),
  owner: z
    .strictObject({
      kind: z.enum(["listener", "pool"]).describe("Whether of a listener or of a pool."),
      name: z.string().describe("Which."),
    })
    .describe("Whose rule it is."),
  phase: z.enum(["connection", "request", "response", "afterResponse"]).describe("When it is asked."),
  mode: ruleMode.describe("In force."),
  configuredMode: ruleMode.describe("What the config file says, where a change of now says otherwise."),
  condition: z.string().nullable().describe("As written; null: it always holds."),
  action: z.string().describe('What it does, in short: "deny 429", "track marked".'),
  hits: z.number().describe("How often its condition held since it is in force, whatever the mode."),
  depth: z.int().describe("How deep it stands in others."),
});

export const rulesAnswer: z.ZodType<RulesAnswer> = z.strictObject({
  rules: z.array(ruleRecord).describe("In the order of the config."),
});

export const weightAnswer: z.ZodType<WeightAnswer> = z.strictObject({
  pool: z.string().describe("The pool of the server."),
  server: z.string().describe("The server."),
  weight: z.int().describe("Its share against the others', from now on."),
});
