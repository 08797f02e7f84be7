// `sluice run`: the proxy, from a config file or from options. Here only: which config that is. Ends with exit code 2 when what to
// run is not said, 1 when it cannot be run; otherwise it runs until a signal ends it.

import { resolve } from "node:path";
import { fromCommandLine } from "../config/commandline.ts";
import { type Loaded, loadConfig } from "../config/load.ts";
import type { Config } from "../config/types.ts";
import type { ConfigSource } from "../control/configuring/source.ts";
import { AdminPlace } from "./adminplace.ts";
import { serve } from "./serve.ts";
import { terminal } from "./writer.ts";

export interface RunOptions {
  readonly config?: string;
  readonly mode?: string;
  readonly listen?: string;
  readonly to?: string;
  readonly balance?: string;
  readonly workers?: string;
  readonly admin?: string;
  readonly accessLog?: string;
  readonly logFormat?: "json" | "common" | "combined";
  readonly freshTables?: boolean;
}

/** What stands in a config otherwise. */
export type Words = Omit<RunOptions, "config" | "freshTables">;

const USAGE_ERROR = 2;

/** `file`: what -c says, for those who are used to naming a file alone. */
export async function run(options: RunOptions, file?: string): Promise<void> {
  const { config = file, freshTables = false, ...others } = options;
  const isTwice = file !== undefined && options.config !== undefined;
  const problem = isTwice ? "name one config: -c FILE, or the file alone" : usageProblem(config, others);
  if (problem !== null) {
    terminal.err(`error: ${problem}\n(sluice run --help lists the options)`);
    process.exitCode = USAGE_ERROR;
    return;
  }
  const place = new AdminPlace(process.env);
  const source: ConfigSource =
    config !== undefined
      ? { path: resolve(config), load: async (inUse) => place.settle(await loadConfig(config, process.env, inUse)) }
      : { path: null, load: async () => fromOptions(others) };
  const identity = config !== undefined ? resolve(config) : `${options.listen ?? ""} ${options.admin ?? ""}`;
  const code = await serve({ source, identity, isFresh: freshTables, started: null });
  if (code !== null) process.exitCode = code;
}

/** What is missing or said twice; null when it is clear what to run. */
export function usageProblem(config: string | undefined, others: Words): string | null {
  if (config === undefined)
    return others.to === undefined ? "say what to run: -c FILE, or --listen ADDRESS --to HOST:PORT" : null;
  const given = Object.keys(others)[0];
  if (given === undefined) return null;
  const option = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const elsewhere =
    given === "admin"
      ? " (a haproxy.cfg and configs of ipmanager, goproxy and GopherProxy have no place for it: SLUICE_ADMIN has)"
      : "";
  return `--${option} stands in the config that -c names; give one or the other${elsewhere}`;
}

/** Further addresses become further listeners of the same pool. */
export function fromOptions(options: Words): Loaded {
  const { mode, listen, to = "", balance, workers, admin, accessLog, logFormat } = options;
  const addresses = (listen ?? ":8080").split(",").map((address) => address.trim());
  const each = addresses.map((address) => fromCommandLine({ mode, listen: address, to, balance, workers, admin }));
  const first = each[0]!;
  // What is wrong with the servers is wrong for each address; it is told once, with what is wrong with every address.
  const problems = each.flatMap((loaded, index) =>
    loaded.ok ? [] : loaded.problems.filter((problem) => index === 0 || problem.key === "--listen"),
  );
  if (problems.length > 0 || !first.ok) return { ok: false, file: first.file, problems, isRead: true };
  const listeners: Config["listeners"] = {};
  for (const [index, loaded] of each.entries())
    if (loaded.ok)
      for (const [name, listener] of Object.entries(loaded.config.listeners))
        listeners[index === 0 ? name : `${name}${index + 1}`] = listener;
  const log =
    accessLog === undefined && logFormat === undefined
      ? {}
      : {
          accessLog: { path: accessLog ?? "-", format: logFormat ?? "json", normal: true, buffer: "1mb", flush: "1s" },
        };
  return { ...first, config: { ...first.config, ...log, listeners } };
}
