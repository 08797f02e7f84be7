// The rules of one phase, compiled once and played for each connection, request or response. In order: a rule whose condition
// holds is counted, does what it does, and may end the phase; the first that ends it is the last that is asked. The same
// closures decide and explain: with a trace they tell what they saw while they decide.
//
//   for each rule:  condition? ── no ──> next
//                      │ holds: counted
//                      ├─ mode observe: nothing is done ──> next
//                      └─ effects in order ─> outcome? ── yes ──> the phase ends
//                                               └─ rules inside? the first outcome of theirs ends it ──> next
//
// A rule keeps nothing between two runs and reaches tables, lists and pools through its stage, so that one that another plan has too, and
// that means the same there, need not be compiled again (keptrules.ts).

import { assert } from "../base/assert.ts";
import type { RulePlan } from "../config/plan.ts";
import { compileEffect, type Effect } from "./effect.ts";
import { compileEnding, describeOutcome, type Ending } from "./ending.ts";
import type { Scope } from "./expression/compiled.ts";
import type { KeptRules } from "./keptrules.ts";
import type { Outcome } from "./outcome.ts";
import type { Scene, Stage } from "./scene.ts";
import { Terms } from "./terms.ts";
import type { Trace } from "./trace.ts";

/** Before the handshake of our own TLS is done: all up to the first rule that asks for what that shows. Behind it: that one, and the rest. */
export type Part = "all" | "early" | "late";

export class RuleSet {
  /** What its rules ask about is only known once a ClientHello has been read. */
  readonly needsHello: boolean;
  readonly #parts: Readonly<Record<Part, readonly Rule[]>>;

  /** `scope` must be the one that the rules were checked with. `trace`: filled in by each run; slower. `kept`: of the plan before. */
  constructor(
    rules: readonly RulePlan[],
    scope: Scope,
    trace: Trace | null = null,
    kept: KeptRules<Rule> | null = null,
  ) {
    const make = (rule: RulePlan): Rule => new Rule(rule, scope, new Terms(scope, trace), trace);
    const all = rules.map((rule) => (kept === null ? make(rule) : kept.take(scope, rule, make)));
    this.needsHello = all.some(({ needsHello }) => needsHello);
    const first = all.findIndex(({ needsTls }) => needsTls);
    const early = first === -1 ? all : all.slice(0, first);
    this.#parts = { all, early, late: all.slice(early.length) };
  }

  get isEmpty(): boolean {
    return this.#parts.all.length === 0;
  }

  has(part: Part): boolean {
    return this.#parts[part].length > 0;
  }

  /** Null when no rule has ended the phase, or the part of it. */
  run(stage: Stage, part: Part = "all"): Outcome | null {
    const outcome = play(this.#parts[part], stage, false);
    assert(outcome !== "observed", "what only observes ends no phase");
    return outcome;
  }
}

/** "observed": inside a rule that only observes the phase would have ended here. */
type Ended = Outcome | "observed";

function play(rules: readonly Rule[], stage: Stage, isObserved: boolean): Ended | null {
  for (const rule of rules) {
    const outcome = rule.play(stage, isObserved);
    if (outcome !== null) return outcome;
  }
  return null;
}

export class Rule {
  /** Of all that was compiled with its terms. */
  readonly needsHello: boolean;
  readonly needsTls: boolean;
  readonly #plan: RulePlan;
  readonly #isObserved: boolean;
  readonly #holds: ((scene: Scene) => boolean) | null;
  readonly #effects: readonly Effect[];
  readonly #ending: Ending | null;
  readonly #rules: readonly Rule[];
  readonly #trace: Trace | null;
  readonly #pools: readonly string[];

  constructor(plan: RulePlan, scope: Scope, terms: Terms, trace: Trace | null) {
    this.#plan = plan;
    this.#isObserved = plan.mode === "observe";
    const condition = plan.condition === null ? null : terms.expression(plan.condition, "bool");
    this.#holds = condition === null ? null : (scene) => condition.test(scene);
    this.#effects = plan.effects.map((effect) => compileEffect(effect, plan.name, terms, trace));
    this.#ending = plan.outcome === null ? null : compileEnding(plan.outcome, plan, terms);
    this.#rules = plan.rules.map((rule) => new Rule(rule, scope, terms, trace));
    this.#trace = trace;
    this.#pools = scope.pools;
    this.needsHello = terms.needsHello;
    // One is counted when its handshake is done.
    const isCounting = plan.effects.some(({ kind }) => kind === "session");
    this.needsTls = terms.needsTls || isCounting || this.#rules.some((rule) => rule.needsTls);
  }

  /** `isObserved`: it stands inside a rule that only observes. */
  play(stage: Stage, isObserved: boolean): Ended | null {
    const trace = this.#trace;
    if (trace === null) return this.#play(stage, isObserved || this.#isObserved);
    trace.begin(this.#plan);
    const outcome = this.#play(stage, isObserved || this.#isObserved);
    trace.end();
    return outcome;
  }

  #play(stage: Stage, isObserved: boolean): Ended | null {
    if (this.#holds !== null && !this.#isMet(this.#holds, stage, isObserved)) return null;
    const ending = this.#ending;
    let waitMs = 0;
    if (ending?.wait !== undefined) {
      waitMs = ending.wait(stage);
      if (waitMs === 0) {
        if (this.#trace !== null) this.#pass(this.#trace, ending, stage);
        return null;
      }
    }
    stage.hit(this.#plan.slot);
    this.#trace?.held();
    if (isObserved) return this.#observe(stage, waitMs);
    for (const effect of this.#effects) effect(stage);
    if (ending !== null) return this.#end(ending, stage, waitMs);
    return this.#rules.length === 0 ? null : play(this.#rules, stage, false);
  }

  /** Whom nothing is counted for is let through as well. */
  #pass(trace: Trace, ending: Ending, stage: Stage): void {
    trace.passed();
    if (ending.isKeyless?.(stage) !== true) return;
    trace.effect("limits nothing, for there is no key");
    trace.done();
  }

  /** Rules inside are counted as they would be hit, up to the one that would end the phase; what observes by itself would not. */
  #observe(stage: Stage, waitMs: number): "observed" | null {
    if (this.#trace !== null && this.#ending !== null) this.#end(this.#ending, stage, waitMs);
    const isEnd = this.#ending !== null || play(this.#rules, stage, true) !== null;
    return isEnd && !this.#isObserved ? "observed" : null;
  }

  /** A condition that counts by itself does not do so where nothing is to be done. */
  #isMet(holds: (scene: Scene) => boolean, stage: Stage, isObserved: boolean): boolean {
    if (!isObserved) return holds(stage);
    const wasDry = stage.isDry;
    stage.isDry = true;
    const isMet = holds(stage);
    stage.isDry = wasDry;
    return isMet;
  }

  #end(ending: Ending, stage: Stage, waitMs: number): Outcome {
    const outcome = ending.outcome(stage, waitMs);
    if (this.#trace !== null) this.#trace.outcome(describeOutcome(outcome, (pool) => this.#pools[pool] ?? "?"));
    return outcome;
  }
}
