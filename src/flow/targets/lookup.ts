// A name is being looked up, and an exchange waits for it: told once, its addresses or that it took too long, and nothing when the
// exchange has ended meanwhile, whenever the answer comes.

import type { Wait } from "../deadline.ts";
import type { Exchange } from "../exchange.ts";
import type { Resolution, ResolveFlow } from "../port.ts";

/** Null: it took too long. */
export type Found = (resolution: Resolution | null) => void;

export class Lookup implements Wait, ResolveFlow {
  readonly asker: string;
  readonly #exchange: Exchange;
  readonly #found: Found;
  #isOver = false;

  constructor(exchange: Exchange, asker: string, found: Found) {
    this.asker = asker;
    this.#exchange = exchange;
    this.#found = found;
  }

  resolved(resolution: Resolution): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#exchange.wait = null;
    this.#found(resolution);
  }

  timedOut(): void {
    this.#isOver = true;
    this.#found(null);
  }

  cancelled(): void {
    this.#isOver = true;
  }
}
