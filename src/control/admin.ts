// The admin interface: HTTP on an address of its own, never on a listener's. It knows paths, methods and JSON; what they mean
// is the service's. Every answer but the pages for people is JSON or Prometheus' text, and every refusal says what to do.

import { formatAddress } from "../base/address.ts";
import type { Address } from "../config/plan.ts";
import { decoded, json, only, problem, type Routes, text } from "./api/answer.ts";
import type { CertificatesStatus } from "./certificatestatus.ts";
import { Guard, type Refusal } from "./guard.ts";
import { indexPage } from "./indexpage.ts";
import type { Log } from "./log.ts";
import { listenProblem } from "./port.ts";
import { type PublicService, publicPage } from "./publicpages.ts";
import type { Status } from "./status.ts";

export type Order = "drain" | "enable";

export interface ReloadOutcome {
  readonly successful: boolean;
  readonly generation: number;
  readonly problems: readonly string[];
  /** What is not wrong enough to keep the plan from being in force. */
  readonly warnings: readonly string[];
}

/** What the admin interface asks of the rest of control. */
export interface AdminService extends PublicService {
  status(): Status;
  certificates(): CertificatesStatus;
  reload(): Promise<ReloadOutcome>;
  /** Null when it is done; otherwise what does not exist. */
  steer(pool: string, server: string, order: Order): string | null;
}

export interface AdminOptions {
  readonly address: Address;
  readonly token: string | undefined;
  readonly service: AdminService;
  /** Asked in turn for paths that are not known here. */
  readonly routes?: readonly Routes[];
  readonly log: Log;
}

export interface Admin {
  /** As bound: port 0 has become a real one. */
  readonly address: Address;
  /** Stops at once: a client that keeps its connection open does not keep Sluice alive. */
  close(): Promise<void>;
}

/** Throws an Error with a sentence for the operator when the address cannot be listened on. */
export function openAdmin({ address, token, service, routes = [], log }: AdminOptions): Admin {
  const guard = new Guard(address, token);
  const answer = async (request: Request): Promise<Response> => {
    // Host is part of a request's URL: one that cannot be read is the client's fault, and no line in the log.
    const path = URL.parse(request.url)?.pathname;
    if (path === undefined) return problem(400, "Host is missing or malformed");
    const refusal = guard.refusal(request, path);
    return refusal !== null ? refused(refusal) : route(request, path, service, routes);
  };
  const error = (fault: Error): Response => {
    log.error({ stack: fault.stack }, `the admin interface failed: ${fault.message}`);
    return problem(500, "the admin interface failed; the log says how");
  };
  try {
    const server =
      address.kind === "unix"
        ? Bun.serve({ unix: address.path, fetch: answer, error })
        : Bun.serve({ hostname: address.host, port: address.port, fetch: answer, error });
    return {
      address: address.kind === "unix" ? address : { ...address, port: server.port ?? address.port },
      close: () => server.stop(true),
    };
  } catch (fault) {
    throw new Error(`the admin interface ${listenProblem(address, fault as NodeJS.ErrnoException)}`, { cause: fault });
  }
}

async function route(
  request: Request,
  path: string,
  service: AdminService,
  routes: readonly Routes[],
): Promise<Response> {
  const open = publicPage(request, path, service);
  if (open !== null) return open;
  switch (path) {
    case "/":
      return only(request, "GET", () => page(indexPage(service.status())));
    case "/api/v1/status":
      return only(request, "GET", () => json(200, service.status()));
    case "/api/v1/certificates":
      return only(request, "GET", () => json(200, service.certificates()));
    case "/api/v1/reload":
      return only(request, "POST", async () => {
        const outcome = await service.reload();
        return json(outcome.successful ? 200 : 422, outcome);
      });
  }
  for (const each of routes) {
    const answer = each(request, path);
    if (answer !== null) return answer;
  }
  const steering = /^\/api\/v1\/pools\/([^/]+)\/servers\/([^/]+)\/(drain|enable)$/.exec(path);
  if (steering === null) return problem(404, `there is nothing at ${path}; GET / lists what there is`);
  const [pool, server] = [decoded(steering[1]!), decoded(steering[2]!)];
  if (pool === null || server === null) return problem(400, "the path is not percent-encoded as it should be");
  return only(request, "POST", () => {
    const order = steering[3] as Order; // The expression allows nothing else.
    const missing = service.steer(pool, server, order);
    return missing === null ? json(200, { pool, server, order }) : problem(404, missing);
  });
}

function refused({ status, message }: Refusal): Response {
  const response = problem(status, message);
  if (status === 401) response.headers.set("www-authenticate", 'Bearer realm="sluice"');
  return response;
}

function page(html: string): Response {
  const response = text(200, html, "text/html; charset=utf-8");
  response.headers.set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
  return response;
}

/** Where a person would go with a browser or curl. */
export function adminUrl(address: Address): string {
  return address.kind === "unix" ? formatAddress(address) : `http://${formatAddress(address)}`;
}
