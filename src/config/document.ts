// What each format's reader makes of a text: a tree of plain values and the places of its keys, or what is wrong with the text
// itself, with offsets into it. The readers are yaml.ts (YAML and JSON), toml.ts and loadprogram.ts (TypeScript).

import type { Program } from "./materials.ts";
import type { Places } from "./place.ts";

export interface SyntaxFault {
  /** Offset into the text; null when the format's parser does not tell. */
  readonly at: number | null;
  /** A whole sentence without a full stop. */
  readonly message: string;
}

export type Document =
  | {
      readonly ok: true;
      readonly value: unknown;
      readonly places: Places;
      /** Of a TypeScript config with hooks. */
      readonly program?: Program;
    }
  | { readonly ok: false; readonly faults: readonly SyntaxFault[] };
