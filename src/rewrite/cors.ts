// Cross-origin resource sharing (Fetch standard, section 3.2): who may read a response, and what they may ask. It knows an operator's
// policy and the texts of a request, and answers field lines. An origin that may not is told nothing, and its browser refuses.

import type { CorsPlan } from "../config/plan.ts";

/** What a preflight asks, "" or null where it does not say. */
export interface Preflight {
  readonly method: string;
  readonly headers: string | null;
}

interface Line {
  readonly name: string;
  readonly value: string;
}

/** "https://*.example.com": what its origins begin and end with. */
interface Family {
  readonly start: string;
  readonly end: string;
}

const fieldNames = /^[!#$%&'*+\-.^_`|~0-9A-Za-z, \t]{1,4096}$/;

export class Cors {
  readonly #plan: CorsPlan;
  readonly #isAnybody: boolean;
  readonly #whole: ReadonlySet<string>;
  readonly #families: readonly Family[];

  constructor(plan: CorsPlan) {
    this.#plan = plan;
    this.#isAnybody = plan.origins.includes("*") && !plan.isWithCredentials;
    this.#whole = new Set(plan.origins);
    this.#families = plan.origins
      .filter((origin) => origin.includes("*."))
      .map((origin) => ({ start: origin.slice(0, origin.indexOf("*")), end: origin.slice(origin.indexOf("*") + 1) }));
  }

  /** What is answered depends on who asks: caches must know. */
  get isVarying(): boolean {
    return !this.#isAnybody;
  }

  /** With each response; null: no request of another origin, or one that may not read it. */
  lines(origin: string | null): readonly Line[] {
    const allowed = this.#allowed(origin);
    if (allowed === null) return [];
    const { exposed } = this.#plan;
    return exposed.length === 0
      ? allowed
      : [...allowed, { name: "Access-Control-Expose-Headers", value: exposed.join(", ") }];
  }

  /** The answer to a preflight; without a line of it a browser goes no further. */
  preflight(origin: string, asked: Preflight): readonly Line[] {
    const vary: Line = {
      name: "Vary",
      value: `${this.isVarying ? "Origin, " : ""}Access-Control-Request-Method, Access-Control-Request-Headers`,
    };
    const allowed = this.#allowed(origin);
    if (allowed === null) return [vary];
    const { methods, headers, maxAgeS } = this.#plan;
    const lines = [...allowed, { name: "Access-Control-Allow-Methods", value: oneOf(methods, asked.method) }];
    const names = asked.headers !== null && fieldNames.test(asked.headers) ? asked.headers : "";
    const headersAllowed = oneOf(headers, names);
    if (headersAllowed !== "") lines.push({ name: "Access-Control-Allow-Headers", value: headersAllowed });
    lines.push({ name: "Access-Control-Max-Age", value: String(maxAgeS) }, vary);
    return lines;
  }

  #allowed(origin: string | null): readonly Line[] | null {
    if (origin === null || !this.#mayRead(origin)) return null;
    const line: Line = { name: "Access-Control-Allow-Origin", value: this.#isAnybody ? "*" : origin };
    return this.#plan.isWithCredentials ? [line, { name: "Access-Control-Allow-Credentials", value: "true" }] : [line];
  }

  /** Browsers write origins in lower case; one that is not is nobody's. */
  #mayRead(origin: string): boolean {
    if (this.#isAnybody || this.#whole.has(origin)) return true;
    return this.#families.some(({ start, end }) => {
      const label = origin.slice(start.length, -end.length);
      return origin.startsWith(start) && origin.endsWith(end) && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(label);
    });
  }
}

/** What is allowed, written out: "*" is what is asked for, since to requests with credentials "*" is only a name. */
function oneOf(allowed: readonly string[], asked: string): string {
  return allowed.includes("*") ? asked : allowed.join(", ");
}
