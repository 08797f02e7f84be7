// From a config to a plan in force: names are resolved, rows assigned and cleared, files made, servers taken up and checked once,
// and then the plan is published. It knows the order of these and how to take it all back when a worker refuses the plan; what each
// step does is said elsewhere. One at a time: a reload that comes during another waits for it.

import { compile, hostNames } from "../config/compile.ts";
import { type Materials, noMaterials } from "../config/materials.ts";
import type { PlanFiles } from "../config/message.ts";
import type { Plan } from "../config/plan.ts";
import { type SlotHolder, Slots } from "../config/slots.ts";
import type { Config } from "../config/types.ts";
import type { Totals } from "../memory/tally.ts";
import type { Fleet } from "./fleet.ts";
import type { Names } from "./names.ts";
import type { Prober } from "./prober.ts";

export interface ReconcilerOptions {
  readonly names: Names;
  readonly fleet: Fleet;
  readonly prober: Prober;
  readonly totals: Totals;
  /** Makes the files of a plan, before any worker hears of it. */
  readonly prepare: (plan: Plan, config: Config, materials: Materials) => Prepared | Promise<Prepared>;
  /** Null when the plan is in force; otherwise why the former one still is. */
  readonly publish: (plan: Plan, files: PlanFiles) => Promise<string | null>;
  readonly nowMs: () => number;
}

/** Exactly one of `keep` and `undo` is called. */
export interface Prepared {
  readonly files: PlanFiles;
  /** The plan is in force: what only the former one had may go. */
  keep(): void;
  /** The former plan stays: what was made for this one goes. */
  undo(): void;
}

export class Reconciler {
  readonly #options: ReconcilerOptions;
  #slots = new Slots();
  #config: Config | null = null;
  #materials: Materials = noMaterials;
  #plan: Plan | null = null;
  #generation = 0;
  /** Names have moved, and no plan that was published since says so. */
  #isNewsOwed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** The plan in force; null before the first. */
  get plan(): Plan | null {
    return this.#plan;
  }

  /** Null when a plan of this config is in force; otherwise why not, and nothing has changed. */
  apply(config: Config, materials: Materials): Promise<string | null> {
    return this.#inTurn(async () => {
      if (await this.#options.names.refresh(hostNames(config))) this.#isNewsOwed = true;
      return this.#publish(config, materials);
    });
  }

  /** Other certificates for the config in force. False when another config has come meanwhile, with materials of its own. */
  renew(config: Config, materials: Materials): Promise<string | null | false> {
    return this.#inTurn(async () => (this.#config === config ? this.#publish(config, materials) : false));
  }

  /** Ask for the names again; when an address has changed, publish the plan anew. Null unless that went wrong. */
  refreshNames(): Promise<string | null> {
    return this.#inTurn(async () => {
      const config = this.#config;
      if (config === null) return null;
      if (await this.#options.names.refresh(hostNames(config))) this.#isNewsOwed = true;
      return this.#isNewsOwed ? this.#publish(config, this.#materials) : null;
    });
  }

  async #publish(config: Config, materials: Materials): Promise<string | null> {
    const { names, fleet, prober, prepare, publish, nowMs } = this.#options;
    const slots = this.#slots.clone();
    const plan = compile(config, slots, (host) => names.addressOf(host), ++this.#generation, materials);
    this.#clear(slots.given);
    let prepared: Prepared;
    try {
      prepared = await prepare(plan, config, materials);
    } catch (error) {
      return (error as Error).message;
    }
    const undo = fleet.adopt(plan, nowMs());
    await prober.adopt(plan);
    const problem = await publish(plan, prepared.files);
    if (problem !== null) {
      prepared.undo();
      undo();
      if (this.#plan !== null) void prober.adopt(this.#plan);
      return problem;
    }
    this.#slots = slots;
    this.#config = config;
    this.#materials = materials;
    this.#plan = plan;
    this.#isNewsOwed = false;
    prepared.keep();
    return null;
  }

  /** A row that changes hands starts at zero; nobody counts in it yet, for no plan in force names it. */
  #clear(given: readonly SlotHolder[]): void {
    const { totals } = this.#options;
    for (const { kind, slot } of given) {
      if (kind === "rules") {
        totals.clearRule(slot);
        continue;
      }
      totals.clearRow(kind, slot);
      if (kind === "servers") totals.clearFailures(slot);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
