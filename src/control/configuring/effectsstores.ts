// The part of effects.ts about what is remembered: tables, caches, lists and egress pools, and what becomes of what they hold when their shape
// changes (control/tables.ts, caches.ts, egressboards.ts do it).

import type { CachePlan, EgressPlan, TablePlan } from "../../config/plan.ts";
import type { Side } from "./effects.ts";
import { counted } from "./effectspools.ts";

export function storeEffects(before: Side, after: Side): string[] {
  const [old, now] = [before.plan, after.plan];
  return [
    ...both(old.tables, now.tables, "table", "its entries are lost", tableChange),
    ...both(old.caches, now.caches, "cache", "what it stored is lost", cacheChange),
    ...both(old.egresses, now.egresses, "egress pool", "what is known of its members is lost", egressChange),
    ...both(lists(before), lists(after), "list", "", listChange),
  ];
}

interface Named {
  readonly name: string;
}

/** `change`: what becomes of one that stays; null where nothing does. */
function both<T extends Named>(
  before: readonly T[],
  after: readonly T[],
  noun: string,
  loss: string,
  change: (old: T, now: T) => string | null,
): string[] {
  const [old, now] = [new Map(before.map((each) => [each.name, each])), new Set(after.map(({ name }) => name))];
  const gone = before.filter(({ name }) => !now.has(name));
  return [
    ...after.flatMap((each): string[] => {
      const former = old.get(each.name);
      if (former === undefined) return [`${noun} ${each.name} is new, and empty`];
      const text = change(former, each);
      return text === null ? [] : [`${noun} ${each.name}: ${text}`];
    }),
    ...gone.map(({ name }) => `${noun} ${name} goes${loss === "" ? "" : `; ${loss}`}`),
  ];
}

function tableChange(old: TablePlan, now: TablePlan): string | null {
  if (Bun.deepEquals(old, now)) return null;
  if (old.key.kind !== now.key.kind) return "its entries are lost, for its keys are of another kind";
  const known = new Set(old.store);
  // Who is there goes on to be counted, or is from then on.
  const fresh = now.store.filter((column) => !known.has(column) && column !== "conn_cur");
  const anew = fresh.length === 0 ? "" : `; ${fresh.join(", ")} ${fresh.length === 1 ? "starts" : "start"} anew`;
  if (now.entriesMax < old.entriesMax)
    return `its entries are kept as far as there is room: ${now.entriesMax} instead of ${old.entriesMax}${anew}`;
  return `its entries are kept${anew}`;
}

function cacheChange(old: CachePlan, now: CachePlan): string | null {
  if (Bun.deepEquals(old, now)) return null;
  const shape = ({ bytesMax, objectBytesMax, policy, isShared }: CachePlan): string =>
    JSON.stringify([bytesMax, objectBytesMax, policy, isShared]);
  return shape(old) === shape(now)
    ? "what it stored is kept"
    : "it starts empty, for its size, policy or memory is another";
}

function egressChange(old: EgressPlan, now: EgressPlan): string | null {
  if (Bun.deepEquals({ ...old, slot: 0 }, { ...now, slot: 0 })) return null;
  const ids = ({ members }: EgressPlan): Set<string> => new Set(members.map(({ id }) => id));
  const [before, after] = [ids(old), ids(now)];
  const [come, gone] = [after.difference(before).size, before.difference(after).size];
  const said = [
    ...(come > 0 ? [`${counted(come, "member")} more`] : []),
    ...(gone > 0 ? [`${counted(gone, "member")} less`] : []),
  ];
  return `${said.length === 0 ? "new settings hold from the next request on" : said.join(", ")}; what is known of members that stay is kept`;
}

interface ListSide extends Named {
  readonly written: unknown;
}

function lists({ config }: Side): ListSide[] {
  return Object.entries(config.lists).map(([name, written]) => ({ name, written }));
}

function listChange(old: ListSide, now: ListSide): string | null {
  return Bun.deepEquals(old.written, now.written) ? null : "it is made anew of what is written now";
}
