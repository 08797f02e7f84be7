// The page at the admin interface's root: what runs, and what else is there, for a person with a browser. It is made from a
// status and knows no more. Nothing on it comes from traffic or from the config, so nothing needs escaping; a name that an operator chose
// would. It has no scripts: only what can be looked at as it stands here is linked; what changes something, or wants a name, is not.

import type { Status } from "./status.ts";

const rows: readonly (readonly [method: string, path: string, what: string])[] = [
  ["GET", "/metrics", "metrics for Prometheus"],
  ["GET", "/healthz", "200 while the process lives"],
  ["GET", "/readyz", "200 while traffic is accepted, 503 while starting or draining"],
  ["GET", "/api/v1/status", "workers, listeners, pools and servers as JSON"],
  ["GET", "/api/v1/certificates", "certificates in use as JSON, with their days left"],
  ["GET", "/api/v1/tables", "tables as JSON, how large and how full"],
  ["GET, DELETE", "/api/v1/tables/NAME", "entries of a table, or those that where and key select; by pages"],
  ["GET, PUT, DELETE", "/api/v1/tables/NAME/entries/KEY", "one entry"],
  ["GET", "/api/v1/caches", "caches as JSON: what they hold, and how full they are"],
  ["GET ?url=", "/api/v1/cache/why", "what is stored for a request, and why it is answered from there or is not"],
  ["POST", "/api/v1/cache/purge", "take responses out of caches, by url, prefix, tag or all"],
  ["GET", "/api/v1/lists", "lists as JSON: entries, files, when they were read, and what is wrong with them"],
  ["GET", "/api/v1/bans", "who is banned, as JSON"],
  ["POST", "/api/v1/bans", "give an address or block no service"],
  ["DELETE", "/api/v1/bans/ADDRESS", "lift a ban"],
  ["GET", "/api/v1/discovery", "where pools have servers from that no config names, and what was found there"],
  ["GET", "/api/v1/registry", "where the registry is, its sets, and this Sluice's own sentinel"],
  ["GET", "/api/v1/fleet", "this node and all others of its fleet, and how old is what it knows of them"],
  ["POST", "/api/v1/explain", "what would become of a request, and why"],
  ["POST", "/api/v1/reload", "load the config file again"],
  ["POST", "/api/v1/pools/POOL/servers/SERVER/drain", "give a server no new requests"],
  ["POST", "/api/v1/pools/POOL/servers/SERVER/enable", "give it requests again"],
];

export function indexPage(status: Status): string {
  const servers = status.pools.flatMap((pool) => pool.servers);
  const up = servers.filter((server) => server.isEligible).length;
  const list = rows
    .map(([method, path, what]) => {
      const name = method === "GET" ? `<a href="${path}">${path}</a>` : path;
      return `<tr><td>${method}</td><td><code>${name}</code></td><td>${what}</td></tr>`;
    })
    .join("\n");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sluice</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 3rem auto; padding: 0 1rem; }
  td { padding: .2rem 1rem .2rem 0; vertical-align: top; }
</style>
<h1>Sluice ${status.version}</h1>
<p>State: ${status.state}. ${up} of ${servers.length} servers take requests. Plan ${status.generation}.</p>
<table>
${list}
</table>
</html>
`;
}
