// What the name of a server is looked up by: the name itself where the system is asked, "NAME@SERVER,SERVER" where its pool names other
// name servers. No name of a host and no name server has an @ or a comma.

import type { Pool } from "./types.ts";

export interface NameKeyParts {
  readonly host: string;
  /** Empty: the system's. */
  readonly servers: readonly string[];
}

export function nameKey(host: string, { nameServers }: Pick<Pool, "nameServers">): string {
  return nameServers === undefined ? host : `${host}@${nameServers.join(",")}`;
}

export function nameKeyParts(key: string): NameKeyParts {
  const at = key.indexOf("@");
  return at === -1 ? { host: key, servers: [] } : { host: key.slice(0, at), servers: key.slice(at + 1).split(",") };
}
