// `show servers state` and `show servers conn`, in the form that HAProxy's state files have (version 1), so that what reads these reads ours.
// A name that is resolved stands as its address, for Sluice resolves it again by itself.

import type { Address } from "../../config/plan.ts";
import { serverCell, type Totals } from "../../memory/tally.ts";
import type { Condition } from "../status.ts";
import { stateNumbers } from "./condition.ts";
import type { FirstWeights } from "./firstweights.ts";
import type { NamedServer, Service } from "./names.ts";

export interface ServerStateParts {
  readonly conditionOf: (slot: number) => Condition;
  readonly weights: FirstWeights;
  readonly totals: Totals;
  readonly wallMs: () => number;
}

const stateHeader =
  "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";
const connHeader =
  "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[1]";

/** Numbers of check results: unknown, passed by no check, failed, passed. */
const result = { unknown: 0, failed: 2, passed: 3 } as const;
/** Bits of a check's state: it is configured, and enabled. */
const enabled = 6;
const checkOk = 15;
const checkFailed = 8;

export function serversState(parts: ServerStateParts, services: readonly Service[]): string {
  const lines = services.flatMap((service) => service.servers.map((server) => stateLine(parts, service, server)));
  return `1\n${stateHeader}\n${lines.join("")}`;
}

function stateLine({ conditionOf, weights, wallMs }: ServerStateParts, service: Service, server: NamedServer): string {
  const { plan, id, name } = server;
  const pool = service.pool!;
  const condition = conditionOf(plan.slot);
  const { op, admin } = stateNumbers(condition);
  const initial = weights.of(pool.name, plan.name, plan.weight);
  const since = Math.max(Math.round((wallMs() - condition.sinceMs) / 1000), 0);
  const { host, port } = placeOf(plan.address);
  const check = pool.check;
  const isPassed = condition.state === "up" || condition.state === "draining" || condition.state === "ejected";
  const checked =
    check === null
      ? [1, result.unknown, op === 2 ? 1 : 0, 0]
      : [
          isPassed ? checkOk : checkFailed,
          isPassed ? result.passed : result.failed,
          isPassed ? check.rise + check.fall - 1 : 0,
          enabled,
        ];
  const told = [service.id, service.name, id, name, host, op, admin, plan.weight, initial, since, ...checked];
  return `${[...told, 0, 0, 0, "-", port, "-", plan.tls === null ? 0 : 1, 0, "-", "-", 0].join(" ")}\n`;
}

export function serversConn({ totals }: ServerStateParts, services: readonly Service[]): string {
  const lines = services.flatMap((service) =>
    service.servers.map(({ id, name, plan }) => {
      const { host, port } = placeOf(plan.address);
      const [open, idle] = [totals.server(plan.slot, serverCell.open), totals.server(plan.slot, serverCell.idle)];
      const used = Math.max(open - idle, 0);
      return `${service.name}/${name} ${service.id}/${id} ${host} ${port} - 0 ${used} ${used} 0 0 ${idle} -1 ${idle} ${idle}\n`;
    }),
  );
  return `${connHeader}\n${lines.join("")}`;
}

function placeOf(address: Address): { readonly host: string; readonly port: number } {
  return address.kind === "unix" ? { host: address.path, port: 0 } : { host: address.host || "-", port: address.port };
}
