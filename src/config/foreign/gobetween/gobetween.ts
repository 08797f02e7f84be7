// gobetween's configuration (gobetween.toml, or the same as JSON) as one of ours. It knows gobetween's keywords and defaults, as
// of 0.8; what gobetween does without a key is written out where Sluice would do something else. Each keyword is kept,
// approximated or refused, and told so.

import type { ConfigInput, GobetweenServerInput, ListenerInput, PoolInput } from "../../input.ts";
import { Ledger } from "../ledger.ts";
import { Origins } from "../origins.ts";
import { isTable, Table } from "../table.ts";
import type { Translation } from "../translation.ts";
import { acmeOf, placeListener, withoutAcme } from "./acme.ts";
import { logOf, refuseOthers } from "./admin.ts";
import { adminOf } from "./api.ts";
import { freeName, isServer, type ServerParts, serverOf } from "./server.ts";
import { type Settings, settingsOf, treeOf } from "./settings.ts";

/** By its top level, whatever the file is called. */
export function isGobetween(tree: unknown): boolean {
  if (!isTable(tree) || !("servers" in tree) || "listeners" in tree || "pools" in tree) return false;
  const { servers } = tree;
  if (!isTable(servers)) return false;
  const all = Object.values(servers);
  return all.length > 0 ? all.some(isServer) : ["api", "logging", "defaults"].some((key) => key in tree);
}

/** `tree` is what `isGobetween` says is one. */
export function translateGobetween(tree: object): Translation {
  const ledger = new Ledger();
  const origins = new Origins();
  const root = new Table(tree, [], ledger);
  const log = logOf(root.section("logging"), origins);
  const { admin, metrics, api } = adminOf(root, origins);
  refuseOthers(root);
  const defaults = root.section("defaults");
  const taken: Taken = { listeners: new Set(), pools: new Set() };
  const servers = serversOf(root, defaults, origins, taken);
  const authority = acmeOf(root, origins);
  if (authority !== undefined) {
    const name = freeName("acme", taken.listeners);
    servers.listeners[name] = authority.listener;
    placeListener(name, origins);
  } else
    for (const [name, listener] of Object.entries(servers.listeners)) {
      const at = ["servers", servers.told[name]!.name, "tls", "acme_hosts"];
      servers.listeners[name] = withoutAcme(listener, at, root.has("acme") ? null : ledger);
    }
  // Keys that every server has of its own are asked for by none.
  defaults?.inert(["max_connections", "client_idle_timeout", "backend_idle_timeout", "backend_connection_timeout"]);
  defaults?.finish("gobetween");
  root.finish("gobetween");
  const isAsked = api !== undefined || metrics !== undefined;
  const input: ConfigInput = {
    ...(admin === undefined ? {} : { admin }),
    ...(metrics === undefined ? {} : { metrics }),
    log,
    ...(authority === undefined ? {} : { acme: authority.acme }),
    ...(Object.keys(servers.lists).length === 0 ? {} : { lists: servers.lists }),
    ...(isAsked
      ? {
          gobetween: {
            ...(api === undefined ? {} : { api }),
            ...(metrics === undefined ? {} : { metrics: true }),
            settings: settingsOf(tree, [], ledger, ["servers"]),
            servers: servers.told,
          },
        }
      : {}),
    listeners: servers.listeners,
    pools: servers.pools,
  };
  return { program: "gobetween", input, ledger, origins };
}

/** Names that are given out already. */
export interface Taken {
  readonly listeners: Set<string>;
  readonly pools: Set<string>;
}

/** One server by itself, which is added to a config that has others; `defaults` as they stand there. */
export function translateServer(name: string, server: object, defaults: Readonly<Settings>, taken: Taken): Translation {
  const ledger = new Ledger();
  const origins = new Origins();
  const usual = new Table(treeOf(defaults), ["defaults"], new Ledger());
  // A name may be "__proto__".
  const root = new Table({ servers: Object.fromEntries([[name, server]]) }, [], ledger);
  const { listeners, pools, lists, told } = serversOf(root, usual, origins, taken);
  const input: ConfigInput = { lists, gobetween: { servers: told }, listeners, pools };
  return { program: "gobetween", input, ledger, origins };
}

interface Servers {
  readonly listeners: Record<string, ListenerInput>;
  readonly pools: Record<string, PoolInput>;
  readonly lists: NonNullable<ConfigInput["lists"]>;
  /** What is which of gobetween's, by the listener's name. */
  readonly told: Record<string, GobetweenServerInput>;
}

function serversOf(root: Table, defaults: Table | undefined, origins: Origins, taken: Taken): Servers {
  const found: Servers = { listeners: {}, pools: {}, lists: {}, told: {} };
  origins.add(["listeners"], ["servers"]);
  origins.add(["pools"], ["servers"]);
  for (const [written, server] of root.section("servers")?.named() ?? []) {
    const name = freeName(written, taken.listeners);
    if (name !== written)
      root.ledger.approximate(server.path, `is called ${name} here, for names have fewer characters`);
    const parts = serverOf(name, server, { defaults, origins, poolNames: taken.pools });
    found.listeners[name] = parts.listener;
    Object.assign(found.pools, parts.pools);
    Object.assign(found.lists, parts.lists);
    found.told[name] = toldOf(written, server, parts);
  }
  return found;
}

function toldOf(name: string, server: Table, { pools, lists }: ServerParts): GobetweenServerInput {
  const named = Object.keys(lists);
  return {
    ...{ name: name.slice(0, 256) || "server", pools: Object.keys(pools) },
    ...(named.length === 0 ? {} : { lists: named }),
    settings: settingsOf(server.written, server.path, server.ledger),
  };
}
