// The row of Sluice's dashboard about outbound addresses: how many may be used, what becomes of requests through them, why they leave,
// and what is read of logs. By pool, never by address: which one it was says `sluice egress ls`.

import type { Row } from "./panel.ts";
import { byWhich, lines, mild, of, per } from "./words.ts";

export const egressRow: Row = {
  title: "Outbound addresses",
  isCollapsed: true,
  panels: [
    lines("Addresses", "By state; those that are available, or on trial, may be used.", "none", [
      byWhich(of("sluice_egress_ips"), "pool", "state"),
    ]),
    lines(
      "Requests by outcome",
      "member_fault: the address or what stands there; way_fault: between it and the target.",
      "ops",
      [byWhich(per("sluice_egress_requests_total"), "pool", "outcome")],
    ),
    lines(
      "Without an address",
      "None available, all paced or busy, none as it was wished for, or the user had its quota.",
      "ops",
      [byWhich(per("sluice_egress_refused_total"), "pool", "reason")],
    ),
    lines("Changes of state", "In five minutes, by the state that addresses came to, and why.", "none", [
      [
        `sum by (pool, state, cause) (increase(${mild("sluice_egress_changes_total")}))`,
        "{{pool}} {{state}} {{cause}}",
      ],
    ]),
    lines("Hosts that are down", "Targets at which so many addresses failed that none of them is blamed.", "none", [
      byWhich(of("sluice_egress_hosts_down"), "pool"),
    ]),
    lines("Under way and kept", "Requests and tunnels through addresses, and sessions that have one.", "none", [
      [`sum by (pool) (${of("sluice_egress_active")})`, "{{pool}} under way"],
      [`sum by (pool) (${of("sluice_egress_sessions")})`, "{{pool}} sessions"],
    ]),
    lines("Tried again and waited", "Requests that went on with another address, or waited for one.", "ops", [
      [`sum by (pool) (${per("sluice_egress_retries_total")})`, "{{pool}} another address"],
      [`sum by (pool) (${per("sluice_egress_waits_total")})`, "{{pool}} waited"],
    ]),
    lines("Bytes through addresses", "Up to targets, down from them.", "Bps", [
      byWhich(per("sluice_egress_bytes_total"), "pool", "direction"),
    ]),
    lines(
      "Lines of logs",
      "good is evidence; all others say nothing of an address: the format, or the path, may be another.",
      "ops",
      [byWhich(per("sluice_egress_log_lines_total"), "pool", "result")],
    ),
    lines("Logs read", "Bytes a second.", "Bps", [byWhich(per("sluice_egress_log_bytes_total"), "pool")]),
    lines("Logs that are not read", "Files that are not there, or may not be read.", "none", [
      byWhich(of("sluice_egress_log_problems"), "pool"),
    ]),
    lines(
      "Forgotten, and without room",
      "session: its key is given another address, or goes by hash; user: a period that was over, or a request refused.",
      "ops",
      [
        [`sum by (pool, kind) (${per("sluice_egress_forgotten_total")})`, "{{pool}} {{kind}} forgotten"],
        [`sum by (pool, kind) (${per("sluice_egress_roomless_total")})`, "{{pool}} {{kind}} without room"],
      ],
    ),
    lines("Memory of boards", "States, sessions and history of addresses.", "bytes", [
      byWhich(of("sluice_egress_memory_bytes"), "pool"),
    ]),
  ],
};
