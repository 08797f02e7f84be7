// metrics.listen: the pages that everybody may read, on an address of their own, without a token. Nothing else is served there, so
// that it may stand on any address: a scraper, a load balancer and a container's health check need no way to the admin interface.

import type { Address } from "../config/plan.ts";
import { problem } from "./api/answer.ts";
import { type HttpServer, serveAt } from "./httpserver.ts";
import type { Log } from "./log.ts";
import { listenProblem } from "./port.ts";
import { type PublicService, publicPage } from "./publicpages.ts";

export interface MetricsListenerOptions {
  readonly address: Address;
  readonly service: PublicService;
  readonly log: Log;
  /** What names the address. */
  readonly name?: string;
}

export type MetricsListener = HttpServer;

/** Read by whoever asks here for what only the admin interface has: its commands, most of all. Where that is, is nobody's business here. */
const elsewhere =
  'here are /metrics, /healthz and /readyz, and no more; the admin interface has another address (the log\'s line "started" says which): name it by --admin or SLUICE_ADMIN';

/** Of a client that says nothing: as slow as a scraper may be. */
const idleSeconds = 10;

/** Throws an Error with a sentence for the operator when the address cannot be listened on. */
export function openMetricsListener({
  address,
  service,
  log,
  name = "metrics.listen",
}: MetricsListenerOptions): MetricsListener {
  const fetch = (request: Request): Promise<Response> | Response => {
    const path = URL.parse(request.url)?.pathname;
    if (path === undefined) return problem(400, "Host is missing or malformed");
    return publicPage(request, path, service) ?? problem(404, elsewhere);
  };
  const error = (fault: Error): Response => {
    log.error({ stack: fault.stack }, `the metrics could not be served: ${fault.message}`);
    return problem(500, "the metrics could not be served; the log says why");
  };
  try {
    return serveAt(address, { fetch, error, idleTimeout: idleSeconds });
  } catch (fault) {
    throw new Error(`${name} ${listenProblem(address, fault as NodeJS.ErrnoException)}`, { cause: fault });
  }
}
