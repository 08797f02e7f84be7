// What HAProxy's names are here, for who asks by them: each proxy with its listeners, its pool, and the servers on its lines. It is said only
// where something asks so, a socket or a page of statistics.

import { readServerAddress } from "../../../base/address.ts";
import type { HaproxyProxyInput } from "../../input.ts";
import type { Draft } from "./draft.ts";
import type { Service } from "./scene.ts";

export interface NamedParts {
  readonly service: Service;
  readonly listeners: readonly string[];
  readonly pool: string;
  readonly table: string;
}

export function namedProxies(draft: Draft, parts: readonly NamedParts[]): HaproxyProxyInput[] {
  return parts.flatMap(({ service, listeners, pool, table }): HaproxyProxyInput[] => {
    const isBackend = service.kind !== "frontend" && draft.pools[pool] !== undefined;
    const hasTable = draft.tables[table] !== undefined && table !== service.name;
    if (listeners.length === 0 && !isBackend && !hasTable) return [];
    const servers = (isBackend ? (draft.servers[pool] ?? []) : []).map(({ name, server }) => {
      const reading = readServerAddress(server);
      return { name, server: reading.ok ? reading.value.name : server };
    });
    return [
      {
        name: service.name,
        ...(listeners.length === 0 ? {} : { listeners: [...listeners] }),
        ...(isBackend ? { pool } : {}),
        ...(hasTable ? { table } : {}),
        ...(servers.length === 0 ? {} : { servers }),
      },
    ];
  });
}
