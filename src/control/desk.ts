// What becomes of a request to the admin interface, step by step: who asks for what is found out, the guard says whether that may be, the
// operation answers, and of a change the audit log is told, whatever came of it. It knows no sockets: admin.ts has them.

import { problem, type Routes } from "./api/answer.ts";
import { isChangeOf, isOpenTo, type Operation } from "./api/operation.ts";
import type { Found, Router } from "./api/router.ts";
import { shortOf, shortPathOf } from "./audit/short.ts";
import type { Audit } from "./audit.ts";
import { Buckets } from "./buckets.ts";
import { allowed, preflightOf, withLeave } from "./crossorigin.ts";
import type { Guard, Refusal } from "./guard.ts";

export interface DeskOptions {
  readonly guard: Guard;
  readonly router: Router;
  /** Asked in turn for paths that no operation has. */
  readonly routes: readonly Routes[];
  readonly audit: Pick<Audit, "note">;
  /** Of the wall clock. */
  readonly nowMs: () => number;
}

/** What a change came to. */
interface Outcome {
  readonly actor: string;
  readonly body: unknown;
  readonly status: number;
  readonly problem: string | null;
}

/** Refused changes of one peer that the log takes: a stranger must not fill it. */
const refusalsNoted = { periodMs: 6000, burst: 20 };
const safeMethods: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** Waits for the rest of the request, which its client may never send, or for the answer, which may take long. */
export type GoingOn = (operation: Operation, waitsFor: "request" | "answer") => void;

export class Desk {
  readonly #options: DeskOptions;
  readonly #refusals = new Buckets(refusalsNoted);

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** `goesOn`: called for what an operation waits for, before it does. */
  async answer(request: Request, peer: string, goesOn: GoingOn): Promise<Response> {
    const { guard, router } = this.#options;
    // Host is part of a request's URL: one that cannot be read is the client's fault, and no line in the log.
    const path = URL.parse(request.url)?.pathname;
    if (path === undefined) return problem(400, "Host is missing or malformed");
    const preflight = preflightOf(request, (method) => router.find(method, path));
    const found = router.find(request.method, path);
    const operation = preflight ?? (found?.kind === "operation" ? found.operation : null);
    const isShared = operation?.basic === "shared";
    const isChange =
      operation === null || preflight !== null ? !safeMethods.includes(request.method) : isChangeOf(operation);
    const isOpen = preflight !== null || (operation !== null && isOpenTo(operation, request));
    const refusal = guard.refusal({ request, path, peer, isChange, isOpen, isShared });
    if (refusal !== null) {
      if (operation !== null && isChange) this.#noteRefusal(operation, request, peer, refusal);
      return refused(refusal, operation);
    }
    if (preflight !== null) return allowed();
    const answer = await this.#answer(request, path, found, { isChange, peer, goesOn });
    return isShared ? withLeave(answer) : answer;
  }

  async #answer(
    request: Request,
    path: string,
    found: Found | null,
    { isChange, peer, goesOn }: { isChange: boolean; peer: string; goesOn: GoingOn },
  ): Promise<Response> {
    const { router, routes } = this.#options;
    if (found?.kind === "refused") return found.answer;
    if (found !== null) {
      goesOn(found.operation, "request");
      const begins = (): void => goesOn(found.operation, "answer");
      return isChange
        ? this.#change(request, found, { peer, begins })
        : (await router.answer(request, found, peer, begins)).response;
    }
    for (const each of routes) {
      const other = each(request, path);
      if (other !== null) return other;
    }
    return router.missing(path);
  }

  async #change(
    request: Request,
    found: Extract<Found, { kind: "operation" }>,
    { peer, begins }: { peer: string; begins: () => void },
  ): Promise<Response> {
    const note = (outcome: Outcome): void => this.#note(found.operation, request, peer, outcome);
    try {
      const { response, actor, body } = await this.#options.router.answer(request, found, peer, begins);
      note({ actor, body, status: response.status, problem: await problemOf(response) });
      return response;
    } catch (error) {
      note({ actor: peer, body: undefined, status: 500, problem: (error as Error).message });
      throw error;
    }
  }

  #noteRefusal(operation: Operation, request: Request, peer: string, { status, message }: Refusal): void {
    // That somebody asks too often says nothing of what was asked.
    if (status === 429 || this.#refusals.take(peer, this.#options.nowMs()) > 0) return;
    this.#note(operation, request, peer, { actor: peer, body: undefined, status, problem: message });
  }

  #note({ id }: Operation, { method, url }: Request, peer: string, outcome: Outcome): void {
    const { actor, body, status, problem: why } = outcome;
    const at = new Date(this.#options.nowMs()).toISOString();
    const path = shortPathOf(new URL(url));
    this.#options.audit.note({
      at,
      actor,
      peer,
      operation: id,
      method,
      path,
      body: shortOf(body),
      status,
      problem: why,
    });
  }
}

/** Null where it was done. */
async function problemOf(response: Response): Promise<string | null> {
  if (response.status < 400) return null;
  try {
    const told = (await response.clone().json()) as { readonly error?: unknown; readonly problems?: unknown } | string;
    if (typeof told === "string") return told;
    if (typeof told.error === "string") return told.error;
    if (Array.isArray(told.problems)) return told.problems.join("; ");
  } catch {
    // A refusal that is no JSON says by its status what it is.
  }
  return `it was refused (${response.status})`;
}

function refused({ status, message, waitMs = 0 }: Refusal, operation: Operation | null): Response {
  const response = problem(status, message);
  const scheme = operation?.basic === undefined ? "Bearer" : "Basic";
  if (status === 401) response.headers.set("www-authenticate", `${scheme} realm="sluice"`);
  if (status === 429) response.headers.set("retry-after", String(Math.max(Math.ceil(waitMs / 1000), 1)));
  return response;
}
