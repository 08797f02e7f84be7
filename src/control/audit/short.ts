// What a body asked for, as a line of the audit log has it: JSON, cut at a length that lines bear, and without secrets. What a config keeps
// secret is known by its place in it (configuring/secrets.ts), also where a patch names the place; what else is asked for is known by
// the names of its keys.

import { redacted, shown } from "../configuring/secrets.ts";

const lengthMax = 500;
const secretName = /token|passw|secret|credential|hmac|private[-_]?key|api[-_]?key|authorization|cookie/i;

/** "" for no body. */
export function shortOf(body: unknown): string {
  if (body === undefined) return "";
  const text = JSON.stringify(named(Array.isArray(body) ? body.map(partOf) : shown(body)));
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}

/** The path and the query as they were asked for, without secrets. */
export function shortPathOf({ pathname, searchParams }: URL): string {
  const asked = new URLSearchParams(searchParams);
  for (const name of new Set(asked.keys())) if (secretName.test(name)) asked.set(name, redacted);
  const query = asked.toString();
  const text = query === "" ? pathname : `${pathname}?${query}`;
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}

/** One operation of a JSON patch (RFC 6902), whose `path` says where in the config its `value` would stand. */
function partOf(part: unknown): unknown {
  const { path, value } = (part ?? {}) as { readonly path?: unknown; readonly value?: unknown };
  if (typeof path !== "string" || value === undefined) return shown(part);
  const at = path
    .split("/")
    .slice(1)
    .map((each) => each.replaceAll("~1", "/").replaceAll("~0", "~"));
  const isNamed = typeof value === "string" && secretName.test(at.at(-1) ?? "");
  return { ...(part as object), value: isNamed ? redacted : shown(value, at) };
}

function named(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(named);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [
    key,
    typeof each === "string" && secretName.test(key) ? redacted : named(each),
  ]);
  return Object.fromEntries(entries);
}
