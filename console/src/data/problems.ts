// What needs somebody now, the worst first, in sentences: what somebody looks for who was woken. Pure: figures, the status, servers and the
// last minutes go in. Thresholds are where a person would begin to worry; whoever wants others has alerts of Prometheus for it.

import type { Figures, ServerFigures } from "../../../src/control/api/shape/figures.ts";
import type { Status } from "../../../src/control/status.ts";
import { count, plural, share, span, took } from "../text/format.ts";
import type { History } from "./history.ts";

export interface Problem {
  /** The same for as long as it is the same problem. */
  readonly key: string;
  readonly tone: "bad" | "warn";
  readonly text: string;
  readonly why: string;
  /** RFC 3339; null where it is not known. */
  readonly since: string | null;
  /** Where more of it is seen: a fragment. */
  readonly link: string;
}

export interface Known {
  readonly figures: Figures;
  readonly status: Status | null;
  readonly servers: Iterable<ServerFigures>;
  readonly history: History;
  readonly nowMs: number;
}

/** Errors of the last minute, as a share of requests. */
const errorShare = { warn: 0.01, bad: 0.05, requestsMin: 20 } as const;
const certificateDays = { warn: 14, bad: 3 } as const;
/** The slowest hundredth, against what it usually is. */
const slower = { times: 3, msMin: 50, secondsKnown: 120, seconds: 15 } as const;
const serversNamed = 3;
const dayMs = 86_400_000;

export function problemsOf(known: Known): Problem[] {
  const found = [
    ...ofService(known),
    ...ofPools(known),
    ...ofErrors(known),
    ...ofSpeed(known),
    ...ofEgress(known),
    ...ofCertificates(known),
  ];
  return found.sort((a, b) => Number(a.tone === "warn") - Number(b.tone === "warn"));
}

function ofService({ figures, status, nowMs }: Known): Problem[] {
  const found: Problem[] = [];
  const add = (key: string, tone: Problem["tone"], text: string, why: string, since: string | null = null): void => {
    found.push({ key, tone, text, why, since, link: "#/overview" });
  };
  if (figures.state === "down") add("state", "bad", "No worker is up", "nothing is served");
  if (figures.state === "draining")
    add("state", "warn", "Sluice is draining", "it ends when what is under way has ended");
  const missing = figures.workers.filter(({ state }) => state !== "up" && state !== "ended");
  if (missing.length > 0 && figures.state !== "starting")
    for (const { worker, state } of missing) {
      const last = status?.workers.find((each) => each.worker === worker)?.lastExit ?? null;
      add(
        `worker ${worker}`,
        "warn",
        `Worker ${worker} is ${state}`,
        state === "stalled" ? "it stands still, and takes nothing" : last === null ? "" : `the one before it: ${last}`,
      );
    }
  if (figures.confirmBy !== null)
    found.push({
      key: "confirm",
      tone: "warn",
      text: "A change waits to be confirmed",
      why: `it is rolled back in ${span(Math.max(0, Date.parse(figures.confirmBy) - nowMs))}`,
      since: null,
      link: "#/config",
    });
  if (status !== null && !status.lastReload.successful)
    found.push({
      key: "reload",
      tone: "bad",
      text: `The last reload failed; plan ${status.generation} stays in force`,
      why: status.lastReload.problems[0] ?? "",
      since: status.lastReload.at,
      link: "#/config",
    });
  return found;
}

function ofPools({ figures, servers }: Known): Problem[] {
  const byPool = new Map<string, ServerFigures[]>();
  for (const server of servers) {
    if (server.state !== "down" && server.state !== "ejected" && server.state !== "unresolved") continue;
    byPool.set(server.pool, [...(byPool.get(server.pool) ?? []), server]);
  }
  return figures.pools.flatMap((pool) => {
    const out = byPool.get(pool.name) ?? [];
    const link = `#/servers?pool=${encodeURIComponent(pool.name)}&state=trouble`;
    const since = out.map((server) => server.since).sort()[0] ?? null;
    const found: Problem[] = [];
    if (pool.servers > 0 && pool.eligible === 0)
      found.push({
        key: `pool ${pool.name}`,
        tone: "bad",
        text: `Pool ${pool.name} has no server that takes requests`,
        why: out[0]?.reason ?? `${plural(pool.servers, "server")} out of service`,
        since,
        link,
      });
    else if (out.length > serversNamed) {
      const text = `${out.length} of ${plural(pool.servers, "server")} of pool ${pool.name} are out of service`;
      found.push({ key: `pool ${pool.name}`, tone: "warn", text, why: reasonsOf(out), since, link });
    } else for (const server of out) found.push(ofServer(server));
    if (pool.queued > 0)
      found.push({
        key: `queue ${pool.name}`,
        tone: "warn",
        text: `${plural(pool.queued, "request")} wait for a server of pool ${pool.name}`,
        why: `its ${plural(pool.eligible, "server")} have as many as they may`,
        since: null,
        link: `#/servers?pool=${encodeURIComponent(pool.name)}`,
      });
    return found;
  });
}

