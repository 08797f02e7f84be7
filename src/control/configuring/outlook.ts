// What it would mean to put another version in force: where it differs, what follows for traffic, what has to wait for the next start, and
// which changes are lost by it. It compares and words; nothing here changes anything.

import { keyText } from "../../config/problem.ts";
import type { Config } from "../../config/types.ts";
import { partAsWritten } from "../../config/written.ts";
import type { ConfigChange, ConfigDiff } from "../api/shape/config.ts";
import { differences, type Edit, valueAt } from "./difference.ts";
import { effectsOf, type Side, sideOf } from "./effects.ts";
import { type Machine, restartKeys } from "./restart.ts";
import { shown } from "./secrets.ts";
import type { Version } from "./source.ts";

/** The same config is compiled once, however often it is compared. */
const sides = new WeakMap<Config, Side>();

function side({ config, materials }: Version): Side {
  let found = sides.get(config);
  if (found === undefined) sides.set(config, (found = sideOf(config, materials)));
  return found;
}

/** `started`: what Sluice was started with. */
export function outlook(started: Config, before: Version, after: Version, machine: Machine): ConfigDiff {
  const lost = lostChanges(before, after);
  return {
    changes: changesShown(differences(before.config, after.config)),
    effects: [...effectsOf(side(before), side(after)), ...(lost === null ? [] : [lost])],
    restart: restartKeys(started, before.config, after.config, machine),
  };
}

/** Changes that came over the API and no file has are gone with a reload: a sentence that says which, null where none are. */
export function lostChanges({ configured, config }: Version, after: Version): string | null {
  // One that the file says now too is not lost; neither is any by a change of what is in force.
  if (configured === config || after.configured === configured) return null;
  const lost = differences(configured, config).filter(
    ({ path, after: value }) => !Bun.deepEquals(valueAt(after.config, path), value),
  );
  if (lost.length === 0) return null;
  const keys = lost.slice(0, keysShown).map(({ path }) => keyText(path));
  const more = lost.length > keysShown ? ` and ${lost.length - keysShown} more` : "";
  return `lost is what was changed over the admin API and not written to the file: ${keys.join(", ")}${more}`;
}

const keysShown = 10;

/** Without secrets, and without what is as it would be anyway. */
export function changesShown(edits: readonly Edit[]): ConfigChange[] {
  return edits.map(({ kind, path, before, after }) => {
    const told = (value: unknown): unknown => (value === undefined ? null : shown(partAsWritten(value, path), path));
    return { kind, path: keyText(path), before: told(before), after: told(after) };
  });
}
