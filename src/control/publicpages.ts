// What everybody may read of a Sluice: metrics, whether it is alive, and whether it takes traffic. They say nothing secret and order
// nothing, and are the same on the admin interface and where metrics.listen says.

import { only, text } from "./api/answer.ts";

export interface PublicService {
  /** Null when traffic is accepted; otherwise why it is not. */
  unreadiness(): string | null;
  metrics(): string;
}

/** Null when the path is none of theirs. */
export function publicPage(
  request: Request,
  path: string,
  service: PublicService,
): Promise<Response> | Response | null {
  switch (path) {
    case "/metrics":
      return only(request, "GET", () => text(200, service.metrics(), "text/plain; version=0.0.4; charset=utf-8"));
    case "/healthz":
      return only(request, "GET", () => text(200, "ok\n"));
    case "/readyz":
      return only(request, "GET", () => {
        const why = service.unreadiness();
        return why === null ? text(200, "ready\n") : text(503, `not ready: ${why}\n`);
      });
    default:
      return null;
  }
}
