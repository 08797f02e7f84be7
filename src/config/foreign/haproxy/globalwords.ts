// The keywords of section global, and of the sections beside the proxies. What bounds or routes traffic is read or refused; what only
// concerns HAProxy's own process is noted.
// Code: global.ts, othersections.ts, userlist.ts.

import { differs, each, gone, type Keywords, noted, read, refused } from "./keyword.ts";

const byItself = noted("Sluice needs none");
const lua = refused("Lua is not run here; hooks and rules of a config in TypeScript can do the same");
const device = refused("devices are not told apart here");

export const globalWords: Keywords = {
  "ca-base": read("where relative paths of ca-file start"),
  "crt-base": read("where relative paths of crt start"),
  "default-path": read("where other relative paths start"),
  "hard-stop-after": read("drainTimeout"),
  maxconn: read("maxConnections of every listener that has none of its own"),
  nbthread: read("workers (processes, each with one thread)"),
  nbproc: read("workers, although HAProxy takes it no more"),
  log: read("targets of accessLog, for frontends that have log global, and of log"),
  "log-tag": read("tag of targets of syslog; haproxy without it"),
  "log-send-hostname": read("hostname of targets of syslog"),
  "ssl-default-bind-ciphers": read("ciphers of listeners with TLS"),
  "ssl-default-bind-options": read("minVersion, maxVersion and sessionTickets of listeners with TLS"),
  "ssl-default-server-ciphers": read("ciphers towards servers"),
  "ssl-default-server-options": read("minVersion and maxVersion towards servers"),
  "ssl-server-verify": read("verify of servers that do not say"),
  stats: read("admin.haproxy: sockets that speak HAProxy's runtime API"),
  "tune.bufsize": read("limits.head"),
  "tune.http.maxhdr": read("limits.fields"),
  ...each(read("limits.streamsPerConnection"), "tune.h2.max-concurrent-streams tune.h2.fe.max-concurrent-streams"),
  ...each(read("variables for the lines after it"), "setenv presetenv unsetenv resetenv"),
  ...each(noted("ciphers of TLS 1.3 are always on"), "ssl-default-bind-ciphersuites ssl-default-server-ciphersuites"),
  ...each(noted("curves are the runtime's choice"), "ssl-default-bind-curves"),
  ...each(
    noted("Sluice stays in the foreground; a service manager, or a container, does this"),
    "daemon master-worker mworker-max-reloads pidfile",
  ),
  ...each(
    noted("Sluice keeps the user that starts it; a service manager, or a container, does this"),
    "user group uid gid chroot insecure-setuid-wanted",
  ),
  ...each(
    noted("limits of the process are the system's"),
    "ulimit-n strict-limits maxsslconn maxpipes set-dumpable no-memory-trimming",
  ),
  ...each(
    byItself,
    `noepoll nokqueue noevports nopoll busy-polling nosplice nogetaddrinfo noreuseport quiet zero-warning cpu-map
    numa-cpu-mapping thread-group thread-groups spread-checks max-spread-checks close-spread-time grace node description
    localpeer cluster-secret server-state-base server-state-file unix-bind maxzlibmem
    maxcompcpuusage maxcomprate profiling.tasks external-check insecure-fork-wanted h1-case-adjust h1-case-adjust-file
    pp2-never-send-local h1-accept-payload-with-any-method anonkey ssl-dh-param-file ssl-load-extra-del-ext
    ssl-load-extra-files ssl-mode-async ssl-skip-self-issued-ca issuers-chain-path httpclient.resolvers.id
    httpclient.resolvers.prefer httpclient.ssl.ca-file httpclient.ssl.verify no-quic limited-quic`,
  ),
  ...each(
    differs("there is no limit of new connections a second for the whole process; a rule with limit bounds clients"),
    "maxconnrate maxsessrate maxsslrate",
  ),
  ...each(lua, "lua-load lua-load-per-thread lua-prepend-path"),
  ...each(
    refused("engines and providers of OpenSSL are not used here"),
    "ssl-engine ssl-provider ssl-provider-path ssl-propquery",
  ),
  ...each(
    device,
    `51degrees-data-file 51degrees-property-name-list 51degrees-property-separator 51degrees-cache-size deviceatlas-json-file
    deviceatlas-log-level deviceatlas-separator deviceatlas-properties-cookie wurfl-data-file wurfl-information-list
    wurfl-information-list-separator wurfl-patch-file wurfl-cache-size`,
  ),
  ...each(
    refused("variables of the whole process are not built; setenv names a value for the config"),
    "set-var set-var-fmt",
  ),
  ...each(gone("HAProxy has dropped it"), "bind-process debug"),
};

