// Whether a request of the admin API that a page shows is one: its path is an operation's, with the method that stands in front of it, and every
// parameter of its query is one that the operation takes. Words in the path that stand for something are as good as what they stand for.

import { openapiOf } from "../../src/control/api/openapi.ts";
import { allOperations, type Json } from "../reference/api.ts";

export interface Mention {
  /** As it stands in front of the path; null where nothing does. */
  readonly method: string | null;
  /** With its query. */
  readonly target: string;
}

const operations = allOperations();
const paths = (openapiOf(operations, "") as unknown as Json)["paths"]!;

/** In the text of a page. What stands in brackets, or behind a comma or bar, is not of it. */
export function mentionsIn(text: string): readonly Mention[] {
  return [
    ...text.matchAll(/(?:\b(GET|POST|PUT|PATCH|DELETE) (?:https?:\/\/[^\s/]+)?)?(\/api\/v1\/[^\s`'"|\\,;)]+)/g),
  ].map(({ 1: method = null, 2: target = "" }) => ({ method, target: target.replace(/[.…:]+$/, "") }));
}

/** What is wrong with it; null for nothing. */
export function requestProblem({ method, target }: Mention): string | null {
  const [path = "", query = ""] = target.split("?");
  const meant = operations.filter((each) => isAt(each.path, path) && (method === null || each.method === method));
  if (meant.length === 0) return `no operation is at ${method ?? "any method of"} ${path}`;
  const taken = meant.flatMap((each) => [...queryOf(each.path, each.method)]);
  const strange = [...new URLSearchParams(query).keys()].find((name) => /^\w+$/.test(name) && !taken.includes(name));
  return strange === undefined ? null : `${path} takes no ${strange}; it takes ${taken.join(", ")}`;
}

/** A block of addresses has a slash in it. */
function isAt(template: string, path: string): boolean {
  const parts = template.split("/");
  const pattern = parts.map((part) =>
    part.startsWith("{") ? (part === "{address}" ? ".+" : "[^/]+") : RegExp.escape(part),
  );
  return new RegExp(`^${pattern.join("/")}$`).test(path);
}

function queryOf(path: string, method: string): readonly string[] {
  const parameters = (paths[path]![method.toLowerCase()]!["parameters"] ?? []) as unknown as readonly {
    readonly in: string;
    readonly name: string;
  }[];
  return parameters.filter((each) => each.in === "query").map(({ name }) => name);
}
