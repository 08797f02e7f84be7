// What is kept of servers that have left their pool: that an operator has drained them, and an ejection that is not over. A source may
// lose a server for a moment (a check of its own, a restart of the container, a line that is written again), and neither is to be undone by
// that. Not kept is what checks found: whoever comes back is looked at anew, and one with another address has not been ejected.

import type { PoolPlan, ServerPlan } from "../config/plan.ts";
import type { Order } from "./adminservice.ts";
import type { ServerRecord } from "./serverrecord.ts";

/** Of a drain; an ejection says itself when it is over. Addresses are given to others one day. */
const drainKeptMs = 86_400_000;
const absentMax = 4096;

/** No more of a record than is asked for: with its pool it would keep all servers of the plan of its time. */
interface Left {
  readonly pool: Pick<PoolPlan, "name" | "ejection">;
  readonly server: Pick<ServerPlan, "name" | "address">;
  /** That it gets nothing new; to enable it is said of the config of its time. */
  readonly order: Withholding | null;
  readonly ejection: ServerRecord["ejection"];
  readonly ejectionReason: string;
}

type Withholding = Exclude<Order, "enable">;

interface Absence {
  readonly record: Left;
  readonly sinceMs: number;
}

/** By id. It is not changed: a plan that is refused has the one before it back. */
export class Absent {
  readonly #byId: ReadonlyMap<string, Absence>;

  constructor(byId: ReadonlyMap<string, Absence> = new Map()) {
    this.#byId = byId;
  }

  /** When `former` are followed by those of these ids. */
  after(former: Iterable<ServerRecord>, there: ReadonlySet<string>, nowMs: number): Absent {
    const byId = new Map([...this.#byId].filter(([id, absence]) => !there.has(id) && counts(absence, nowMs)));
    for (const record of former) {
      const absence = { record: leftOf(record), sinceMs: nowMs };
      if (!there.has(record.server.id) && counts(absence, nowMs)) byId.set(record.server.id, absence);
    }
    return byId.size === 0 ? none : new Absent(new Map([...byId].slice(-absentMax)));
  }

  /** `record` is new: what is known of it from before is said in it. */
  greet(record: ServerRecord, nowMs: number): ServerRecord {
    const absence = this.#byId.get(record.server.id);
    if (absence === undefined || !counts(absence, nowMs)) return record;
    const { server, pool, order, ejection, ejectionReason } = absence.record;
    const isSame = Bun.deepEquals([server.address, pool.ejection], [record.server.address, record.pool.ejection]);
    return { ...record, order, ...(isSame && isOut(absence.record, nowMs) ? { ejection, ejectionReason } : {}) };
  }

  /** Undefined where nothing is known of it. */
  orderOf(id: string): Order | null | undefined {
    return this.#byId.get(id)?.record.order;
  }

  /** An operator drains one that has left its pool, so that it does not come back to new requests. */
  withheld(pool: string, { id, name, address }: ServerPlan, order: Withholding, nowMs: number): Absent {
    const known = this.#byId.get(id)?.record;
    const record: Left = known ?? {
      ...{ pool: { name: pool, ejection: null }, server: { name, address } },
      ...{ order, ejection: null, ejectionReason: "" },
    };
    const byId = new Map(this.#byId);
    // As the last that has left.
    byId.delete(id);
    byId.set(id, { record: { ...record, order }, sinceMs: nowMs });
    return new Absent(new Map([...byId].slice(-absentMax)));
  }

  /** An operator takes a drain back; null where there is none. */
  without(pool: string, server: string): Absent | null {
    const found = [...this.#byId].find(
      ([, { record }]) => record.order !== null && record.pool.name === pool && record.server.name === server,
    );
    if (found === undefined) return null;
    const [id, { record, sinceMs }] = found;
    return new Absent(new Map([...this.#byId, [id, { record: { ...record, order: null }, sinceMs }]]));
  }
}

const none: Absent = new Absent();

function leftOf({ pool, server, order, ejection, ejectionReason }: ServerRecord): Left {
  return {
    pool: { name: pool.name, ejection: pool.ejection },
    server: { name: server.name, address: server.address },
    order: order === "enable" ? null : order,
    ejection,
    ejectionReason,
  };
}

function counts({ record, sinceMs }: Absence, nowMs: number): boolean {
  return (record.order !== null && nowMs - sinceMs < drainKeptMs) || isOut(record, nowMs);
}

function isOut({ ejection }: Left, nowMs: number): boolean {
  return ejection?.isEjected === true && nowMs < ejection.untilMs;
}
