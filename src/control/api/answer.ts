// How the admin interface answers: JSON or text that nobody keeps, and refusals that say what to do. It knows HTTP and nothing of
// what is asked for; the files beside it and admin.ts do.

export type Answer = Response | Promise<Response>;

/** Routes of one subject: null for a path that is not theirs. */
export type Routes = (request: Request, path: string) => Answer | null;

type Method = "GET" | "POST" | "PUT" | "DELETE";

export function only(request: Request, method: Method, answer: () => Answer): Answer {
  return byMethod(request, { [method]: answer });
}

/** HEAD is answered like GET; Bun leaves its body out. */
export function byMethod(request: Request, answers: { readonly [method in Method]?: () => Answer }): Answer {
  const method = request.method === "HEAD" ? "GET" : request.method;
  const answer = Object.hasOwn(answers, method) ? answers[method as Method] : undefined;
  if (answer !== undefined) return answer();
  const allowed = Object.keys(answers);
  const response = problem(405, `${request.method} is not allowed here; use ${allowed.join(" or ")}`);
  response.headers.set("allow", allowed.map((each) => (each === "GET" ? "GET, HEAD" : each)).join(", "));
  return response;
}

export function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function problem(status: number, message: string): Response {
  return json(status, { error: message });
}

/**
 * 400: the request cannot be read as one of its operation: what its URL says (a part of the path, a parameter that there is not, or a value
 * that one cannot have), or a body that is no JSON.
 */
export function notUnderstood(message: string): Response {
  return problem(400, message);
}

/** 422: the request can be read, and what its body wants cannot be had (RFC 9110, section 15.5.21). */
export function notValid(message: string): Response {
  return problem(422, message);
}

export function json(status: number, body: unknown): Response {
  return text(status, `${JSON.stringify(body, null, 2)}\n`, "application/json");
}

export function text(status: number, body: string, type = "text/plain; charset=utf-8"): Response {
  return new Response(body, {
    status,
    headers: { "content-type": type, "cache-control": "no-store", "x-content-type-options": "nosniff" },
  });
}
