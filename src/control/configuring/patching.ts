// A patch of the config in force: what it makes of it, before anybody has judged that. What was shown as (redacted) and comes back is what
// was there, and can be tested for like that. The patch itself is RFC 7396 or 6902 (patch.ts).

import type { Config } from "../../config/types.ts";
import { isSection } from "./difference.ts";
import { isDeeper } from "./measure.ts";
import { applyOperations, type IsSame, type Judge, mergePatch } from "./patch.ts";
import { restored, shown } from "./secrets.ts";
import type { ConfigPatch } from "./service.ts";

export type Patched = { readonly ok: true; readonly tree: object } | { readonly ok: false; readonly message: string };

export function patchedTree(config: Config, patch: ConfigPatch): Patched {
  // What was not shown is known by the words that it was shown as.
  const isSame: IsSame = (actual, value, path) =>
    Bun.deepEquals(actual, value) || Bun.deepEquals(shown(actual, path), value);
  const judge: Judge = (value, from, to) =>
    Bun.deepEquals(shown(value, from), shown(value, to)) ? null : "there is a secret in it, which would be shown there";
  const done =
    patch.kind === "merge"
      ? { ok: true as const, value: mergePatch(config, patch.patch) }
      : applyOperations(config, patch.operations, { isSame, judge });
  if (!done.ok) return done;
  if (isDeeper(done.value)) return { ok: false, message: "what it makes is nested too deeply" };
  const whole = restored(done.value, config);
  if (!whole.ok) return { ok: false, message: whole.problems.join("; ") };
  const { value } = whole;
  return isSection(value) ? { ok: true, tree: value } : { ok: false, message: "what it makes is no config" };
}
