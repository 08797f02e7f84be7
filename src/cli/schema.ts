// `sluice schema`: the JSON Schema of a config, for editors, or with --types the same as TypeScript.
// Exit code 0, or 1 when the file cannot be written.

import { writeFile } from "node:fs/promises";
import { printInputTypes } from "../config/declaration.ts";
import { editorSchema } from "../config/editorschema.ts";
import { jsonSchema } from "../config/schema.ts";
import type { Writer } from "./check.ts";

export interface SchemaOptions {
  /** A file instead of stdout. */
  readonly out?: string | undefined;
  readonly types?: boolean | undefined;
}

export async function schema(options: SchemaOptions, writer: Writer): Promise<number> {
  const text = options.types === true ? printInputTypes(jsonSchema()) : `${JSON.stringify(editorSchema(), null, 2)}\n`;
  if (options.out === undefined) {
    writer.out(text.trimEnd());
    return 0;
  }
  try {
    await writeFile(options.out, text);
    return 0;
  } catch (error) {
    writer.err(`${options.out}: error: cannot be written: ${(error as Error).message}`); // writeFile rejects with nothing else.
    return 1;
  }
}
