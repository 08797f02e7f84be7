// Caches, egress pools and rules in a look. A cache is asked by pools, which count what it did for them; one that each worker has for
// itself cannot be looked into, and says 0 of what it holds.

import type { Plan, RulePlan } from "../../config/plan.ts";
import { egressCell, poolCell } from "../../memory/tally.ts";
import type { CacheFigures, EgressFigures, RuleFigures } from "../api/shape/figures.ts";
import { countsOf } from "../egress/reading.ts";
import { addTo, type Differences, perSecond } from "./differences.ts";
import type { Look } from "./source.ts";

/** Shown from what is stored; then asked of a server. Those past the cache (bypass, pass) are neither. */
const hitCells = [poolCell.cacheHit, poolCell.cacheStale, poolCell.cacheRevalidated, poolCell.cacheCollapsed] as const;

export function cachesOf({ plan, source, seconds }: Look, differences: Differences): CacheFigures[] {
  const grown = plan.caches.map((): number[] => [0, 0]);
  for (const { name, slot, cache } of plan.pools) {
    if (cache === null) continue;
    const hits = hitCells.reduce((sum, cell) => sum + source.totals.pool(slot, cell), 0);
    addTo(grown[cache.cache]!, differences.of(`cached ${name}`, [hits, source.totals.pool(slot, poolCell.cacheMiss)]));
  }
  return plan.caches.map(({ name, bytesMax }, index) => {
    const [hits, misses] = grown[index]! as [number, number];
    const stored = source.caches.find(name)?.store.figures();
    return {
      ...{ name, hits: perSecond(hits, seconds), misses: perSecond(misses, seconds) },
      hitRatio: hits + misses === 0 ? null : Math.round((hits / (hits + misses)) * 1e4) / 1e4,
      ...{ entries: stored?.entries ?? 0, bytes: stored?.bytesUsed ?? 0, bytesMax: stored?.bytesMax ?? bytesMax },
    };
  });
}

const refusedCells = [
  egressCell.refusedNone,
  egressCell.refusedPaced,
  egressCell.refusedUnfit,
  egressCell.refusedQuota,
] as const;

/** Failures: of members and of the way, and requests that were given no member. */
export function egressOf({ source, seconds }: Look, differences: Differences): EgressFigures[] {
  return source.egresses.all.map(({ plan, board, rows }) => {
    const of = (cells: readonly number[]): number =>
      cells.reduce((sum, cell) => sum + source.totals.egress(plan.slot, cell), 0);
    const failed = of([egressCell.memberFaults, egressCell.wayFaults, ...refusedCells]);
    const ended = failed + of([egressCell.answered, egressCell.cancelled, egressCell.direct]);
    const [requests, failures] = differences.of(`egress ${plan.name}`, [ended, failed]);
    const { available, trial } = countsOf(board, rows);
    return {
      pool: plan.name,
      ...{ requests: perSecond(requests!, seconds), failures: perSecond(failures!, seconds) },
      ...{ members: plan.members.length, available: available + trial },
    };
  });
}

/** Of rules whose conditions held since the look before. */
export function ruleHitsOf({ plan, source, seconds }: Look, differences: Differences): RuleFigures[] {
  return rulesIn(plan).flatMap(({ place, slot }) => {
    const [hits] = differences.of(`rule ${place}`, [source.totals.rule(slot)]);
    return hits === 0 ? [] : [{ id: place, hits: perSecond(hits!, seconds) }];
  });
}

const flattened = new WeakMap<Plan, readonly RulePlan[]>();

function rulesIn(plan: Plan): readonly RulePlan[] {
  const known = flattened.get(plan);
  if (known !== undefined) return known;
  const flat = (rules: readonly RulePlan[]): RulePlan[] => rules.flatMap((rule) => [rule, ...flat(rule.rules)]);
  const all = [...plan.listeners, ...plan.pools].flatMap(({ rules }) =>
    flat([...rules.connection, ...rules.request, ...rules.response, ...rules.afterResponse]),
  );
  flattened.set(plan, all);
  return all;
}
