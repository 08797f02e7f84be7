// The keywords of defaults, frontend, backend and listen, but for those of rules (scene.ts), options, bind and server. Words that older
// HAProxys took are here too: read where they have one meaning today, otherwise told with what to write.
// HAProxy's manual, 4.1.

import { differs, each, gone, type Keywords, noted, read, refused } from "./keyword.ts";

export const proxyWords: Keywords = {
  mode: read("mode"),
  bind: read("listen, tls, proxyProtocol of a listener", "frontend"),
  server: read("servers of a pool", "backend"),
  "server-template": read("one server, whose name is resolved again and again", "backend"),
  "default-server": read("what the servers after it have where they say nothing", "backend"),
  dispatch: read("the one server of a pool", "backend"),
  default_backend: read("use", "frontend"),
  balance: read("balance", "backend"),
  "hash-type": read("ipHash or consistentHash, for balance source", "backend"),
  "hash-balance-factor": read("boundedHash with loadFactor", "backend"),
  cookie: read("sticky", "backend"),
  retries: read("retries", "backend"),
  "retry-on": read("nothing beyond what is safe to send again", "backend"),
  source: read("source", "backend"),
  maxconn: read("maxConnections", "frontend"),
  "http-reuse": read("idle.connections 0 for never", "backend"),
  errorfile: read("errors, or the reply of a pool without servers"),
  errorfiles: read("errors"),
  compression: read("compress"),
  "http-error": read("errors"),
  "http-check": read("check", "backend"),
  "tcp-check": read("check with send and receive", "backend"),
  "external-check": read("check with exec", "backend"),
  "monitor-uri": read("a rule with a reply", "frontend"),
  stats: read("the admin interface"),
  log: read("accessLog"),
  disabled: read("the proxy is left out"),
  enabled: noted("that is usual"),
  ...each(read("timeouts, in milliseconds where no unit is said"), "timeout"),
  clitimeout: read("as timeout client, although HAProxy takes it no more", "frontend"),
  contimeout: read("as timeout connect, although HAProxy takes it no more", "backend"),
  srvtimeout: read("as timeout server, although HAProxy takes it no more", "backend"),
  redispatch: read("as option redispatch, although HAProxy takes it no more", "backend"),
  ...each(
    noted("nothing is needed for it here"),
    `id description backlog log-steps clitcpka-cnt clitcpka-idle clitcpka-intvl srvtcpka-cnt srvtcpka-idle
    srvtcpka-intvl max-keep-alive-queue load-server-state-from-file server-state-file-name guid`,
  ),
  "log-format": read("format of accessLog, or of the listener's own", "frontend"),
  "log-tag": read("tag of targets of syslog"),
  "log-format-sd": differs("messages have no structured data"),
  "error-log-format": differs("lines of what failed are as all others"),
  fullconn: differs("a server's maxconn is its limit at every load", "backend"),
  "max-session-srv-conns": differs("there is no such limit", "backend"),
  "dynamic-cookie-key": differs("the value of the cookie is made from the server's address and name", "backend"),
  "force-persist": differs("a server that is down gets no requests", "backend"),
  "ignore-persist": differs("the cookie of a client is always followed", "backend"),
  persist: differs("rdp-cookie is not looked at", "backend"),
  "bind-process": differs("every worker listens everywhere"),
  "email-alert": refused("no mails are sent; an alert on sluice_server_up in Prometheus does"),
  "http-send-name-header": refused("servers are not told the name that they have here", "backend"),
  "use-fcgi-app": refused("FastCGI is not spoken", "backend"),
  transparent: refused("connections are not sent on to the address that the client meant", "backend"),
  grace: gone("HAProxy has dropped it; hard-stop-after in global is what drains"),
  appsession: gone("HAProxy has dropped it in 1.6; stick on cookie(NAME) does the same"),
  "monitor-net": gone("HAProxy has dropped it in 2.1; http-request return status 200 if { src ... } does the same"),
  "url-exclude": gone("HAProxy has dropped it"),
};

export const timeoutWords: Keywords = {
  client: read("timeouts.read; idle and tunnel unless they are said; in mode tcp tunnel", "frontend"),
  server: read("timeouts.response and read of the pool; in mode tcp tunnel", "backend"),
  connect: read("timeouts.connect", "backend"),
  "http-request": read("timeouts.head", "frontend"),
  "http-keep-alive": read("timeouts.idle", "frontend"),
  queue: read("queue.timeout", "backend"),
  check: read("check.timeout", "backend"),
  tunnel: read("timeouts.tunnel of the listener"),
  tarpit: read("how long a tarpit of http-request lasts"),
  "client-fin": differs("a half-closed connection ends by the timeout of a tunnel", "frontend"),
  "server-fin": differs("a half-closed connection ends by the timeout of a tunnel", "backend"),
  "client-hs": read("timeouts.handshake", "frontend"),
  clitimeout: gone("write timeout client"),
  contimeout: gone("write timeout connect"),
  srvtimeout: gone("write timeout server"),
};

/** In a defaults section HAProxy takes none of these. */
export const notInDefaults: ReadonlySet<string> = new Set([
  "bind",
  "capture",
  "dispatch",
  "server",
  "server-template",
  "stick",
  "stick-table",
  "use-server",
  "use_backend",
  "id",
]);

/** These HAProxy takes only in a defaults section that has a name. */
export const namedDefaultsOnly: ReadonlySet<string> = new Set([
  "acl",
  "http-after-response",
  "http-request",
  "http-response",
  "tcp-request",
  "tcp-response",
]);
