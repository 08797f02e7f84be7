// From a config to a plan in force: names are resolved, rows assigned and cleared, servers taken up and checked once, files made,
// and then the plan is published. It knows the order of these and how to take it all back when a worker refuses the plan; what each
// step does is said elsewhere. One at a time: a reload that comes during another waits for it.

import { compile, hostNames } from "../config/compile.ts";
import { type FoundOf, withFound } from "../config/found.ts";
import { type Materials, noMaterials } from "../config/materials.ts";
import type { PlanFiles } from "../config/message.ts";
import type { Plan } from "../config/plan.ts";
import { type SlotHolder, Slots } from "../config/slots.ts";
import type { Config } from "../config/types.ts";
import type { Totals } from "../memory/tally.ts";
import type { Log } from "./log.ts";
import type { Names } from "./names.ts";
import type { Prober } from "./prober.ts";
import type { Roster } from "./roster.ts";

/** Where servers come from that no config names (discovery.ts). */
export interface Finder {
  /** Ask the sources of this config, and no others. Resolves when each has answered once, or has been waited for long enough. */
  adopt(config: Config): Promise<void>;
  readonly foundOf: FoundOf;
}

export interface ReconcilerOptions {
  readonly finder: Finder;
  readonly names: Names;
  readonly roster: Roster;
  readonly prober: Prober;
  readonly totals: Totals;
  /** Memory for the rows of a plan, before any of them is touched. Throws an Error for the operator where there is none. */
  readonly reserve?: (plan: Plan) => void;
  /** Makes the files of a plan, before any worker hears of it. */
  readonly prepare: (plan: Plan, config: Config, materials: Materials) => Prepared | Promise<Prepared>;
  /** Null when the plan is in force; otherwise why the former one still is. `isAsked`: it is of another config, which somebody waits for. */
  readonly publish: (plan: Plan, files: PlanFiles, isAsked: boolean) => Promise<string | null>;
  /** The same materials with what stands in no file of the config. Absent: as they are. */
  readonly dress?: (materials: Materials) => Materials;
  readonly nowMs: () => number;
  readonly log: Log;
}

/** Exactly one of `keep` and `undo` is called. */
export interface Prepared {
  readonly files: PlanFiles;
  /** The plan is in force: what only the former one had may go. */
  keep(): void;
  /** The former plan stays: what was made for this one goes. */
  undo(): void;
}

const namesPatienceMs = 50;
const probePatienceMs = 1000;
/** Of servers that are waited for. */
const namedMax = 5;
const asTheyAre = (materials: Materials): Materials => materials;
const closedProblem = "Sluice is shutting down";

