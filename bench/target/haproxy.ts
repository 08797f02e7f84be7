// HAProxy, in mode http or tcp; for many outbound addresses with a server line for each.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../test/e2e/harness/port.ts";
import { originOf, outboundAddress, type ProxyOptions, type Starter, start } from "../target.ts";

export const startHaproxy: Starter = (options) => {
  const port = freePort();
  const { mode, certificate, isHttp2, isLogging, isTracking, isCaching, isHooked } = options;
  const inHttp = (...lines: string[]): string[] => (mode === "http" ? lines : []);
  const config = [
    "global",
    `  nbthread ${options.workers}`,
    "  maxconn 15000",
    // One connection takes a descriptor on each side only while it works; idle ones share the origin's.
    "  no strict-limits",
    ...(isLogging ? ["  log stdout format raw local0"] : []),
    "defaults",
    `  mode ${mode}`,
    ...(isLogging ? ["  log global", `  option ${mode}log`] : []),
    "  timeout connect 5s",
    "  timeout client 300s",
    "  timeout server 60s",
    ...inHttp("  option forwardfor", "  timeout http-keep-alive 300s"),
    ...(isCaching ? ["cache pages", "  total-max-size 256", "  max-object-size 1000000", "  max-age 3600"] : []),
    "frontend web",
    `  bind 127.0.0.1:${port}${certificate === null ? "" : ` ssl crt ${certificate}${isHttp2 ? " alpn h2,http/1.1" : ""}`}`,
    ...(isTracking
      ? [
          "  stick-table type ip size 100k expire 60s store http_req_rate(10s)",
          "  http-request track-sc0 src",
          "  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100000000 }",
        ]
      : []),
    ...(isCaching ? ["  http-request cache-use pages", "  http-response cache-store pages"] : []),
    ...inHttp("  http-request set-header X-Forwarded-Proto http"),
    ...(isHooked ? ["  http-request set-header X-Hook asked", "  http-response set-header X-Hook answered"] : []),
    "  default_backend app",
    "backend app",
    // Without it the first request of each client connection opens a connection to the origin too; the others share theirs.
    ...inHttp("  http-reuse always"),
    ...serversOf(options),
    "",
  ];
  const path = join(options.folder, "haproxy.cfg");
  writeFileSync(path, config.join("\n"));
  return start("haproxy", "haproxy", ["-db", "-q", "-f", path], port, options);
};

/** The origin, by each outbound address where there are some. */
function serversOf(options: ProxyOptions): string[] {
  const { outbound, spread, isOriginHttp2 } = options;
  const origin = `${originOf(options)}${isOriginHttp2 ? " proto h2" : ""}`;
  if (outbound === null || outbound === 0) return [`  server origin ${origin}`];
  return [
    spread === "key" ? "  balance hdr(X-Egress-Key)" : "  balance random(1)",
    // By default every tenth request makes a connection, for those of an address that were not needed for 5 s are closed.
    "  default-server pool-purge-delay 60s pool-low-conn 8",
    ...Array.from({ length: outbound }, (_, index) => `  server by${index} ${origin} source ${outboundAddress(index)}`),
  ];
}