/** Those that HAProxy 2.6 and the ones after it have; all but a few (above) are of its own machinery. */
export const tuningPattern: RegExp = new RegExp(
  `^tune\\.(?:(?:applet|epoll|events|fd|glitches|h1|h2|http|idle-pool|listener|lua|memory|notsent-lowat|pattern|peers|pt|quic|
  rcvbuf|ring|sched|sndbuf|ssl|vars)\\.[a-z0-9.-]+|buffers\\.(?:limit|reserve)|bufsize(?:\\.small)?|chksize|comp\\.maxlevel|
  disable-fast-forward|disable-zero-copy-forwarding|fail-alloc|idletimer|max-checks-per-thread|max-rules-at-once|maxaccept|
  maxpollevents|maxrewrite|pipesize|pool-high-fd-ratio|pool-low-fd-ratio|renice\\.(?:runtime|startup)|runqueue-depth|
  stick-counters|takeover-other-tg-connections)$`.replaceAll(/\s/g, ""),
);

export function tuned(word: string): string {
  if (word.startsWith("tune.h2.be.")) return "HTTP/2 is not spoken to servers";
  if (word.startsWith("tune.h2.")) return "windows, frames and tables of HTTP/2 have sizes of their own here";
  return "it tunes what Sluice does not have";
}

/** Sections that are read as a whole, by what is said of each. */
export const sectionWords: Keywords = {
  global: read("workers, log, limits, and defaults of TLS"),
  defaults: read("what the proxies after it have where they say nothing; by name, with from NAME"),
  frontend: read("a listener for each bind"),
  backend: read("a pool"),
  listen: read("a listener for each bind, and a pool"),
  userlist: read("users and passwords of http_auth"),
  "http-errors": read("answers that errorfiles names"),
  resolvers: read("discover of pools with a server-template: whom to ask, and how often"),
  cache: differs("responses are not kept here: after `sluice convert`, `cache` of a pool keeps them"),
  peers: differs(
    "tables live through reloads and restarts without peers; between machines, after `sluice convert`, `fleet` and `share` of a table",
  ),
  mailers: refused("no mails are sent; an alert on sluice_server_up in Prometheus does"),
  ring: refused("there are no rings; logs go to syslog, a file or stdout"),
  program: differs("the program is not started; a service manager does"),
  "fcgi-app": refused("FastCGI is not spoken"),
  "log-forward": refused("logs of others are not forwarded"),
  "dynamic-update": refused("backends are not changed by outside agents"),
  crtstore: refused("it is of a newer HAProxy; name files by crt"),
};

export const userlistWords: Keywords = {
  user: read("a user, with password or insecure-password"),
  group: read("a group of users"),
};

export const httpErrorsWords: Keywords = { errorfile: read("an answer, by its status") };

export const resolversWords: Keywords = {
  nameserver: read("dns.servers of discover"),
  "parse-resolv-conf": read("the system's name servers, where no other is named"),
  timeout: read("resolve: interval of discover; retry: its timeout"),
  resolve_retries: read("timeout of discover"),
  hold: noted("the last answer is kept while none comes; what a name no longer has goes at once"),
  accepted_payload_size: noted("what does not fit into a datagram is asked for over TCP"),
};
export const cacheWords: Keywords = {
  ...each(
    noted("it has no meaning without the cache"),
    "total-max-size max-object-size max-age max-secondary-entries process-vary",
  ),
};
export const peersWords: Keywords = {
  ...each(noted("there are no peers"), "peer server default-server bind default-bind log shards disabled enabled"),
  table: refused("a table stands in a frontend or backend here: stick-table"),
};
export const programWords: Keywords = { ...each(noted("it is not started"), "command user group option") };
