// The sections beside [servers]: the log, the REST API, metrics, profiler, ACME. The REST API and the metrics of gobetween stand
// on ports of their own; ours are both on the admin interface, which never opens to the network without a token.

import { isLoopback, readListenAddress } from "../../../base/address.ts";
import type { AdminInput, LogInput } from "../../input.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";

const levels = {
  debug: "debug",
  trace: "debug",
  info: "info",
  warn: "warn",
  warning: "warn",
  error: "error",
  fatal: "error",
  panic: "error",
} as const;

export function logOf(logging: Table | undefined, origins: Origins): LogInput {
  if (logging === undefined) return { format: "text" };
  origins.add(["log"], logging.path);
  const level = logging.choice("level", levels);
  const format = logging.choice("format", { text: "text", json: "json" } as const) ?? "text";
  const output = logging.text("output");
  if (output !== undefined && output !== "stderr")
    logging.ledger.approximate(
      logging.at("output"),
      output === "stdout"
        ? "the log goes to stderr"
        : "the log goes to stderr; let the shell or the service manager write it to a file",
    );
  logging.finish("gobetween");
  return { ...(level === undefined ? {} : { level }), format };
}

/** Undefined leaves the admin interface where it is by default. */
export function adminOf(root: Table, origins: Origins): AdminInput | undefined {
  const api = root.section("api");
  const metrics = root.section("metrics");
  const hasApi = api?.flag("enabled") === true;
  const hasMetrics = metrics?.flag("enabled") === true;
  const found = hasApi && api !== undefined ? apiOf(api) : undefined;
  const listening = found ?? (hasMetrics && metrics !== undefined ? closed(metrics) : undefined);
  const from = hasApi ? api : hasMetrics ? metrics : undefined;
  if (from !== undefined) origins.add(["admin"], from.at("bind"));
  if (metrics !== undefined && hasMetrics)
    metrics.ledger.approximate(
      metrics.at("enabled"),
      `metrics are at /metrics of the admin interface, ${listening?.listen ?? ""}, under names of Sluice (sluice_...)`,
    );
  metrics?.inert(["bind"]);
  metrics?.finish("gobetween");
  for (const [name, keys] of [
    ["basic_auth", ["login", "password"]],
    ["tls", ["cert_path", "key_path"]],
  ] as const) {
    const section = api?.section(name);
    section?.inert(keys);
    section?.finish("gobetween");
  }
  api?.inert(["bind", "cors"]);
  api?.finish("gobetween");
  return listening;
}

function apiOf(api: Table): AdminInput {
  const { ledger } = api;
  ledger.approximate(
    api.at("enabled"),
    "Sluice's admin interface answers there, not gobetween's REST API: `sluice status`, /metrics, /readyz",
  );
  if (api.flag("cors") === true)
    ledger.approximate(api.at("cors"), "pages of other origins may not ask the admin interface");
  const password = api.section("basic_auth")?.text("password");
  const isEncrypted = api.has("tls");
  if (isEncrypted)
    ledger.approximate(api.at("tls"), "the admin interface speaks no TLS, so it listens on this machine only");
  if (password === undefined) return closed(api);
  const isToken = /^[\x21-\x7e]{16,}$/.test(password);
  ledger.approximate(
    api.at("basic_auth"),
    isToken
      ? "the password is the bearer token of the admin interface (Authorization: Bearer PASSWORD); there is no login name"
      : "a token needs at least 16 characters without spaces, so the admin interface has none and listens on this machine only",
  );
  const listen = api.text("bind");
  if (!isToken) return closed(api);
  return isEncrypted || listen === undefined ? { ...closed(api), token: password } : { listen, token: password };
}

/** On loopback, where no token is asked for. */
function closed(table: Table): AdminInput {
  const bind = table.text("bind");
  if (bind === undefined) {
    table.ledger.fault(table.path, "must have a bind");
    return {};
  }
  const address = readListenAddress(bind);
  // What is no address is for judge to say.
  if (!address.ok || address.value.kind !== "tcp" || isLoopback(address.value.host)) return { listen: bind };
  table.ledger.approximate(
    table.at("bind"),
    `the admin interface listens on 127.0.0.1:${address.value.port} only; basic_auth with a password of 16 characters or more opens it to the network`,
  );
  return { listen: `127.0.0.1:${address.value.port}` };
}

/** What is told, and started by nobody. */
export function refuseOthers(root: Table): void {
  const profiler = root.section("profiler");
  if (profiler?.flag("enabled") === true)
    profiler.ledger.approximate(profiler.at("enabled"), "there is no profiler to ask over the network");
  profiler?.inert(["bind"]);
  profiler?.finish("gobetween");
  const acme = root.section("acme");
  if (acme === undefined) return;
  acme.ledger.refuse(acme.path, "certificates are not fetched from an authority (ACME) yet");
  acme.lost(["challenge", "http_bind", "cache_dir"]);
  acme.finish("gobetween");
}
