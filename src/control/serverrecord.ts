// What the roster knows of one server, and the first conclusion from it: its state. A record is made anew with each plan, from the
// record before: what was learned of a server is kept as long as its id and address stay, what another plan says of it is
// taken over. It knows nothing of other servers, of the board, or of the log.

import type { PoolPlan, ServerPlan } from "../config/plan.ts";
import { Ejection } from "../health/ejection.ts";
import { Verdict } from "../health/verdict.ts";
import type { Order } from "./adminservice.ts";
import type { ServerCondition, Withdrawal } from "./status.ts";

interface Counts {
  checksPassed: number;
  checksFailed: number;
  ejections: Record<string, number>;
}

export interface ServerRecord {
  readonly pool: PoolPlan;
  readonly server: ServerPlan;
  readonly verdict: Verdict | null;
  readonly ejection: Ejection | null;
  readonly counts: Counts;
  /** Serving until its first check says otherwise: it served before, under another address or without a check. */
  isTrusted: boolean;
  /** An operator's, which comes before what the config or a source says of it. */
  order: Order | null;
  checkReason: string;
  ejectionReason: string;
  /** Null until it is first concluded. */
  state: ServerCondition | null;
  /** As it was concluded last. */
  withdrawal: Withdrawal | null;
  /** Wall clock. */
  sinceMs: number;
  isEligible: boolean;
  eligibleSinceMs: number;
}

/** Whether a server of the same id has another address than before: what was learned was learned of another machine. */
export function hasMoved(server: ServerPlan, former: ServerRecord | undefined): boolean {
  return former !== undefined && !Bun.deepEquals(former.server.address, server.address);
}

export function recordOf(
  pool: PoolPlan,
  server: ServerPlan,
  former: ServerRecord | undefined,
  nowMs: number,
): ServerRecord {
  const isMoved = hasMoved(server, former);
  return {
    pool,
    server,
    verdict: verdictFor(pool, former, isMoved),
    ejection:
      pool.ejection === null
        ? null
        : former?.ejection && !isMoved && Bun.deepEquals(former.pool.ejection, pool.ejection)
          ? former.ejection
          : new Ejection(pool.ejection),
    counts: former?.counts ?? { checksPassed: 0, checksFailed: 0, ejections: {} },
    isTrusted: former !== undefined && (former.isTrusted || former.state === "up"),
    order: carriedOrder(former?.order ?? null, server),
    checkReason: former?.checkReason ?? "",
    ejectionReason: former?.ejectionReason ?? "",
    state: former?.state ?? null,
    withdrawal: former?.withdrawal ?? null,
    sinceMs: former?.sinceMs ?? 0,
    isEligible: former?.isEligible ?? false,
    eligibleSinceMs: former?.eligibleSinceMs ?? nowMs,
  };
}

/** To enable a server means something only while its config or source withdraws it: the next time that these do is another matter. */
export function carriedOrder(order: Order | null, server: ServerPlan): Order | null {
  return order === "enable" && !server.isDrained ? null : order;
}

/** A server without weight is looked at as all others: only one that is well waits for clients of its own. */
export function stateOf(record: ServerRecord): ServerCondition {
  const { server, verdict, ejection, isTrusted } = record;
  const withdrawal = withdrawalOf(record);
  if (server.address.kind === "tcp" && server.address.port === 0) return "unresolved";
  if (withdrawal === "drain" || withdrawal === "maintenance") return "draining";
  if (verdict?.state === "down") return "down";
  if (ejection?.isEjected === true) return "ejected";
  if (verdict?.state === "unchecked" && !isTrusted) return "unchecked";
  return withdrawal === null ? "up" : "draining";
}

export function withdrawalOf({ server, order }: ServerRecord): Withdrawal | null {
  if (order === "drain") return "drain";
  if (order === "maintain" || (order === null && server.isDrained)) return "maintenance";
  return server.weight === 0 ? "weightless" : null;
}

/** Other thresholds judge from where the server stands; another address is another server, and is judged anew. */
function verdictFor(pool: PoolPlan, former: ServerRecord | undefined, isMoved: boolean): Verdict | null {
  if (pool.check === null) return null;
  const old = former?.verdict ?? null;
  const isSame = former?.pool.check?.rise === pool.check.rise && former.pool.check.fall === pool.check.fall;
  if (old !== null && isSame && !isMoved) return old;
  const verdict = new Verdict(pool.check.rise, pool.check.fall);
  if (old !== null && !isMoved && old.state !== "unchecked") verdict.observe(old.state === "up");
  return verdict;
}
