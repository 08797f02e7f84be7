// What a run of rules leaves behind when somebody asks why: each rule in order, with its terms and their values, what it did,
// and how it ended. Plain data, for people and for JSON. It is filled in by the very closures that decide (ruleset.ts compiles
// them with a probe), never by a second reading of the rules.

import { shownBytes } from "../base/shownbytes.ts";
import type { RulePlan } from "../config/plan.ts";
import { formatAddress } from "../wire/ipaddress.ts";
import type { Value } from "./scene.ts";

export interface TermTrace {
  /** The part of the expression, as it is written. */
  readonly term: string;
  /** As `showValue` writes it. */
  readonly value: string;
}

export interface EffectTrace {
  /** As a config would say it. */
  readonly effect: string;
  /** What it asked. */
  readonly terms: TermTrace[];
  /** What came of it, as `showValue` writes it; null where there is nothing to tell. */
  result: string | null;
}

export interface RuleTrace {
  readonly name: string;
  readonly place: string;
  readonly mode: RulePlan["mode"];
  readonly condition: string | null;
  /** Whether the condition held. */
  isHeld: boolean;
  /** It came to its limit, and found a token there. */
  isPassed: boolean;
  /** Of the condition, of a limit and of an answer, in the order in which they were evaluated; what short circuit has skipped is not among them. */
  readonly terms: TermTrace[];
  /** What it did, or would have done in mode observe. */
  readonly effects: EffectTrace[];
  /** How it ended the phase, or would have. */
  outcome: string | null;
  readonly rules: RuleTrace[];
}

/** Terms of one rule beyond this are left out: a loop over a list may have any number. */
const termsMax = 64;

export class Trace {
  /** Rules that were reached, in order. */
  rules: RuleTrace[] = [];
  #open: RuleTrace[] = [];
  /** The effect that is being done. */
  #effect: EffectTrace | null = null;

  begin(plan: RulePlan): void {
    const { name, place, mode, condition } = plan;
    const begun = { isHeld: false, isPassed: false, terms: [], effects: [], outcome: null, rules: [] };
    const rule: RuleTrace = { name, place, mode, condition, ...begun };
    (this.#open.at(-1)?.rules ?? this.rules).push(rule);
    this.#open.push(rule);
  }

  end(): void {
    this.#open.pop();
  }

  held(): void {
    this.#open.at(-1)!.isHeld = true;
  }

  passed(): void {
    this.#open.at(-1)!.isPassed = true;
  }

  term(text: string, value: Value): void {
    const terms = this.#effect?.terms ?? this.#open.at(-1)?.terms;
    if (terms !== undefined && terms.length < termsMax) terms.push({ term: text, value: showValue(value) });
  }

  /** All that is told until `done` is of this effect. */
  effect(text: string): void {
    this.#effect = { effect: text, terms: [], result: null };
    this.#open.at(-1)?.effects.push(this.#effect);
  }

  result(value: Value): void {
    if (this.#effect !== null) this.#effect.result = showValue(value);
  }

  done(): void {
    this.#effect = null;
  }

  outcome(text: string): void {
    const rule = this.#open.at(-1);
    if (rule !== undefined) rule.outcome = text;
  }
}

const textShownMax = 200;

/** A text of rules (bytes, one a character) as it can be shown. What stands for no byte came from no client, and stays. */
export function shownText(text: string): string {
  return /^[\x20-\x5b\x5d-\x7e]*$/.test(text) || /[^\0-\xff]/.test(text)
    ? text
    : shownBytes(Buffer.from(text, "latin1"));
}

/** On one line and bounded, whatever the client has sent. */
export function showValue(value: Value): string {
  if (value === null) return "absent";
  if (value instanceof Uint8Array) return formatAddress(value, 0);
  if (typeof value === "string") {
    const shown = shownText(value.slice(0, textShownMax)).replaceAll('"', '\\"');
    return `"${shown}${value.length > textShownMax ? "..." : ""}"`;
  }
  if (typeof value === "object") {
    const shown = value.slice(0, 10).map(showValue);
    return `[${[...shown, ...(value.length > 10 ? ["..."] : [])].join(", ")}]`;
  }
  return String(value);
}
