// Somebody asks why: what a connection or a request is watched by while it is decided. Rules are played by twins that tell what
// they see, compiled from the same plan; tables are looked at through witnesses; each pick of a server is written down. Nothing
// is decided otherwise than without it. There is one for an explanation (explain.ts) and for a request that shows the debug
// token (debugging.ts); everything else has none, and pays for a look at that.

import type { Fault } from "../base/fault.ts";
import type { RulePlan, RulesPlan } from "../config/plan.ts";
import type { Table } from "../memory/table.ts";
import type { Phase } from "../rules/fields.ts";
import type { Outcome } from "../rules/outcome.ts";
import type { RuleSet } from "../rules/ruleset.ts";
import type { Stage, World } from "../rules/scene.ts";
import { Trace } from "../rules/trace.ts";
import type { Attempt } from "./attempt.ts";
import { choiceOf } from "./choice.ts";
import type { Lease } from "./egress/lease.ts";
import { egressTraceOf } from "./egress/traced.ts";
import { EntryLog } from "./entrylog.ts";
import type { ChoiceTrace, EgressTrace, EntryTrace, PhaseTrace } from "./explanation.ts";
import type { Guest } from "./guest.ts";
import { RuleSets, type Rules } from "./rulesets.ts";
import type { PoolSite, Site } from "./site.ts";
import { Witness } from "./witness.ts";

/** What a set of rules was made of. */
interface Source {
  readonly of: string;
  readonly phase: Phase;
  readonly plans: readonly RulePlan[];
}

const phases: readonly Phase[] = ["connection", "request", "response", "afterResponse"];

export class Inquiry {
  readonly isJson: boolean;
  readonly phases: PhaseTrace[] = [];
  readonly choices: ChoiceTrace[] = [];
  readonly egresses: EgressTrace[] = [];
  /** The site's, with witnesses for its tables. */
  readonly world: World;
  readonly #log = new EntryLog();
  #entries: readonly EntryTrace[] | null = null;
  readonly #trace: Trace = new Trace();
  readonly #twins: RuleSets;
  readonly #sources = new Map<RuleSet, Source>();

  /** `isJson`: how a live request wants its trace. */
  constructor(site: Site, isJson = false) {
    this.isJson = isJson;
    const { world } = site;
    this.#twins = new RuleSets(site.plan, this.#trace);
    const seen = (table: Table, nowMs: number): void => this.#log.see(table, nowMs);
    this.world = {
      tables: world.tables.map((table) => new Witness(table, seen)),
      lists: world.lists,
      pool: (index, figure) => world.pool(index, figure),
    };
    for (const { plan, rules } of site.listeners) this.#note(`listener ${plan.name}`, plan.rules, rules);
    for (const { plan, rules } of site.pools) this.#note(`pool ${plan.name}`, plan.rules, rules);
  }

  #note(of: string, plans: RulesPlan, rules: Rules): void {
    for (const phase of phases) {
      const set = rules[phase];
      if (set !== null) this.#sources.set(set, { of, phase, plans: plans[phase] });
    }
  }

  /** As `rules.run(stage)`; never in parts, for what is asked about has done its handshake. */
  run(rules: RuleSet, stage: Stage, isRehearsed = false): Outcome | null {
    const source = this.#sources.get(rules);
    const twin = source === undefined ? null : this.#twins.phase(source.plans, source.phase);
    // Rules of a plan that is not in force any more have nobody to tell.
    if (source === undefined || twin === null) return rules.run(stage);
    const { of, phase, plans } = source;
    this.#trace.rules = [];
    const outcome = twin.run(stage);
    const { rules: asked } = this.#trace;
    this.phases.push({ phase, of, isRehearsed, rules: asked, skipped: plans.length - asked.length });
    return outcome;
  }

  /** Entries that the connection has held since before anybody asked. */
  heldBefore({ trackers }: Guest, nowMs: number): void {
    for (const tracked of trackers.all()) this.#log.seeHeld(tracked, nowMs);
  }

  /** A slot is to hold the entry of the key that is laid: its table, which trackers compare by, without the witness. */
  held(table: Table, nowMs: number): Table {
    if (!(table instanceof Witness)) return table;
    this.#log.see(table.table, nowMs);
    return table.table;
  }

  /** What is asked about has ended: from now on its entries are others'. */
  ended(nowMs: number): void {
    this.#entries ??= this.#log.traces(nowMs);
  }

  /** Every entry that was looked at. */
  entries(nowMs: number): readonly EntryTrace[] {
    return this.#entries ?? this.#log.traces(nowMs);
  }

  /** Where no server could be picked, that is a choice too. */
  failed(pool: PoolSite | null, attempt: Attempt, { code }: Fault): void {
    if (pool !== null && attempt.count === 0 && (code === "no_server" || code === "queue_full"))
      this.chosen(pool, attempt, false);
  }

  /** An outbound address was chosen, or refused. */
  lent(lease: Lease, wallMs: number): void {
    const trace = egressTraceOf(lease, wallMs);
    const last = this.egresses.at(-1);
    // Who waits asks again and again.
    if (last !== undefined && last.member === null && trace.member === null) this.egresses.pop();
    this.egresses.push(trace);
  }

  /** A server was picked, or (`isPicked` false) could not be. */
  chosen(pool: PoolSite, attempt: Attempt, isPicked: boolean): void {
    this.choices.push(choiceOf(pool, attempt, isPicked));
  }
}
