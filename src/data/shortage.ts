// What this machine has no room for: a connection to a server that could not be begun for want of a port, a descriptor or memory of its own.
// Nobody else is to blame for it (flow/egress/blame.ts), so the operator has to hear of it here: what is short, and what helps.

import { closeSync, openSync } from "node:fs";
import { portsTaken } from "../flow/egress/blame.ts";
import { workerCell } from "../memory/tally.ts";
import { shortageText } from "./descriptors.ts";
import type { Driver } from "./driver.ts";

/** Counts it, and tells it once a minute. `reason`: as the system calls it. */
export function noteShortage(driver: Driver, reason: string): void {
  const tally = driver.context?.tally;
  if (tally !== undefined) tally.cells[tally.workerRow() + workerCell.connectShortages]!++;
  driver.complaints.tell(textOf(tally?.worker ?? 0, reason), "", driver.nowMs);
}

/** Why no file can be opened now; "" where one can. The runtime calls that a connection that was refused. */
export function descriptorProblem(): string {
  try {
    closeSync(openSync("/dev/null", "r"));
    return "";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "EMFILE" || code === "ENFILE" ? code : "";
  }
}

function textOf(worker: number, reason: string): string {
  const what = "cannot connect to servers";
  switch (reason) {
    case "EMFILE":
      return shortageText(worker, what);
    case portsTaken:
    case "EADDRINUSE":
      return `worker ${worker} ${what} for want of local ports: widen net.ipv4.ip_local_port_range, or have connections come from more addresses (source)`;
    case "ENFILE":
      return `worker ${worker} ${what}, for this machine may open no more files: raise fs.file-max`;
    default:
      return `worker ${worker} ${what}, for this machine has no memory for another one (${reason})`;
  }
}
