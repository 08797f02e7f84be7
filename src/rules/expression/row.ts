// A row of the catalogue of functions (functions.ts, textrows.ts): how a function is written, what it is for, and what it does.
// Its name, and what it is a method of, are read from how it is written.

import type { Value } from "../scene.ts";
import type { Type } from "./compiled.ts";

export interface Row {
  readonly name: string;
  /** What it is a method of; null for a function. */
  readonly receiver: Type | null;
  readonly parameters: readonly Type[];
  /** How many of the parameters may be left out, from the end. */
  readonly optional: number;
  readonly result: Type;
  /** `text.startsWith(text)` */
  readonly usage: string;
  readonly about: string;
  /** Expressions, and what they come to. */
  readonly examples: readonly (readonly [string, Value])[];
  /** Null: the compiler does it. Receiver and parameters, all there; null is absent. */
  readonly apply: ((...values: never[]) => Value) | null;
  /** For constants that it answers with nothing: what they must be. */
  readonly complaint: string;
}

const receivers: Readonly<Record<string, Type>> = {
  text: "string",
  list: "list",
  address: "address",
  time: "time",
  duration: "duration",
};

export function row(
  usage: string,
  parameters: readonly Type[],
  result: Type,
  about: string,
  examples: Row["examples"],
  apply: Row["apply"],
  { optional = 0, complaint = "" }: Partial<Pick<Row, "optional" | "complaint">> = {},
): Row {
  const [, on, name] = /^(?:(\w+)\.)?(\w+)\(/.exec(usage)!;
  const receiver = on === undefined ? null : receivers[on]!;
  return { name: name!, receiver, parameters, optional, result, usage, about, examples, apply, complaint };
}
