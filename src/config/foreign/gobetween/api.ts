// The sections [api] and [metrics]. The REST API is on the admin interface, at the address that it says, and never opens to the network
// without a password that is as good as a token; with TLS it is on an address of its own, for the admin interface has none. The metrics
// are where they say, beside those of Sluice.

import { isLoopback, readListenAddress } from "../../../base/address.ts";
import type { AdminInput, GobetweenApiInput, MetricsInput } from "../../input.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";

/** What is undefined is not asked for, or is where it is by default. */
export interface Interfaces {
  readonly admin?: AdminInput | undefined;
  readonly metrics?: MetricsInput | undefined;
  readonly api?: GobetweenApiInput | undefined;
}

export function adminOf(root: Table, origins: Origins): Interfaces {
  const api = root.section("api");
  const metrics = root.section("metrics");
  const isEnabled = api?.flag("enabled") === true;
  const found: Interfaces = isEnabled && api !== undefined ? apiOf(api, origins) : {};
  const told = metrics?.flag("enabled") === true ? metricsOf(metrics, origins) : undefined;
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
  return { ...found, metrics: told };
}

function metricsOf(metrics: Table, origins: Origins): MetricsInput {
  const listen = bindOf(metrics);
  origins.add(["metrics", "listen"], metrics.at("bind"));
  return listen === undefined ? {} : { listen };
}

function bindOf(table: Table): string | undefined {
  const bind = table.text("bind");
  if (bind === undefined) table.ledger.fault(table.path, "must have a bind");
  return bind;
}

function apiOf(api: Table, origins: Origins): Interfaces {
  const auth = api.section("basic_auth");
  const user = auth?.text("login");
  const password = auth?.text("password");
  if (auth !== undefined && (user === undefined || password === undefined))
    api.ledger.fault(auth.path, "must have both login and password");
  origins.add(["gobetween", "api", "user"], auth?.at("login") ?? api.path);
  origins.add(["gobetween", "api", "password"], auth?.at("password") ?? api.path);
  origins.add(["admin"], api.at("bind"));
  const shown = user === undefined || password === undefined ? {} : { user, password };
  // What a token must be, for the same interface takes it as one.
  const token = password !== undefined && /^[\x21-\x7e]{16,}$/.test(password) ? password : undefined;
  const isShared = api.flag("cors") === true;
  if (isShared && password === undefined)
    api.ledger.approximate(
      api.at("cors"),
      "without basic_auth pages of other origins may not ask, for any page that somebody looks at could add servers",
    );
  const listen = listenOf(api, token, password);
  const tls = api.section("tls");
  const common = { ...shown, ...(isShared && password !== undefined ? { cors: true } : {}) };
  const tokenPart = token === undefined ? {} : { token };
  if (listen === undefined) return {};
  if (tls === undefined) return { admin: { listen, ...tokenPart }, api: common };
  const [certificate, key] = [tls.text("cert_path"), tls.text("key_path")];
  if (certificate === undefined || key === undefined) {
    api.ledger.fault(tls.path, "must have both cert_path and key_path");
    return { api: common };
  }
  const ours = ["gobetween", "api", "tls"];
  origins.add([...ours, "listen"], api.at("bind"));
  origins.add([...ours, "certificate"], tls.at("cert_path"));
  origins.add([...ours, "key"], tls.at("key_path"));
  api.ledger.note(tls.path, "the admin interface without TLS is on 127.0.0.1:2112, for commands on this machine");
  return {
    ...(token === undefined ? {} : { admin: tokenPart }),
    api: { ...common, tls: { listen, certificate, key } },
  };
}

/** On loopback, where nothing is asked for that a stranger could not guess. */
function listenOf(api: Table, token: string | undefined, password: string | undefined): string | undefined {
  const bind = bindOf(api);
  if (bind === undefined || token !== undefined) return bind;
  const address = readListenAddress(bind);
  // What is no address is for judge to say.
  if (!address.ok || address.value.kind !== "tcp" || isLoopback(address.value.host)) return bind;
  api.ledger.approximate(
    api.at("bind"),
    password === undefined
      ? `the API listens on 127.0.0.1:${address.value.port} only; basic_auth with a password of 16 characters or more opens it to the network`
      : `the API listens on 127.0.0.1:${address.value.port} only, for its password can be guessed; one of 16 characters or more, without spaces, opens it to the network`,
  );
  return `127.0.0.1:${address.value.port}`;
}
