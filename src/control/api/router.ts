// Which operation a request is for, and what it is answered: path and method are matched, query and body read by the operation's
// schemas, and its handler asked. HEAD is answered like GET. What is refused here is refused for all: a method that is not there (405 with
// Allow), a path that nothing stands at (404 with the nearest), a query or a body that the schema does not take. Whether who asks may ask
// at all is the guard's business, and comes before.

import { nearest } from "../../base/nearest.ts";
import { type Answer, decoded, notUnderstood, problem, type Routes } from "./answer.ts";
import type { Call, Operation, OperationMethod } from "./operation.ts";
import { comparePatterns, type Matched, match, type Pattern, patternOf } from "./pattern.ts";
import { readBody, readQuery } from "./reading.ts";

export type Found =
  | { readonly kind: "operation"; readonly operation: Operation; readonly params: Matched }
  | { readonly kind: "refused"; readonly answer: Response };

/** An answer, and who asked for what, for the log of changes. */
export interface Answered {
  readonly response: Response;
  readonly actor: string;
  readonly body: unknown;
}

export class Router {
  readonly operations: readonly Operation[];
  readonly #patterns: readonly Pattern<Map<string, Operation>>[];

  constructor(operations: readonly Operation[]) {
    this.operations = operations;
    const byPath = new Map<string, Pattern<Map<string, Operation>>>();
    for (const each of operations) {
      const known = byPath.get(each.path) ?? patternOf(each.path, each.hasRest === true, new Map());
      if (known.of.has(each.method)) throw new Error(`two operations answer ${each.method} ${each.path}`);
      known.of.set(each.method, each);
      byPath.set(each.path, known);
    }
    this.#patterns = [...byPath.values()].sort(comparePatterns);
  }

  /** Null where no operation has the path. */
  find(method: string, path: string): Found | null {
    // A slash at the end changes nothing, "/api/v1/tables/" lists tables; unless a name that is empty stands behind it.
    const bare = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
    return this.#find(method, bare) ?? (bare === path ? null : this.#find(method, path));
  }

  #find(method: string, path: string): Found | null {
    const wanted = method === "HEAD" ? "GET" : method;
    const allowed = new Set<OperationMethod>();
    for (const pattern of this.#patterns) {
      const matched = match(pattern, path);
      if (matched === null) continue;
      const operation = pattern.of.get(wanted);
      if (operation !== undefined) return withParams(operation, matched);
      for (const each of pattern.of.values()) allowed.add(each.method);
      // What has its very own path is no name of something else: GET /egress/renew asks for no pool "renew".
      if (Object.keys(matched).length === 0) break;
    }
    return allowed.size === 0 ? null : { kind: "refused", answer: wrongMethod(method, [...allowed]) };
  }

  /** For a path that nothing stands at. */
  missing(path: string): Response {
    const short = path.slice(0, pathShownMax);
    const asked = short.slice(1).split("/");
    const alike = this.#patterns.filter(({ parts }) => parts.length === asked.length);
    const paths = alike.map(({ parts }) =>
      parts.map((part, at) => ("word" in part ? part.word : asked[at]!)).join("/"),
    );
    const near = nearest(short.slice(1), paths);
    const meant = near === null ? "" : ` did you mean /${near}?`;
    return problem(404, `there is nothing at ${short};${meant} GET /api lists what there is`);
  }

  /** `begins`: called when all of the request is there, before the operation has it. */
  async answer(
    request: Request,
    { operation, params }: Extract<Found, { kind: "operation" }>,
    peer: string,
    begins: () => void = () => {},
  ): Promise<Answered> {
    const told = namedBy(percentDecoded(request.headers.get("sluice-actor"))) ?? peer;
    const query = readQuery(operation, new URL(request.url));
    if (query instanceof Response) return { response: query, actor: told, body: undefined };
    const body = await readBody(operation, request);
    if (body instanceof Response) return { response: body, actor: told, body: undefined };
    begins();
    const by = (body.value as { readonly by?: unknown } | null | undefined)?.by;
    const actor = namedBy(typeof by === "string" ? by : null) ?? told;
    const call: Call = { request, params, query: query.value, body: body.value, peer, actor };
    return { response: await operation.handle(call), actor, body: body.value };
  }
}

/** Operations as routes: for tests, and where somebody answers a few of them beside pages of its own. */
export function routesOfOperations(operations: readonly Operation[]): Routes {
  const router = new Router(operations);
  return (request, path): Answer | null => {
    const found = router.find(request.method, path);
    if (found === null) return null;
    if (found.kind === "refused") return found.answer;
    return router.answer(request, found, "127.0.0.1").then(({ response }) => response);
  };
}

/** Longer paths are told in part. */
const pathShownMax = 300;

function withParams(operation: Operation, matched: Matched): Found {
  const params: Record<string, string> = {};
  for (const [name, text] of Object.entries(matched)) {
    const value = decoded(text);
    if (value === null)
      return { kind: "refused", answer: notUnderstood("the path is not percent-encoded as it should be") };
    params[name] = value;
  }
  return { kind: "operation", operation, params };
}

function wrongMethod(method: string, allowed: readonly OperationMethod[]): Response {
  const response = problem(405, `${method} is not allowed here; use ${allowed.join(" or ")}`);
  response.headers.set("allow", allowed.map((each) => (each === "GET" ? "GET, HEAD" : each)).join(", "));
  return response;
}

const actorMax = 100;

/** What is not of ASCII comes percent-encoded in a header; a name that is not, "100%", stands for itself. */
function percentDecoded(text: string | null): string | null {
  return text === null ? null : (decoded(text) ?? text);
}

/** A name as somebody gave it, fit to stand in a line of a log; null where there is none. */
function namedBy(text: string | null): string | null {
  const name = (text ?? "").replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ").trim();
  return name === "" ? null : name.slice(0, actorMax);
}
