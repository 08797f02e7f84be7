// The rows of Sluice's dashboard about what is shared: tables and caches by workers, tables by nodes.

import type { Row } from "./panel.ts";
import { byWhich, lines, of, per } from "./words.ts";

export const tableRow: Row = {
  title: "Tables",
  isCollapsed: true,
  panels: [
    lines("Entries", "In each table, and how many have room.", "none", [
      [`sum by (table) (${of("sluice_table_entries")})`, "{{table}}"],
      [`sum by (table) (${of("sluice_table_capacity")})`, "{{table}} room"],
    ]),
    lines("Fullness", "A table that is full throws out its oldest entries, or takes no new ones.", "percentunit", [
      [`max by (table) (${of("sluice_table_entries")} / ${of("sluice_table_capacity")})`, "{{table}}"],
      [`max by (table) (${of("sluice_table_full")})`, "{{table}} has been full"],
    ]),
    lines("Memory of tables", "Of the files that workers share.", "bytes", [
      byWhich(of("sluice_table_bytes"), "table"),
    ]),
    lines("Lost for want of room", "Entries thrown out before their time, and keys that were not taken in.", "ops", [
      [`sum by (table) (${per("sluice_table_evictions_total")})`, "{{table}} thrown out"],
      [`sum by (table) (${per("sluice_table_refusals_total")})`, "{{table}} not taken in"],
    ]),
    lines("Not counted", "Because a lock was not had in time.", "ops", [
      byWhich(per("sluice_table_timeouts_total"), "table"),
    ]),
  ],
};

const answered = 'result=~"hit|stale|revalidated|collapsed"';
const lookups = per("sluice_cache_requests_total", "pool");

export const cacheRow: Row = {
  title: "Caches",
  isCollapsed: true,
  panels: [
    lines("Answered from caches", "Of the requests that a cache was asked for.", "percentunit", [
      [`sum by (pool) (${lookups.replace("{", `{${answered}, `)}) / sum by (pool) (${lookups})`, "{{pool}}"],
    ]),
    lines("Lookups", "By result.", "ops", [byWhich(lookups, "pool", "result")]),
    lines("Bytes in caches", "Used, and room.", "bytes", [
      [`sum by (cache) (${of("sluice_cache_bytes")})`, "{{cache}}"],
      [`sum by (cache) (${of("sluice_cache_capacity_bytes")})`, "{{cache}} room"],
    ]),
    lines("Stored", "Responses, and marks of what may not be stored.", "none", [
      [`sum by (cache) (${of("sluice_cache_entries")})`, "{{cache}} responses"],
      [`sum by (cache) (${of("sluice_cache_marks")})`, "{{cache}} marks"],
      [`sum by (cache) (${of("sluice_cache_fetches")})`, "{{cache}} being fetched"],
    ]),
    lines("Thrown out and not taken", "For want of room, and by policy.", "ops", [
      [`sum by (cache) (${per("sluice_cache_evictions_total")})`, "{{cache}} thrown out"],
      byWhich(per("sluice_cache_refusals_total"), "cache", "reason"),
    ]),
    lines(
      "Trouble",
      "Files that were begun anew because something in them was wrong, and locks that were not had in time.",
      "ops",
      [
        [`sum by (cache) (${per("sluice_cache_wipes_total")})`, "{{cache}} begun anew"],
        [`sum by (cache) (${per("sluice_cache_timeouts_total")})`, "{{cache}} locks"],
      ],
    ),
    lines("Second level", "What came of asking Redis.", "ops", [
      byWhich(per("sluice_cache_remote_requests_total", "pool"), "pool", "result"),
    ]),
    lines("Second level there", "1 while Redis answers.", "none", [
      [`min by (cache) (${of("sluice_cache_remote_up")})`, "{{cache}}"],
      [`max by (cache) (${of("sluice_cache_remote_refusing")})`, "{{cache}} takes nothing"],
    ]),
  ],
};

export const fleetRow: Row = {
  title: "Fleet",
  isCollapsed: true,
  panels: [
    lines("Nodes", "That are here, as each of them sees it; and whether the Redis between them answers.", "none", [
      [`max by (instance) (${of("sluice_fleet_nodes")})`, "{{instance}}"],
      [`min by (instance) (${of("sluice_fleet_up")})`, "{{instance}} has Redis"],
      [`max by (instance) (${of("sluice_fleet_heartbeat_age_seconds")})`, "{{instance}} heartbeat, seconds ago"],
      [`max by (instance) (abs(${of("sluice_fleet_clock_offset_seconds")}))`, "{{instance}} clock off, seconds"],
    ]),
    lines("Age of what others have counted", "By table. What is too old counts by whenStale of the config.", "s", [
      [`max by (instance, table) (${of("sluice_fleet_exchange_age_seconds")})`, "{{instance}} {{table}}"],
      [`max by (instance, table) (${of("sluice_fleet_stale")})`, "{{instance}} {{table}} is too old"],
    ]),
    lines("Exchanges", "Batches that were answered, those that were not, and times that Redis went away.", "ops", [
      [`sum by (table) (${per("sluice_fleet_exchanges_total")})`, "{{table}} answered"],
      [`sum by (table) (${per("sluice_fleet_exchange_failures_total")})`, "{{table}} failed"],
      [`sum by (instance) (${per("sluice_fleet_outages_total")})`, "{{instance}} outages"],
    ]),
    lines("Entries told and heard of", "By table.", "ops", [
      [`sum by (table) (${per("sluice_fleet_keys_sent_total")})`, "{{table}} told"],
      [`sum by (table) (${per("sluice_fleet_keys_received_total")})`, "{{table}} heard of"],
    ]),
  ],
};
