// The part of /metrics about the fleet: whether Redis is there, how many nodes, and for each shared table how old is what is known of
// others and how much goes each way. There is none of it without a fleet. An operator's alert is on the age.

import type { Exposition } from "./exposition.ts";
import type { FleetStatus } from "./fleet/nodestatus.ts";
import type { TalkFigures } from "./fleet/talk.ts";
import type { Sample } from "./metricssource.ts";

export function writeFleet(out: Exposition, fleet: FleetStatus | null): void {
  if (fleet === null) return;
  const each = (of: (figures: TalkFigures) => number | null): Sample[] =>
    fleet.tables.flatMap((figures): Sample[] => {
      const value = of(figures);
      return value === null ? [] : [[{ table: figures.table }, value]];
    });
  out.gauge("sluice_fleet_up", "Whether the fleet's Redis answers.", [[{}, fleet.isUp ? 1 : 0]]);
  out.gauge(
    "sluice_fleet_nodes",
    "Nodes of the fleet that are here, this one among them: others only if Redis has told of them not longer ago than `stale`.",
    [[{}, fleet.nodes]],
  );
  out.gauge(
    "sluice_fleet_heartbeat_age_seconds",
    "Since the last heartbeat that got through, with which bans come and go.",
    [[{}, fleet.heartbeatAgeMs / 1000]],
  );
  out.gauge(
    "sluice_fleet_clock_offset_seconds",
    "How far the clock here is ahead of Redis', or behind it (negative). Bans depend on clocks.",
    fleet.clockAheadMs === null ? [] : [[{}, fleet.clockAheadMs / 1000]],
  );
  out.counter("sluice_fleet_outages_total", "Times that the fleet's Redis went away.", [[{}, fleet.outages]]);
  out.gauge(
    "sluice_fleet_exchange_age_seconds",
    "How old is what is known of other nodes.",
    each(({ ageMs }) => (ageMs === null ? null : ageMs / 1000)),
  );
  out.gauge(
    "sluice_fleet_stale",
    "1 while what is known of other nodes is older than the config allows.",
    each(({ isStale }) => (isStale ? 1 : 0)),
  );
  out.counter(
    "sluice_fleet_exchanges_total",
    "Batches that were answered.",
    each(({ exchanges }) => exchanges),
  );
  out.counter(
    "sluice_fleet_exchange_failures_total",
    "Batches without an answer; they are brought again.",
    each(({ failures }) => failures),
  );
  out.counter(
    "sluice_fleet_keys_sent_total",
    "Entries that were told of.",
    each(({ keysSent }) => keysSent),
  );
  out.counter(
    "sluice_fleet_keys_received_total",
    "Entries that were heard of.",
    each(({ keysReceived }) => keysReceived),
  );
}
