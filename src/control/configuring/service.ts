// What the admin API asks of the config in force: to change, reload, confirm and write it. Shapes only; configuring.ts does it. Who
// changes something at run time, a rule's mode or a server's weight, does it by `change`, so that it can be shown and written back.

import type { Config } from "../../config/types.ts";
import type { ConfigAnswer, ReloadAnswer, WriteAnswer } from "../api/shape/config.ts";

/** RFC 6902. Paths are JSON pointers into the normalised config: "/pools/app/servers/0". */
export type PatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string };

export type ConfigPatch =
  /** RFC 7396: null takes a key away, lists are replaced whole. */
  | { readonly kind: "merge"; readonly patch: unknown }
  | { readonly kind: "operations"; readonly operations: readonly PatchOperation[] };

export interface ChangeOptions {
  /** Only what it would do. */
  readonly isDryRun?: boolean;
  /** Rolled back after so long, unless it is confirmed before. */
  readonly confirmMs?: number | null;
}

/** 409: something else is under way or has come in between. 422: it is refused for what it says. */
export type Refused = { readonly ok: false; readonly status: 409 | 422; readonly message: string };

export type Changed = { readonly ok: true; readonly answer: ReloadAnswer } | Refused;

export type Written = { readonly ok: true; readonly answer: WriteAnswer } | (Refused & { readonly byHand: string });

export interface ConfigService {
  /** In force, normalised, with its secrets: not to be shown as it is. The same object until another is in force. */
  readonly config: Config;
  /** What the file said when it was last put in force; without the changes that came over the API. */
  readonly configured: Config;
  describe(): ConfigAnswer;
  /** The file again. An answer that is not `successful` has left everything as it was. */
  reload(options?: ChangeOptions): Promise<Changed>;
  /** Checked by the schema and review of files. */
  change(patch: ConfigPatch, options?: ChangeOptions): Promise<Changed>;
  /** What is in force stays. */
  confirm(): Refused | { readonly ok: true };
  /** What was in force before is again. */
  rollback(): Promise<Changed>;
  /** Puts unwritten changes into the file. */
  write(): Promise<Written>;
}
