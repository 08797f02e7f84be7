// Commands that stand in the place of other programs, with their options, as the command line reads them. What they do stands in a file
// for each.

import type { Command } from "commander";
import { type GopherproxyOptions, gopherproxy } from "./gopherproxy.ts";
import { goproxy } from "./goproxy.ts";
import { type IpmanagerOptions, ipmanager } from "./ipmanager.ts";
import { terminal } from "./writer.ts";

/** `ended` is told the exit code of those that end by themselves. */
export function addOriginals(program: Command, ended: (code: number) => void): void {
  program
    .command("goproxy")
    .description("run the cfg.toml of goproxy that is in /etc/proxy/ or, if none is, in ./config/")
    .option("--fresh-tables", "forget what tables have counted before")
    .action((options: { freshTables?: boolean }) => goproxy(options));
  program
    .command("gopherproxy")
    .description("run in the place of GopherProxy, by its environment: servers come from a set of Redis")
    .option(
      "--redis <address>",
      "host:port or redis://... (or: REDIS_URL in the environment; default: localhost:16379)",
    )
    .option("--port <number>", "where clients connect (or: PROXY_PORT; default: 8080)")
    .option("--metrics-port <number>", "where /metrics, /healthz and /readyz are (or: METRICS_PORT; default: 2112)")
    .option(
      "--trusted-proxies <list>",
      "addresses and blocks of proxies in front, whose X-Forwarded-For is believed (or: TRUSTED_PROXIES; default: none)",
    )
    .option("--rate-limit <rate>", 'for each client, such as "10/s", or "off" (or: RATE_LIMIT; default: 2/s)')
    .option("--rate-burst <number>", "requests of a client at once after a pause (or: RATE_BURST; default: 5)")
    .option(
      "--admin <address>",
      "where the admin interface listens (or: SLUICE_ADMIN; default: 127.0.0.1, the port after that of metrics)",
    )
    .option("--fresh-tables", "forget what tables have counted before")
    .action(async (options: GopherproxyOptions) => {
      const code = await gopherproxy(options, terminal);
      if (code !== null) ended(code);
    });
  program
    .command("ipmanager")
    .description("run in the place of ipmanager, with its config.json: an nginx's outbound addresses as a pool")
    .option("--config <file>", "ipmanager's config.json")
    .option("--port <number>", "where its pages and metrics are (or: IPMANAGER_PORT; default: the file's probe_port)")
    .option("--parse", "read what stands in the logs already, whatever the file's mode says")
    .option("--admin <address>", "where the admin interface listens (or: SLUICE_ADMIN; default: 127.0.0.1:2112)")
    .option("--fresh-tables", "forget what tables have counted before")
    .action(async (options: IpmanagerOptions) => {
      const code = await ipmanager(options, terminal);
      if (code !== null) ended(code);
    });
}
