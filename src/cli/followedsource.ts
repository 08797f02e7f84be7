// A config that is loaded again whenever its file is saved. Who saves often, an editor that does it by itself say, has read what the
// config is warned of: what the load before was warned of is not said again, only what is new. Errors are said each time, for they
// are the answer to the save. Who asks for a reload otherwise is told everything.

import type { Loaded } from "../config/load.ts";
import type { Problem } from "../config/problem.ts";
import type { ConfigOrigin } from "../control/configorigin.ts";
import type { ConfigSource } from "../control/configuring/source.ts";

export class FollowedSource implements ConfigSource {
  readonly path: string | null;
  readonly origin?: ConfigOrigin;
  readonly #source: ConfigSource;
  #told: ReadonlySet<string> = new Set();
  #isSave = false;

  constructor(source: ConfigSource) {
    this.path = source.path;
    if (source.origin !== undefined) this.origin = source.origin;
    this.#source = source;
  }

  /** The load that comes next is for that. */
  saved(reload: () => void): void {
    this.#isSave = true;
    reload();
    this.#isSave = false;
  }

  async load(...inUse: Parameters<ConfigSource["load"]>): Promise<Loaded> {
    const isSave = this.#isSave;
    this.#isSave = false;
    const loaded = await this.#source.load(...inUse);
    const told = this.#told;
    const isNew = (problem: Problem): boolean => problem.severity === "error" || !told.has(textOf(problem));
    const now = (loaded.ok ? loaded.warnings : loaded.problems).map(textOf);
    // What has errors in it may not have been read to the end: what it was warned of before is remembered for when it is right.
    this.#told = loaded.ok ? new Set(now) : told.union(new Set(now));
    if (!isSave) return loaded;
    return loaded.ok
      ? { ...loaded, warnings: loaded.warnings.filter(isNew) }
      : { ...loaded, problems: loaded.problems.filter(isNew) };
  }
}

/** The same wherever it stands now. */
function textOf({ key, message }: Problem): string {
  return `${key} ${message}`;
}
