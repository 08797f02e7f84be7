// ipmanager's dashboard "IP Pool", over the five metrics that it has for each outbound address. Its own counts responses by address and
// target; panels that need no target sum it away.

import type { Dashboard, Query } from "./panel.ts";

const cooldownShare = "sum(ipmanager_cooldown_list) / sum(ipmanager_all_list)";
const burden = "sum by (ip, port) (ipmanager_history_response)";
const overHour = (what: string, of: string): string => `${what}_over_time((${of})[1h:1m])`;

const byStatus: Query = {
  expression: "sum by (status_code) (ipmanager_history_response)",
  legend: "{{status_code}}",
};

export const ipPool: Dashboard = {
  uid: "ipmanager-pool",
  title: "IP Pool",
  about:
    "Outbound addresses, as ipmanager shows them. It needs the ipmanager_* metrics, which stand on ipmanager's own port (probe_port); without it all of it is empty.",
  refresh: "1m",
  window: "6h",
  variables: [],
  rows: [
    {
      title: "Pool",
      panels: [
        {
          title: "IP Overview",
          about: "Addresses that may be used, and those that are left alone for a while because of their failures.",
          kind: "lines",
          unit: "none",
          width: 12,
          isStacked: true,
          queries: [
            { expression: "sum(ipmanager_available_list)", legend: "available" },
            { expression: "sum(ipmanager_cooldown_list)", legend: "cooling down" },
          ],
        },
        {
          title: "Cooldown Condition",
          about: "The part of all addresses that cools down: its mean over an hour, and how much it moves.",
          kind: "lines",
          unit: "percentunit",
          width: 12,
          queries: [
            { expression: overHour("avg", cooldownShare), legend: "mean" },
            { expression: overHour("stddev", cooldownShare), legend: "standard deviation" },
          ],
        },
      ],
    },
    {
      title: "Addresses",
      panels: [
        {
          title: "IP Burden",
          about: "Responses by address: whether some carry more than others.",
          kind: "lines",
          unit: "short",
          width: 12,
          queries: [
            { expression: `avg(${burden})`, legend: "mean" },
            { expression: `quantile(0.95, ${burden})`, legend: "p95" },
            { expression: `max(${burden})`, legend: "most" },
          ],
        },
        {
          title: "Problematic IP",
          about: "The four addresses with the most failures in a row.",
          kind: "lines",
          unit: "none",
          width: 12,
          queries: [{ expression: "topk(4, ipmanager_consecutive_failure)", legend: "{{ip}}:{{port}}" }],
        },
      ],
    },
    {
      title: "Responses",
      panels: [
        {
          title: "Status Codes",
          about: "Responses that are remembered, by status.",
          kind: "stat",
          unit: "short",
          width: 8,
          queries: [byStatus],
        },
        {
          title: "Status Code Distribution",
          about: "The same over time.",
          kind: "lines",
          unit: "short",
          width: 16,
          isStacked: true,
          queries: [byStatus],
        },
      ],
    },
  ],
};
