// A call of each operation of the admin API, in an order in which each finds what it asks for, at a Sluice with something of everything
// (showcase.ts). A new operation has its call here: the test that makes them fails as long as one is missing.

/** What has been answered before, by operation: the last one's body. */
export type Former = Readonly<Record<string, unknown>>;

export interface ApiCall {
  readonly id: string;
  /** With names filled in, and a query. A function where they come of what has been answered. */
  readonly path: string | ((former: Former) => string);
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** 200 where it is not said. */
  readonly status?: number;
}

const get = (id: string, path: ApiCall["path"], status = 200): ApiCall => ({ id, path, status });
const send = (id: string, path: ApiCall["path"], body?: unknown, status = 200): ApiCall => ({ id, path, body, status });

const server = "/api/v1/pools/raw/servers/{server}";
const filled = (path: string) => (former: Former) => path.replace("{server}", encodeURIComponent(serverOf(former)));

function serverOf(former: Former): string {
  const { servers } = former["listPoolServers"] as { readonly servers: readonly { readonly name: string }[] };
  return servers[0]!.name;
}

function requestOf(former: Former): string {
  const { requests } = former["listRequests"] as { readonly requests: readonly { readonly id: string }[] };
  return requests[0]!.id;
}

const merging = "application/merge-patch+json";
const member = "/api/v1/egress/scrape/127.0.0.2";
const entry = "/api/v1/tables/clients/entries/192.0.2.1";
const set = "/api/v1/registry/calls";

