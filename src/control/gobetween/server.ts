// A server as gobetween's REST API shows it: what its file or its POST says, with gobetween's defaults filled in, and null for sections
// that are not there, as a program written in Go has them. Secrets are not shown. It knows keys and defaults, and no figures.

import { type Settings, type Tree, treeOf } from "../../config/foreign/gobetween/settings.ts";
import { shown } from "../configuring/secrets.ts";

export interface Shown {
  [key: string]: Settings[string] | null | Shown;
}

const ownLimits = {
  max_connections: 0,
  client_idle_timeout: "0",
  backend_idle_timeout: "0",
  backend_connection_timeout: "0",
} as const;
const sections = ["sni", "tls", "backends_tls", "udp", "access", "proxy_protocol"] as const;
const sniUsual = { hostname_matching_strategy: "exact", unexpected_hostname_strategy: "default", read_timeout: "2s" };
const discoveryUsual = { kind: "", failpolicy: "keeplast", interval: "0", timeout: "0" };
const healthcheckUsual = { kind: "none", interval: "0", passes: 1, fails: 1, timeout: "0" };

/** `general`: what the file says besides servers. */
export function shownServer(settings: Readonly<Settings>, general: Readonly<Settings>): Shown {
  const tree = treeOf(withoutSecrets(settings));
  const { defaults = {} } = treeOf(general);
  const protocol = tree["protocol"] || "tcp";
  return {
    ...ownLimits,
    ...(defaults as Tree), // A section, or it is not taken.
    ...pick(tree, Object.keys(ownLimits)),
    bind: tree["bind"] ?? "",
    protocol,
    balance: tree["balance"] || "weight",
    ...Object.fromEntries(sections.map((name) => [name, tree[name] ?? null])),
    ...("sni" in tree ? { sni: filled(sniUsual, tree["sni"]) } : {}),
    ...(protocol === "udp" ? { udp: filled({ max_requests: 0, max_responses: 0 }, tree["udp"]) } : {}),
    discovery: filled(discoveryUsual, tree["discovery"]),
    healthcheck: filled(healthcheckUsual, tree["healthcheck"]),
  };
}

export function withoutSecrets(settings: Readonly<Settings>): Settings {
  return shown(settings, ["gobetween", "settings"]) as Settings; // Texts stay texts.
}

function filled(usual: Shown, section: Tree[string] | undefined): Shown {
  const written = typeof section === "object" && !Array.isArray(section) ? section : {};
  return { ...usual, ...Object.fromEntries(Object.entries(written).filter(([, value]) => value !== "")) };
}

function pick(tree: Tree, keys: readonly string[]): Shown {
  return Object.fromEntries(keys.flatMap((key) => (key in tree && tree[key] !== "" ? [[key, tree[key]!]] : [])));
}
