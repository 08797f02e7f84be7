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
  kind: z.enum(["added", "removed", "changed"]),
  path: z.string(),
  before: z.unknown(),
  after: z.unknown(),
});

export const configDiff: z.ZodType<ConfigDiff> = z.strictObject({
  changes: z.array(configChange),
  effects: z.array(z.string()),
  restart: z.array(z.string()),
});

export const reloadAnswer: z.ZodType<ReloadAnswer> = z.strictObject({
  successful: z.boolean(),
  generation: z.int(),
  problems: z.array(z.string()),
  warnings: z.array(z.string()),
  isDryRun: z.boolean(),
  diff: configDiff.nullable(),
  confirmBy: z.string().nullable(),
});

export const configAnswer: z.ZodType<ConfigAnswer> = z.strictObject({
  config: z.record(z.string(), z.unknown()),
  origin: z.string(),
  generation: z.int(),
  unwritten: z.array(configChange),
  confirmBy: z.string().nullable(),
  writeProblem: z.string().nullable(),
});

export const writeAnswer: z.ZodType<WriteAnswer> = z.strictObject({
  file: z.string(),
  changes: z.int(),
  backup: z.string().nullable(),
});

/** Why it was not written, and a line for each change to make by hand. */
export const unwrittenAnswer: z.ZodType<{ readonly error: string; readonly byHand: string }> = z.strictObject({
  error: z.string(),
  byHand: z.string(),
});

export const confirmedAnswer: z.ZodType<{ readonly confirmed: true }> = z.strictObject({ confirmed: z.literal(true) });
