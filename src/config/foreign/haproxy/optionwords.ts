// What becomes of each `option`, and which of them HAProxy takes `no` in front of. An option that asks for what Sluice always does is
// noted; one that asks for less strictness than Sluice has is told as a difference.
// HAProxy's manual, 4.2.

import { differs, each, type Keywords, noted, read, refused } from "./keyword.ts";

const backend = "backend";
const frontend = "frontend";

export const optionWords: Keywords = {
  forwardfor: read("forwarding.xForwardedFor, or a rule with addHeader"),
  originalto: read("a rule with addHeader"),
  redispatch: read("redispatch", backend),
  httpchk: read("check with http", backend),
  "tcp-check": read("check with send and receive", backend),
  "mysql-check": read("check of the server's greeting", backend),
  "redis-check": read("check with PING", backend),
  "pgsql-check": read("check with a startup message", backend),
  "ldap-check": read("check with an anonymous bind", backend),
  smtpchk: read("check of the server's greeting", backend),
  "ssl-hello-chk": read("check with a TLS handshake", backend),
  "external-check": read("check with exec", backend),
  "spop-check": refused("SPOE is not spoken", backend),
  httplog: read("accessLog"),
  tcplog: read("accessLog"),
  httpslog: read("accessLog", frontend),
  httpclose: read("limits.requestsPerConnection 1, where every frontend has it; idle.connections 0"),
  forceclose: read("as option httpclose, although HAProxy takes it no more"),
  "disable-h2-upgrade": read("http2 false, where no alpn and no proto of the bind line names h2", frontend),
  "http-server-close": read("idle.connections 0"),
  "http-keep-alive": read("what is usual; it ends option httpclose and http-server-close"),
  allbackups: read(
    "backups, which is all as usual; without it, of several backup servers the first that is up serves",
    backend,
  ),
  "http-tunnel": differs("every request of a connection is looked at"),
  "accept-invalid-http-request": differs("what can be understood in two ways is always refused", frontend),
  "accept-invalid-http-response": differs("what can be understood in two ways is always refused", backend),
  "h1-case-adjust-bogus-client": differs("names of fields keep the case that they came in", frontend),
  "h1-case-adjust-bogus-server": differs("names of fields keep the case that they came in", backend),
  "http-buffer-request": differs("bodies are passed on as they come"),
  checkcache: differs("responses that set a cookie and may be kept are passed on", backend),
  persist: differs("a server that is down gets no requests", backend),
  "http-use-proxy-header": differs("a request that names Proxy-Connection is as any other", frontend),
  http_proxy: refused("a request's own address is not connected to"),
  transparent: refused("connections are not sent on to the address that the client meant", backend),
  ...each(
    noted(
      "a request whose client has gone is always given up; one whose client has only ended its sending half is with abortOnClose of a listener",
    ),
    "abortonclose",
  ),
  ...each(noted("bytes are counted as they pass"), "contstats socket-stats"),
  ...each(noted("each change of a server's state is in the log"), "log-health-checks"),
  ...each(
    noted("there is no line in the access log for a connection without a request"),
    "dontlognull http-ignore-probes",
  ),
  ...each(read("normal and failures of a listener's accessLog", frontend), "dontlog-normal log-separate-errors"),
  ...each(noted("the access log has a line for each exchange, at its end"), "logasap"),
  "prefer-last-server": differs(
    "each request is balanced, but for those of a client connection that logs in by NTLM or Negotiate, which keep to one server",
    backend,
  ),
  ...each(
    noted("Sluice needs none"),
    `http-no-delay http-pretend-keepalive http-use-htx independent-streams nolinger splice-auto
    splice-request splice-response srvtcpka clitcpka tcpka tcp-smart-accept tcp-smart-connect
    idle-close-on-response http-restrict-req-hdr-names http-drop-request-trailers http-drop-response-trailers`,
  ),
};

/** HAProxy takes `no` in front of these. */
export const onOffOptions: ReadonlySet<string> = new Set(
  `abortonclose accept-invalid-http-request accept-invalid-http-response allbackups checkcache clitcpka contstats
  disable-h2-upgrade dontlog-normal dontlognull forceclose h1-case-adjust-bogus-client h1-case-adjust-bogus-server
  http-buffer-request http-ignore-probes http-keep-alive http-no-delay http-pretend-keepalive http-server-close
  http-use-proxy-header httpclose http-tunnel idle-close-on-response independent-streams log-health-checks
  log-separate-errors logasap nolinger persist prefer-last-server redispatch socket-stats splice-auto splice-request
  splice-response srvtcpka tcp-smart-accept tcp-smart-connect transparent tcpka`.split(/\s+/),
);
