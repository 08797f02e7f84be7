// A site behind another proxy, with most of what there is: two pools, health checks, ejection, sticky sessions, limits, a log.
// full.toml, full.yaml and full.json say the same in the other formats.
import { defineConfig } from "sluice";

export default defineConfig({
  workers: 2,
  admin: { listen: "127.0.0.1:2112" },
  log: { level: "info", format: "json" },
  accessLog: { path: "/var/log/sluice/access.log", format: "combined", buffer: "4mb", flush: "500ms" },
  drainTimeout: "45s",
  timeouts: { head: "5s", idle: "75s", connect: "2s" },
  limits: { head: "16kb", fields: 100, body: "20mb", requestsPerConnection: 10_000 },
  listeners: {
    web: {
      listen: ":8080",
      use: "shop",
      maxConnections: 50_000,
      trustedProxies: ["10.0.0.0/8", "fd00::/8"],
      forwarding: { forwarded: true },
      via: "shop-edge",
      requestId: { header: "x-request-id", keep: true },
    },
    internal: { listen: "127.0.0.1:8081", use: "reports", via: false, timeouts: { read: "5m" } },
  },
  pools: {
    shop: {
      servers: [
        "10.0.0.1:80^3",
        { address: "10.0.0.2:80", maxConnections: 200 },
        { address: "10.0.0.9:80", backup: true },
      ],
      balance: "p2c",
      sticky: { cookie: "shop_server", maxAge: "8h", secure: true, sameSite: "Lax" },
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
      servers: ["reports.internal:9000"],
      balance: "leastConnections",
      retries: 0,
      redispatch: false,
      check: { tcp: true, port: 9001 },
      timeouts: { response: "10m", read: "5m" },
    },
  },
});
