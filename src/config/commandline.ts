// The config that `sluice run --listen ADDR --to host:port[^weight],…` stands for: one listener, one pool. It is the same object
// that a file would have held, judged by the same schema; only the problems name a flag instead of a place.

import type { ConfigInput } from "./input.ts";
import { judge } from "./judge.ts";
import type { Loaded } from "./load.ts";
import { noMaterials } from "./materials.ts";
import { keyText, type Path, type Problem } from "./problem.ts";

export interface CommandLine {
  /** "http" when absent. */
  readonly mode?: string | undefined;
  /** ":8080" when absent. */
  readonly listen?: string | undefined;
  /** Servers, between commas. */
  readonly to: string;
  readonly balance?: string | undefined;
  /** "auto" or digits. */
  readonly workers?: string | undefined;
  readonly admin?: string | undefined;
}

/** Never rejects or throws. */
export function fromCommandLine(line: CommandLine): Loaded {
  const servers = line.to
    .split(",")
    .map((server) => server.trim())
    .filter((server) => server !== "");
  const { mode, balance, workers, admin } = line;
  const input = {
    listeners: {
      [listenerName(mode)]: { listen: line.listen ?? ":8080", use: "app", ...(mode === undefined ? {} : { mode }) },
    },
    pools: { app: { servers, ...(balance === undefined ? {} : { balance }) } },
    ...(workers === undefined ? {} : { workers: /^\d+$/.test(workers) ? Number(workers) : workers }),
    ...(admin === undefined ? {} : { admin: { listen: admin } }),
  };
  const judgement = judge(input satisfies { [K in keyof ConfigInput]?: unknown });
  const problems = judgement.findings.map(
    ({ severity, path, message }): Problem => ({
      severity,
      file: "command line",
      place: null,
      key: flagOf(path),
      message: spoken(path, withoutTls(message), servers),
      source: null,
    }),
  );
  if (judgement.config === null) return { ok: false, file: "command line", problems, isRead: true };
  const { config } = judgement;
  return { ok: true, file: "command line", config, materials: noMaterials, lists: {}, folder: ".", warnings: problems };
}

/** What metrics and logs call it. */
function listenerName(mode: string | undefined): string {
  return mode === "tcp" || mode === "udp" ? mode : "web";
}

function flagOf(path: Path): string {
  if (path[0] === "listeners") return path[2] === "mode" ? "--mode" : "--listen";
  if (path[0] === "admin") return "--admin";
  if (path[0] === "workers") return "--workers";
  if (path[0] === "pools") return path[2] === "balance" ? "--balance" : "--to";
  return keyText(path);
}

/** TLS takes more words than flags have. */
function withoutTls(message: string): string {
  return message
    .replace(/; TLS is said by .*$/, "; TLS towards servers is said in a config file, by tls: true in the pool")
    .replace(/; write "http", and tls .*$/, '; write "http"; TLS is said in a config file, by tls in the listener');
}

/** The schema's sentence with the places of a file taken out of it: which of several servers, and what a flag can do. */
function spoken(path: Path, message: string, servers: readonly string[]): string {
  if (path.at(-1) === "servers" && servers.length === 0) return "must name at least one server";
  if (path[0] === "admin")
    return message.replace("so admin.token must be set", "which needs admin.token in a config file");
  const index = path[3];
  if (path[0] !== "pools" || typeof index !== "number" || servers.length === 1) return message;
  const same = /^is the same server as servers\[(\d+)\]/.exec(message);
  return `(server ${index + 1}) ${same === null ? message : `is the same as server ${Number(same[1]) + 1}; to give it more, write a weight: host:port^2`}`;
}
