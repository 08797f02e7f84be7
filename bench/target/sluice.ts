// Sluice itself: as the command line starts it, or by a config where that is not enough.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../test/e2e/harness/port.ts";
import { look } from "../look.ts";
import { originOf, outboundAddress, type Starter, start, stopping } from "../target.ts";

const clients = { key: "ip", size: "100k", expire: "60s", store: ["http_req_rate(10s)"] };
const rules = [{ track: "clients" }, { if: "tracked[0].http_req_rate > 100000000", deny: 429 }];

/** Behind the text of a config, which has no place for functions. */
const hooks = `
config.listeners.web.onRequest = (request) => request.headers.set("x-hook", "asked");
config.listeners.web.onResponse = (response) => response.headers.set("x-hook", "answered");
export default config;
`;

/** `launcher`: bin/sluice of this checkout, or of another to compare with. */
export function sluiceStarter(launcher: string): Starter {
  return async (options) => {
    const port = freePort();
    const { mode, certificate, isLogging, isTracking, isCaching, isHooked, workers } = options;
    const admin = `127.0.0.1:${freePort()}`;
    const [listen, server] = [`127.0.0.1:${port}`, originOf(options)];
    const { isOriginHttp2 } = options;
    const forward = forwardParts(options.outbound);
    const path = join(options.folder, isHooked ? "sluice.config.ts" : "sluice.json");
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
          ...(forward === null ? { use: "app" } : { proxy: forward.proxy }),
          ...(mode === "tcp" ? { mode } : {}),
          ...(isTracking ? { rules } : {}),
          ...(certificate === null ? {} : { tls: { certificates: certificate } }),
        },
      },
      ...(forward === null ? {} : { egress: forward.egress }),
      pools: {
        app: {
          servers: [server],
          ...(isOriginHttp2 ? { http2: true } : {}),
          ...(isCaching ? { cache: "pages" } : {}),
        },
      },
    };
    const text = JSON.stringify(config);
    writeFileSync(path, isHooked ? `const config: any = ${text};${hooks}` : text);
    const flags = ["--listen", listen, "--to", server, "--workers", String(workers), "--admin", admin];
    const isBare = !isLogging && !isTracking && !isCaching && !isHooked && !isOriginHttp2 && forward === null;
    const isPlain = isBare && mode === "http" && certificate === null;
    const args = [launcher, "run", ...(isPlain ? flags : ["-c", path])];
    const target = await start("sluice", "node", args, port, options);
    if (options.watched === null) return target;
    const looking = await look(admin, options.watched);
    return stopping(
      target,
      async () => {
        looking.end();
        await target.stop();
      },
      target.name,
    );
  };
}

interface ForwardParts {
  readonly proxy: object;
  readonly egress: object;
}

function forwardParts(outbound: number | null): ForwardParts | null {
  if (outbound === null) return null;
  if (outbound === 0) return { proxy: { private: true }, egress: {} };
  const addresses = [`${outboundAddress(0)}-${outboundAddress(outbound - 1)}`];
  return { proxy: { private: true, egress: "many" }, egress: { many: { members: [{ addresses }] } } };
}
