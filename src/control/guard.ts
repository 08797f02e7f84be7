// Who may speak to the admin interface. It knows a request's fields and the address that is listened on, nothing of what is
// asked for. On loopback anyone on the machine may, but not a web page that a browser on the machine shows: a page's requests
// carry its Origin, and a name that was rebound to 127.0.0.1 stands in Host. Off loopback a bearer token is demanded, and
// compared in constant time; where the config is gobetween's, user and password are as good. What tells nothing, such as /healthz, needs none. Changes that a browser asks for come from the console
// alone, which says so in a field that no other page can send. And nobody may ask, or guess, too often.

import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopback } from "../base/address.ts";
import type { Address } from "../config/plan.ts";
import { Buckets } from "./buckets.ts";

export interface Refusal {
  readonly status: 400 | 401 | 403 | 429;
  readonly message: string;
  /** Of 429: how long until it may be asked again. */
  readonly waitMs?: number;
}

/** What is asked, as far as it matters here. */
export interface Asked {
  readonly request: Request;
  readonly path: string;
  /** The peer's address, "unix" on a unix socket. */
  readonly peer: string;
  readonly isChange: boolean;
  /** It needs no token. */
  readonly isOpen: boolean;
  /** Pages of other origins may ask it, with a password that they show themselves. */
  readonly isShared?: boolean;
}

/** Asked for by HTTP basic authentication (RFC 7617). */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface GuardOptions {
  readonly address: Address;
  readonly token: string | undefined;
  /** As good as the token; the password alone is, too. */
  readonly credentials?: Credentials | null;
  /** It speaks TLS itself. */
  readonly isSecure?: boolean;
  /** By which it may be asked, besides loopback's on loopback; null: off loopback any. */
  readonly hosts?: readonly string[] | null;
  /** Requests of one peer, in a time. Null: any number, where something else keeps strangers out. */
  readonly rate?: { readonly count: number; readonly overMs: number } | null;
  /** A clock that does not go back. */
  readonly nowMs?: () => number;
}

/** Why an admin interface may not be opened like this; null when it may. */
export function exposureProblem(address: Address, token: string | undefined): string | null {
  if (token !== undefined || isLocal(address)) return null;
  return "the admin interface listens outside of loopback and has no token: set admin.token, or listen on 127.0.0.1";
}

const usualRate = { count: 50, overMs: 1000 };
/** At once come as many as in this time, and never fewer than a page needs. */
const burstMs = 4000;
const burstMin = 20;
/** Wrong tokens of one peer: ten, and then ten a minute. */
const wrongTokens = { periodMs: 6000, burst: 10 };
/** Asked for by machines, as often as they are told to. */
const uncounted: readonly string[] = ["/metrics", "/healthz", "/readyz"];

export class Guard {
  readonly #isLocal: boolean;
  readonly #secrets: readonly Secret[];
  readonly #scheme: "http" | "https";
  readonly #hosts: readonly string[] | null;
  readonly #requests: Buckets | null;
  readonly #wrongTokens = new Buckets(wrongTokens);
  readonly #nowMs: () => number;

