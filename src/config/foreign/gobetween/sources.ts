// Kinds of discovery that ask somebody, as a pool's `discover`: srv, docker, json, exec, plaintext and consul. What they are asked and how
// the answers are read is the same; gobetween's times and defaults, where they are not ours, are written out.

import { isAbsolute } from "node:path";
import type { DiscoverInput, SourceTlsInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";
import { readGoDuration, written } from "./duration.ts";

export type AskedKind = "srv" | "docker" | "json" | "exec" | "plaintext" | "consul";

/** When nobody says; there it has no end then. */
const timeoutMs: Record<AskedKind, number> = {
  srv: 5000,
  docker: 5000,
  json: 5000,
  exec: 3000,
  plaintext: 5000,
  consul: 2000,
};
const timeoutMsMax = 300_000;

export interface Asked {
  readonly discover: DiscoverInput;
  /** Our key and theirs, inside of both sections. */
  readonly places: readonly (readonly [ours: Path, theirs: Path])[];
  /** Whether backends may have max_connections. */
  readonly isLimited: boolean;
}

/** `isNamed`: backends are told apart by the names that clients ask for. */
export function askedOf(kind: AskedKind, table: Table, isNamed: boolean): Asked {
  const times = timesOf(kind, table);
  const isEmptied = table.choice("failpolicy", { keeplast: false, setempty: true }) ?? false;
  const { discover, places } = readers[kind](table, isNamed);
  return {
    discover: { ...discover, ...times, ...(isEmptied ? { onFailure: "empty" } : {}) },
    places: [[["interval"], table.at("interval")], [["timeout"], table.at("timeout")], ...places],
    isLimited: kind === "json" || kind === "exec" || kind === "plaintext",
  };
}

export function placeAll(path: Path, { places }: Asked, origins: Origins): void {
  for (const [ours, theirs] of places) origins.add([...path, "discover", ...ours], theirs);
}

function timesOf(kind: AskedKind, table: Table): Pick<DiscoverInput, "interval" | "timeout"> {
  const msOf = (key: string): number => {
    const reading = readGoDuration(table.text(key) ?? "0");
    if (!reading.ok) table.ledger.fault(table.at(key), reading.message);
    return reading.ok ? reading.value : 0;
  };
  const intervalMs = msOf("interval");
  const usualMs = Math.min(timeoutMs[kind], intervalMs || timeoutMsMax);
  const limitMs = table.has("timeout") ? msOf("timeout") : usualMs;
  if (limitMs === 0 || limitMs > timeoutMsMax)
    table.ledger.approximate(table.at("timeout"), `a question has a limit, of ${written(timeoutMsMax)} at the most`);
  return {
    interval: written(intervalMs),
    timeout: written(Math.max(Math.min(limitMs || timeoutMsMax, timeoutMsMax), 10)),
  };
}

type Reader = (table: Table, isNamed: boolean) => Pick<Asked, "discover" | "places">;

const readers: Record<AskedKind, Reader> = {
  srv: (table) => {
    const server = needed(table, "srv_lookup_server").replace(/^localhost(?=:|$)/, "127.0.0.1");
    if (table.choice("srv_dns_protocol", { udp: false, tcp: true }) === true)
      table.ledger.approximate(
        table.at("srv_dns_protocol"),
        "the name server is asked over UDP, and over TCP for what does not fit",
      );
    return {
      discover: {
        dns: {
          name: needed(table, "srv_lookup_pattern").replace(/\.$/, ""),
          record: "srv",
          ...(server === "" ? {} : { servers: [server] }),
        },
      },
      places: [
        [["dns", "servers"], table.at("srv_lookup_server")],
        [["dns", "name"], table.at("srv_lookup_pattern")],
      ],
    };
  },
  docker: (table, isNamed) => {
    const written = needed(table, "docker_endpoint").replace(/^tcp:/, "http:");
    const tls = tlsOf(table, "docker", table.flag("docker_tls_enabled") ?? false);
    const isLocal = written.startsWith("unix:");
    const label = table.text("docker_container_label");
    const port = table.count("docker_container_private_port");
    if (port === undefined) table.ledger.fault(table.path, "must have a docker_container_private_port");
    const hostVariable = table.text("docker_container_host_env_var");
    const host = isLocal ? "127.0.0.1" : (/^[a-z]+:\/\/(\[[^\]]*\]|[^:/]+)/i.exec(written)?.[1] ?? "127.0.0.1");
    return {
      discover: {
        docker: {
          endpoint: isLocal ? written.replace(/^unix:\/*/, "unix:/") : secured(written, tls),
          host,
          ...(label === undefined ? {} : { label }),
          ...(port === undefined ? {} : { port }),
          ...(hostVariable === undefined ? {} : { hostVariable }),
          ...(isNamed ? { nameLabel: "sni" } : {}),
          ...(tls === undefined ? {} : { tls }),
        },
      },
      places: [
        [["docker", "endpoint"], table.at("docker_endpoint")],
        [["docker", "port"], table.at("docker_container_private_port")],
        [["docker", "tls"], table.at("docker_tls_enabled")],
      ],
    };
  },
  json: (table) => {
    const fields = {
      host: table.text("json_host_pattern"),
      port: table.text("json_port_pattern"),
      weight: table.text("json_weight_pattern"),
      priority: table.text("json_priority_pattern"),
      name: table.text("json_sni_pattern"),
      maxConnections: table.text("json_max_connections_pattern"),
    };
    const own = Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
    return {
      discover: {
        http: needed(table, "json_endpoint"),
        format: "json",
        ...(Object.keys(own).length === 0 ? {} : { fields: own }),
      },
      places: [[["http"], table.at("json_endpoint")]],
    };
  },
  exec: (table) => {
    const command = table.list("exec_command");
    if (command.length === 0) table.ledger.fault(table.path, "must have an exec_command");
    if (command[0]?.includes("/") === true && !isAbsolute(command[0]))
      table.ledger.approximate(
        table.at("exec_command"),
        "a relative path starts at the folder of this file; in gobetween, at the folder that it was started in",
      );
    return {
      discover: { exec: command.length === 0 ? ["true"] : [...command], format: "lines", onNothing: "empty" },
      places: [[["exec"], table.at("exec_command")]],
    };
  },
  plaintext: (table) => {
    const pattern = table.text("plaintext_regex_pattern") ?? table.text("plaintext_regexp_pattern");
    const key = table.has("plaintext_regex_pattern") ? "plaintext_regex_pattern" : "plaintext_regexp_pattern";
    return {
      discover: {
        http: needed(table, "plaintext_endpoint"),
        ...(pattern === undefined ? { format: "lines" as const } : { format: "pattern" as const, pattern }),
        onNothing: "empty",
      },
      places: [
        [["http"], table.at("plaintext_endpoint")],
        [["pattern"], table.at(key)],
      ],
    };
  },
  consul: (table, isNamed) => {
    const tls = tlsOf(table, "consul", table.flag("consul_tls_enabled") ?? false);
    const texts = {
      tag: table.text("consul_service_tag"),
      datacenter: table.text("consul_datacenter") ?? table.text("consul_service_datacenter"),
      user: table.text("consul_auth_username"),
      password: table.text("consul_auth_password"),
      token: table.text("consul_acl_token"),
    };
    const host = needed(table, "consul_host");
    const service = needed(table, "consul_service_name");
    table.ledger.note(table.at("consul_service_name"), "weights of the service count; in gobetween all have the same");
    return {
      discover: {
        consul: {
          service,
          endpoint: secured(`http://${host}`, tls),
          passing: table.flag("consul_service_passing_only") ?? false,
          ...(isNamed ? { nameTag: "sni" } : {}),
          ...Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined)),
          ...(tls === undefined ? {} : { tls }),
        },
      },
      places: [
        [["consul", "endpoint"], table.at("consul_host")],
        [["consul", "service"], table.at("consul_service_name")],
        [["consul", "user"], table.at("consul_auth_username")],
        [["consul", "password"], table.at("consul_auth_password")],
        [["consul", "token"], table.at("consul_acl_token")],
        [["consul", "tls"], table.at("consul_tls_enabled")],
      ],
    };
  },
};

function needed(table: Table, key: string): string {
  const text = table.text(key);
  if (text === undefined) table.ledger.fault(table.path, `must have a ${key}`);
  return text ?? "";
}

function tlsOf(table: Table, prefix: string, isEnabled: boolean): SourceTlsInput | undefined {
  const keys = { certificate: "cert_path", key: "key_path", ca: "cacert_path" };
  const files = Object.entries(keys).map(([our, their]) => [our, table.text(`${prefix}_tls_${their}`)] as const);
  // Without tls_enabled gobetween does not look at them.
  return isEnabled ? Object.fromEntries(files.filter(([, file]) => file !== undefined)) : undefined;
}

function secured(endpoint: string, tls: SourceTlsInput | undefined): string {
  return tls === undefined ? endpoint : endpoint.replace(/^http:/, "https:");
}
