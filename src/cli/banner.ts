// What is said when Sluice has started: version, workers, listeners, pools, egress pools, and where it can be asked. A person reads it as
// lines on the terminal, a program as fields of one line of the log. It turns a status into either and asks nothing of the system; where the text goes is serve.ts'. Addresses are shown as an operator would write them,
// so that a line can be copied into a command or a browser.

import { formatAddress } from "../base/address.ts";
import type { Address, Plan } from "../config/plan.ts";
import { adminUrl } from "../control/admin.ts";
import type { OtherDoors } from "../control/doors.ts";
import type { Status } from "../control/status.ts";
import { plannedWay } from "./way.ts";

/** What is asked of a Control. */
export interface Started {
  readonly workers: number;
  readonly adminAddress: Address;
  readonly otherDoors: OtherDoors;
  readonly plan: Pick<Plan, "listeners" | "pools" | "routes">;
  status(): Pick<Status, "pid" | "listeners" | "pools" | "egress" | "state">;
}

export function startText(control: Started, version: string): string {
  const { pid, listeners, pools, egress } = control.status();
  const width = Math.max(...[...listeners, ...pools, ...egress].map(({ name }) => name.length));
  const { metrics, ipmanager, secure = null } = control.otherDoors;
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
    ...egress.map(({ name, members, states, choose }) => {
      const state = states.available === members ? "all available" : `${states.available} available`;
      return `  egress    ${name.padEnd(width)}  ${counted(members, "member")}, ${state}, ${choose}`;
    }),
    `  admin     ${adminUrl(control.adminAddress)}`,
    ...(secure === null ? [] : [`  TLS       https://${formatAddress(secure)}`]),
    ...(metrics === null ? [] : [`  metrics   ${adminUrl(metrics)}`]),
    ...(ipmanager === null ? [] : [`  ipmanager ${adminUrl(ipmanager)}`]),
  ].join("\n");
}

/** Addresses as they are bound: a port may be one that was free, and the commands have to be told. */
export function startFields(control: Started, version: string): Record<string, unknown> {
  const { pid, listeners, pools, egress, state } = control.status();
  const { metrics, ipmanager, secure = null } = control.otherDoors;
  return {
    ...{ version, pid, workers: control.workers },
    listeners: listeners.map(({ name, address, pool }) => ({ name, address, pool })),
    admin: formatAddress(control.adminAddress),
    ...(secure === null ? {} : { adminTls: formatAddress(secure) }),
    ...(metrics === null ? {} : { metrics: formatAddress(metrics) }),
    ...(ipmanager === null ? {} : { ipmanager: formatAddress(ipmanager) }),
    pools: pools.map(({ name, servers }) => ({
      name,
      servers: servers.length,
      up: servers.filter((server) => server.isEligible).length,
    })),
    ...(egress.length === 0
      ? {}
      : { egress: egress.map(({ name, members, states }) => ({ name, members, available: states.available })) }),
    state,
  };
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
