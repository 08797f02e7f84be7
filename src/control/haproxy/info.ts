// `show info` as HAProxy 2.6 writes it: what there is of it here, and 0 for what this program does not have (pipes, peers, pools of memory).
// Lines that would have to be made up are left out. The name is Sluice's own; its version stands behind that of the HAProxy whose commands
// are spoken, because tools go by it (Ansible's module drains from 1.5 on).

import { hostname } from "node:os";
import { listenerCell, type Totals, workerCell } from "../../memory/tally.ts";
import { openFilesMax } from "../processfigures.ts";
import type { Status } from "../status.ts";
import { jsonField } from "./fields.ts";
import type { Rates } from "./rates.ts";

export interface InfoParts {
  readonly status: () => Status;
  readonly totals: Totals;
  readonly listeners: () => readonly { readonly slot: number; readonly connectionsMax: number }[];
  readonly rates: Pick<Rates, "current" | "max">;
}

interface Line {
  readonly at: number;
  readonly name: string;
  readonly tags: string;
  readonly type: string;
  readonly value: string | number;
}

/** What tools take for HAProxy's version, ours behind it. */
export function versionFor(version: string): string {
  return `2.6.0-sluice-${version}`;
}

/** Place, name, tags and type, as the typed output has them. */
const lines = `
0 Name POS:str 1 Version POS:str 2 Release_date POS:str 3 Nbthread CGS:u32 4 Nbproc CGS:u32 5 Process_num KGP:u32
6 Pid SGP:u32 7 Uptime MDP:str 8 Uptime_sec MDP:u32 9 Memmax_MB CLP:u32 10 PoolAlloc_MB MGP:u32 11 PoolUsed_MB MGP:u32
12 PoolFailed MCP:u32 13 Ulimit-n CLP:u32 14 Maxsock CLP:u32 15 Maxconn CLP:u32 16 Hard_maxconn CLP:u32
17 CurrConns MGP:u32 18 CumConns MCP:u32 19 CumReq MCP:u32 22 CumSslConns MCP:u32 23 Maxpipes CLP:u32
24 PipesUsed MGP:u32 25 PipesFree MGP:u32 26 ConnRate MRP:u32 27 ConnRateLimit CLP:u32 28 MaxConnRate MMP:u32
29 SessRate MRP:u32 30 SessRateLimit CLP:u32 31 MaxSessRate MRP:u32 33 SslRateLimit CLP:u32 44 CompressBpsRateLim CLP:u32
47 Tasks MGP:u32 48 Run_queue MGP:u32 50 node COS:str 52 Stopping MGP:u32 53 Jobs MGP:u32 55 Listeners MGP:u32
56 ActivePeers MGP:u32 57 ConnectedPeers MGP:u32 58 DroppedLogs MGP:u32 59 BusyPolling MGP:u32 61 TotalBytesOut MGP:u64
66 Build_info POS:str 67 Memmax_bytes CLP:u32 68 PoolAlloc_bytes MGP:u64 69 PoolUsed_bytes MGP:u64
70 Start_time_sec MDP:u32`;

const known: readonly Omit<Line, "value">[] = [...lines.matchAll(/(\d+) (\S+) (\w{3}):(\w{3})/g)].map(
  ([, at, name, tags, type]) => ({ at: Number(at), name: name!, tags: tags!, type: type! }),
);

export type InfoForm = "text" | "typed" | "json";

export function infoText(parts: InfoParts, form: InfoForm): string {
  const values = valuesOf(parts);
  const all: Line[] = known.map((line) => ({
    ...line,
    name: line.name.replace("_info", " info"),
    value: values[line.name] ?? 0,
  }));
  switch (form) {
    case "typed":
      return all.map(({ at, name, tags, type, value }) => `${at}.${name}.1:${tags}:${type}:${value}\n`).join("");
    case "json": {
      const told = all.map(({ at, name, tags, type, value }) => ({
        ...jsonField(at, name, tags),
        value: { type, value },
      }));
      return `${JSON.stringify(told)}\n`;
    }
    case "text":
      return all.map(({ name, value }) => `${name}: ${value}\n`).join("");
  }
}

function valuesOf({ status, totals, listeners, rates }: InfoParts): Readonly<Record<string, string | number>> {
  const { version, pid, uptimeSeconds, startedAt, state, workers, listeners: heard } = status();
  const sum = (cell: number): number => listeners().reduce((total, { slot }) => total + totals.listener(slot, cell), 0);
  const connectionsMax = listeners().reduce((total, each) => total + each.connectionsMax, 0);
  const files = openFilesMax() ?? 0;
  const connections = totals.worker(workerCell.connections);
  return {
    ...{
      Name: "Sluice",
      Version: versionFor(version),
      Release_date: "-",
      Nbthread: workers.length,
      Nbproc: 1,
      Process_num: 1,
    },
    ...{ Pid: pid, Uptime: uptimeText(uptimeSeconds), Uptime_sec: uptimeSeconds, "Ulimit-n": files, Maxsock: files },
    ...{ Maxconn: connectionsMax, Hard_maxconn: connectionsMax, CurrConns: connections },
    ...{ CumConns: sum(listenerCell.accepted), CumSslConns: sum(listenerCell.handshakes) },
    CumReq: heard.reduce((total, { requests, sessions }) => total + requests + sessions, 0),
    ...{ ConnRate: rates.current, MaxConnRate: rates.max, SessRate: rates.current, MaxSessRate: rates.max },
    ...{ node: hostname(), Stopping: state === "draining" ? 1 : 0, Jobs: connections, Listeners: heard.length },
    ...{ DroppedLogs: totals.worker(workerCell.logDropped), TotalBytesOut: sum(listenerCell.bytesSent) },
    ...{ Build_info: `Sluice ${version}`, Start_time_sec: Math.floor(Date.parse(startedAt) / 1000) },
  };
}

/** `0d 2h05m09s` */
function uptimeText(seconds: number): string {
  const two = (number: number): string => String(Math.floor(number)).padStart(2, "0");
  const [days, rest] = [Math.floor(seconds / 86_400), seconds % 86_400];
  return `${days}d ${Math.floor(rest / 3600)}h${two((rest % 3600) / 60)}m${two(rest % 60)}s`;
}
