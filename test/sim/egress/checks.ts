// What must hold of a simulated egress pool: who is broken is found, nobody is blamed for a host, and in the end all is well.

import type { EgressPool } from "../../../src/egress/pool.ts";
import { type EgressBoard, memberState, recordWord } from "../../../src/memory/egress.ts";
import { Violation } from "../world.ts";
import type { Books } from "./books.ts";
import { shape } from "./draw.ts";

/** Longer than it takes to make so many requests. */
const longMs = 300_000;

/** A member whose own address fails, always, is unavailable after as many requests as the strategy asks for. */
export function checkFound(member: string, pool: EgressPool): void {
  const { strategy } = pool.plan.judge;
  const standing = pool.standing(member);
  if (strategy.kind !== "consecutive" || strategy.withinMs < longMs) return;
  if (standing === null || standing.state !== memberState.available) return;
  if (standing.failures >= strategy.failures)
    throw new Violation(`${member} is broken, and available after ${standing.failures} failures`);
}

/** Where nothing but hosts fails, nobody is unavailable once these are known to be down. */
export function checkOutages(pool: EgressPool, down: ReadonlySet<string>, nowMs: number): void {
  const known = pool.hostsDown().map(({ host }) => host);
  for (const host of down) if (!known.includes(host)) return;
  for (const { id } of pool.plan.members) {
    const { state, why } = pool.standing(id)!;
    if (state === memberState.coolingDown) throw new Violation(`${id} is blamed for ${known.join()}: ${why}`);
    for (const pair of pool.pairs(id, nowMs))
      if (pair.state === memberState.coolingDown)
        throw new Violation(`${id} is blamed at ${pair.host}, which was down`);
  }
}

/** Nothing is in flight, nobody is unavailable anywhere, and of each member there are as many entries as were told, up to their bound. */
export function checkAllWell(pool: EgressPool, board: EgressBoard, books: Books, nowMs: number): void {
  if (books.inFlight.size > 0) throw new Violation("requests are still in flight");
  if (pool.hostsDown().length > 0) throw new Violation(`${pool.hostsDown()[0]!.host} is still down`);
  for (const { id } of pool.plan.members) {
    const { state, active, why } = pool.standing(id)!;
    if (state !== memberState.available) throw new Violation(`${id} is not available: ${why} (${state})`);
    if (active !== 0) throw new Violation(`${id} has ${active} in flight`);
    for (const pair of pool.pairs(id, nowMs))
      if (pair.state !== memberState.available)
        throw new Violation(`${id} is not available at ${pair.host}: ${pair.why}`);
    let entries = 0;
    board.history(board.memberOf(id), 1000, () => ++entries > 0);
    const told = Math.min(books.told.get(id) ?? 0, shape.entriesMax);
    if (entries !== told) throw new Violation(`${id} has ${entries} entries of ${told}`);
  }
  board.records("pair", (record) => {
    if (board.words[record + recordWord.active] !== 0) throw new Violation("a pair is in flight");
  });
}
