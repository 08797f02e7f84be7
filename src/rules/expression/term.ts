// An expression that has been understood: its type, and a closure that plays it. Types have been checked when a closure is made,
// so a value is taken for what its type says; `typed` is the one door where that is done. Absence (null) goes through every
// operator and function here, so that what they do need not know of it.

import { formatAddress, isMapped } from "../../wire/ipaddress.ts";
import type { Scene, Value } from "../scene.ts";
import type { Type } from "./compiled.ts";
import { textLengthMax } from "./limits.ts";
import type { Span } from "./syntax.ts";

/** error: something in it has been complained of, and nothing more shall be. */
export type TermType = Type | "null" | "error";

export type Run = (scene: Scene) => Value;

export interface Term {
  readonly span: Span;
  readonly type: TermType;
  /** Of a list's items. */
  readonly element: TermType;
  /** Undefined when it must be played. */
  readonly constant: Value | undefined;
  readonly run: Run;
}

export function constant(span: Span, type: TermType, value: Value, element: TermType = "any"): Term {
  return { span, type, element, constant: value, run: () => value };
}

export function played(span: Span, type: TermType, run: Run, element: TermType = "any"): Term {
  return { span, type, element, constant: undefined, run };
}

export function erroneous(span: Span): Term {
  return constant(span, "error", null);
}

const phrases: Readonly<Record<TermType, string>> = {
  bool: "a bool",
  number: "a number",
  string: "a string",
  address: "an address",
  time: "a time",
  duration: "a duration",
  list: "a list",
  any: "a variable",
  null: "null",
  error: "a mistake",
};

export function phrase(type: TermType): string {
  return phrases[type];
}

/** The type checker has seen to it that the value is of this type. */
export function typed<T extends Value>(value: Value): T {
  return value as T;
}

/** Whether a value whose type was not known before is of this type. */
export function isOf(value: Value, type: TermType): boolean {
  switch (type) {
    case "bool":
      return typeof value === "boolean";
    case "number":
    case "time":
    case "duration":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "address":
      return value instanceof Uint8Array;
    case "list":
      return Array.isArray(value);
    case "any":
      return true;
    case "null":
    case "error":
      return value === null;
  }
}

/** What an operator or function came to, within bounds: no number that is none, no text that is too long. */
export function bounded(value: Value): Value {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  return typeof value === "string" && value.length > textLengthMax ? null : value;
}

/** A pure function of values that are there. The commonest shapes have a closure each. */
export function lift(
  operands: readonly Run[],
  constants: readonly (Value | undefined)[],
  f: (...values: Value[]) => Value,
): Run {
  const [first, second, third] = operands;
  if (first === undefined) return () => bounded(f());
  if (second === undefined)
    return (scene) => {
      const a = first(scene);
      return a === null ? null : bounded(f(a));
    };
  if (third === undefined) {
    const known = constants[1];
    if (known !== undefined && known !== null)
      return (scene) => {
        const a = first(scene);
        return a === null ? null : bounded(f(a, known));
      };
    return (scene) => {
      const a = first(scene);
      const b = second(scene);
      return a === null || b === null ? null : bounded(f(a, b));
    };
  }
  return (scene) => {
    const values: Value[] = [];
    let isAbsent = false;
    // All are played, so that effects do not hang on what is absent.
    for (const operand of operands) isAbsent = (values[values.length] = operand(scene)) === null || isAbsent;
    return isAbsent ? null : bounded(f(...values));
  };
}

/** As templates, `string()` and joined lists write it; "" for what is absent. */
export function textOf(value: Value): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return formatAddress(value, 0);
  if (typeof value === "object") return value.map(textOf).join(", ");
  return String(value);
}

export function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return isSameAddress(a, b);
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item: Value, index) => isSame(item, b[index] as Value));
  return false;
}

export function isSameAddress(a: Uint8Array, b: Uint8Array): boolean {
  // Addresses differ at their end, mostly.
  for (let index = 15; index >= 0; index--) if (a[index] !== b[index]) return false;
  return true;
}

export function isIPv4(address: Uint8Array): boolean {
  return isMapped(address, 0);
}
