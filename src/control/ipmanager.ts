// The port that ipmanager calls its probe port, with its pages and the names of its metrics, for the pool that was made of its file. What
// tells that it lives, and the metrics, are for everybody; what tells of targets and keys, or changes something, is for this machine or
// for who shows the admin token (ipmanager asked nobody). Everything else stands at the admin interface.
//
//   GET /ping /probe /metrics /metric          GET /api/config /config          GET /api/ip/history ?ip=a,b
//   POST /api/ip/renew                         GET /debug/... with the token

import type { Address } from "../config/plan.ts";
import { type Answer, json, only, problem, type Routes, text } from "./api/answer.ts";
import type { Egresses } from "./egresses.ts";
import { BearerToken, isOfThisMachine } from "./guard.ts";
import { type HttpServer, serveAt } from "./httpserver.ts";
import { historyAnswer, strangersAmong } from "./ipmanager/history.ts";
import { ipmanagerMetrics } from "./ipmanager/metrics.ts";
import type { Log } from "./log.ts";
import { listenProblem } from "./port.ts";
import { inSlices } from "./slices.ts";

export interface IpmanagerService {
  /** Of the config in force. */
  settings(): Readonly<Record<string, unknown>>;
  /** The name of the pool. */
  pool(): string;
  readonly egresses: Egresses;
  /** Null when traffic is accepted; otherwise why it is not. */
  unreadiness(): string | null;
  readonly nowMs: () => number;
}

export interface IpmanagerOptions {
  readonly address: Address;
  readonly token: string | undefined;
  readonly service: IpmanagerService;
  /** /debug/, which asks for the token itself. */
  readonly debug: Routes;
  readonly log: Log;
}

export type IpmanagerListener = HttpServer;

/** Of a client that says nothing: as slow as a scraper may be. */
const idleSeconds = 10;
/** A profile, logs that are read first. */
const longAnswerSeconds = 255;
/** Whoever asks: a token would not help. */
const noPprof =
  "there is no pprof here, with a token or without; GET /debug/, with the token, lists the profiles that there are";

/** Throws an Error with a sentence for the operator when the address cannot be listened on. */
export function openIpmanager({ address, token, service, debug, log }: IpmanagerOptions): IpmanagerListener {
  const shown = token === undefined ? null : new BearerToken(token);
  const answer = (request: Request, peer: string | null): Answer => {
    const path = URL.parse(request.url)?.pathname;
    if (path === undefined) return problem(400, "Host is missing or malformed");
    const isTrusted = (): boolean => shown?.isIn(request) === true || isOfThisMachine(request, peer);
    if (path === "/debug/pprof" || path.startsWith("/debug/pprof/")) return problem(404, noPprof);
    return publicPage(request, path, service) ?? debug(request, path) ?? ownPage(request, path, service, isTrusted);
  };
  const error = (fault: Error): Response => {
    log.error({ stack: fault.stack }, `a page of ipmanager failed: ${fault.message}`);
    return problem(500, "it failed; the log says how");
  };
  try {
    // At a path for all requests: nothing can be said of one of them there (admin.ts).
    if (address.kind === "unix")
      return serveAt(address, {
        ...{ idleTimeout: longAnswerSeconds, error, fetch: (request) => answer(request, "127.0.0.1") },
      });
    return serveAt(address, {
      ...{ idleTimeout: idleSeconds, error },
      fetch: (request, at) => {
        at.timeout(request, longAnswerSeconds);
        return answer(request, at.requestIP(request)?.address ?? null);
      },
    });
  } catch (fault) {
    throw new Error(`the pages of ipmanager ${listenProblem(address, fault as NodeJS.ErrnoException)}`, {
      cause: fault,
    });
  }
}

function publicPage(request: Request, path: string, service: IpmanagerService): Answer | null {
  switch (path) {
    case "/ping":
      return only(request, "GET", () => text(200, "pong\n"));
    case "/probe":
      return only(request, "GET", () => {
        const why = service.unreadiness();
        return why === null ? text(200, "ok\n") : text(503, `not ready: ${why}\n`);
      });
    case "/metric":
    case "/metrics":
      return only(request, "GET", () => metrics(service));
    default:
      return null;
  }
}

async function metrics({ egresses, pool, nowMs }: IpmanagerService): Promise<Response> {
  const open = egresses.find(pool());
  const body = open === null ? "" : await inSlices(ipmanagerMetrics(open, nowMs()));
  return text(200, body, "text/plain; version=0.0.4; charset=utf-8");
}

function ownPage(request: Request, path: string, service: IpmanagerService, isTrusted: () => boolean): Answer {
  const page = pageOf(path);
  if (page === null)
    return problem(404, "here are /api/ip/history, /api/ip/renew, /api/config, /metrics, /probe, /ping and /debug/");
  if (isTrusted()) return page(request, service);
  const refusal = problem(
    401,
    "this is for this machine (127.0.0.1), or with the token: send Authorization: Bearer TOKEN",
  );
  refusal.headers.set("www-authenticate", 'Bearer realm="sluice"');
  return refusal;
}

type Page = (request: Request, service: IpmanagerService) => Answer;

function pageOf(path: string): Page | null {
  switch (path) {
    case "/config":
    case "/api/config":
      return (request, service) => only(request, "GET", () => json(200, service.settings()));
    case "/api/ip/history":
      return (request, service) => only(request, "GET", () => history(request, service));
    case "/api/ip/renew":
      return (request, service) => only(request, "POST", () => renew(service));
    default:
      return null;
  }
}

function history(request: Request, { egresses, pool }: IpmanagerService): Response {
  const open = egresses.find(pool());
  if (open === null) return problem(503, "there is no plan in force yet");
  const ips = new URL(request.url).searchParams
    .getAll("ip")
    .flatMap((each) => each.split(",").filter((ip) => ip !== ""));
  const strangers = strangersAmong(open, ips);
  if (strangers.length > 0)
    return problem(
      404,
      `${strangers.join(", ")} ${strangers.length === 1 ? "is no address" : "are no addresses"} of the pool`,
    );
  const body = historyAnswer(open, ips.length === 0 ? null : ips);
  return new Response(body, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
}

async function renew({ egresses, pool }: IpmanagerService): Promise<Response> {
  const trouble = await egresses.renew(pool(), "");
  return trouble === null ? text(200, "Renewed") : problem(409, trouble);
}
