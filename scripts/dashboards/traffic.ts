// The rows of Sluice's dashboard about traffic: listeners, pools, servers, and what is not HTTP.

import type { Row } from "./panel.ts";
import { byWhich, lines, of, per, quantiles } from "./words.ts";

export const listenerRow: Row = {
  title: "Listeners",
  panels: [
    lines(
      "Requests by class",
      "Of statuses; aborted are those that clients gave up.",
      "reqps",
      [byWhich(per("sluice_requests_total", "listener", "pool"), "code_class")],
      { isStacked: true },
    ),
    lines(
      "Processed and dropped",
      "Dropped is what was answered by a fault of ours or of a server: no server, refused, too late, cut off.",
      "reqps",
      [
        [`sum by (listener) (${per("sluice_requests_processed_total", "listener", "pool")})`, "{{listener}} processed"],
        [`sum by (listener) (${per("sluice_requests_dropped_total", "listener", "pool")})`, "{{listener}} dropped"],
      ],
    ),
    lines("Latency", "From a request's head to the last byte of its answer.", "s", [
      ...quantiles("sluice_request_duration_seconds", ["listener"], "listener", "pool"),
    ]),
    lines("Connections", "Of clients, open.", "none", [
      byWhich(of("sluice_connections_active", "listener"), "listener"),
    ]),
    lines("New connections", "Accepted, and refused because there was no room.", "ops", [
      [`sum by (listener) (${per("sluice_connections_accepted_total", "listener")})`, "{{listener}} accepted"],
      [`sum by (listener) (${per("sluice_connections_refused_total", "listener")})`, "{{listener}} refused"],
    ]),
    lines("Bytes", "From and to clients.", "Bps", [
      byWhich(per("sluice_bytes_total", "listener"), "listener", "direction"),
    ]),
    lines("Refused on purpose", "By reason: bans, rules, names that are not served.", "ops", [
      byWhich(per("sluice_listener_refusals_total", "listener"), "listener", "reason"),
    ]),
    lines(
      "Malformed",
      "Requests that were no HTTP, and what came before a connection's content and was no good.",
      "ops",
      [
        [`sum by (listener) (${per("sluice_bad_requests_total", "listener")})`, "{{listener}} requests"],
        [`sum by (listener) (${per("sluice_preambles_refused_total", "listener")})`, "{{listener}} before the content"],
      ],
    ),
    lines("TLS handshakes", "Full, resumed, failed.", "ops", [
      byWhich(per("sluice_tls_handshakes_total", "listener"), "listener", "result"),
    ]),
    lines(
      "HTTP/2",
      "Connections that spoke it, those that were ended for an error, and streams that came to nothing.",
      "ops",
      [
        [`sum by (listener) (${per("sluice_http2_connections_total", "listener")})`, "{{listener}} connections"],
        [`sum by (listener) (${per("sluice_http2_errors_total", "listener")})`, "{{listener}} errors"],
        [`sum by (listener) (${per("sluice_http2_streams_reset_total", "listener")})`, "{{listener}} streams reset"],
        [
          `sum by (listener) (${per("sluice_http2_streams_refused_total", "listener")})`,
          "{{listener}} streams refused",
        ],
      ],
    ),
    lines("Certificates", "Time that is left, by file; and how many files are no good.", "s", [
      [`min by (name) (${of("sluice_certificate_not_after_timestamp_seconds")} - time())`, "{{name}}"],
      [`sum(${of("sluice_certificate_problems")})`, "problems"],
    ]),
    lines(
      "Certificates of an authority",
      "Orders an hour by what came of them; and certificates that are missing, or fail.",
      "short",
      [
        [`sum by (result) (increase(${of("sluice_acme_orders_total")}[1h]))`, "{{result}}"],
        [`sum by (state) (${of("sluice_acme_certificates")})`, "now {{state}}"],
      ],
    ),
  ],
};

export const poolRow: Row = {
  title: "Pools",
  panels: [
    lines("Requests by pool", "By class of status.", "reqps", [
      byWhich(per("sluice_requests_total", "listener", "pool"), "pool", "code_class"),
    ]),
    lines("Latency by pool", "As clients see it.", "s", [
      ...quantiles("sluice_request_duration_seconds", ["pool"], "listener", "pool"),
    ]),
    lines("Servers", "That may be picked now, of all.", "none", [
      [`sum by (pool) (${of("sluice_pool_active_servers", "pool")})`, "{{pool}} active"],
      [`sum by (pool) (${of("sluice_pool_servers", "pool")})`, "{{pool}} all"],
    ]),
    lines("Waiting", "Requests that wait for a server with room.", "none", [
      byWhich(of("sluice_pool_queued_requests", "pool"), "pool"),
    ]),
    lines(
      "Turned away",
      "Those that waited too long or found the waiting room full, and those without any server.",
      "ops",
      [
        byWhich(per("sluice_pool_queue_rejections_total", "pool"), "pool", "reason"),
        [`sum by (pool) (${per("sluice_no_server_total", "pool")})`, "{{pool}} no server"],
      ],
    ),
    lines("Tried again", "Further attempts, those at another server, and those that the budget did not allow.", "ops", [
      [`sum by (pool) (${per("sluice_retries_total", "pool")})`, "{{pool}} retries"],
      [`sum by (pool) (${per("sluice_redispatches_total", "pool")})`, "{{pool}} another server"],
      [`sum by (pool) (${per("sluice_retry_budget_exhausted_total", "pool")})`, "{{pool}} no budget"],
    ]),
    lines("Mirrored", "Copies for another pool, and those that were left out.", "ops", [
      [`sum by (pool) (${per("sluice_mirrored_requests_total", "pool")})`, "{{pool}} copies"],
      [`sum by (pool) (${per("sluice_mirror_skips_total", "pool")})`, "{{pool}} left out"],
    ]),
  ],
};

