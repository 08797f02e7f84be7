// A site behind another proxy, with most of what there is: HTTPS with a redirect to it, connections and datagrams of other
// protocols, health checks, ejection, sticky sessions, limits, a log. full.toml, full.yaml and full.json say the same in the other formats.
// It wants a folder certs, own.crt, own.key and ca.pem beside it (README.md says how they are made), and the servers are made up: it is
// for reading and for `sluice check`.
import { defineConfig } from "sluice";

export default defineConfig({
  workers: 2,
  admin: { listen: "127.0.0.1:2112" },
  log: { level: "info", format: "json" },
  accessLog: { path: "/var/log/sluice/access.log", format: "combined", buffer: "4mb", flush: "500ms" },
  drainTimeout: "45s",
  timeouts: { handshake: "5s", head: "5s", idle: "75s", connect: "2s" },
  limits: { head: "16kb", fields: 100, body: "20mb", requestsPerConnection: 10_000 },
  listeners: {
    web: {
      listen: ":443",
      use: "shop",
      maxConnections: 50_000,
      workerBy: "connection",
      tls: {
        certificates: ["certs", { certificate: "own.crt", key: "own.key" }],
        default: "shop.example",
        unknownName: "default",
        minVersion: "1.2",
        maxVersion: "1.3",
        ciphers: "ECDHE+AESGCM:ECDHE+CHACHA20",
        alpn: ["http/1.1"],
        clientCertificate: { mode: "optional", ca: "ca.pem" },
        sessionTickets: true,
        ja4: true,
      },
      hsts: { maxAge: "365d", includeSubDomains: true, preload: true },
      proxyProtocol: true,
      trustedProxies: ["10.0.0.0/8", "fd00::/8"],
      forwarding: { forwarded: true },
      via: "shop-edge",
      requestId: { header: "x-request-id", keep: true },
    },
    plain: { listen: ":80", redirect: { port: 443, status: 308 } },
    internal: { listen: "127.0.0.1:8081", use: "reports", via: false, timeouts: { read: "5m" } },
    database: { mode: "tcp", listen: ":5432", use: "database", timeouts: { clientIdle: "30m", tunnel: "8h" } },
    names: {
      mode: "tcp",
      listen: ":8443",
      sni: [
        { name: "mail.example", use: "secure" },
        { name: "*.office.example", use: "secure" },
        { pattern: "^db-[0-9]+\\.example$", use: "database" },
      ],
    },
    dns: {
      mode: "udp",
      listen: "127.0.0.1:5353",
      use: "dns",
      udp: { maxRequests: 1, maxResponses: 1 },
      timeouts: { tunnel: "10s" },
    },
  },
  pools: {
    shop: {
      servers: [
        "10.0.0.1:80^3",
        { address: "10.0.0.2:80", maxConnections: 200 },
        { address: "10.0.0.9:443", backup: true, tls: { serverName: "shop.example" } },
      ],
      balance: "p2c",
      sticky: { cookie: "shop_server", maxAge: "30d", secure: true, sameSite: "Lax" },
      retries: 3,
      retryBudget: { ratio: 0.1, minimumPerSecond: 5 },
      queue: { length: 500, timeout: "3s" },
      idle: { connections: 100, timeout: "20s" },
      slowStart: "30s",
      panicThreshold: 0.3,
      check: {
        http: "/healthz",
        every: "2s",
        timeout: "1s",
        rise: 2,
        fall: 3,
        expect: "200-299",
        host: "shop.example",
      },
      ejection: { consecutiveFailures: 5, errorRatio: 0.5, latency: "2s", base: "15s", maximum: "2m" },
    },
    reports: {
      servers: ["reports.internal:9443"],
      tls: { ca: "ca.pem", certificate: "own.crt", key: "own.key", minVersion: "1.3" },
      balance: "leastConnections",
      retries: 0,
      redispatch: false,
      check: { tcp: true, tls: false, port: 9001 },
      timeouts: { response: "10m", read: "5m" },
    },
    database: {
      servers: ["10.0.1.1:5432", { address: "10.0.1.2:5432", backup: true, proxyProtocol: "v1" }],
      balance: "leastConnections",
      proxyProtocol: "v2",
      source: "10.0.1.254",
      check: { exec: ["pg_isready", "-h", "{host}", "-p", "{port}"], every: "5s", timeout: "3s" },
      timeouts: { serverIdle: "30m" },
    },
    secure: {
      servers: ["10.0.2.1:443"],
      check: { tcp: true, port: 25, send: "QUIT\\r\\n", receive: { starts: "220 " } },
    },
    dns: {
      servers: ["10.0.3.1:53", "10.0.3.2:53"],
      balance: "random",
      check: {
        udp: true,
        // Who serves the root (NS, IN)? Whatever the answer, it begins with the same number.
        send: "\\x5a\\x5a\\x01\\0\\0\\x01\\0\\0\\0\\0\\0\\0\\0\\0\\x02\\0\\x01",
        receive: { starts: "ZZ" },
      },
    },
  },
});
