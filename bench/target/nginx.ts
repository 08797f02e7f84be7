// nginx three times: as a proxy for HTTP, as one for TCP (its stream module), and as the origin behind all of them.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../test/e2e/harness/port.ts";
import { originOf, type ProxyOptions, type Starter, start, startInMemory, type Target } from "../target.ts";

export const startNginx: Starter = (options) => (options.mode === "http" ? startHttp(options) : startStream(options));

function startHttp(options: ProxyOptions): Promise<Target> {
  return options.isCaching ? startInMemory((place) => startProxy(options, place)) : startProxy(options, null);
}

/** `cache`: the folder of one. */
function startProxy(options: ProxyOptions, cache: string | null): Promise<Target> {
  const port = freePort();
  const { certificate, isHttp2 } = options;
  const tls =
    certificate === null
      ? ""
      : `ssl_certificate ${certificate}; ssl_certificate_key ${certificate}; ssl_session_cache shared:tls:10m;`;
  return startHttpServer("nginx", port, options, [
    ...(options.isTracking ? ["limit_req_zone $binary_remote_addr zone=clients:10m rate=1000000r/s;"] : []),
    ...(cache === null
      ? []
      : [
          `proxy_cache_path ${cache}/files levels=1:2 keys_zone=pages:16m max_size=256m inactive=1h use_temp_path=off;`,
          // Files stay open over hits.
          "open_file_cache max=10000 inactive=300s; open_file_cache_valid 300s; open_file_cache_min_uses 1;",
        ]),
    `upstream app { server ${originOf(options)}; keepalive 200; keepalive_requests 100000000; }`,
    "server {",
    `  listen 127.0.0.1:${port}${certificate === null ? "" : " ssl"}${isHttp2 ? " http2" : ""} backlog=4096; ${tls}`,
    ...location("/", options, cache === null ? [] : [...cached, "sendfile off;"]),
    // Large files are quicker without copies; held back until packets are full they would wait for the client's acknowledgment.
    ...(cache === null ? [] : location("= /100k", options, [...cached, "tcp_nopush off;"])),
    "}",
  ]);
}

const cached: readonly string[] = ["proxy_cache pages;", "proxy_cache_lock on;"];

function location(path: string, options: ProxyOptions, lines: readonly string[]): string[] {
  const { isTracking, isCaching, isHooked, isOriginHttp2 } = options;
  // HTTP/2 to servers is what nginx has for gRPC.
  if (isOriginHttp2)
    return [
      `  location ${path} { grpc_pass grpc://app; grpc_set_header Host $http_host;`,
      "    grpc_set_header X-Forwarded-For $proxy_add_x_forwarded_for; grpc_set_header X-Forwarded-Proto $scheme; }",
    ];
  return [
    `  location ${path} {`,
    ...lines.map((line) => `    ${line}`),
    ...(isTracking ? ["    limit_req zone=clients burst=1000000 nodelay; limit_req_status 429;"] : []),
    "    proxy_pass http://app;",
    "    proxy_http_version 1.1;",
    '    proxy_set_header Connection "";',
    "    proxy_set_header Host $http_host;",
    "    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "    proxy_set_header X-Forwarded-Proto $scheme;",
    ...(isHooked ? ["    proxy_set_header X-Hook asked;", "    add_header X-Hook answered;"] : []),
    // Bodies that a client takes slowly are held back, not written to a disk.
    ...(isCaching ? [] : ["    proxy_max_temp_file_size 0;"]),
    "  }",
  ];
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

/** Addresses that the origin has beside its own, for proxies that are asked for many targets: 127.0.100.1 to 250, 127.0.101.1 and on. */
const targetsMax = 1000;
const targetsEach = 250;

/** As bench/forward.lua has it. */
function targetAddress(index: number): string {
  return `127.0.${100 + Math.floor(index / targetsEach)}.${(index % targetsEach) + 1}`;
}

/** Answers everything with a small body, /1m with a megabyte, two that may be cached, and /once without keeping the connection; /count tells how often it was asked. */
export const startOrigin: Starter = (options) => {
  const port = freePort();
  writeFileSync(join(options.folder, "1m"), Buffer.alloc(1 << 20, "0123456789abcdef"));
  writeFileSync(join(options.folder, "100k"), Buffer.alloc(100_000, "0123456789abcdef"));
  const small = `default_type text/plain; return 200 "${"hello world ".repeat(5)}\\n";`;
  const cacheable = 'add_header Cache-Control "max-age=3600";';
  return startHttpServer("origin", port, options, [
    "server {",
    `  listen 127.0.0.1:${port} backlog=4096;`,
    `  listen ${originOf({ originPort: port, isOriginHttp2: true })} http2 backlog=4096;`,
    ...Array.from({ length: targetsMax }, (_, index) => `  listen ${targetAddress(index)}:${port};`),
    `  location / { ${small} }`,
    `  location = /cached { ${cacheable} ${small} }`,
    `  location = /100k { ${cacheable} default_type text/plain; root ${options.folder}; }`,
    `  location = /1m { root ${options.folder}; }`,
    `  location = /once { keepalive_timeout 0; ${small} }`,
    "  location = /count { stub_status; }",
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

/** Requests that an origin has had. */
export async function originCount(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/count`)).text();
  return Number(/^ \d+ \d+ (\d+)/m.exec(text)?.[1] ?? Number.NaN);
}
