// What expressions may name, of a config as it is written: tables, lists and pools, as far as the schema takes them. What it has
// refused is told there; here it is only known by name, so that nothing that hangs on it is told as another mistake.

import type { Names } from "../rules/expression/scope.ts";
import { compileList, compileTable } from "./compiletable.ts";
import { values } from "./listschema.ts";
import { type Section, sectionOf } from "./section.ts";
import { table as tableSchema } from "./tableschema.ts";

/** What compiles of the tables, lists and pools of a config as written; and the names of what does not. */
export function namesOf(root: Section): { names: Names; broken: readonly string[] } {
  const broken: string[] = [];
  const compiled = <T>(key: "tables" | "lists", compile: (name: string, value: unknown) => T | null): T[] =>
    Object.entries(sectionOf(root[key])).flatMap(([name, value]) => {
      const plan = compile(name, value);
      if (plan === null) broken.push(name);
      return plan === null ? [] : [plan];
    });
  const tables = compiled("tables", (name, value) => {
    const parsed = tableSchema.safeParse(value);
    return parsed.success ? compileTable(name, parsed.data) : null;
  });
  const lists = compiled("lists", (name, value) => {
    const parsed = values.safeParse(value);
    return parsed.success ? compileList(name, parsed.data) : null;
  });
  const pools = Object.keys(sectionOf(root["pools"])).map((name) => ({ name }));
  return { names: { tables, lists, pools }, broken };
}
