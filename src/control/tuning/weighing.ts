// Where a config says the weight of a server, and how it would say another: behind the ^ of an address that is written short, or under
// `weight`. A server that no config names has its weight from its source.

import { readServerAddress } from "../../base/address.ts";
import type { Config, Server } from "../../config/types.ts";
import type { PatchOperation } from "../configuring/service.ts";
import { pointerOf } from "./pointer.ts";

/** Null where the config does not name the server. */
export function weighing(config: Config, pool: string, server: string, weight: number): PatchOperation | null {
  const index = serverIndex(config, pool, server);
  if (index === -1) return null;
  const written = config.pools[pool]!.servers[index]!;
  const place = ["pools", pool, "servers", index] as const;
  // Behind a ^ there is no 0.
  if (weight === 0 && typeof written === "string")
    return { op: "replace", path: pointerOf(place), value: { address: bareOf(written), weight } };
  if (typeof written === "string")
    return { op: "replace", path: pointerOf(place), value: `${bareOf(written)}^${weight}` };
  if (weight === 0 && bareOf(written.address) !== written.address)
    return { op: "replace", path: pointerOf(place), value: { ...written, address: bareOf(written.address), weight } };
  if (written.weight === undefined && bareOf(written.address) !== written.address)
    return { op: "replace", path: pointerOf([...place, "address"]), value: `${bareOf(written.address)}^${weight}` };
  return { op: "add", path: pointerOf([...place, "weight"]), value: weight };
}

/** -1 where the config does not name it. */
export function serverIndex(config: Config, pool: string, server: string): number {
  return (config.pools[pool]?.servers ?? []).findIndex((each) => nameOf(each) === server);
}

function nameOf(server: string | Server): string | null {
  const reading = readServerAddress(typeof server === "string" ? server : server.address);
  return reading.ok ? reading.value.name : null;
}

function bareOf(address: string): string {
  return address.replace(/\^[^^]*$/, "");
}
