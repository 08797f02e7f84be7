// How commands of HAProxy's runtime API change something: as requests to the admin API, by the desk that all others come to. So each is
// guarded, checked, noted in the audit log and told to other nodes in the one way there is. It knows neither the commands nor what they ask.

import type { Desk } from "../desk.ts";

export interface Told {
  readonly status: number;
  readonly body: unknown;
  /** Why not; null where it was done. */
  readonly problem: string | null;
}

export interface Asked {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With everything that varies percent-encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly type?: string;
  readonly actor: string;
}

export type Ask = (asked: Asked) => Promise<Told>;

/** A socket is asked by whoever may open it: what the guard wants to see of such a request. */
const host = "localhost";

export function askerOf(desk: Pick<Desk, "answer">): Ask {
  return async ({ method, path, body, type = "application/json", actor }) => {
    const headers: Record<string, string> = { host, "sluice-actor": encodeURIComponent(actor) };
    if (body !== undefined) headers["content-type"] = type;
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await desk.answer(new Request(`http://${host}${path}`, init), "unix", () => {});
    const told: unknown = await response.json().catch(() => null);
    return { status: response.status, body: told, problem: response.ok ? null : problemIn(told, response.status) };
  };
}

function problemIn(told: unknown, status: number): string {
  const { error, problems } = (told ?? {}) as { readonly error?: unknown; readonly problems?: unknown };
  if (typeof error === "string") return error;
  return Array.isArray(problems) && problems.length > 0 ? problems.join("; ") : `it was refused (${status})`;
}
