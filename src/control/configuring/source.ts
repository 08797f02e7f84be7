// Where the configuration comes from, and one that was loaded from there with all that its files held. Types only: sources are the
// command line's (cli/run.ts and those beside it), and a version is put in force, and again when it is rolled back to, by
// configuring.ts.

import type { Loaded } from "../../config/load.ts";
import type { Materials } from "../../config/materials.ts";
import type { Config } from "../../config/types.ts";
import type { ConfigOrigin } from "../configorigin.ts";
import type { ListsOfConfig } from "../holdings.ts";

/** Where the configuration comes from, at the start and at each reload. */
export interface ConfigSource {
  /** The file, or null where there is none: then there is nothing to load again. */
  readonly path: string | null;
  /** Where it stands otherwise. Absent: on the command line. */
  readonly origin?: ConfigOrigin;
  /** `inUse`: certificates whose files have become bad stay as they are there. */
  load(inUse?: Materials): Promise<Loaded>;
}

/** All that is in force together. */
export interface Version {
  readonly config: Config;
  readonly materials: Materials;
  readonly lists: ListsOfConfig;
  /** Where relative paths of the config start. */
  readonly folder: string;
  /** The program whose config it is; null: Sluice's own. */
  readonly foreign: string | null;
  /** What the file said, from which `config` differs by changes that came over the API. */
  readonly configured: Config;
  /** What was warned of when it was loaded, each with its key. */
  readonly warned: ReadonlySet<string>;
}
