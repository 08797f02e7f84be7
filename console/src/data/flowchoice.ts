// Which of many listeners and pools the live picture and the overview show by themselves: those in trouble, the worst first, for at most
// half of the room, then those with most to do. Pure. What was shown a second ago stays unless another has twice as much to do, so that
// boxes and rows do not come and go with each request; the order is that of the config.

import type { PoolFigures, ServerFigures } from "../../../src/control/api/shape/figures.ts";

export interface Choosing<Item> {
  readonly most: number;
  readonly keyOf: (item: Item) => string;
  /** 0: it is well; the greater, the worse. */
  readonly troubleOf: (item: Item) => number;
  readonly requestsOf: (item: Item) => number;
  /** Keys of what was shown before. */
  readonly former: ReadonlySet<string>;
}

export interface Chosen<Item> {
  readonly shown: readonly Item[];
  readonly rest: readonly Item[];
}

/** All of them where there is room for all, those that do nothing too. */
export function chosenOf<Item>(all: readonly Item[], choosing: Choosing<Item>): Chosen<Item> {
  const { most, keyOf, troubleOf, requestsOf, former } = choosing;
  if (all.length <= most) return { shown: all, rest: [] };
  const ranked = all.map((item) => ({
    ...{ item, trouble: troubleOf(item) },
    value: requestsOf(item) * (former.has(keyOf(item)) ? 2 : 1),
  }));
  const worst = ranked
    .filter(({ trouble }) => trouble > 0)
    .sort((a, b) => b.trouble - a.trouble || b.value - a.value)
    .slice(0, Math.ceil(most / 2));
  const chosen = new Set(worst);
  const busy = ranked.filter(({ value }) => value > 0).sort((a, b) => b.value - a.value);
  for (const each of busy) if (chosen.size < most) chosen.add(each);
  return {
    shown: ranked.filter((each) => chosen.has(each)).map(({ item }) => item),
    rest: ranked.filter((each) => !chosen.has(each)).map(({ item }) => item),
  };
}

export function poolTrouble({ servers, eligible, queued, errors, requests }: PoolFigures): number {
  if (servers > 0 && eligible === 0) return 3;
  if (queued > 0 || errors > requests * 0.05) return 2;
  return eligible < servers ? 1 : 0;
}

export const isOut = ({ state }: ServerFigures): boolean =>
  state === "down" || state === "ejected" || state === "unresolved";
