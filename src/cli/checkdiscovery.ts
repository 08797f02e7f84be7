// What `sluice check` says of sources of servers: whom a running Sluice will ask, for it asks nobody itself; and their settings without
// the secrets in them.

import type { Discover, Pool } from "../config/types.ts";
import { sourceNameOf } from "../control/discovery/making.ts";

/** ` and what dns app.local:80, file /etc/servers.txt will tell`; "" for a pool without sources. */
export function discoverSummary({ discover }: Pool): string {
  const sources = listed(discover);
  return sources.length === 0 ? "" : ` and what ${sources.map(sourceNameOf).join(", ")} will tell`;
}

/** The pool without what nobody else may read. */
export function discoverShown(pool: Pool): Pool {
  const { discover } = pool;
  if (discover === undefined) return pool;
  return { ...pool, discover: Array.isArray(discover) ? discover.map(shown) : shown(discover) };
}

function shown(source: Discover): Discover {
  const { http, docker, kubernetes, consul, exec } = source;
  const whole: Discover = { ...source };
  if (typeof http === "string") whole.http = bare(http);
  else if (http !== undefined) {
    const { headers } = http;
    const names = Object.keys(headers ?? {});
    const set = headers === undefined ? {} : { headers: Object.fromEntries(names.map((name) => [name, "(set)"])) };
    whole.http = { ...http, url: bare(http.url), ...set };
  }
  if (typeof docker === "object") whole.docker = { ...docker, endpoint: bare(docker.endpoint) };
  if (typeof kubernetes === "object") whole.kubernetes = hidden({ ...kubernetes }, ["token"]);
  if (typeof consul === "object") whole.consul = hidden({ ...consul }, ["token", "password"]);
  if (exec !== undefined) whole.exec = exec.map((word, index) => (index === 0 ? word : "(set)"));
  return whole;
}

function hidden<T extends { endpoint?: string | undefined }>(section: T, keys: readonly (keyof T & string)[]): T {
  const set = Object.fromEntries(keys.filter((key) => section[key] !== undefined).map((key) => [key, "(set)"]));
  return { ...section, ...(section.endpoint === undefined ? {} : { endpoint: bare(section.endpoint) }), ...set };
}

/** A web address without credentials and query. */
function bare(address: string): string {
  if (address.startsWith("unix:")) return address;
  return address.replace(/^([a-z]+:\/\/)[^/?#@]*@/i, "$1(set)@").replace(/\?[^#]*/, "?(set)");
}

function listed(discover: Pool["discover"]): readonly Discover[] {
  if (discover === undefined) return [];
  return Array.isArray(discover) ? discover : [discover];
}
