// When a table is full, and saying so once: what it means to clients, and which keys of the config change it. Full it is from
// the first entry that had to make room, or found none, until it is a twentieth below its size again: a table that evicts is
// always a little below.

import type { TablePlan } from "../../config/plan.ts";
import type { StickFigures } from "../../memory/sticktable.ts";
import type { Log } from "../log.ts";

const emptierShare = 0.95;

interface Look {
  readonly crowdedOut: number;
  readonly isFull: boolean;
}

export class Fullness {
  readonly #log: Log;
  #looks = new Map<string, Look>();

  constructor(log: Log) {
    this.#log = log;
  }

  isFull(name: string): boolean {
    return this.#looks.get(name)?.isFull ?? false;
  }

  look(plan: TablePlan, figures: Pick<StickFigures, "used" | "capacity" | "evictions" | "refusals">): void {
    const former = this.#looks.get(plan.name);
    const { used, capacity } = figures;
    const crowdedOut = figures.evictions + figures.refusals;
    const isCrowded = former !== undefined && crowdedOut > former.crowdedOut;
    const wasFull = former?.isFull ?? false;
    const isFull = used >= capacity || isCrowded || (wasFull && used >= capacity * emptierShare);
    this.#looks.set(plan.name, { crowdedOut, isFull });
    if (isFull && !wasFull) this.#log.warn(fullText(plan, used));
    if (!isFull && wasFull) this.#log.info(`table ${plan.name} has room again: ${used} of ${capacity} entries`);
  }

  /** Tables that are gone. */
  forget(isKept: (name: string) => boolean): void {
    for (const name of [...this.#looks.keys()]) if (!isKept(name)) this.#looks.delete(name);
  }
}

function fullText({ name, isEvicting, expireMs }: TablePlan, used: number): string {
  const meaning = isEvicting
    ? "for each new key the entry that would expire first is forgotten, its counters with it"
    : "new keys are not taken in, so that what is counted by it does not hold for them";
  const remedy = expireMs === 0 ? `set tables.${name}.expire, or raise` : `lower tables.${name}.expire, or raise`;
  return `table ${name} is full (${used} entries): ${meaning}; ${remedy} tables.${name}.size`;
}
