// nginx three times: as a proxy for HTTP, as one for TCP (its stream module), and as the origin behind all of them.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type ProxyOptions, type Starter, start, type Target } from "../target.ts";

export const startNginx: Starter = (options) => (options.mode === "http" ? startHttp(options) : startStream(options));

function startHttp(options: ProxyOptions): Promise<Target> {
  const port = freePort();
  const { certificate } = options;
  const tls =
    certificate === null
      ? ""
      : `ssl_certificate ${certificate}; ssl_certificate_key ${certificate}; ssl_session_cache shared:tls:10m;`;
  return startHttpServer("nginx", port, options, [
    ...(options.isTracking ? ["limit_req_zone $binary_remote_addr zone=clients:10m rate=1000000r/s;"] : []),
    `upstream app { server 127.0.0.1:${options.originPort}; keepalive 200; keepalive_requests 100000000; }`,
    "server {",
    `  listen 127.0.0.1:${port}${certificate === null ? "" : " ssl"} backlog=4096; ${tls}`,
    "  location / {",
    ...(options.isTracking ? ["    limit_req zone=clients burst=1000000 nodelay; limit_req_status 429;"] : []),
    "    proxy_pass http://app;",
    "    proxy_http_version 1.1;",
    '    proxy_set_header Connection "";',
    "    proxy_set_header Host $http_host;",
    "    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "    proxy_set_header X-Forwarded-Proto $scheme;",
    // Bodies that a client takes slowly are held back, not written to a disk.
    "    proxy_max_temp_file_size 0;",
    "  }",
    "}",
  ]);
}

function startStream(options: ProxyOptions): Promise<Target> {
  const port = freePort();
  return startAny("nginx stream", port, options, [
    "load_module /usr/lib/nginx/modules/ngx_stream_module.so;",
    ...common(options),
    "stream {",
    `  upstream app { server 127.0.0.1:${options.originPort}; }`,
    `  server { listen 127.0.0.1:${port} backlog=4096; proxy_pass app; proxy_timeout 300s; }`,
    "}",
  ]);
}

/** Answers everything with a small body, and /1m with a megabyte. */
export const startOrigin: Starter = (options) => {
  const port = freePort();
  writeFileSync(join(options.folder, "1m"), Buffer.alloc(1 << 20, "0123456789abcdef"));
  return startHttpServer("origin", port, options, [
    "server {",
    `  listen 127.0.0.1:${port} backlog=4096;`,
    `  location / { default_type text/plain; return 200 "${"hello world ".repeat(5)}\\n"; }`,
    `  location = /1m { root ${options.folder}; }`,
    "}",
  ]);
};

function startHttpServer(
  name: string,
  port: number,
  options: ProxyOptions,
  servers: readonly string[],
): Promise<Target> {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return startAny(name, port, options, [
    ...common(options),
    "http {",
    ...kinds.map((kind) => `  ${kind}_temp_path ${kind};`),
    `  access_log ${options.isLogging ? "access.log combined buffer=64k flush=1s" : "off"};`,
    "  sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 300s;",
    ...servers,
    "}",
  ]);
}

function common({ workers }: ProxyOptions): string[] {
  return [
    process.getuid?.() === 0 ? "user root;" : "",
    `worker_processes ${workers}; daemon off; error_log error.log; pid nginx.pid;`,
    "events { worker_connections 19000; }",
  ];
}

function startAny(name: string, port: number, options: ProxyOptions, config: readonly string[]): Promise<Target> {
  const path = join(options.folder, "nginx.conf");
  writeFileSync(path, `${config.join("\n")}\n`);
  return start(name, "nginx", ["-p", options.folder, "-c", path, "-e", "error.log"], port, options);
}
