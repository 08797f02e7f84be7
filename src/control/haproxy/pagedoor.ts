// What stands at an address that HAProxy's statistics had: pages, and metrics where HAProxy's exporter had them, and nothing else, so that
// it may stand where the admin interface must not. It reads and changes nothing; who may see a page the page asks.

import { formatAddress } from "../../base/address.ts";
import type { Address } from "../../config/plan.ts";
import { problem } from "../api/answer.ts";
import { namesLoopback } from "../guard.ts";
import { type HttpServer, serveAt } from "../httpserver.ts";
import type { Log } from "../log.ts";
import { listenProblem } from "../port.ts";
import { type PublicService, publicPage } from "../publicpages.ts";
import type { StatsPage } from "./pages.ts";

export type PageDoor = HttpServer;

export interface PageDoorParts {
  readonly pages: readonly StatsPage[];
  /** Paths of the metrics, which everybody may read as where metrics.listen says. */
  readonly metricsAt: ReadonlySet<string>;
  readonly service: PublicService;
  readonly log: Pick<Log, "error">;
}

/** Of a client that says nothing. */
const idleSeconds = 10;

/** Throws an Error with a sentence for the operator when the address cannot be listened on. */
export function openPageDoor(address: Address, { pages, metricsAt, service, log }: PageDoorParts): PageDoor {
  const fetch = (request: Request, server: Bun.Server<undefined>): Promise<Response> | Response => {
    const path = URL.parse(request.url)?.pathname;
    if (path === undefined) return problem(400, "Host is missing or malformed");
    const metrics = metricsAt.has(path) ? publicPage(request, "/metrics", service) : null;
    if (metrics !== null) return metrics;
    const peer = server.requestIP(request)?.address ?? "unix";
    const isNamed = address.kind === "unix" || namesLoopback(request.headers.get("host") ?? "");
    for (const page of pages) {
      // Whoever leads a browser of this machine here by a name of his own would read it.
      if (!isNamed && page.told.users.length === 0) continue;
      const answer = page.answer(request, peer, null);
      if (answer !== null) return answer;
    }
    if (!isNamed && pages.some(({ told }) => told.users.length === 0))
      return problem(403, "Host must name a loopback address, for the page has no users");
    const all = [...(pages.length === 0 ? [] : ["a statistics page"]), ...(metricsAt.size === 0 ? [] : ["metrics"])];
    return problem(404, `here is ${all.join(" and ")}, and nothing else`);
  };
  const error = (fault: Error): Response => {
    log.error({ stack: fault.stack }, `the statistics page failed: ${fault.message}`);
    return problem(500, "the statistics page failed; the log says how");
  };
  try {
    return serveAt(address, { idleTimeout: idleSeconds, maxRequestBodySize: 0, fetch, error });
  } catch (fault) {
    const problemText = listenProblem(address, fault as NodeJS.ErrnoException);
    throw new Error(`the statistics page at ${formatAddress(address)} ${problemText}`, { cause: fault });
  }
}
