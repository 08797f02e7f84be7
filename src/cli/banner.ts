// What a person reads on the terminal when Sluice has started: version, workers, listeners, pools, admin. It turns a status into
// text and asks nothing of the system; where the text goes is serve.ts'. Addresses are shown as an operator would write them,
// so that a line can be copied into a command or a browser.

import { formatAddress } from "../base/address.ts";
import type { Address, Plan } from "../config/plan.ts";
import { adminUrl } from "../control/admin.ts";
import type { Status } from "../control/status.ts";
import { plannedWay } from "./way.ts";

/** What is asked of a Control. */
export interface Started {
  readonly workers: number;
  readonly adminAddress: Address;
  readonly plan: Pick<Plan, "listeners" | "pools" | "routes">;
  status(): Pick<Status, "pid" | "listeners" | "pools">;
}

export function startText(control: Started, version: string): string {
  const { pid, listeners, pools } = control.status();
  const width = Math.max(...[...listeners, ...pools].map(({ name }) => name.length));
  return [
    `sluice ${version}, process ${pid}, ${counted(control.workers, "worker")}`,
    ...listeners.map(
      ({ name, address }, index) =>
        `  listener  ${name.padEnd(width)}  ${shown(address)} ${plannedWay(control.plan, index)}`,
    ),
    ...pools.map(({ name, balance, servers }) => {
      const up = servers.filter((server) => server.isEligible).length;
      const state = up === servers.length ? "all up" : `${up} up`;
      return `  pool      ${name.padEnd(width)}  ${counted(servers.length, "server")}, ${state}, ${balance}`;
    }),
    `  admin     ${adminUrl(control.adminAddress)}`,
  ].join("\n");
}

/** `[::]:8080`, every address of the machine, as an operator writes it. */
export function shown(address: string): string {
  return address.replace(/^\[::\]:/, ":");
}

/** A URL that works on this machine. */
export function localUrl(address: Address): string {
  if (address.kind === "unix") return formatAddress(address);
  const isAny = address.host === "::" || address.host === "0.0.0.0";
  return `http://${isAny ? `localhost:${address.port}` : formatAddress(address)}`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
