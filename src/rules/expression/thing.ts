// What a name or a path of names stands for, before it is known whether a value is wanted: a table is none, but `table[key]` is
// an entry, and `table[key].gpc0` a counter, which can be read, and in an effect be written to.

import type { DataType } from "../../memory/column.ts";
import type { Field } from "../fields.ts";
import type { Counter, Place } from "./counter.ts";
import type { Term } from "./term.ts";

export type Thing =
  | { readonly kind: "term"; readonly term: Term }
  /** `tls`, `response`, and `headers`: what fields' names begin with, or fields of a name. */
  | { readonly kind: "fields"; readonly prefix: string; readonly named: readonly Field[] }
  | { readonly kind: "tables" | "lists" | "pools" | "vars" | "tracked" }
  | { readonly kind: "table"; readonly table: number }
  | { readonly kind: "entry"; readonly place: Place }
  /** `entry.gpc`, which wants a number. */
  | { readonly kind: "elements"; readonly place: Place; readonly type: DataType }
  | { readonly kind: "counter"; readonly counter: Counter }
  | { readonly kind: "holder"; readonly list: number }
  | { readonly kind: "pool"; readonly pool: number }
  /** `tracked[0].key` */
  | { readonly kind: "key"; readonly slot: number };
