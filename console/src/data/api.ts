// How the console asks the admin API: JSON with the token, if one is needed, and every refusal in the words of the server. The token is
// kept for as long as the tab is open and nowhere else. Changes say that they come from here (Sluice-Console), which no other page can.

import { type Signal, signal } from "@preact/signals";

/** Why an answer is none: `status` 0 where nobody answered. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const tokenKey = "sluice-token";
const actorKey = "sluice-actor";

/** The server wants a token: "" where none was given, otherwise what was wrong with it. Null: it wants none. */
export const tokenProblem: Signal<string | null> = signal(null);
/** Counts tokens given, so that what waits for one tries again. */
export const tokenCount: Signal<number> = signal(0);

/** What else there is in a text no header carries: quotes of a word processor, a space of no width. Asking would fail as if nobody answered. */
const isToken = (text: string): boolean => /^[\x21-\x7e]*$/.test(text);

let token: string = kept();

function kept(): string {
  const text = globalThis.sessionStorage?.getItem(tokenKey) ?? "";
  return isToken(text) ? text : "";
}

export function hasToken(): boolean {
  return token !== "";
}

export function giveToken(given: string): void {
  const text = given.trim();
  token = isToken(text) ? text : "";
  if (token === "") sessionStorage.removeItem(tokenKey);
  else sessionStorage.setItem(tokenKey, token);
  tokenProblem.value = token === text ? null : strangeToken;
  if (token === text) tokenCount.value++;
}

const strangeToken =
  "That is no token: it holds a character that is none of the letters, digits and signs of ASCII, such as a curly quote or a space that cannot be seen.";

/** The name that changes are put down to in the audit log. */
export function actor(): string {
  return localStorage.getItem(actorKey) ?? "";
}

export function nameActor(name: string): void {
  localStorage.setItem(actorKey, name.trim());
}

export interface Asking {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  /** application/json where absent. */
  readonly type?: string;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The JSON of the answer. A refusal is thrown as an ApiError. */
export async function ask<T>(path: string, asking: Asking = {}): Promise<T> {
  const response = await request(path, asking);
  return (await response.json()) as T;
}

/** The answer whose status is good, with its body still to be read. */
export async function request(path: string, asking: Asking = {}): Promise<Response> {
  const response = await fetch(path, {
    method: asking.method ?? "GET",
    headers: headersOf(asking),
    cache: "no-store",
    ...(asking.body === undefined ? {} : { body: JSON.stringify(asking.body) }),
    ...(asking.signal === undefined ? {} : { signal: asking.signal }),
  }).catch((error: Error) => {
    throw error.name === "AbortError" ? error : new ApiError(0, "Sluice does not answer");
  });
  if (response.ok) return response;
  const problem = await refusalOf(response);
  // What was wrong with one that was not even sent stays said.
  if (response.status === 401)
    tokenProblem.value = hasToken() ? "That token was not accepted." : (tokenProblem.value ?? "");
  throw problem;
}

function headersOf({ method = "GET", body, type, headers }: Asking): Record<string, string> {
  const named = actor();
  return {
    ...headers,
    ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
    ...(method === "GET" ? {} : { "sluice-console": "1" }),
    ...(method === "GET" || named === ""
      ? {}
      : { "sluice-actor": /^[ -$&-~]*$/.test(named) ? named : encodeURIComponent(named) }),
    ...(body === undefined ? {} : { "content-type": type ?? "application/json" }),
  };
}

async function refusalOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === "string") return new ApiError(response.status, error);
    // An answer that is a refusal and more: a reload that found problems.
    const { problems } = JSON.parse(text) as { problems?: unknown };
    if (Array.isArray(problems)) return new ApiError(response.status, problems.join("\n"));
  } catch {
    // No JSON: something between here and Sluice has answered.
  }
  return new ApiError(response.status, `the answer was ${response.status} ${response.statusText}`.trim());
}