export const apiCalls: readonly ApiCall[] = [
  get("getMetrics", "/metrics"),
  get("getHealth", "/healthz"),
  get("getReadiness", "/readyz"),
  get("getIndex", "/api"),
  get("getOpenapi", "/api/v1/openapi.json"),
  get("getConsole", "/"),
  get("getConsoleScript", "/console.js"),
  get("getConsoleStyle", "/console.css"),
  get("getConsoleIcon", "/console.svg"),

  get("getStatus", "/api/v1/status"),
  get("listWorkers", "/api/v1/workers"),
  get("listListeners", "/api/v1/listeners"),
  get("listPools", "/api/v1/pools"),
  get("getPool", "/api/v1/pools/app"),
  get("getPool", "/api/v1/pools/ap", 404),
  get("listPoolServers", "/api/v1/pools/raw/servers"),
  get("getServer", filled(server)),
  get("getServer", "/api/v1/pools/raw/servers/nobody", 404),
  send("drainServer", filled(`${server}/drain`)),
  send("maintainServer", filled(`${server}/maintain`)),
  send("enableServer", filled(`${server}/enable`)),
  send("drainServer", "/api/v1/pools/raw/servers/nobody/drain", undefined, 404),
  get("listDiscovery", "/api/v1/discovery"),
  get("listCertificates", "/api/v1/certificates"),
  send("renewCertificate", "/api/v1/certificates/nobody.example/renew", undefined, 404),
  get("listLists", "/api/v1/lists"),
  get("getFleet", "/api/v1/fleet"),

  get("listTables", "/api/v1/tables"),
  send("setTableEntry", entry, { "http_req_rate(10s)": 7 }),
  send("setTableEntry", entry, { gpc0: 1 }, 422),
  send("importTable", "/api/v1/tables/clients/import", {
    entries: [
      { key: "192.0.2.7", values: { "http_req_rate(10s)": 3 } },
      { key: "nobody", values: {} },
    ],
  }),
  send("importTable", "/api/v1/tables/clients/import", { entries: [] }, 422),
  get("getTableEntry", entry),
  get("getTableEntry", "/api/v1/tables/clients/entries/192.0.2.99", 404),
  get("listTableEntries", "/api/v1/tables/clients?limit=5"),
  get("listTableEntries", "/api/v1/tables/clients?where=nothing", 400),
  send("removeTableEntry", entry),
  send("clearTable", "/api/v1/tables/clients"),

  get("listCaches", "/api/v1/caches"),
  get("explainCache", "/api/v1/cache/why?url=http://127.0.0.1/stored/1"),
  send("purgeCache", "/api/v1/cache/purge", { all: true }),
  send("purgeCache", "/api/v1/cache/purge", { al: true }, 422),

  get("listEgress", "/api/v1/egress"),
  get("listEgressMembers", "/api/v1/egress/scrape?limit=2&sort=requests"),
  get("listEgressHistory", "/api/v1/egress/scrape/history?limit=5"),
  send("renewEgress", "/api/v1/egress/renew"),
  send("renewEgressPool", "/api/v1/egress/scrape/renew", { by: "ann" }),
  send("banEgressMember", `${member}/ban`, { reason: "captchas", for: "1h", by: "ann" }),
  send("banEgressMember", `${member}/ban`, {}, 422),
  get("getEgressMember", member),
  send("unbanEgressMember", `${member}/unban`, { by: "ann" }),

  send("addBan", "/api/v1/bans", { address: "192.0.2.1", for: "1h", reason: "abuse", by: "ann" }, 201),
  send("addBan", "/api/v1/bans", { address: "192.0.2.1", reason: "still" }),
  send("addBan", "/api/v1/bans", { address: "127.0.0.1" }, 422),
  get("listBans", "/api/v1/bans?address=192.0.2.1"),
  get("listBans", "/api/v1/bans?find=still&limit=5"),
  send("removeBan", "/api/v1/bans/192.0.2.1"),
  send("removeBan", "/api/v1/bans/192.0.2.0/24", undefined, 404),

  get("getRegistry", "/api/v1/registry"),
  send("addRegistryMember", set, { member: "10.0.0.1:80" }),
  send("drainRegistryMember", `${set}/drain`, { member: "10.0.0.1:80" }),
  get("getRegistrySet", set),
  send("enableRegistryMember", `${set}/enable`, { member: "10.0.0.1:80" }),
  send("removeRegistryMember", `${set}/10.0.0.1:80`),

  send("explainRequest", "/api/v1/explain", { url: "/stored/1", listener: "web" }),
  send("explainRequest", "/api/v1/explain", { url: "/", listener: "nobody" }, 422),

  get("getFigures", "/api/v1/figures"),
  get("getFiguresHistory", "/api/v1/figures/history"),
  get("listServers", "/api/v1/servers?limit=3"),
  get("listChanges", "/api/v1/changes?limit=3"),
  get("followEvents", "/api/v1/events?topics=figures"),
  get("followEvents", "/api/v1/events?topics=nothing", 400),
  get("listRequests", "/api/v1/requests?limit=50"),
  get("listRequests", "/api/v1/requests?status=x", 400),
  get("getRequest", (former) => `/api/v1/requests/${requestOf(former)}`),
  get("getRequest", "/api/v1/requests/9-9", 404),

  get("listRules", "/api/v1/rules"),
  send("changeRule", "/api/v1/rules/listeners.web.rules%5B1%5D", { mode: "observe", by: "ann", reason: "to see" }),
  send("changeRule", "/api/v1/rules/listeners.web.rules%5B1%5D", { mode: "perhaps" }, 422),
  send("changeRule", "/api/v1/rules/nothing", { mode: "off" }, 404),
  send("changeServer", filled(server), { weight: 7 }),

  get("getConfig", "/api/v1/config"),
  { ...send("patchConfig", "/api/v1/config?dry=true", { drainTimeout: "3s" }), type: merging },
  { ...send("patchConfig", "/api/v1/config", { drainTimeout: "never" }, 422), type: merging },
  { ...send("patchConfig", "/api/v1/config?confirm=60s", { drainTimeout: "3s" }), type: merging },
  send("reload", "/api/v1/reload", undefined, 409),
  send("rollbackReload", "/api/v1/reload/rollback"),
  { ...send("patchConfig", "/api/v1/config?confirm=60s", { drainTimeout: "3s" }), type: merging },
  send("confirmReload", "/api/v1/reload/confirm"),
  send("confirmReload", "/api/v1/reload/confirm", undefined, 409),
  send("writeConfig", "/api/v1/config/write", undefined, 422),
  send("reload", "/api/v1/reload?dry=true"),
  send("reload", "/api/v1/reload"),

  get("listProfiles", "/debug"),
  get("takeCpuProfile", "/debug/cpu?seconds=0.05"),
  get("takeHeapProfile", "/debug/heap?worker=900", 503),
  get("takeHeapProfile", "/debug/heap"),

  get("listAudit", "/api/v1/audit?limit=1000"),
];
