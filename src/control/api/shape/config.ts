// The config over the admin API: what is in force, what would change, and changes of now that no file has. Shapes only. Each schema is
// typed by the interface that answers are made by, so that neither changes without the other; those with an id are components of the
// OpenAPI document (../openapi.ts).

import { z } from "zod";

/** One place in which two configs differ. */
export interface ConfigChange {
  readonly kind: "added" | "removed" | "changed";
  /** As config problems name places: "pools.app.servers[1].weight". */
  readonly path: string;
  /** As JSON, secrets as "(redacted)"; null for what is not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/** What a reload or a PATCH does, or would do. */
export interface ConfigDiff {
  readonly changes: readonly ConfigChange[];
  /** In sentences, what it means for traffic: listeners that open and close, pools and servers that come and go, tables whose entries are lost. */
  readonly effects: readonly string[];
  /** Takes effect at the next start only. */
  readonly restart: readonly string[];
}

export interface ReloadAnswer {
  readonly successful: boolean;
  readonly generation: number;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly isDryRun: boolean;
  readonly diff: ConfigDiff | null;
  /** When it is rolled back by itself, unless it is confirmed before; null: never. */
  readonly confirmBy: string | null;
}

export interface ConfigAnswer {
  /** In force, normalised, secrets as "(redacted)". */
  readonly config: Readonly<Record<string, unknown>>;
  readonly origin: string;
  readonly generation: number;
  /** Not in the file: lost by a reload unless written back (POST /api/v1/config/write). */
  readonly unwritten: readonly ConfigChange[];
  readonly confirmBy: string | null;
  /** When a reload was rolled back whose file has not been loaded, or found to say what is in force, since. */
  readonly rolledBackAt: string | null;
  /** Null: what is unwritten can be written to the file; else why not. */
  readonly writeProblem: string | null;
}

/** POST /api/v1/config/write. */
export interface WriteAnswer {
  /** The file that was written. */
  readonly file: string;
  /** How many changes; 0 where there was nothing to write. */
  readonly changes: number;
  /** Where what was in the file before is kept; null where nothing was written. */
  readonly backup: string | null;
}

const configChange = z.strictObject({
  kind: z.enum(["added", "removed", "changed"]).describe("What became of the place."),
  path: z.string().describe('As problems name places: "pools.app.servers[1].weight".'),
  before: z.unknown().describe('As JSON, secrets as "(redacted)"; null for what was not there.'),
  after: z.unknown().describe("Likewise; null for what is not there any more."),
});

export const configDiff: z.ZodType<ConfigDiff> = z.strictObject({
  changes: z.array(configChange).describe("Each place in which the configs differ."),
  effects: z.array(z.string()).describe("What it means for traffic, a sentence each."),
  restart: z.array(z.string()).describe("Places that take effect at the next start only."),
});

export const reloadAnswer: z.ZodType<ReloadAnswer> = z.strictObject({
  successful: z.boolean().describe("It is in force, or would be."),
  generation: z.int().describe("Of the plan that is in force now."),
  problems: z.array(z.string()).describe("What is wrong, a line each."),
  warnings: z.array(z.string()).describe("What is odd, a line each."),
  isDryRun: z.boolean().describe("It was only tried."),
  diff: configDiff.nullable().describe("What changes; null where that cannot be told."),
  confirmBy: z
    .string()
    .nullable()
    .describe("When it is rolled back by itself, unless it is confirmed before; null: never."),
});

export const configAnswer: z.ZodType<ConfigAnswer> = z.strictObject({
  config: z.record(z.string(), z.unknown()).describe('In force, every default filled in, secrets as "(redacted)".'),
  origin: z.string().describe('Where it is from: the file, "command line", "environment", "demo".'),
  generation: z.int().describe("Of the plan in force."),
  unwritten: z.array(configChange).describe("What of it is not in the file: lost by a reload unless it is written."),
  confirmBy: z.string().nullable().describe("When the last change is rolled back by itself; null: never."),
  rolledBackAt: z
    .string()
    .nullable()
    .describe("When a reload was rolled back, where the file still says what it loaded; null: it does not."),
  writeProblem: z.string().nullable().describe("Why that cannot be written to the file; null where it can."),
});

export const writeAnswer: z.ZodType<WriteAnswer> = z.strictObject({
  file: z.string().describe("The file that was written."),
  changes: z.int().describe("How many; 0 where there was nothing to write."),
  backup: z.string().nullable().describe("Where what was in the file before is kept; null where nothing was written."),
});

/** Why it was not written, and a line for each change to make by hand. */
export const unwrittenAnswer: z.ZodType<{ readonly error: string; readonly byHand: string }> = z.strictObject({
  error: z.string().describe("Why it was not written."),
  byHand: z.string().describe("A line for each change to make by hand."),
});

export const confirmedAnswer: z.ZodType<{ readonly confirmed: true }> = z.strictObject({
  confirmed: z.literal(true).describe("What waited to be confirmed stays in force."),
});
