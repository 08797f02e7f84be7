// Whether a regular expression is found anywhere in a text, in a time that grows with the text's length and with nothing else:
// what RegExp decides by trying one way after the other is decided here by walking all ways at once. A client chooses the text, and
// 16 KiB of "union" and "select" keep RegExp busy with /union.*select.*from/ for 19 seconds.
//
// The tree becomes a program of few kinds of steps (Thompson); a state is the set of steps that the text so far has led to, and
// what a byte makes of a state is found out once and kept. There may be very many states: past a bound all are forgotten, and
// made again where they are met. What an assertion says depends on the byte before, which is part of the state, and the one
// behind, so steps are followed when that is known.

import { type Assertion, isWord, type Regex } from "./regex.ts";

type Step =
  | { readonly kind: "split"; readonly next: number[] }
  | { readonly kind: "set"; readonly set: Uint8Array; readonly next: number }
  | { readonly kind: "assert"; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: "found" };

interface State {
  /** Steps to be followed from here, in order. */
  readonly steps: readonly number[];
  readonly before: Before;
}

/** What stands before: nothing, a letter of a word, the end of a line, anything else. */
type Before = "start" | "word" | "line" | "other";

const unknown = -1;
const found = -2;
const lost = -3;

/** Behind the bytes: the end of the text, and what is no byte, which no set has. */
const end = 256;
const strange = 257;
const symbols = 258;
/** Steps of a program: bounds what one byte can cost. */
const stepsMax = 1000;
/** A kilobyte each. */
const statesMax = 256;

/** Null where it would take too many steps. */
export function automatonOf(regex: Regex): Automaton | null {
  const steps: Step[] = [{ kind: "found" }];
  const start = new Builder(steps).build(regex, 0);
  return start === -1 ? null : new Automaton(steps, start);
}

/** From the end to the beginning: each step knows those behind it. */
class Builder {
  readonly #steps: Step[];

  constructor(steps: Step[]) {
    this.#steps = steps;
  }

  /** The step that `regex` begins with; -1 where there are too many. */
  build(regex: Regex, next: number): number {
    if (next === -1) return -1;
    switch (regex.kind) {
      case "set":
        return this.#add({ kind: "set", set: regex.set, next });
      case "assert":
        return this.#add({ kind: "assert", assertion: regex.assertion, next });
      case "all":
        return regex.parts.reduceRight((behind, part) => this.build(part, behind), next);
      case "any": {
        const parts = regex.parts.map((part) => this.build(part, next));
        return parts.includes(-1) ? -1 : this.#add({ kind: "split", next: parts });
      }
      case "repeat":
        return this.#repeat(regex, next);
    }
  }

  #repeat({ part, min, max }: Regex & { kind: "repeat" }, next: number): number {
    let first = next;
    if (max === Number.POSITIVE_INFINITY) {
      const ways: number[] = [];
      first = this.#add({ kind: "split", next: ways });
      const round = this.build(part, first);
      if (round === -1) return -1;
      ways.push(round, next);
    } else
      for (let count = min; count < max && first !== -1; count++) {
        const once = this.build(part, first);
        // Nothing, once more, is nothing.
        if (once === first) break;
        first = once === -1 ? -1 : this.#add({ kind: "split", next: [once, next] });
      }
    for (let count = 0; count < min && first !== -1; count++) {
      const once = this.build(part, first);
      if (once === first) break;
      first = once;
    }
    return first;
  }

  #add(step: Step): number {
    return this.#steps.length >= stepsMax ? -1 : this.#steps.push(step) - 1;
  }
}

export class Automaton {
  readonly #steps: readonly Step[];
  readonly #start: number;
  /** What stands before a byte is of account only to assertions. */
  readonly #asks: { readonly isWord: boolean; readonly isLine: boolean };
  readonly #isAnchored: boolean;
  readonly #marks: Int32Array;
  #mark = 0;
  #states: State[] = [];
  /** Of each state by symbol: the index of the next one, or one of the words above. Grows with the states. */
  #ways: Int32Array = new Int32Array(0);
  readonly #names = new Map<string, number>();

