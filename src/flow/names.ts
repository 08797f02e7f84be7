// Which way a connection goes by the name that the client asks for in its ClientHello (SNI): exact names first, then
// wildcards, of which the longest that fits wins, then patterns as they are written. Built once for a listener: a name costs a
// lookup for each of its labels, whatever the number of routes.

import { assert } from "../base/assert.ts";
import type { NameRoutePlan } from "../config/plan.ts";
import { type Pattern, readPattern } from "../rules/expression/pattern.ts";

export class NameRoutes<Route> {
  readonly #exact = new Map<string, Route>();
  /** By what follows the star, with its dot. */
  readonly #wildcards = new Map<string, Route>();
  readonly #patterns: (readonly [Pattern, Route])[] = [];
  readonly #otherwise: Route;

  /** `routes`: what the plan's indices mean. `otherwise`: for names that nothing matches, and for clients that give none. */
  constructor(plans: readonly NameRoutePlan[], routes: readonly Route[], otherwise: Route) {
    this.#otherwise = otherwise;
    for (const { kind, match, route } of plans) {
      const way = routes[route]!;
      if (kind === "pattern") this.#patterns.push([patternOf(match), way]);
      else {
        const table = kind === "exact" ? this.#exact : this.#wildcards;
        // Of the same name said twice the first counts, as of patterns.
        if (!table.has(match)) table.set(match, way);
      }
    }
  }

  /** `name` is in lower case; "" is none. */
  of(name: string): Route {
    if (name === "") return this.#otherwise;
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    if (this.#wildcards.size > 0) {
      // A star stands for at least one character: a name that begins with its dot is no name.
      for (let dot = name.indexOf(".", 1); dot !== -1; dot = name.indexOf(".", dot + 1)) {
        const wildcard = this.#wildcards.get(name.slice(dot));
        if (wildcard !== undefined) return wildcard;
      }
    }
    for (const [pattern, route] of this.#patterns) if (pattern.test(name)) return route;
    return this.#otherwise;
  }
}

/** A name is the client's: what finds it must not take longer than it is long. */
function patternOf(match: string): Pattern {
  const reading = readPattern(match, "");
  assert(reading.ok, `the pattern ${JSON.stringify(match)} of a plan does not compile`);
  return reading.pattern;
}