  constructor(options: GuardOptions) {
    const { address, token, credentials = null, hosts, rate = usualRate, nowMs = () => performance.now() } = options;
    this.#isLocal = isLocal(address);
    this.#scheme = options.isSecure === true ? "https" : "http";
    this.#secrets = [
      ...(token === undefined ? [] : [new BearerToken(token)]),
      ...(credentials === null ? [] : [new BearerToken(credentials.password), new BasicCredentials(credentials)]),
    ];
    this.#hosts = hosts?.map((name) => name.toLowerCase()) ?? null;
    this.#requests = rate === null ? null : bucketsOf(rate);
    this.#nowMs = nowMs;
  }

  /** Null when the request may pass. */
  refusal(asked: Asked): Refusal | null {
    const { request, path, peer } = asked;
    const host = request.headers.get("host");
    if (host === null) return { status: 400, message: "Host is missing" };
    const refusal = this.#pageRefusal(asked, host) ?? this.#hostRefusal(host);
    if (refusal !== null) return refusal;
    if (this.#requests !== null && !uncounted.includes(path)) {
      const waitMs = this.#requests.take(peer, this.#nowMs());
      if (waitMs > 0)
        return {
          status: 429,
          message: `too many requests (admin.rateLimit): ask again in ${secondsOf(waitMs)} s`,
          waitMs,
        };
    }
    return asked.isOpen ? null : this.#tokenRefusal(request, peer);
  }

  /** What a browser asks for, on behalf of a page that may be anybody's. */
  #pageRefusal({ request, isChange, isOpen, isShared = false }: Asked, host: string): Refusal | null {
    const origin = request.headers.get("origin");
    if (isShared && isOfItsOwnAccord(request)) return null;
    const site = request.headers.get("sec-fetch-site");
    if (origin !== null && !this.#isOwnOrigin(origin, host))
      return { status: 403, message: "requests of web pages are refused here: Origin is another than this address" };
    // What tells nothing may be linked to: the console, in somebody's notes.
    if (site === "cross-site" && !isOpen)
      return { status: 403, message: "requests of web pages of other sites are refused here" };
    if (!isChange || (origin === null && site === null)) return null;
    if (site !== null && site !== "same-origin")
      return { status: 403, message: "changes are refused to web pages of another address than this" };
    // No form and no link can send a field of its own, and a script of another page would be asked for its leave first.
    if (request.headers.get("sluice-console") !== "1")
      return { status: 403, message: "changes that a browser asks for must have the field Sluice-Console: 1" };
    return null;
  }

  /** Where a proxy stands in front, which is asked by a name that is listed, it may speak TLS. */
  #isOwnOrigin(origin: string, host: string): boolean {
    if (origin === `${this.#scheme}://${host}`) return true;
    return origin === `https://${host}` && this.#isListed(host);
  }

  #hostRefusal(host: string): Refusal | null {
    if (this.#isListed(host) || (this.#isLocal && namesLoopback(host))) return null;
    if (this.#isLocal)
      return {
        status: 403,
        message: "Host must be localhost or a loopback address: this interface is for this machine",
      };
    return this.#hosts === null ? null : { status: 403, message: "Host is none of those that admin.hosts lists" };
  }

  #isListed(host: string): boolean {
    return this.#hosts?.includes(nameIn(host).toLowerCase()) === true;
  }

  /** Who has shown many wrong ones is not heard for a while: nor would the right one be, or guessing would go on. */
  #tokenRefusal(request: Request, peer: string): Refusal | null {
    if (this.#secrets.length === 0) return null;
    if (request.headers.has("authorization")) {
      const waitMs = this.#wrongTokens.wait(peer, this.#nowMs());
      if (waitMs > 0)
        return { status: 429, message: `too many wrong tokens: ask again in ${secondsOf(waitMs)} s`, waitMs };
      // All are looked at, so that how long it takes tells nothing.
      if (this.#secrets.filter((secret) => secret.isIn(request)).length > 0) return null;
      this.#wrongTokens.take(peer, this.#nowMs());
      return { status: 401, message: "this is not the token that admin.token says" };
    }
    return { status: 401, message: "a token is required: send Authorization: Bearer TOKEN" };
  }
}

function bucketsOf({ count, overMs }: { readonly count: number; readonly overMs: number }): Buckets {
  const periodMs = overMs / count;
  return new Buckets({ periodMs, burst: Math.max(Math.ceil(burstMs / periodMs), burstMin) });
}

/** As Retry-After says it. */
function secondsOf(waitMs: number): number {
  return Math.max(Math.ceil(waitMs / 1000), 1);
}

interface Secret {
  isIn(request: Request): boolean;
}

/** The token that a request has to show. */
export class BearerToken implements Secret {
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#digest = digest(token);
  }

  isIn(request: Request): boolean {
    const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    // Digests have one length, so that comparing them tells nothing of the token's own.
    return given !== undefined && timingSafeEqual(digest(given), this.#digest);
  }
}

/** User and password that a request has to show. */
export class BasicCredentials implements Secret {
  readonly #digest: Buffer;

  constructor({ user, password }: Credentials) {
    this.#digest = digest(`${user}:${password}`);
  }

  isIn(request: Request): boolean {
    const given = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    return given !== undefined && timingSafeEqual(digest(Buffer.from(given, "base64").toString()), this.#digest);
  }
}

/**
 * A page says who it is only where it was told so: by its script, for the answers have no leave for what a browser keeps. What a browser
 * would send with that unasked, a form's kinds of body, is not taken.
 */
function isOfItsOwnAccord({ method, headers }: Request): boolean {
  if (method === "OPTIONS") return true;
  const isAsked = method !== "POST" || /^application\/json\b/i.test(headers.get("content-type") ?? "");
  return headers.has("authorization") && isAsked;
}

/** A request of this machine's own, and not of a web page that a browser on it shows. */
export function isOfThisMachine(request: Request, peer: string | null): boolean {
  const host = request.headers.get("host");
  if (peer === null || host === null || !isLoopback(peer) || !namesLoopback(host)) return false;
  const origin = request.headers.get("origin");
  return (origin === null || origin === `http://${host}`) && request.headers.get("sec-fetch-site") !== "cross-site";
}

function isLocal(address: Address): boolean {
  return address.kind === "unix" || isLoopback(address.host);
}

export function namesLoopback(host: string): boolean {
  const name = nameIn(host);
  return name.toLowerCase() === "localhost" || isLoopback(name);
}

/** Without its port, and without the brackets of IPv6. */
function nameIn(host: string): string {
  return host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
