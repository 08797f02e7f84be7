// The part of /metrics that is by source of servers: how many it tells of, and whether it still answers. An operator's alert is on the
// age of the last answer, for servers that are kept look as well as ever.

import type { SourceFigures } from "./discovery/standing.ts";
import type { PoolSources } from "./discovery.ts";
import type { Exposition } from "./exposition.ts";
import type { Sample } from "./metricssource.ts";

export function writeDiscovery(out: Exposition, pools: readonly PoolSources[]): void {
  const each = (of: (figures: SourceFigures) => number | null): Sample[] =>
    pools.flatMap(({ pool, sources }) =>
      sources.flatMap((figures): Sample[] => {
        const value = of(figures);
        return value === null ? [] : [[{ pool, source: figures.source }, value]];
      }),
    );
  out.gauge(
    "sluice_discovery_servers",
    "Servers that the source told of last.",
    each(({ servers }) => servers.length),
  );
  out.gauge(
    "sluice_discovery_kept_servers",
    "Servers that count only because the source told of them once.",
    each(({ kept }) => kept?.servers.length ?? 0),
  );
  out.counter(
    "sluice_discovery_changes_total",
    "Times that the source's servers became others.",
    each(({ changes }) => changes),
  );
  out.gauge(
    "sluice_discovery_last_change_timestamp_seconds",
    "When the source's servers last became others, in seconds since 1970.",
    each(({ lastChangeMs }) => (lastChangeMs === null ? null : lastChangeMs / 1000)),
  );
  out.gauge(
    "sluice_discovery_answering",
    "1 while the source answers, 0 from a question without an answer until one that has one.",
    each(({ problem }) => (problem === null ? 1 : 0)),
  );
  out.counter(
    "sluice_discovery_failures_total",
    "Questions to the source that had no answer.",
    each(({ failures }) => failures),
  );
  out.gauge(
    "sluice_discovery_last_success_timestamp_seconds",
    "When the source last answered, in seconds since 1970.",
    each(({ lastSuccessMs }) => (lastSuccessMs === null ? null : lastSuccessMs / 1000)),
  );
}
