// Sluice's own dashboard: an overview, and a row for each room of it. What is by listener or pool follows the variables at the top. Rows
// that need something of the config (tables, caches, a forward proxy) are empty where it is not used, and so collapsed.

import { egressRow } from "./egress.ts";
import { cacheRow, fleetRow, tableRow } from "./memory.ts";
import type { Dashboard, Panel, Row, Step } from "./panel.ts";
import { listenerRow, poolRow, serverRow, sessionRow } from "./traffic.ts";
import { byWhich, goodIsOne, lines, mild, of, per } from "./words.ts";

const stat = (title: string, about: string, expression: string, more: Partial<Panel> = {}): Panel => ({
  title,
  about,
  kind: "stat",
  unit: "none",
  width: 3,
  height: 4,
  queries: [{ expression, legend: title }],
  ...more,
});

const good: readonly Step[] = [
  { from: null, color: "red" },
  { from: 0.95, color: "yellow" },
  { from: 0.999, color: "green" },
];

const overview: Row = {
  title: "Overview",
  panels: [
    stat("Ready", "Whether all of them accept traffic.", `min(${of("sluice_ready")})`, goodIsOne("ready", "not ready")),
    stat("Workers", "Processes that accept traffic.", `sum(${of("sluice_worker_up")})`),
    stat("Requests a second", "Answered or given up, on all listeners.", `sum(${per("sluice_requests_total")})`, {
      unit: "reqps",
    }),
    stat(
      "Served",
      "Of all requests, the part that was answered as a server or the config wanted it: 1 without faults.",
      `sum(${per("sluice_requests_processed_total")}) / (sum(${per("sluice_requests_processed_total")}) + sum(${per("sluice_requests_dropped_total")}))`,
      { unit: "percentunit", steps: good, max: 1 },
    ),
    stat("Open connections", "Of clients, open now.", `sum(${of("sluice_connections_active")})`),
    stat(
      "Servers up",
      "The part of all servers that may be picked now.",
      `sum(${of("sluice_pool_active_servers")}) / sum(${of("sluice_pool_servers")})`,
      { unit: "percentunit", steps: good, max: 1 },
    ),
    stat(
      "Last reload",
      "Whether the config was good when it was last loaded; the plan before it is in force when it was not.",
      `min(${of("sluice_config_last_reload_successful")})`,
      goodIsOne("good", "refused"),
    ),
    stat("Up for", "Since the control process started.", `min(time() - ${of("sluice_start_time_seconds")})`, {
      unit: "s",
    }),
    stat(
      "Config taken up",
      "Since when the oldest config is in force.",
      `max(time() - ${of("sluice_config_last_reload_success_timestamp_seconds")})`,
      { unit: "s", width: 4, height: 5 },
    ),
    {
      title: "Versions",
      about: "Which run, with the runtime and the number of the plan in force.",
      kind: "table",
      unit: "none",
      width: 20,
      height: 5,
      queries: [
        {
          expression: `max by (instance, version, bun) (${of("sluice_build_info")}) * on (instance) group_left max by (instance) (${of("sluice_config_generation")})`,
        },
      ],
    },
  ],
};

const ruleRow: Row = {
  title: "Rules, lists, bans and hooks",
  isCollapsed: true,
  panels: [
    lines(
      "Rules",
      "Hits, by rule. Those in mode observe are counted and do nothing.",
      "ops",
      [byWhich(per("sluice_rule_hits_total"), "rule", "phase", "mode", "action")],
      { width: 16 },
    ),
    lines("Bans and lists", "Who is banned, and how long the lists are.", "none", [
      [`sum(${of("sluice_bans")})`, "bans"],
      byWhich(of("sluice_list_entries"), "list"),
      [`sum(${of("sluice_list_problems")})`, "lists with a problem"],
    ]),
    lines("Hooks that failed", "Calls by reason; each is in the log.", "ops", [
      byWhich(per("sluice_hook_failures_total"), "hook", "reason"),
    ]),
  ],
};

const discoveryRow: Row = {
  title: "Discovery",
  isCollapsed: true,
  panels: [
    lines(
      "Servers told of",
      "By pool and source; kept are those of them that it only told of before it went away.",
      "none",
      [
        byWhich(of("sluice_discovery_servers"), "pool", "source"),
        [`sum by (pool, source) (${of("sluice_discovery_kept_servers")})`, "{{pool}} {{source}} kept"],
      ],
    ),
    lines(
      "Age of the last answer",
      "What it told stays in force while it does not answer, unless onFailure says otherwise. Who waits for changes answers as seldom as the interval says.",
      "s",
      [
        [
          `max by (pool, source) (time() - ${of("sluice_discovery_last_success_timestamp_seconds")})`,
          "{{pool}} {{source}}",
        ],
      ],
    ),
    lines("Sources that do not answer", "1 from a question without an answer until one that has one.", "none", [
      [`max by (pool, source) (1 - ${of("sluice_discovery_answering")})`, "{{pool}} {{source}}"],
    ]),
    lines("Questions without an answer", "By pool and source.", "ops", [
      byWhich(per("sluice_discovery_failures_total"), "pool", "source"),
    ]),
    lines("Changes of servers", "Times that a source's servers became others, by pool and source.", "ops", [
      byWhich(per("sluice_discovery_changes_total"), "pool", "source"),
    ]),
    lines("Since the last change", "How long each source's servers have been the same.", "s", [
      [
        `max by (pool, source) (time() - ${of("sluice_discovery_last_change_timestamp_seconds")})`,
        "{{pool}} {{source}}",
      ],
    ]),
  ],
};