function ofServer(server: ServerFigures): Problem {
  const state = server.state === "unresolved" ? "has no address" : `is ${server.state}`;
  return {
    key: `server ${server.pool}/${server.name}`,
    tone: "warn",
    text: `Server ${server.name} of pool ${server.pool} ${state}`,
    why: server.reason ?? "",
    since: server.since,
    link: `#/servers/${encodeURIComponent(server.pool)}/${encodeURIComponent(server.name)}`,
  };
}

/** The commonest. */
function reasonsOf(servers: readonly ServerFigures[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of servers) if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const [first] = [...counts].sort((a, b) => b[1] - a[1]);
  return first === undefined ? "" : `${first[0]} (${first[1]})`;
}

function ofErrors({ figures, history }: Known): Problem[] {
  const [errors, requests] = [sum(history.recent("errors", 60)), sum(history.recent("requests", 60))];
  const part = requests === 0 ? 0 : errors / requests;
  if (requests < errorShare.requestsMin || part < errorShare.warn) return [];
  const worst = [...figures.pools].sort((a, b) => b.errors - a.errors)[0];
  return [
    {
      key: "errors",
      tone: part >= errorShare.bad ? "bad" : "warn",
      text: `${share(part)} of requests fail`,
      why: worst === undefined || worst.errors === 0 ? "in the last minute" : `most of them in pool ${worst.name}`,
      since: null,
      link: "#/requests?find=failed",
    },
  ];
}

function ofSpeed({ history }: Known): Problem[] {
  const all = history.recent("p99", 600);
  if (all.length < slower.secondsKnown) return [];
  const usual = median(all);
  const now = median(history.recent("p99", slower.seconds));
  if (now < slower.msMin || now < usual * slower.times) return [];
  const times = count(now / Math.max(usual, 0.001));
  const why = `the slowest 1% take ${took(now)}, usually ${took(usual)}`;
  return [
    {
      key: "speed",
      tone: "warn",
      text: `Requests take ${times} times as long as before`,
      why,
      since: null,
      link: "#/requests?find=slower:200ms",
    },
  ];
}

function ofEgress({ figures }: Known): Problem[] {
  return figures.egress.flatMap(({ pool, members, available }): Problem[] => {
    const part = members === 0 ? 1 : available / members;
    if (part >= 0.2) return [];
    return [
      {
        key: `egress ${pool}`,
        tone: available === 0 ? "bad" : "warn",
        text:
          available === 0 ? `Egress pool ${pool} has no address left` : `Egress pool ${pool} has few addresses left`,
        why: `${available} of ${members} may be used`,
        since: null,
        link: `#/egress/${encodeURIComponent(pool)}`,
      },
    ];
  });
}

function ofCertificates({ status, nowMs }: Known): Problem[] {
  return (status?.listeners ?? []).flatMap(({ name, tls }): Problem[] => {
    if (tls === null) return [];
    const leftMs = Date.parse(tls.notAfter) - nowMs;
    if (leftMs > certificateDays.warn * dayMs) return [];
    const text =
      leftMs < 0 ? `A certificate of listener ${name} has expired` : `A certificate of listener ${name} expires soon`;
    const why = leftMs < 0 ? `${span(-leftMs)} ago` : `in ${span(leftMs)}`;
    const tone = leftMs < certificateDays.bad * dayMs ? "bad" : "warn";
    return [{ key: `certificate ${name}`, tone, text, why, since: null, link: "#/certificates" }];
  });
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
