// What can be known to go wrong before anything is started: addresses that are taken, an admin interface that is open to the
// world, an access log that cannot be opened, and too few files for the connections that are promised. It asks the system and changes nothing.

import { formatAddress, readListenAddress } from "../base/address.ts";
import { clientConnectionsUsual, connectionsUnlimited, serverConnectionsReserved } from "../base/limits.ts";
import type { Address, ListenerMode, Plan } from "../config/plan.ts";
import type { Config } from "../config/types.ts";
import { exposureProblem } from "./guard.ts";
import { logPathProblem } from "./logpath.ts";
import { busyAddresses, busyDatagramAddresses } from "./port.ts";
import { openFilesMax } from "./processfigures.ts";

/** Files that a worker has open besides connections: the arena, logs, listeners, its own. */
const OTHER_FILES = 64;

/** Sentences for the operator; none when the config can be started. */
export async function startProblems(config: Config): Promise<string[]> {
  const admin = addressOf(config.admin.listen);
  const listens = listensOf(config, "stream");
  const problems = [...(await busyAddresses(listens)), ...(await busyDatagramAddresses(listensOf(config, "udp")))];
  const exposure = exposureProblem(admin, config.admin.token);
  if (exposure !== null) problems.push(exposure);
  const isAnyPort = admin.kind === "tcp" && admin.port === 0;
  const { metrics, ipmanager, gobetween } = config;
  const secure = gobetween?.api?.tls?.listen;
  if (secure !== undefined) {
    const exposed = exposureProblem(addressOf(secure), config.admin.token);
    if (exposed !== null) problems.push(exposed);
  }
  const { pages: statistics = [], exporters = [] } = config.admin.haproxy ?? {};
  const stats = [...statistics, ...exporters].map(({ listen }) => listen);
  // At a port it says itself that it cannot be had.
  const local = admin.kind === "unix" ? config.admin.listen : undefined;
  const pages = [local, metrics?.listen, ipmanager?.listen, secure, ...new Set(stats)].filter(
    (listen) => listen !== undefined,
  );
  problems.push(...(await busyAddresses(pages.map(addressOf))));
  if (!isAnyPort && listens.some((listen) => formatAddress(listen) === formatAddress(admin)))
    problems.push(`the admin interface and a listener cannot both have ${formatAddress(admin)}`);
  return [...problems, ...logProblems(config)];
}

function logProblems({ accessLog }: Config): string[] {
  const problem = accessLog?.path === undefined ? null : logPathProblem(accessLog.path);
  return problem === null ? [] : [problem];
}

/** The same for a reload: addresses of the plan in force are ours already, and so are ports that `workers` alone hold by another address. */
export async function reloadProblems(config: Config, plan: Plan, workers: ReadonlySet<number>): Promise<string[]> {
  const fresh = (transport: Transport): Address[] => {
    const ours = plan.listeners.filter(({ mode }) => transportOf(mode) === transport);
    const texts = new Set(ours.map(({ address }) => formatAddress(address)));
    return listensOf(config, transport).filter((address) => !texts.has(formatAddress(address)));
  };
  return [
    ...(await busyAddresses(fresh("stream"), workers)),
    ...(await busyDatagramAddresses(fresh("udp"), workers)),
    // One that is open already stays open.
    ...(config.accessLog?.path === plan.accessLog?.path ? [] : logProblems(config)),
  ];
}

/**
 * A warning when a worker's share of all connections, each with one to a server, needs more files than it may open. Bun
 * has raised the soft limit to the hard one by now, so what the system says is what there is.
 */
export function fileShortage(plan: Plan, workers: number, limit: number | null = openFilesMax()): string | null {
  const limited = plan.listeners.filter(({ connectionsMax }) => connectionsMax < connectionsUnlimited);
  const connections = limited.reduce((sum, listener) => sum + listener.connectionsMax, 0);
  const clients = Math.ceil(connections / workers);
  const servers = Math.min(clients, serverConnectionsReserved);
  const needed = clients + servers + OTHER_FILES;
  if (limit === null || limit >= needed) return null;
  // Where the config does not say, nobody has asked for so many.
  const isUsual = limited.every(({ connectionsMax }) => connectionsMax === clientConnectionsUsual);
  const remedy = isUsual
    ? "that is what listeners take where maxConnections does not say; set it to what you expect, or raise the limit (ulimit -Hn, LimitNOFILE)"
    : "raise it (ulimit -Hn, LimitNOFILE) or lower maxConnections";
  return `ulimit -n is ${limit}, and a worker needs ${needed} for its share of ${connections} connections of clients and ${servers} to servers; ${remedy}`;
}

/** Of a checked config: every address in it can be read. */
export function addressOf(text: string): Address {
  const reading = readListenAddress(text);
  if (!reading.ok) throw new Error(`${text} ${reading.message}`);
  return reading.value;
}

type Transport = "stream" | "udp";

function transportOf(mode: ListenerMode): Transport {
  return mode === "udp" ? "udp" : "stream";
}

function listensOf(config: Config, transport: Transport): Address[] {
  const listeners = Object.values(config.listeners).filter(({ mode }) => transportOf(mode) === transport);
  return listeners.map((listener) => addressOf(listener.listen));
}
