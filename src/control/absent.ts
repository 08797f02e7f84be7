// What is kept of servers that have left their pool: that an operator has drained them, and an ejection that is not over. A source may
// lose a server for a moment (a check of its own, a restart of the container, a line that is written again), and neither is to be undone by
// that. Not kept is what checks found: whoever comes back is looked at anew, and one with another address has not been ejected.

import type { ServerRecord } from "./serverrecord.ts";

/** Of a drain; an ejection says itself when it is over. Addresses are given to others one day. */
const drainKeptMs = 86_400_000;
const absentMax = 4096;

interface Absence {
  readonly record: ServerRecord;
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
      const absence = { record, sinceMs: nowMs };
      if (!there.has(record.server.id) && counts(absence, nowMs)) byId.set(record.server.id, absence);
    }
    return byId.size === 0 ? none : new Absent(new Map([...byId].slice(-absentMax)));
  }

  /** `record` is new: what is known of it from before is said in it. */
  greet(record: ServerRecord, nowMs: number): ServerRecord {
    const absence = this.#byId.get(record.server.id);
    if (absence === undefined || !counts(absence, nowMs)) return record;
    const { server, pool, isDrained, ejection, ejectionReason } = absence.record;
    const isSame = Bun.deepEquals([server.address, pool.ejection], [record.server.address, record.pool.ejection]);
    return { ...record, isDrained, ...(isSame && isOut(absence.record, nowMs) ? { ejection, ejectionReason } : {}) };
  }

  /** An operator takes a drain back; null where there is none. */
  without(pool: string, server: string): Absent | null {
    const found = [...this.#byId].find(
      ([, { record }]) => record.isDrained && record.pool.name === pool && record.server.name === server,
    );
    if (found === undefined) return null;
    const [id, { record, sinceMs }] = found;
    return new Absent(new Map([...this.#byId, [id, { record: { ...record, isDrained: false }, sinceMs }]]));
  }
}

const none: Absent = new Absent();

function counts({ record, sinceMs }: Absence, nowMs: number): boolean {
  return (record.isDrained && nowMs - sinceMs < drainKeptMs) || isOut(record, nowMs);
}

function isOut({ ejection }: ServerRecord, nowMs: number): boolean {
  return ejection?.isEjected === true && nowMs < ejection.untilMs;
}