export class Reconciler {
  readonly #options: ReconcilerOptions;
  #slots = new Slots();
  #config: Config | null = null;
  #materials: Materials = noMaterials;
  #plan: Plan | null = null;
  /** The pools of the plan in force, with all servers. */
  #pools: Config["pools"] | null = null;
  #generation = 0;
  /** Names have moved, and no plan that was published since says so. */
  #isNewsOwed = false;
  #turn: Promise<unknown> = Promise.resolve();
  /** Names are asked for again, for whoever wanted it meanwhile. */
  #refreshing: Promise<string | null> | null = null;
  #isClosed = false;

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
      const { finder, names } = this.#options;
      await finder.adopt(config);
      if (await names.refresh(hostNames(withFound(config, finder.foundOf)))) this.#isNewsOwed = true;
      const problem = await this.#publish(config, materials);
      if (problem !== null && this.#config !== null && !this.#isClosed) await finder.adopt(this.#config);
      return problem;
    });
  }

  /** Sources have told of other servers. Those that are new are probed while the others have the plan already. Null unless that went wrong. */
  rediscover(): Promise<string | null> {
    return this.#inTurn(async () => {
      const config = this.#config;
      if (config === null) return null;
      const { finder, names } = this.#options;
      const whole = withFound(config, finder.foundOf);
      if (Bun.deepEquals(whole.pools, this.#pools)) return null;
      const unknown = hostNames(whole).filter((host) => names.addressOf(host) === undefined);
      if (unknown.length === 0) return this.#publish(config, this.#materials, whole, false);
      await this.#patiently(names.refresh(unknown));
      return this.#publish(config, this.#materials, withFound(config, finder.foundOf), false);
    });
  }

  /** Servers whose addresses are known do not wait for the name of another; it follows with a plan of its own. */
  async #patiently(refreshed: Promise<boolean>): Promise<void> {
    if (await withinMs(refreshed, namesPatienceMs)) return;
    void refreshed.then((isMoved) => {
      if (isMoved) this.#isNewsOwed = true;
      return this.refreshNames();
    });
  }

  /** Other certificates for the config in force. False when another config has come meanwhile, with materials of its own. */
  renew(config: Config, materials: Materials): Promise<string | null | false> {
    return this.#inTurn(async () => (this.#config === config ? this.#publish(config, materials) : false));
  }

  /**
   * Ask for the names again; when an address has changed, publish the plan anew. Null unless that went wrong. Name servers are waited
   * for before it has its turn: nothing else waits for them.
   */
  refreshNames(): Promise<string | null> {
    this.#refreshing ??= this.#askAgain().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #askAgain(): Promise<string | null> {
    const config = this.#config;
    if (config === null) return null;
    const { finder, names } = this.#options;
    if (await names.refresh(hostNames(withFound(config, finder.foundOf)))) this.#isNewsOwed = true;
    if (!this.#isNewsOwed) return null;
    return this.#inTurn(async () => {
      const current = this.#config;
      return current !== null && this.#isNewsOwed ? this.#publish(current, this.#materials) : null;
    });
  }

  /** What `dress` gives is something else now: the plan goes out with that. Null unless that went wrong. */
  redress(): Promise<string | null> {
    return this.#inTurn(async () => {
      const [config, materials] = [this.#config, this.#materials];
      return config === null ? null : this.#publish(config, materials, undefined, false);
    });
  }

  /** Files of the plan in force are gone: it goes out once more, with others. Null unless that went wrong. */
  refile(): Promise<string | null> {
    return this.#inTurn(async () => (this.#config === null ? null : this.#publish(this.#config, this.#materials)));
  }

  /** Nothing is made or published any more, not even what is waited for now. */
  close(): void {
    this.#isClosed = true;
  }

  /** `whole`: the config with servers that sources told of. `isProbedFirst`: new servers have had their first check when the plan goes out. */
  async #publish(
    config: Config,
    materials: Materials,
    whole: Config = withFound(config, this.#options.finder.foundOf),
    isProbedFirst = true,
  ): Promise<string | null> {
    if (this.#isClosed) return closedProblem;
    const { names, roster, prober, prepare, publish, nowMs, dress = asTheyAre } = this.#options;
    const slots = this.#slots.clone();
    // Names that move from here on are not in this plan, however long it takes to publish it.
    const wasNewsOwed = this.#isNewsOwed;
    this.#isNewsOwed = false;
    const plan = compile(whole, slots, (host) => names.addressOf(host), ++this.#generation, dress(materials));
    try {
      this.#options.reserve?.(plan);
    } catch (error) {
      this.#isNewsOwed ||= wasNewsOwed;
      return (error as Error).message;
    }
    this.#clear(slots.given);
    roster.hold();
    const undo = roster.adopt(plan, nowMs());
    const leave = (problem: string): string => {
      this.#isNewsOwed ||= wasNewsOwed;
      undo();
      roster.release();
      if (this.#plan !== null && !this.#isClosed) void prober.adopt(this.#plan);
      return problem;
    };
    const probed = prober.adopt(plan);
    if (isProbedFirst) await this.#whenProbed(plan, probed);
    else if (this.#isLaidBare(plan)) await withinMs(probed, probePatienceMs);
    if (this.#isClosed) return leave(closedProblem);
    // Last: what is counted between the copy of a table that has another shape now and the plan that obeys it is lost.
    let prepared: Prepared;
    try {
      prepared = await prepare(plan, config, materials);
    } catch (error) {
      return leave((error as Error).message);
    }
    const problem = this.#isClosed ? closedProblem : await publish(plan, prepared.files, config !== this.#config);
    if (problem !== null) {
      prepared.undo();
      return leave(problem);
    }
    this.#slots = slots;
    this.#config = config;
    this.#materials = materials;
    this.#plan = plan;
    this.#pools = whole.pools;
    prepared.keep();
    roster.release();
    return null;
  }

  /** For whom it waits is said where that takes long. */
  async #whenProbed(plan: Plan, probed: Promise<void>): Promise<void> {
    if (await withinMs(probed, probePatienceMs)) return;
    const { roster, log } = this.#options;
    const unchecked = plan.pools
      .flatMap(({ servers }) => servers)
      .filter(({ slot }) => roster.conditionOf(slot).state === "unchecked")
      .map(({ id }) => id);
    const more = unchecked.length - namedMax;
    const names = unchecked.slice(0, namedMax).join(", ") + (more > 0 ? ` and ${more} more` : "");
    log.info(`waiting for the first checks of ${names === "" ? "servers" : names}`);
    await probed;
  }

  /** A pool has none of its servers that are well any more, and its new ones are not known to be: what serves now may serve a moment longer. */
  #isLaidBare(plan: Plan): boolean {
    const { roster } = this.#options;
    const former = new Map(this.#plan?.pools.map(({ name, servers }) => [name, new Set(servers.map(({ id }) => id))]));
    return plan.pools.some(({ name, check, servers }) => {
      const before = former.get(name);
      if (check === null || before === undefined || before.size === 0 || servers.length === 0) return false;
      return !servers.some(({ id, slot }) => before.has(id) && roster.conditionOf(slot).isEligible);
    });
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

/** False when it was late. */
async function withinMs(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  const isDone = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return isDone;
}