  constructor(steps: readonly Step[], start: number) {
    this.#steps = steps;
    this.#start = start;
    const asks = (...assertions: Assertion[]): boolean =>
      steps.some((step) => step.kind === "assert" && assertions.includes(step.assertion));
    this.#asks = { isWord: asks("word", "notWord"), isLine: asks("lineStart") };
    this.#marks = new Int32Array(steps.length);
    this.#isAnchored = !this.#leadsOn(start);
    this.#forget();
  }

  /** Of a text of bytes. */
  test(text: string): boolean {
    const { length } = text;
    let ways = this.#ways;
    let state = 0;
    for (let at = 0; at <= length; at++) {
      const code = at === length ? end : text.charCodeAt(at);
      const symbol = code < end || at === length ? code : strange;
      let way = ways[state * symbols + symbol]!;
      if (way === unknown) {
        way = this.#follow(state, symbol);
        ways = this.#ways;
      }
      if (way < 0) return way === found;
      state = way;
    }
    return false;
  }

  /** What a byte, or the end, makes of a state. */
  #follow(from: number, symbol: number): number {
    const state = this.#states[from]!;
    const steps = this.#behind(state, symbol);
    let way: number;
    if (steps === null) way = found;
    else if (symbol === end || (steps.length === 0 && this.#isAnchored)) way = lost;
    else way = this.#stateOf(steps, this.#beforeNext(symbol));
    // Unless all have been forgotten meanwhile.
    if (this.#states[from] === state) this.#ways[from * symbols + symbol] = way;
    return way;
  }

  /** Null: it is found. */
  #behind({ steps, before }: State, symbol: number): number[] | null {
    const mark = ++this.#mark;
    const stack = [...steps, this.#start];
    const next = new Set<number>();
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      if (this.#marks[index] === mark) continue;
      this.#marks[index] = mark;
      const step = this.#steps[index]!;
      if (step.kind === "found") return null;
      if (step.kind === "split") stack.push(...step.next);
      else if (step.kind === "assert") {
        if (holds(step.assertion, before, symbol)) stack.push(step.next);
      } else if (symbol !== end && step.set[symbol] === 1) next.add(step.next);
    }
    return [...next].sort((one, other) => one - other);
  }

  #beforeNext(symbol: number): Before {
    if (this.#asks.isWord && isWord[symbol] === 1) return "word";
    return this.#asks.isLine && isLineEnd(symbol) ? "line" : "other";
  }

  #stateOf(steps: readonly number[], before: Before): number {
    const name = `${before} ${steps.join()}`;
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#states.length >= statesMax) this.#forget();
    return this.#make(name, steps, before);
  }

  /** The first is always that of a text's beginning. */
  #forget(): void {
    this.#states = [];
    this.#names.clear();
    this.#make("start", [], "start");
  }

  #make(name: string, steps: readonly number[], before: Before): number {
    const index = this.#states.push({ steps, before }) - 1;
    if (this.#ways.length < (index + 1) * symbols) {
      const wider = new Int32Array(Math.min(Math.max(index * 2, 4), statesMax) * symbols);
      wider.set(this.#ways);
      this.#ways = wider;
    }
    this.#ways.fill(unknown, index * symbols, (index + 1) * symbols);
    this.#names.set(name, index);
    return index;
  }

  /** Whether anything can be met elsewhere than at the beginning of the text. */
  #leadsOn(from: number): boolean {
    const seen = new Set([from]);
    for (const index of seen) {
      const step = this.#steps[index]!;
      if (step.kind === "found" || step.kind === "set") return true;
      if (step.kind === "split") for (const next of step.next) seen.add(next);
      else if (step.assertion !== "start") seen.add(step.next);
    }
    return false;
  }
}

function holds(assertion: Assertion, before: Before, symbol: number): boolean {
  switch (assertion) {
    case "start":
      return before === "start";
    case "end":
      return symbol === end;
    case "lineStart":
      return before === "start" || before === "line";
    case "lineEnd":
      return symbol === end || isLineEnd(symbol);
    case "word":
    case "notWord": {
      const isBoundary = (before === "word") !== (symbol !== end && isWord[symbol] === 1);
      return isBoundary === (assertion === "word");
    }
  }
}

function isLineEnd(symbol: number): boolean {
  return symbol === 0x0a || symbol === 0x0d;
}
