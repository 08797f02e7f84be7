// What a schema says of a value, in words for who asked: "limit must be a whole number from 1 to 1000". Schemas' own messages tell of
// types; people want to know what is allowed. It knows JSON Schema and the issues of zod, not what is asked for.

import { z } from "zod";

/** `name`: where the value stands. A sentence without its full stop, as all refusals are. */
export function refusalOf(name: string, schema: z.ZodType, issue: z.core.$ZodIssue): string {
  if (issue.code === "custom") return `${name} ${issue.message}`;
  if (issue.code === "unrecognized_keys")
    return `${name} has no ${issue.keys.map((key) => key.slice(0, 100)).join(", ")}`;
  const allowed = allowedBy(schema);
  return allowed === null ? `${name} ${saidOf(issue)}` : `${name} must be ${allowed}`;
}

/** Of what may be one thing or another, what is wrong with the one that was meant: it is right the furthest down. */
export function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const firsts = issue.errors.flatMap(([first]) => (first === undefined ? [] : [innermost(first)]));
  const deepest = firsts.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (deepest === undefined || deepest.path.length === 0) return issue;
  return { ...deepest, path: [...issue.path, ...deepest.path] };
}

/** Continues the name of the place: "must be a text". */
export function saidOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "custom":
      return issue.message;
    case "unrecognized_keys":
      return `has no ${issue.keys.map((key) => key.slice(0, 100)).join(", ")}`;
    case "invalid_value":
      return `must be one of ${issue.values.join(", ")}`;
    case "invalid_type":
      return / received undefined$/.test(issue.message) ? "is missing" : `must be ${kindOf(issue)}`;
    case "invalid_union": {
      const options = (issue as { readonly options?: readonly unknown[] }).options;
      if (options !== undefined) return `must be one of ${options.join(", ")}`;
      const kinds = issue.errors.flatMap(([first]) => (first?.code === "invalid_type" ? [kindOf(first)] : []));
      return `must be ${[...new Set(kinds)].join(" or ")}`;
    }
    case "too_small":
      return `must have at least ${issue.minimum}`;
    case "too_big":
      return `must have at most ${issue.maximum}`;
    default:
      return `is not as it should be: ${issue.message}`;
  }
}

const kinds: Readonly<Record<string, string>> = {
  ...{ string: "a text", number: "a number", int: "a whole number", boolean: "true or false", null: "null" },
  ...{ array: "a list", object: "an object", record: "an object" },
};

function kindOf({ expected }: z.core.$ZodIssueInvalidType): string {
  return kinds[expected] ?? `of the kind ${expected}`;
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
