// Pages of other origins that may ask some operations of the admin interface: what a browser asks beforehand, and the leave in answers.
// Any origin has it, but never for what a browser keeps, such as cookies and passwords that were typed in: a page that asks must
// know the password itself. Which operations they are is said by these; that one of them may be asked at all is the guard's to say.

import type { Operation } from "./api/operation.ts";
import type { Found } from "./api/router.ts";

/** The operation that a browser asks leave for (CORS, a preflight request); null where it asks for none that is shared. */
export function preflightOf({ method, headers }: Request, find: (method: string) => Found | null): Operation | null {
  const wanted = method === "OPTIONS" && headers.has("origin") ? headers.get("access-control-request-method") : null;
  const found = wanted === null ? null : find(wanted);
  return found?.kind === "operation" && found.operation.basic === "shared" ? found.operation : null;
}

/** What a preflight request is answered. */
export function allowed(): Response {
  const headers = {
    "access-control-allow-methods": "PUT, POST, DELETE, GET, OPTIONS",
    "access-control-allow-headers": "Origin, Authorization, Content-Type",
    "access-control-max-age": "600",
  };
  return withLeave(new Response(null, { status: 204, headers }));
}

export function withLeave(response: Response): Response {
  response.headers.set("access-control-allow-origin", "*");
  return response;
}
