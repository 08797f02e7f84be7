// ipmanager's config.json as one of ours: a forward proxy whose requests go by the servers of an nginx, each with an address of its own,
// and which are judged by what nginx logs. What its documentation says holds, where its code does otherwise (docs/migrating/ipmanager.md).
// An address in place of a port, allow_from, allow_private and token are Sluice's own.
//
//   proxy_port > listener "proxy" > egress pool "ips": servers in upstream_conf_path, at next      probe_port > its own pages
//                                        ^ access_log_path

import { isLoopback, readListenAddress } from "../../../base/address.ts";
import type { AdminInput, ConfigInput, EgressInput, ListenerInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Environment } from "../../substitute.ts";
import { Ledger } from "../ledger.ts";
import { Origins } from "../origins.ts";
import { isTable, Table } from "../table.ts";
import type { Translation } from "../translation.ts";
import { type Settings, settingsOf } from "./settings.ts";

/** Any of these makes a file one of ipmanager's. */
const signs: readonly string[] = [
  "upstream_conf_path",
  "access_log_path",
  "probe_port",
  "proxy_port",
  "scan_interval_min",
  "cool_down_min",
  "consecutive_failure",
  "max_history_log_each_ip",
  "max_cool_down_log_each_ip",
];
const listenerName = "proxy";
const poolName = "ips";
/** Documented: failures further apart than this are no run. */
const within = "5m";

/** What `sluice ipmanager` is told by its options, as variables of the environment that the file is read with. */
export const ipmanagerVariables = { port: "IPMANAGER_PORT", mode: "IPMANAGER_MODE", admin: "SLUICE_ADMIN" } as const;

/** `isSaidToBe`: each of its keys may be left out, and all of them. */
export function isIpmanager(tree: unknown, isSaidToBe = false): boolean {
  if (!isTable(tree) || Object.hasOwn(tree, "listeners")) return false;
  return isSaidToBe || Object.keys(tree).some((key) => signs.includes(key.toLowerCase()));
}

export function translateIpmanager(tree: object, environment: Environment = {}): Translation {
  const ledger = new Ledger();
  const origins = new Origins();
  const table = new Table(withTexts(tree), [], ledger);
  const settings = settingsOf(table, environment);
  const allowed = table.list("allow_from");
  const token = table.text("token");
  const at = (ours: Path, theirs: string): void => origins.add(ours, table.at(theirs));
  placeAll(at);
  const admin = adminOf(table, environment, token);
  const input: ConfigInput = {
    ...(admin === null ? {} : { admin }),
    log: { level: settings.debug ? "debug" : "info" },
    ...(settings.debug ? { accessLog: { path: "-", flush: "100ms" } } : {}),
    timeouts: {
      connect: `${settings.dial_timeout}s`,
      response: `${settings.max_connection_timeout}s`,
      read: `${settings.max_connection_timeout}s`,
      idle: `${settings.max_connection_timeout}s`,
    },
    ipmanager: {
      listen: addressOf(table, "probe_port", settings.probe_port, ""),
      egress: poolName,
      settings: { ...settings, ...ownOf(table, allowed) },
    },
    listeners: { [listenerName]: listenerOf(table, settings, allowed) },
    egress: { [poolName]: poolOf(table, settings) },
  };
  table.finish("ipmanager");
  return { program: "ipmanager", input, ledger, origins };
}

/** Keys that ipmanager does not have are shown where they are written. */
function ownOf(table: Table, allowed: readonly string[]): Readonly<Record<string, string | boolean>> {
  const isPrivate = table.flag("allow_private");
  return {
    ...(allowed.length === 0 ? {} : { allow_from: allowed.join(", ") }),
    ...(isPrivate === undefined ? {} : { allow_private: isPrivate }),
  };
}

/** Ports may be written as numbers. */
function withTexts(tree: object): object {
  const isPort = (key: string, value: unknown): boolean =>
    key.toLowerCase().endsWith("_port") && Number.isInteger(value);
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, isPort(key, value) ? String(value) : value]),
  );
}

function placeAll(at: (ours: Path, theirs: string) => void): void {
  const pool: Path = ["egress", poolName];
  at(pool, "upstream_conf_path");
  at([...pool, "members", 0, "host"], "next");
  at([...pool, "members", 0, "ports"], "fix_port");
  at([...pool, "logs"], "access_log_path");
  at([...pool, "logs", 0, "every"], "scan_interval_min");
  at([...pool, "logs", 0, "mode"], "mode");
  at([...pool, "history", "entries"], "max_history_log_each_ip");
  at([...pool, "history", "changes"], "max_cool_down_log_each_ip");
  at([...pool, "judge"], "consecutive_failure");
  at([...pool, "judge", "coolDown"], "cool_down_min");
  at([...pool, "judge", "strategy"], "strategy");
  at(["listeners", listenerName], "proxy_port");
  at(["listeners", listenerName, "rules"], "allow_from");
  at(["timeouts"], "max_connection_timeout");
  at(["timeouts", "connect"], "dial_timeout");
  at(["ipmanager"], "probe_port");
  at(["admin"], "probe_port");
  at(["admin", "token"], "token");
  at(["log"], "debug");
  at(["accessLog"], "debug");
}

