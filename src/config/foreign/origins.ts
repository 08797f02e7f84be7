// Which keyword of a foreign file each key of the config made from it comes from, so that what our own judgement says of a key
// is told at the place that the operator can change. A key without an origin of its own has that of the nearest section around it.

import type { Finding } from "../issues.ts";
import type { Path } from "../problem.ts";

export class Origins {
  readonly #origins = new Map<string, Path>();

  add(ours: Path, theirs: Path): void {
    this.#origins.set(JSON.stringify(ours), theirs);
  }

  find(ours: Path): Path {
    for (let length = ours.length; length > 0; length--) {
      const found = this.#origins.get(JSON.stringify(ours.slice(0, length)));
      if (found !== undefined) return found;
    }
    return [];
  }

  /** Null when the key has none of its own. */
  own(ours: Path): Path | null {
    return this.#origins.get(JSON.stringify(ours)) ?? null;
  }

  /** The same finding, about the foreign file. */
  bring(finding: Finding): Finding {
    return { ...finding, path: this.find(finding.path) };
  }
}
