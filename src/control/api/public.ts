// /metrics, /healthz and /readyz as operations of the admin API; what they say stands in ../publicpages.ts, which other ports answer by
// too. Their queries mean nothing and are not looked at: scrapers and load balancers send what they send.

import { type PublicService, publicPage } from "../publicpages.ts";
import { type Operation, wordedOperation } from "./operation.ts";

const plain = "text/plain; charset=utf-8";

export function publicOperations(service: PublicService): readonly Operation[] {
  const page = (id: string, path: string, summary: string, answers: Operation["answers"], isOpen = true): Operation =>
    wordedOperation({
      ...{ id, method: "GET", path, summary, answers, isOpen, tag: "Health" },
      handle: ({ request }) => publicPage(request, path, service)!,
    });
  return [
    page(
      "getMetrics",
      "/metrics",
      "metrics for Prometheus",
      { 200: { description: "In Prometheus' text format.", type: "text/plain; version=0.0.4; charset=utf-8" } },
      false,
    ),
    page("getHealth", "/healthz", "200 while the process lives", { 200: { description: "It lives.", type: plain } }),
    page("getReadiness", "/readyz", "200 while traffic is accepted, 503 while starting or draining", {
      200: { description: "Traffic is accepted.", type: plain },
      503: { description: "It is not; the text says why.", type: plain },
    }),
  ];
}
