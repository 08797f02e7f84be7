// GopherProxy's dashboard: its seven panels under its uid, over its four metrics, as `sluice gopherproxy` serves them.

import type { Dashboard, Query } from "./panel.ts";

const rate = (name: string): string => `sum(rate(gopherproxy_${name}_requests_total[1m]))`;

const quantile = (of: string): Query => ({
  expression: `histogram_quantile(${of}, sum by (le, backend) (rate(gopherproxy_request_duration_seconds_bucket[1m])))`,
  legend: `p${of.slice(2).padEnd(2, "0")} {{backend}}`,
});

export const gopherproxy: Dashboard = {
  uid: "gopherproxy-main",
  title: "GopherProxy",
  about: "What `sluice gopherproxy` serves: requests, latency by backend, and the backends that are there.",
  refresh: "10s",
  window: "30m",
  variables: [],
  rows: [
    {
      title: "Traffic",
      panels: [
        {
          title: "Request Rate",
          about:
            "Requests that were answered by a backend, and those that were not: limited, without a backend, failed.",
          kind: "lines",
          unit: "reqps",
          width: 12,
          queries: [
            { expression: rate("processed"), legend: "processed" },
            { expression: rate("dropped"), legend: "dropped" },
          ],
        },
        {
          title: "Latency by Backend",
          about: "From the request to the end of its answer, over the last minute.",
          kind: "lines",
          unit: "s",
          width: 12,
          queries: [quantile("0.5"), quantile("0.95"), quantile("0.99")],
        },
      ],
    },
    {
      title: "Backends",
      panels: [
        {
          title: "Active Backends",
          about: "Those that are given requests now.",
          kind: "stat",
          unit: "none",
          width: 6,
          steps: [
            { from: null, color: "red" },
            { from: 1, color: "yellow" },
            { from: 2, color: "green" },
          ],
          queries: [{ expression: "sum(gopherproxy_active_backends)", legend: "active" }],
        },
        {
          title: "Backend Health Over Time",
          about: "How many there were.",
          kind: "lines",
          unit: "none",
          width: 18,
          queries: [{ expression: "sum by (instance) (gopherproxy_active_backends)", legend: "{{instance}}" }],
        },
      ],
    },
    {
      title: "Totals",
      panels: [
        {
          title: "Total Processed",
          about: "Since the proxy was started.",
          kind: "stat",
          unit: "short",
          width: 8,
          steps: [{ from: null, color: "green" }],
          queries: [{ expression: "sum(gopherproxy_processed_requests_total)", legend: "processed" }],
        },
        {
          title: "Total Dropped",
          about: "Since the proxy was started.",
          kind: "stat",
          unit: "short",
          width: 8,
          steps: [{ from: null, color: "red" }],
          queries: [{ expression: "sum(gopherproxy_dropped_requests_total)", legend: "dropped" }],
        },
        {
          title: "Success Rate",
          about:
            "Of all requests of the last minute, the part that a backend answered. A request is in one of the two counts, never in both.",
          kind: "stat",
          unit: "percentunit",
          width: 8,
          max: 1,
          steps: [
            { from: null, color: "red" },
            { from: 0.9, color: "yellow" },
            { from: 0.99, color: "green" },
          ],
          queries: [
            { expression: `${rate("processed")} / (${rate("processed")} + ${rate("dropped")})`, legend: "success" },
          ],
        },
      ],
    },
  ],
};
