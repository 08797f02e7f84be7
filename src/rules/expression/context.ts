// What one compilation gathers: problems, what is read, variables of macros. And the way in which the parts of the compiler call
// each other: `term` and `thing` are compiler.ts', which sets them.

import { quote } from "../../base/reading.ts";
import type { Value } from "../scene.ts";
import type { Probe, ProbedTerm, Reads, Scope, Type } from "./compiled.ts";
import { errorsMax } from "./limits.ts";
import { type Node, type Remark, remark, type Span } from "./syntax.ts";
import { erroneous, isOf, phrase, type Run, type Term, type TermType } from "./term.ts";
import type { Thing } from "./thing.ts";

/** A variable of a macro: what it is in this round. One evaluation ends before another begins, so one box will do. */
export interface Local {
  readonly name: string;
  readonly type: TermType;
  readonly box: { value: Value };
}

export class Context {
  readonly text: string;
  readonly scope: Scope;
  readonly probe: Probe | null;
  readonly errors: Remark[] = [];
  readonly warnings: Remark[] = [];
  readonly locals: Local[] = [];
  /** Of all macros of the expression, in one evaluation. */
  readonly rounds: { left: number } = { left: 0 };
  needsHello = false;
  hasEffects = false;
  readonly #thing: (context: Context, node: Node) => Thing;
  readonly #value: (context: Context, node: Node, thing: Thing) => Term;
  readonly #tables = new Map<string, readonly [number, number]>();
  readonly #slots = new Set<number>();
  readonly #fields = new Set<number>();

  constructor(
    text: string,
    scope: Scope,
    probe: Probe | null,
    thing: (context: Context, node: Node) => Thing,
    value: (context: Context, node: Node, thing: Thing) => Term,
  ) {
    this.text = text;
    this.scope = scope;
    this.probe = probe;
    this.#thing = thing;
    this.#value = value;
  }

  thing(node: Node): Thing {
    return this.#thing(this, node);
  }

  term(node: Node): Term {
    return this.value(node, this.thing(node));
  }

  /** What a thing is worth as a value. A node is compiled once: asking twice would double the work at each level. */
  value(node: Node, thing: Thing): Term {
    return this.#value(this, node, thing);
  }

  /** The value as one of this type: a complaint when it cannot be, a look at it when only playing tells. */
  wanted(node: Node, type: Type | "any"): Term {
    return this.coerce(this.term(node), type);
  }

  coerce(term: Term, type: Type | "any"): Term {
    if (type === "any" || term.type === type || term.type === "null" || term.type === "error") return term;
    if (term.type === "any") {
      const { run } = term;
      const guarded: Run = (scene) => {
        const value = run(scene);
        return isOf(value, type) ? value : null;
      };
      return { ...term, type, run: guarded };
    }
    return this.complain(
      term.span,
      `must be ${phrase(type)}, but ${this.quote(term.span)} is ${phrase(term.type)}${hintOf(type, term)}`,
    );
  }

  complain(span: Span, message: string): Term {
    if (this.errors.length < errorsMax) this.errors.push(remark(span, message));
    return erroneous(span);
  }

  warn(span: Span, message: string): void {
    if (this.warnings.length < errorsMax) this.warnings.push(remark(span, message));
  }

  quote(span: Span): string {
    return quote(this.text.slice(span.start, span.end));
  }

  /** The text of a literal; null, and a complaint, for everything else. */
  literal(node: Node, what: string): string | null {
    if (node.kind === "literal" && typeof node.value === "string") return node.value;
    this.complain(node, `must be ${what} in quotes, so that it is known beforehand`);
    return null;
  }

  /** A number of a literal within 0 and `max`. */
  index(node: Node, max: number, what: string): number | null {
    if (node.kind === "literal" && typeof node.value === "number" && Number.isInteger(node.value))
      if (node.value >= 0 && node.value <= max) return node.value;
    this.complain(node, `must be ${what} from 0 to ${max}`);
    return null;
  }

  /** Tell the probe of what the term comes to. Not inside of macros, which would tell it a thousand times. */
  watched(term: Term, kind: ProbedTerm["kind"], table = -1): Term {
    const { probe } = this;
    if (probe === null || term.constant !== undefined || this.locals.length > 0) return term;
    const { start, end } = term.span;
    const type = term.type === "null" || term.type === "error" ? "any" : term.type;
    const probed: ProbedTerm = { text: this.text.slice(start, end), kind, type, table };
    const { run } = term;
    const watching: Run = (scene) => {
      const value = run(scene);
      probe(start, end, value, probed);
      return value;
    };
    return { ...term, run: watching };
  }

  readsTable(table: number, column: number): void {
    this.#tables.set(`${table} ${column}`, [table, column]);
  }

  readsSlot(slot: number): void {
    this.#slots.add(slot);
  }

  readsField(number: number): void {
    this.#fields.add(number);
  }

  /** What all that is compiled says of itself. */
  outcome(): { warnings: readonly Remark[]; reads: Reads; needsHello: boolean; hasEffects: boolean } {
    const { warnings, needsHello, hasEffects } = this;
    const reads = { tables: [...this.#tables.values()], slots: [...this.#slots], fields: [...this.#fields] };
    return { warnings, reads, needsHello, hasEffects };
  }
}

/** Where one type can be made of another, or is often meant. */
function hintOf(wanted: Type, term: Term): string {
  const isText = typeof term.constant === "string";
  if (wanted === "address" && isText && String(term.constant).includes("/"))
    return `: write src in cidr(${quoteText(term)}) for a block`;
  if (wanted === "bool" && term.type === "string") return ": has(…) asks whether there is one";
  if (wanted === "address" && term.type === "string")
    return isText ? `: write ip(${quoteText(term)})` : ": ip(…) reads one";
  if (wanted === "duration" && term.type === "number") return ": write duration('10s') with a unit";
  if (wanted === "duration" && isText) return `: write duration(${quoteText(term)})`;
  if (wanted === "time" && isText) return `: write timestamp(${quoteText(term)})`;
  if (wanted === "number" && term.type === "string") return ": int(…) reads one";
  if (wanted === "string" && term.type !== "list") return ": string(…) makes one";
  return "";
}

function quoteText(term: Term): string {
  return typeof term.constant === "string" ? `'${term.constant.slice(0, 40)}'` : "…";
}
