// Sluice itself: as the command line starts it, or by a config where that is not enough.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type Starter, start } from "../target.ts";

const clients = { key: "ip", size: "100k", expire: "60s", store: ["http_req_rate(10s)"] };
const rules = [{ track: "clients" }, { if: "tracked[0].http_req_rate > 100000000", deny: 429 }];

/** `launcher`: bin/sluice of this checkout, or of another to compare with. */
export function sluiceStarter(launcher: string): Starter {
  return (options) => {
    const port = freePort();
    const { mode, certificate, isLogging, isTracking, isCaching, workers } = options;
    const admin = `127.0.0.1:${freePort()}`;
    const [listen, server] = [`127.0.0.1:${port}`, `127.0.0.1:${options.originPort}`];
    const path = join(options.folder, "sluice.json");
    const config = {
      workers,
      admin: { listen: admin },
      timeouts: { idle: "300s" },
      ...(isLogging ? { accessLog: { path: join(options.folder, "access.log"), format: "json" } } : {}),
      ...(isTracking ? { tables: { clients } } : {}),
      ...(isCaching ? { caches: { pages: { size: "256mb" } } } : {}),
      listeners: {
        web: {
          listen,
          use: "app",
          ...(mode === "tcp" ? { mode } : {}),
          ...(isTracking ? { rules } : {}),
          ...(certificate === null ? {} : { tls: { certificates: certificate } }),
        },
      },
      pools: { app: { servers: [server], ...(isCaching ? { cache: "pages" } : {}) } },
    };
    writeFileSync(path, JSON.stringify(config));
    const flags = ["--listen", listen, "--to", server, "--workers", String(workers), "--admin", admin];
    const isPlain = !isLogging && !isTracking && !isCaching && mode === "http" && certificate === null;
    const args = [launcher, "run", ...(isPlain ? flags : ["-c", path])];
    return start("sluice", "node", args, port, options);
  };
}
