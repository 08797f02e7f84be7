// What becomes of the words of a server line (and of default-server), and how many words each takes with it. Checks are the pool's
// here, so that words about them are read together (check.ts).
// Code: server.ts, servertls.ts. HAProxy's manual, 5.2.

import { differs, each, type Keywords, noted, read, refused } from "./keyword.ts";

const versions = read("tls.minVersion and maxVersion");
const checks = read("check of the pool");
const sends = read("proxyProtocol");
const agent = refused("servers are not asked by agents");

export const serverWords: Keywords = {
  weight: read("weight"),
  backup: read("backup"),
  id: read("nothing: a server is known by its address and name"),
  "no-backup": read("backup"),
  maxconn: read("maxConnections"),
  maxqueue: read("queue.length"),
  check: checks,
  "no-check": checks,
  ...each(checks, "inter fastinter downinter rise fall port check-ssl no-check-ssl check-sni"),
  disabled: read("drain: it begins out of service"),
  enabled: read("drain: it is in service"),
  slowstart: read("slowStart of the pool"),
  source: read("source"),
  ...each(sends, "send-proxy send-proxy-v2 send-proxy-v2-ssl send-proxy-v2-ssl-cn no-send-proxy no-send-proxy-v2"),
  ...each(sends, "no-send-proxy-v2-ssl no-send-proxy-v2-ssl-cn"),
  observe: read("ejection"),
  "error-limit": read("ejection.consecutiveFailures"),
  "on-error": read("ejection, for mark-down"),
  cookie: read("cookie; without it the pool has no sticky"),
  track: read("the check of the backend that is tracked"),
  ssl: read("tls"),
  "no-ssl": read("tls"),
  verify: read("tls.verify"),
  "ca-file": read("tls.ca"),
  crt: read("tls.certificate and key"),
  sni: read("tls.serverName, where it is a fixed text"),
  verifyhost: read("tls.serverName"),
  ciphers: read("tls.ciphers"),
  "ssl-min-ver": versions,
  "ssl-max-ver": versions,
  ...each(
    versions,
    "no-sslv3 no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13",
  ),
  alpn: read("tls.alpn, and http2 where it holds h2"),
  proto: read("http2"),
  ...each(read("http2 of the check"), "check-proto check-alpn"),
  ws: noted("WebSockets go by HTTP/1.1 over TLS; in the clear they need a server that speaks it"),
  resolvers: read("nameServers of the pool; discover of a server-template"),
  "resolve-prefer": read("dns.prefer of discover"),
  ...each(
    noted("names are resolved again as time passes; nobody waits for that at the start"),
    "resolve-net resolve-opts init-addr",
  ),
  ...each(noted("ciphers of TLS 1.3 are always on"), "ciphersuites"),
  ...each(
    noted("Sluice needs none"),
    `tcp-ut tfo no-tfo pool-low-conn pool-max-conn pool-purge-delay max-reuse ssl-reuse no-ssl-reuse tls-tickets
    no-tls-tickets stick npn shard`,
  ),
  ...each(differs("a server's maxconn is its limit at every load"), "minconn"),
  ...each(differs("checks go over PROXY where traffic does"), "check-send-proxy no-check-send-proxy"),
  ...each(differs("connections that are open stay when a server's state changes"), "on-marked-down on-marked-up"),
  ...each(differs("of the client the header says the address only"), "proxy-v2-options"),
  ...each(differs("clients of this server may be kept there by stick rules too"), "non-stick"),
  ...each(differs("data before the end of the handshake (0-RTT) is not sent"), "allow-0rtt"),
  addr: refused("checks go to the server's own address; another port may be said by port"),
  ...each(agent, "agent-check agent-addr agent-inter agent-port agent-send"),
  "no-agent-check": noted("servers are not asked by agents"),
  redir: refused("clients are not redirected to a server"),
  namespace: refused("sockets of other network namespaces are not opened"),
  ...each(refused("servers are not reached through SOCKS"), "socks4 check-via-socks4"),
  "crl-file": refused("lists of revoked certificates are not looked at"),
  "log-proto": refused("logs of others are not forwarded"),
  usesrc: refused("connections are not made from the client's address"),
};

/** Those that stand alone; all others take the word behind them. */
export const serverFlags: ReadonlySet<string> = new Set(
  `agent-check allow-0rtt backup check check-send-proxy check-ssl check-via-socks4 disabled enabled force-sslv3 force-tlsv10
  force-tlsv11 force-tlsv12 force-tlsv13 no-agent-check no-backup no-check no-check-send-proxy no-check-ssl no-send-proxy
  no-send-proxy-v2 no-send-proxy-v2-ssl no-send-proxy-v2-ssl-cn no-ssl no-ssl-reuse no-sslv3 no-tfo no-tls-tickets no-tlsv10
  no-tlsv11 no-tlsv12 no-tlsv13 non-stick send-proxy send-proxy-v2 send-proxy-v2-ssl send-proxy-v2-ssl-cn ssl ssl-reuse stick
  tfo tls-tickets`.split(/\s+/),
);