/** Its pool is judged by logs alone, whatever the target, each address by itself. */
function poolOf(table: Table, settings: Settings): EgressInput {
  const isFixed = settings.debug && settings.fix_port !== "";
  if (settings.fix_port !== "" && !isFixed)
    table.ledger.note(table.at("fix_port"), "does nothing while debug is false, as in ipmanager");
  if (isFixed)
    table.ledger.approximate(
      table.at("fix_port"),
      "only the address at that port is in the pool, and so in the pages; it is judged like any other",
    );
  return {
    members: [
      {
        nginx: settings.upstream_conf_path,
        host: settings.next,
        ...(isFixed ? { ports: [Number(settings.fix_port)] } : {}),
      },
    ],
    choose: "random",
    session: "hash",
    judge: {
      per: "member",
      strategy: "consecutive",
      failures: settings.consecutive_failure,
      within,
      statuses: { "200-399": "success", "400-599": "failure" },
      coolDown: { time: `${settings.cool_down_min}m`, growth: 1, max: `${settings.cool_down_min}m`, trial: false },
    },
    history: { entries: settings.max_history_log_each_ip, changes: settings.max_cool_down_log_each_ip },
    logs: [
      {
        path: settings.access_log_path,
        format: "ipmanager",
        mode: settings.mode,
        every: `${settings.scan_interval_min}m`,
      },
    ],
    evidence: "logs",
    whenNone: "refuse",
  };
}

/** As ipmanager, it adds nothing to a request that a target would see. */
function listenerOf(table: Table, { proxy_port: port }: Settings, allowed: readonly string[]): ListenerInput {
  const listen = addressOf(table, "proxy_port", port, "127.0.0.1");
  const reading = readListenAddress(listen);
  const isOpen = reading.ok && reading.value.kind === "tcp" && !isLoopback(reading.value.host);
  if (isOpen && allowed.length === 0)
    table.ledger.fault(
      table.at("proxy_port"),
      `needs allow_from beside it, such as ["10.0.0.0/8"], where it is not on loopback: whoever reaches ${listen} may send any requests by these addresses`,
    );
  if (/^\d+$/.test(port))
    table.ledger.approximate(
      table.at("proxy_port"),
      `it listens on ${listen} only, for whoever reaches it may send requests by these addresses; to be reached from elsewhere write "proxy_port": "0.0.0.0:${port}" and "allow_from": ["10.0.0.0/8"], the addresses of those who may`,
    );
  const blocks = allowed.map((block) => `!(src in cidr(${JSON.stringify(block)}))`);
  return {
    listen,
    // The nginx that clients came to through it speaks HTTP/1.1 there.
    http2: false,
    via: false,
    proxy: {
      egress: poolName,
      fields: true,
      connect: false,
      ...(table.flag("allow_private") ? { private: true } : {}),
    },
    ...(allowed.length === 0 ? {} : { rules: [{ name: "allow_from", if: blocks.join(" && "), deny: 403 }] }),
  };
}

/** An address in place of a port says where to listen; `host` is where it listens otherwise. */
function addressOf(table: Table, key: string, written: string, host: string): string {
  const address = /^\d+$/.test(written) ? `${host}:${written}` : written;
  const reading = readListenAddress(address);
  if (reading.ok) return address;
  table.ledger.fault(table.at(key), reading.message.replace(/^must be an address/, "must be a port, or an address"));
  return "127.0.0.1:0";
}

/** It has none of its own: it is where others have theirs, unless the variable by which `sluice status` finds it says otherwise. */
function adminOf(table: Table, environment: Environment, token: string | undefined): AdminInput | null {
  const listen = environment[ipmanagerVariables.admin]?.trim() ?? "";
  const reading = listen === "" ? null : readListenAddress(listen);
  if (reading?.ok === false)
    table.ledger.fault(
      table.at("probe_port"),
      `is not where the admin interface is, SLUICE_ADMIN says that, and it ${reading.message}`,
    );
  const admin: AdminInput = { ...(reading?.ok === true ? { listen } : {}), ...(token === undefined ? {} : { token }) };
  return Object.keys(admin).length === 0 ? null : admin;
}
