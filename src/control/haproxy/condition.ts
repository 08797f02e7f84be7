// How a server is, in HAProxy's words: the state that `show stat` tells, what its check came to, and the numbers of `show servers state`.
// HAProxy has no word for a server that live traffic has proved bad, or that waits for its first check: it is down.

import type { PoolPlan } from "../../config/plan.ts";
import type { CheckPlan } from "../../config/planhealth.ts";
import type { Condition } from "../status.ts";

export function statusOf({ state, isEligible, withdrawal }: Condition, { check }: Pick<PoolPlan, "check">): string {
  // HAProxy goes on calling a server up that has no weight.
  if (state === "draining" && withdrawal !== "weightless") return withdrawal === "maintenance" ? "MAINT" : "DRAIN";
  if (state === "unresolved") return "MAINT (resolution)";
  if (!isEligible && state !== "draining") return "DOWN";
  return check === null ? "no check" : "UP";
}

/** `check_status` and what belongs to it; nothing without a check. */
export function checkOf(condition: Condition, check: CheckPlan | null): Record<string, string | number | undefined> {
  if (check === null) return {};
  const { rise, fall } = check;
  // What is said of it is who drained it.
  if (condition.state === "draining") return { check_rise: rise, check_fall: fall };
  const isUp = condition.state === "up";
  const reason = condition.reason ?? "";
  return {
    check_status: checkStatus(condition, check, reason),
    check_code: /\b([1-5]\d\d)\b/.exec(reason)?.[1] ?? undefined,
    last_chk: reason === "" ? undefined : reason,
    check_desc: isUp ? `Layer${layerOf(check)} check passed` : undefined,
    ...{ check_rise: rise, check_fall: fall, check_health: isUp ? rise + fall - 1 : 0 },
  };
}

function layerOf({ kind }: CheckPlan): 4 | 7 {
  return kind === "http" || kind === "exec" ? 7 : 4;
}

function checkStatus({ state }: Condition, check: CheckPlan, reason: string): string {
  const layer = layerOf(check);
  if (state === "unchecked") return "INI";
  if (state === "up") return `L${layer}OK`;
  if (/refused|unreachable|reset|no route/i.test(reason)) return "L4CON";
  if (/time|took longer|no answer/i.test(reason)) return layer === 7 ? "L7TOUT" : "L4TOUT";
  if (/tls|certificate|handshake/i.test(reason)) return "L6RSP";
  return layer === 7 && /\b[1-5]\d\d\b/.test(reason) ? "L7STS" : layer === 7 ? "L7RSP" : "L4CON";
}

/** Numbers of `srv_op_state` and `srv_admin_state` (management.txt, "show servers state"). */
export function stateNumbers(condition: Condition): { readonly op: number; readonly admin: number } {
  if (condition.state === "draining") {
    if (condition.withdrawal === "maintenance") return { op: 0, admin: forcedMaintenance };
    return { op: stopped.running, admin: condition.withdrawal === "weightless" ? 0 : forcedDrain };
  }
  if (condition.state === "unresolved") return { op: 0, admin: resolutionMaintenance };
  return { op: condition.isEligible ? stopped.running : stopped.stopped, admin: 0 };
}

const stopped = { stopped: 0, running: 2 } as const;
const forcedMaintenance = 1;
const forcedDrain = 8;
const resolutionMaintenance = 32;
