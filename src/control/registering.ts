// The registry of this process and its own sentinel, as the config in force names them. Where the sentinel is new, its first vote is waited
// for, for a while: pools whose servers it knows then have them from the start, though nobody else has told of them.

import { compileRegistry, compileSentinel } from "../config/compileregistry.ts";
import type { Config } from "../config/types.ts";
import type { RegistryStatus } from "../registry/registry.ts";
import { StandingRegistry } from "../registry/standing.ts";
import type { Log } from "./log.ts";
import { Names } from "./names.ts";
import { Sentinel } from "./sentinel.ts";

/** A first round of probes takes as long as its slowest target. */
const patienceMs = 5000;

export class Registering {
  readonly registry: StandingRegistry = new StandingRegistry();
  readonly sentinel: Sentinel;
  #isNamed = false;

  constructor(log: Log) {
    this.sentinel = new Sentinel({ registry: this.registry, log, names: new Names(log) });
  }

  async adopt({ registry, sentinel }: Config): Promise<void> {
    const plan = compileRegistry(registry);
    // What it has said is taken back where it was said.
    if (!Bun.deepEquals(plan, this.registry.plan)) await this.sentinel.adopt(null);
    this.registry.adopt(plan);
    this.#isNamed = registry !== undefined;
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patienceMs);
    await Promise.race([this.sentinel.adopt(sentinel === undefined ? null : compileSentinel(sentinel)), enough]);
    clearTimeout(timer);
  }

  /** Null where nobody uses it. */
  status(): RegistryStatus | null {
    const isUsed = this.registry.isWatched || this.sentinel.status() !== null || this.#isNamed;
    return isUsed ? this.registry.status() : null;
  }

  async close(): Promise<void> {
    await this.sentinel.close();
    this.registry.close();
  }
}
