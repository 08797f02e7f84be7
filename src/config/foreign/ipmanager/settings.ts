// The keys of ipmanager's config.json with what its documentation says where they are absent, each checked against what it can be: the
// original checks nothing. They are kept by their own names, in its own order, for that is how its page /api/config shows them.

import { isIp } from "../../../base/address.ts";
import { didYouMean } from "../../../base/nearest.ts";
import { memberTimesMax } from "../../../memory/egress.ts";
import type { Environment } from "../../substitute.ts";
import { show } from "../../term.ts";
import type { Table } from "../table.ts";

export interface Settings {
  readonly mode: "serve" | "parse";
  readonly debug: boolean;
  /** A port; "" is none. */
  readonly fix_port: string;
  /** Ports, or addresses. */
  readonly probe_port: string;
  readonly proxy_port: string;
  readonly next: string;
  readonly scan_interval_min: number;
  readonly access_log_path: string;
  readonly upstream_conf_path: string;
  readonly max_history_log_each_ip: number;
  readonly max_cool_down_log_each_ip: number;
  readonly cool_down_min: number;
  readonly dial_timeout: number;
  readonly max_connection_timeout: number;
  readonly strategy: string;
  readonly consecutive_failure: number;
}

const portMax = 65_535;
const historyMax = 100_000;
const dayMin = 24 * 60;
const dayS = 24 * 60 * 60;
const strategies = ["consecutive"];

export function settingsOf(table: Table, environment: Environment): Settings {
  const number = (key: string, usual: number, from: number, to: number): number => {
    const said = table.count(key);
    if (said === undefined || (said >= from && said <= to)) return said ?? usual;
    table.ledger.fault(table.at(key), `must be a whole number from ${from} to ${to}, not ${said}`);
    return usual;
  };
  const connectionS = number("max_connection_timeout", 100, 1, dayS);
  if (table.has("max_connection_timeout"))
    table.ledger.approximate(
      table.at("max_connection_timeout"),
      `so long may a side be silent, and a connection be kept that nothing is asked on; what goes on for longer is not cut off, as it is by ipmanager`,
    );
  return {
    mode: modeOf(table, environment),
    debug: table.flag("debug") ?? true,
    fix_port: portOf(table, "fix_port", ""),
    probe_port: probePortOf(table, environment),
    proxy_port: table.text("proxy_port") ?? "9096",
    next: nextOf(table),
    scan_interval_min: number("scan_interval_min", 5, 1, dayMin),
    access_log_path: table.text("access_log_path") ?? "/var/log/nginx/host.access.log",
    upstream_conf_path: table.text("upstream_conf_path") ?? "/etc/nginx/conf.d/001-upstream.conf",
    max_history_log_each_ip: number("max_history_log_each_ip", 1000, 0, historyMax),
    max_cool_down_log_each_ip: number("max_cool_down_log_each_ip", 1000, 0, historyMax),
    cool_down_min: number("cool_down_min", 10, 1, 30 * dayMin),
    dial_timeout: number("dial_timeout", 15, 1, dayS),
    max_connection_timeout: connectionS,
    strategy: strategyOf(table),
    consecutive_failure: number("consecutive_failure", 3, 1, memberTimesMax),
  };
}

/** An option comes before what the file says, which is read all the same. */
function probePortOf(table: Table, environment: Environment): string {
  const said = table.text("probe_port") ?? "9095";
  return environment["IPMANAGER_PORT"] ?? said;
}

function modeOf(table: Table, environment: Environment): Settings["mode"] {
  const said = table.choice("mode", { serve: "serve", parse: "parse" } as const) ?? "serve";
  return environment["IPMANAGER_MODE"] === "parse" ? "parse" : said;
}

/** With a strategy that it does not know ipmanager calls every address healthy, for ever. */
function strategyOf(table: Table): string {
  const said = table.text("strategy") ?? "consecutive";
  if (strategies.includes(said)) return said;
  const meant = didYouMean(said, strategies);
  table.ledger.fault(
    table.at("strategy"),
    `is not known: ${show(said)}${meant === "" ? '; known is "consecutive"' : meant}`,
  );
  return "consecutive";
}

function portOf(table: Table, key: string, usual: string): string {
  const said = table.text(key) ?? usual;
  const isPort = /^\d{1,5}$/.test(said) && Number(said) >= 1 && Number(said) <= portMax;
  if (said === usual || isPort) return said;
  table.ledger.fault(table.at(key), `must be a port, a number from 1 to ${portMax}, not ${show(said)}`);
  return usual;
}

function nextOf(table: Table): string {
  const said = table.text("next") ?? "127.0.0.1";
  const host = said.replace(/^\[(.*)\]$/, "$1");
  if (isIp(host) || (/^[A-Za-z0-9_.-]{1,253}$/.test(host) && !/^[\d.]+$/.test(host))) return host;
  const more = /:\d+$/.test(said) ? "; the port is that of the address which is chosen" : "";
  table.ledger.fault(table.at("next"), `must be the host that nginx is on, not ${show(said)}${more}`);
  return "127.0.0.1";
}
