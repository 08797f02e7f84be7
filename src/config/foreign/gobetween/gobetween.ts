// gobetween's configuration (gobetween.toml, or the same as JSON) as one of ours. It knows gobetween's keywords and defaults, as
// of 0.8; what gobetween does without a key is written out where Sluice would do something else. Each keyword is kept,
// approximated or refused, and told so.

import type { ConfigInput, ListenerInput, PoolInput } from "../../input.ts";
import { Ledger } from "../ledger.ts";
import { Origins } from "../origins.ts";
import { isTable, Table } from "../table.ts";
import type { Translation } from "../translation.ts";
import { adminOf, logOf, refuseOthers } from "./admin.ts";
import { freeName, isServer, serverOf } from "./server.ts";

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
  const admin = adminOf(root, origins);
  refuseOthers(root);
  const defaults = root.section("defaults");
  const listeners: Record<string, ListenerInput> = {};
  const pools: Record<string, PoolInput> = {};
  const lists: NonNullable<ConfigInput["lists"]> = {};
  const listenerNames = new Set<string>();
  const poolNames = new Set<string>();
  origins.add(["listeners"], ["servers"]);
  origins.add(["pools"], ["servers"]);
  for (const [written, server] of root.section("servers")?.named() ?? []) {
    const name = freeName(written, listenerNames);
    if (name !== written) ledger.approximate(server.path, `is called ${name} here, for names have fewer characters`);
    const parts = serverOf(name, server, { defaults, origins, poolNames });
    listeners[name] = parts.listener;
    Object.assign(pools, parts.pools);
    Object.assign(lists, parts.lists);
  }
  // Keys that every server has of its own are asked for by none.
  defaults?.inert(["max_connections", "client_idle_timeout", "backend_idle_timeout", "backend_connection_timeout"]);
  defaults?.finish("gobetween");
  root.finish("gobetween");
  const input: ConfigInput = {
    ...(admin === undefined ? {} : { admin }),
    log,
    ...(Object.keys(lists).length === 0 ? {} : { lists }),
    listeners,
    pools,
  };
  return { program: "gobetween", input, ledger, origins };
}