const registryRow: Row = {
  title: "Registry and sentinels",
  isCollapsed: true,
  panels: [
    lines("Registry", "Whether it can be asked, and tells of changes at once; and how often it went away.", "none", [
      [`min by (instance) (${of("sluice_registry_up")})`, "{{instance}} answers"],
      [`min by (instance) (${of("sluice_registry_notified")})`, "{{instance}} is told at once"],
      [`sum by (instance) (increase(${mild("sluice_registry_outages_total")}))`, "{{instance}} outages in 5 min"],
    ]),
    lines("Targets of sentinels", "As each finds them.", "none", [
      byWhich(of("sluice_sentinel_targets"), "instance", "set", "state"),
    ]),
    lines("Probes", "Of all targets.", "ops", [byWhich(per("sluice_sentinel_probes_total"), "instance", "result")]),
    lines("Votes", "What sentinels say of their targets: written down, or not.", "ops", [
      byWhich(per("sluice_sentinel_votes_total"), "instance", "result"),
    ]),
    lines("Changes by votes", "Members that went into sets, and out.", "none", [
      [`sum by (set, change) (increase(${mild("sluice_sentinel_changes_total")}))`, "{{set}} {{change}} in 5 min"],
    ]),
    lines("Age of the last vote", "Beyond the lease a sentinel's word counts no more.", "s", [
      [
        `max by (instance, set) (time() - ${of("sluice_sentinel_last_vote_timestamp_seconds")})`,
        "{{instance}} {{set}}",
      ],
    ]),
  ],
};

const workerRow: Row = {
  title: "Workers",
  panels: [
    lines("Processor", "Cores that each worker uses, and the control process.", "none", [
      byWhich(per("sluice_worker_cpu_seconds_total"), "instance", "worker"),
      [`sum by (instance) (${per("process_cpu_seconds_total")})`, "{{instance}} control"],
    ]),
    lines("Memory", "Resident, with the memory that workers share.", "bytes", [
      byWhich(of("sluice_worker_resident_memory_bytes"), "instance", "worker"),
      [`sum by (instance) (${of("process_resident_memory_bytes")})`, "{{instance}} control"],
    ]),
    lines("Connections by worker", "Of clients, and to servers.", "none", [
      [`sum by (instance, worker) (${of("sluice_worker_connections")})`, "{{instance}} {{worker}} clients"],
      [`sum by (instance, worker) (${of("sluice_worker_upstream_connections")})`, "{{instance}} {{worker}} servers"],
    ]),
    lines("Open files", "Files and sockets of each worker; see ulimit -n.", "none", [
      byWhich(of("sluice_worker_open_fds"), "instance", "worker"),
    ]),
    lines(
      "No room to connect",
      "Connections to servers that this machine had no port, descriptor or memory for.",
      "none",
      [[`sum by (instance) (increase(${mild("sluice_worker_connect_shortages_total")}))`, "{{instance}}"]],
    ),
    lines("Replaced workers", "Those that died, and assertions of ours that failed: neither should ever be.", "none", [
      [`sum by (instance) (increase(${mild("sluice_worker_restarts_total")}))`, "{{instance}} restarts"],
      [`sum by (instance) (increase(${mild("sluice_worker_asserts_total")}))`, "{{instance}} assertions"],
    ]),
    lines("Access log", "Lines written, and lines dropped because the log did not take them.", "ops", [
      [`sum(${per("sluice_access_log_lines_total")})`, "written"],
      [`sum(${per("sluice_access_log_dropped_total")})`, "dropped"],
    ]),
  ],
};

export const sluice: Dashboard = {
  uid: "sluice",
  title: "Sluice",
  about: "A Sluice, or several: what comes in, what becomes of it, and who serves it.",
  refresh: "10s",
  window: "1h",
  variables: [
    { name: "instance", label: "Instance", metric: "sluice_build_info", of: "instance" },
    { name: "listener", label: "Listener", metric: "sluice_connections_active", of: "listener" },
    { name: "pool", label: "Pool", metric: "sluice_pool_servers", of: "pool" },
  ],
  rows: [
    overview,
    listenerRow,
    poolRow,
    serverRow,
    workerRow,
    sessionRow,
    ruleRow,
    tableRow,
    cacheRow,
    egressRow,
    discoveryRow,
    registryRow,
    fleetRow,
  ],
};
