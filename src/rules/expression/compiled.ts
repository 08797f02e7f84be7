// What comes of compiling an expression, a target, a key or a template, and what the compiler must be told of its surroundings.
// Only types: whoever plays rules, reviews a config or draws an explanation speaks in these words.

import type { ListPlan, TablePlan } from "../../config/plan.ts";
import type { Column, DataType } from "../../memory/column.ts";
import type { Phase } from "../fields.ts";
import type { Scene, Value } from "../scene.ts";
import type { Remark } from "./syntax.ts";

/** Whole numbers and others are one type. A time is milliseconds since 1970, a duration milliseconds. `any` is known only when played. */
export type Type = "bool" | "number" | "string" | "address" | "time" | "duration" | "list" | "any";

/** What names stand for. The order is the plan's: tables, lists and pools are compiled to their indices. */
export interface Scope {
  readonly phase: Phase;
  readonly tables: readonly ScopeTable[];
  readonly lists: readonly ListPlan[];
  readonly pools: readonly string[];
}

export interface ScopeTable {
  readonly name: string;
  readonly plan: TablePlan;
  readonly columns: readonly Column[];
}

/** What an expression asks for, so that it can be had in time. */
export interface Reads {
  /** [table, column]; column -1 asks only whether there is an entry. */
  readonly tables: readonly (readonly [number, number])[];
  readonly slots: readonly number[];
  /** Numbers of fields.ts. */
  readonly fields: readonly number[];
}

interface Understood {
  readonly ok: true;
  readonly warnings: readonly Remark[];
  readonly reads: Reads;
  /** In mode tcp the ClientHello must have come. */
  readonly needsHello: boolean;
  /** Playing it may write to a table. */
  readonly hasEffects: boolean;
}

export interface Refused {
  readonly ok: false;
  readonly errors: readonly Remark[];
}

export interface Compiled extends Understood {
  readonly type: Type;
  /** Null is absent. Never throws. */
  evaluate(scene: Scene): Value;
  /** As a condition: absent is false. */
  test(scene: Scene): boolean;
}

/** A column of an entry that can be written to. */
export interface Target extends Understood {
  /** Index of the table; -1 for `tracked[slot]`, whose table is known only when played. */
  readonly table: number;
  /** -1 for `table[key]`. */
  readonly slot: number;
  /** Null for `tracked[slot]`. */
  readonly column: Column | null;
  readonly columnIndex: number;
  readonly dataType: DataType;
  readonly element: number;
  /** The value; null where the key is absent, the slot is empty, or its table does not store it. As for all of these. */
  read(scene: Scene): number | null;
  /** The new value. */
  increment(scene: Scene, by: number): number | null;
  /** The former value. */
  clear(scene: Scene): number | null;
  /** False where nothing was written. A bool is 1 or 0; what is no number is not written. */
  assign(scene: Scene, value: Value): boolean;
  /** 0: the tokens were there. Otherwise milliseconds until they will be. Where there is nothing to take from, 0. */
  take(scene: Scene, cost: number): number;
}

/** `table[key]` or `tracked[slot]`, as `mark` says it. */
export interface Entry extends Understood {
  /** -1 for `tracked[slot]`. */
  readonly table: number;
  /** -1 for `table[key]`. */
  readonly slot: number;
}

export interface Key extends Understood {
  /** Lays the key into the `key` of the table it was compiled for; false where it is absent or cannot be one. */
  lay(scene: Scene): boolean;
}

export interface Template extends Understood {
  /** The text when it holds no expression, otherwise null. */
  readonly constant: string | null;
  /** Never holds CR, LF or NUL of a value. */
  evaluate(scene: Scene): string;
}

/** A part of an expression that an explanation shows. */
export interface ProbedTerm {
  /** As it is written. */
  readonly text: string;
  readonly kind: "field" | "read" | "effect" | "call" | "comparison" | "calculation";
  readonly type: Type;
  /** read and effect: index of the table; -1 for `tracked[slot]`, and for everything else. */
  readonly table: number;
}

/**
 * Called when a part has been evaluated: characters [start, end) of the text came to `value`. Operands come before what is made of
 * them; what is not evaluated is not told, and of a macro only what it came to.
 */
export type Probe = (start: number, end: number, value: Value, term: ProbedTerm) => void;
