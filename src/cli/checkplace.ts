// What `sluice check` says of the machine that a config is checked on: an access log that cannot be opened, addresses that somebody else
// has. It looks only: nothing is made, opened for writing anew, or listened on, so that it is in nobody's way. What belongs to a Sluice
// that runs this very config is no matter, for a reload keeps it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readListenAddress } from "../base/address.ts";
import type { Finding } from "../config/issues.ts";
import type { Loaded } from "../config/load.ts";
import type { Path, Problem } from "../config/problem.ts";
import { logPathFault } from "../control/logpath.ts";
import { type Holder, seenInUse } from "../control/port.ts";
import { stateFolderOf } from "../control/state.ts";
import { lockName } from "../control/statelock.ts";

/** `path`: of the config. */
export function placeProblems(loaded: Loaded & { readonly ok: true }, path: string): Problem[] {
  const { told } = loaded;
  if (told === undefined) return [];
  return [...logFindings(loaded), ...addressFindings(loaded, stateFolderOf(resolve(path)))].map(told);
}

/** A start would end with it; where only this user may not, the one that Sluice runs as may. */
function logFindings({ config: { accessLog } }: Loaded & { readonly ok: true }): Finding[] {
  const fault = accessLog?.path === undefined ? null : logPathFault(accessLog.path);
  if (fault === null) return [];
  const severity = fault.isOfUser ? "warning" : "error";
  return [{ severity, path: ["accessLog", "path"], part: "value", message: `cannot be opened: ${fault.why}` }];
}

function addressFindings({ config, origin }: Loaded & { readonly ok: true }, state: string): Finding[] {
  const { listeners, admin, metrics } = config;
  const ours = ownersOf(state);
  const isOurs = (holder: Holder | null): boolean => (holder === null ? ours.areUnseen : ours.pids.has(holder.pid));
  const find = (listen: string, path: Path, protocol: "tcp" | "udp" = "tcp"): Finding[] => {
    const reading = readListenAddress(listen);
    const message = reading.ok ? seenInUse(reading.value, protocol, isOurs) : null;
    return message === null ? [] : [{ severity: "warning", path, part: "value", message }];
  };
  return [
    ...Object.entries(listeners).flatMap(([name, { listen, mode }]) =>
      find(listen, ["listeners", name, "listen"], mode === "udp" ? "udp" : "tcp"),
    ),
    // Configs of other programs have no place for it, and for some a free port is taken.
    ...(origin === undefined ? find(admin.listen, ["admin", "listen"]) : []),
    ...(metrics?.listen === undefined ? [] : find(metrics.listen, ["metrics", "listen"])),
  ];
}

/** Who runs this config, whichever user: of another's process nothing can be seen but that its folder is there. */
function ownersOf(state: string): { readonly pids: ReadonlySet<number>; readonly areUnseen: boolean } {
  const digest = basename(state).split("-").at(-1)!;
  const folders = existsSync(dirname(state)) ? readdirSync(dirname(state)) : [];
  const same = folders.filter((name) => name.startsWith("sluice-") && name.endsWith(`-${digest}`));
  const pids = same.map((name) => pidIn(join(dirname(state), name, lockName)));
  return { pids: new Set(pids.filter((pid) => pid !== null)), areUnseen: pids.length > 0 };
}

function pidIn(file: string): number | null {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10);
  } catch {
    return null;
  }
}
