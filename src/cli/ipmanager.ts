// `sluice ipmanager`: in the place of ipmanager, with its config.json and its options, which come before what the file says. Its ports,
// pages and metrics are where they were. Exit codes: 0 after SIGTERM or SIGINT, 1 when it cannot be run, 2 when what to run is not said.

import { resolve } from "node:path";
import { ipmanagerVariables } from "../config/foreign/ipmanager/ipmanager.ts";
import { type Loaded, loadConfig } from "../config/load.ts";
import type { Materials } from "../config/materials.ts";
import { AdminPlace } from "./adminplace.ts";
import type { Writer } from "./check.ts";
import { serve } from "./serve.ts";

const USAGE_ERROR = 2;

export interface IpmanagerOptions {
  readonly config?: string;
  readonly port?: string;
  readonly parse?: boolean;
  readonly admin?: string;
  readonly freshTables?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Null once all runs; otherwise the exit code. */
export async function ipmanager(options: IpmanagerOptions, writer: Writer): Promise<number | null> {
  const { config, freshTables = false } = options;
  if (config === undefined) {
    writer.err("error: say which config: --config FILE\n(sluice ipmanager --help lists the options)");
    return USAGE_ERROR;
  }
  const environment = environmentOf(options, process.env);
  const place = new AdminPlace(environment);
  const load = async (inUse?: Materials): Promise<Loaded> => {
    const loaded = await loadConfig(config, environment, inUse, "ipmanager");
    return isOwn(loaded) ? place.settle(loaded) : strange(config);
  };
  return serve({
    source: { path: resolve(config), load },
    identity: resolve(config),
    isFresh: freshTables,
    started: null,
  });
}

/** Options come before the file. */
export function environmentOf(options: IpmanagerOptions, environment: Environment): Environment {
  const said: [string, string | undefined][] = [
    [ipmanagerVariables.port, options.port],
    [ipmanagerVariables.mode, options.parse === true ? "parse" : undefined],
    [ipmanagerVariables.admin, options.admin],
  ];
  return { ...environment, ...Object.fromEntries(said.filter(([, value]) => value !== undefined)) };
}

/** What cannot be read at all says so itself: it has no keys. */
function isOwn(loaded: Loaded): boolean {
  if (loaded.origin !== undefined) return loaded.origin.program === "ipmanager";
  return !loaded.ok && loaded.problems.every(({ key }) => key === "");
}

function strange(file: string): Loaded {
  const message = "is no config of ipmanager's (sluice run -c FILE runs others)";
  return {
    ok: false,
    file,
    isRead: true,
    problems: [{ severity: "error", file, place: null, key: "", message, source: null }],
  };
}
