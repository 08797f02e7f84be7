// Who may speak to the admin interface. It knows a request's fields and the address that is listened on, nothing of what is
// asked for. On loopback anyone on the machine may, but not a web page that a browser on the machine shows: a page's requests
// carry its Origin, and a name that was rebound to 127.0.0.1 stands in Host. Off loopback a bearer token is demanded, and
// compared in constant time. /healthz and /readyz need none: they say one word, and those who probe them have no secrets.

import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopback } from "../base/address.ts";
import type { Address } from "../config/plan.ts";

export interface Refusal {
  readonly status: 400 | 401 | 403;
  readonly message: string;
}

/** Why an admin interface may not be opened like this; null when it may. */
export function exposureProblem(address: Address, token: string | undefined): string | null {
  if (token !== undefined || isLocal(address)) return null;
  return "the admin interface listens outside of loopback and has no token: set admin.token, or listen on 127.0.0.1";
}

export class Guard {
  readonly #isLocal: boolean;
  readonly #token: Buffer | null;

  constructor(address: Address, token: string | undefined) {
    this.#isLocal = isLocal(address);
    this.#token = token === undefined ? null : digest(token);
  }

  /** Null when the request may pass. */
  refusal(request: Request, path: string): Refusal | null {
    const host = request.headers.get("host");
    if (host === null) return { status: 400, message: "Host is missing" };
    const origin = request.headers.get("origin");
    if (origin !== null && origin !== `http://${host}`)
      return { status: 403, message: "requests of web pages are refused here: Origin is another than this address" };
    if (request.headers.get("sec-fetch-site") === "cross-site")
      return { status: 403, message: "requests of web pages of other sites are refused here" };
    if (this.#isLocal && !namesLoopback(host))
      return {
        status: 403,
        message: "Host must be localhost or a loopback address: this interface is for this machine",
      };
    if (path === "/healthz" || path === "/readyz") return null;
    if (this.#token === null || this.#carriesToken(request.headers.get("authorization"))) return null;
    return { status: 401, message: "a token is required: send Authorization: Bearer TOKEN" };
  }

  #carriesToken(authorization: string | null): boolean {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    // Digests have one length, so that comparing them tells nothing of the token's own.
    return given !== undefined && timingSafeEqual(digest(given), this.#token!);
  }
}

function isLocal(address: Address): boolean {
  return address.kind === "unix" || isLoopback(address.host);
}

function namesLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  return name.toLowerCase() === "localhost" || isLoopback(name);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
