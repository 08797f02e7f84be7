// How a config would say another limit of connections, of a server or a listener. A server that is written short, as a text, becomes a
// section; one that no config names has its limit from its source.

import type { Config } from "../../config/types.ts";
import type { PatchOperation } from "../configuring/service.ts";
import { pointerOf } from "./pointer.ts";
import { serverIndex } from "./weighing.ts";

/** Null where the config does not name the server. */
export function limitingServer(config: Config, pool: string, server: string, limit: number): PatchOperation | null {
  const index = serverIndex(config, pool, server);
  if (index === -1) return null;
  const written = config.pools[pool]!.servers[index]!;
  const place = ["pools", pool, "servers", index] as const;
  if (typeof written === "string")
    return { op: "replace", path: pointerOf(place), value: { address: written, maxConnections: limit } };
  return { op: "add", path: pointerOf([...place, "maxConnections"]), value: limit };
}

/** Null where the config has no such listener. */
export function limitingListener(config: Config, listener: string, limit: number): PatchOperation | null {
  if (!Object.hasOwn(config.listeners, listener)) return null;
  return { op: "add", path: pointerOf(["listeners", listener, "maxConnections"]), value: limit };
}
