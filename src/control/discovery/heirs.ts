// Who keeps whose servers when a reload asks a source in another way: until the new one has answered, those that the former one told of
// serve on. It is the one of the same pool that asked for the same, whatever else about it is new, such as how often; else the only one
// left that looks the same. Never one of another pool: two that look the same may ask for something else in what is not shown, a query
// or an argument, and one pool's traffic must not go to the servers of another.

import type { Discover } from "../../config/types.ts";
import type { SourceFigures } from "./standing.ts";

export interface Former {
  readonly pool: string;
  readonly settings: Discover;
  readonly figures: SourceFigures;
}

export class Heirs {
  readonly #left: Set<Former>;

  /** Those that are not asked any more. */
  constructor(former: Iterable<Former>) {
    this.#left = new Set(former);
  }

  /** Null when it begins with nothing. Each is kept by one. */
  keptBy(pool: string, settings: Discover, name: string): SourceFigures | null {
    const asked = askedOf(settings);
    const ofPool = [...this.#left].filter((each) => each.pool === pool);
    const named = ofPool.filter(({ figures }) => figures.source === name);
    const same = ofPool.find((each) => askedOf(each.settings) === asked);
    const former = same ?? (named.length === 1 ? named[0] : undefined);
    if (former === undefined) return null;
    this.#left.delete(former);
    return former.figures;
  }
}

function askedOf({ file, dns, http, exec, docker, kubernetes, consul, registry }: Discover): string {
  return JSON.stringify([file, dns, http, exec, docker, kubernetes, consul, registry]);
}