export const serverRow: Row = {
  title: "Servers",
  panels: [
    {
      title: "Health",
      about: "By checks, without those that are ejected.",
      kind: "states",
      unit: "none",
      width: 16,
      words: { "1": { text: "up", color: "green" }, "0": { text: "down", color: "red" } },
      steps: [
        { from: null, color: "red" },
        { from: 1, color: "green" },
      ],
      queries: [
        {
          expression: `min by (pool, server) (${of("sluice_server_up", "pool")} - ${of("sluice_server_ejected", "pool")})`,
          legend: "{{pool}} {{server}}",
        },
      ],
    },
    lines("Ejected and draining", "Left alone for their failures; given nothing new by an operator.", "none", [
      [`sum by (pool) (${of("sluice_server_ejected", "pool")})`, "{{pool}} ejected"],
      [`sum by (pool) (${of("sluice_server_draining", "pool")})`, "{{pool}} draining"],
    ]),
    lines("Requests by server", "Answers of each server, by class.", "reqps", [
      byWhich(per("sluice_server_requests_total", "pool"), "pool", "server", "code_class"),
    ]),
    lines("Attempts", "Requests and connections that were given to each server.", "ops", [
      byWhich(per("sluice_server_attempts_total", "pool"), "pool", "server"),
    ]),
    lines("Latency by server", "From a request sent to the head of its response.", "s", [
      ...quantiles("sluice_server_response_duration_seconds", ["pool", "server"], "pool"),
    ]),
    lines("Under way", "Requests at each server, over all workers.", "none", [
      byWhich(of("sluice_server_active_requests", "pool"), "pool", "server"),
    ]),
    lines("Connections to servers", "All, and those that wait for a request.", "none", [
      [`sum by (pool, server) (${of("sluice_server_connections", "pool")})`, "{{pool}} {{server}} open"],
      [`sum by (pool, server) (${of("sluice_server_idle_connections", "pool")})`, "{{pool}} {{server}} idle"],
    ]),
    lines("Time to connect", "Its mean.", "s", [
      [
        `sum by (pool, server) (${per("sluice_upstream_connect_duration_seconds_sum", "pool")}) / sum by (pool, server) (${per("sluice_upstream_connect_duration_seconds_count", "pool")})`,
        "{{pool}} {{server}}",
      ],
    ]),
    lines("Failures", "Connections that were not accepted, answers that did not come whole, TLS that failed.", "ops", [
      byWhich(per("sluice_server_failures_total", "pool"), "pool", "server", "reason"),
      [`sum by (pool, server) (${per("sluice_server_tls_failures_total", "pool")})`, "{{pool}} {{server}} TLS"],
    ]),
    lines("Checks", "By result.", "ops", [byWhich(per("sluice_checks_total", "pool"), "pool", "server", "result")]),
    lines("Ejections", "By reason.", "ops", [
      byWhich(per("sluice_ejections_total", "pool"), "pool", "server", "reason"),
    ]),
    lines("Bytes by server", "To and from each.", "Bps", [
      byWhich(per("sluice_server_bytes_total", "pool"), "pool", "server", "direction"),
    ]),
  ],
};

export const sessionRow: Row = {
  title: "TCP, UDP and forward proxies",
  isCollapsed: true,
  panels: [
    lines("Sessions", "Under way.", "none", [
      byWhich(of("sluice_sessions_open", "listener", "pool"), "listener", "pool"),
    ]),
    lines("Sessions that ended", "Those that had reached a server.", "ops", [
      byWhich(per("sluice_sessions_total", "listener", "pool"), "listener", "pool"),
    ]),
    lines("Bytes of sessions", "Up is from clients to servers.", "Bps", [
      byWhich(per("sluice_session_bytes_total", "listener", "pool"), "listener", "direction"),
    ]),
    lines("Length of sessions", "From their beginning to their end.", "s", [
      ...quantiles("sluice_session_duration_seconds", ["listener"], "listener", "pool"),
    ]),
    lines("Datagrams dropped", "No server for them, or no room for a session or in a socket.", "ops", [
      byWhich(per("sluice_datagrams_dropped_total", "listener"), "listener"),
    ]),
    lines("Tunnels", "CONNECT and SOCKS5, open.", "none", [
      byWhich(of("sluice_tunnels_active", "listener"), "listener"),
    ]),
    lines("New tunnels", "Opened.", "ops", [byWhich(per("sluice_tunnels_total", "listener"), "listener")]),
    lines("Denied", "Targets that a forward proxy may not be asked for, and credentials that were no good.", "ops", [
      [`sum by (listener) (${per("sluice_target_denied_total", "listener")})`, "{{listener}} targets"],
      [`sum by (listener) (${per("sluice_auth_failures_total", "listener")})`, "{{listener}} credentials"],
    ]),
  ],
};
