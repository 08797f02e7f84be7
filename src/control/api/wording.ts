// What a schema says of a value, in words for who asked: "limit must be a whole number from 1 to 1000". Schemas' own messages tell of
// types; people want to know what is allowed. It knows JSON Schema and the issues of zod, not what is asked for.

import { z } from "zod";

/** `name`: where the value stands. A sentence without its full stop, as all refusals are. */
export function refusalOf(name: string, schema: z.ZodType, issue: z.core.$ZodIssue): string {
  if (issue.code === "custom") return `${name} ${issue.message}`;
  if (issue.code === "unrecognized_keys")
    return `${name} has no ${issue.keys.map((key) => key.slice(0, 100)).join(", ")}`;
  const allowed = allowedBy(schema);
  return allowed === null ? `${name}: ${issue.message}` : `${name} must be ${allowed}`;
}

interface Told {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: Told;
  readonly anyOf?: readonly Told[];
}

/** Null where there is no short way to say it. */
export function allowedBy(schema: z.ZodType): string | null {
  return allowed(z.toJSONSchema(schema, { unrepresentable: "any" }) as Told);
}

function allowed(told: Told): string | null {
  if (told.const !== undefined) return JSON.stringify(told.const);
  if (told.enum !== undefined) return `one of ${told.enum.join(", ")}`;
  if (told.anyOf !== undefined) {
    const each = told.anyOf.map(allowed);
    return each.includes(null) ? null : each.join(" or ");
  }
  switch (told.type) {
    case "integer":
      return `a whole number${rangeOf(told)}`;
    case "number":
      return `a number${rangeOf(told)}`;
    case "boolean":
      return "true or false";
    case "string":
      return told.maxLength === undefined ? "a text" : `a text of at most ${told.maxLength} characters`;
    case "array":
      return told.items === undefined ? null : allowed(told.items);
    case "null":
      return "null";
    default:
      return null;
  }
}

/** Bounds that are only those of exact numbers say nothing. */
function rangeOf({ minimum, maximum }: Told): string {
  const low = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? null : minimum;
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? null : maximum;
  if (low !== null && high !== null) return ` from ${low} to ${high}`;
  if (low !== null) return ` from ${low} on`;
  return high === null ? "" : ` of at most ${high}`;
}
