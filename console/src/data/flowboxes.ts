// What stands in the boxes of the live picture: of a listener's rules, of what Sluice answers itself, of a pool and its servers, and of what
// is not shown by itself. Pure: figures and rules go in, lines come out. It knows no places; flowgraph.ts has them.

import type { PoolFigures, ServerFigures } from "../../../src/control/api/shape/figures.ts";
import type { RuleRecord } from "../../../src/control/api/shape/rule.ts";
import { serverTitle, whole } from "../text/format.ts";
import { isOut, poolTrouble } from "./flowchoice.ts";

export interface BoxLine {
  readonly text: string;
  /** Per second; null: none is shown. */
  readonly value: number | null;
  /** As marks know it; null: no mark. */
  readonly state: string | null;
}

/** A box that has no place yet. */
export interface Draft {
  readonly key: string;
  readonly column: 0 | 1 | 2 | 3;
  readonly title: BoxLine;
  readonly lines: readonly BoxLine[];
  readonly link: string;
  readonly isFaint: boolean;
}

export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly value: number;
  /** Of it, what failed: 0 to 1. */
  readonly failed: number;
}

const rulesShown = 5;
const troubleShown = 3;
/** Where what Sluice answers by itself goes. */
export const hereKey: string = "pool:";
/** Those that are not shown by themselves. */
export const restKeys: Readonly<Record<"listeners" | "pools", string>> = {
  listeners: "rest:listeners",
  pools: "rest:pools",
};

export function restDraft(column: 0 | 2, many: number, value: number, lines: readonly BoxLine[]): Draft {
  const title = { text: `and ${whole(many)} more${value === 0 ? ", idle" : ""}`, value, state: null };
  const [key, link] = column === 0 ? [restKeys.listeners, "#/overview"] : [restKeys.pools, "#/servers"];
  return { key, column, title, lines, link, isFaint: value === 0 };
}

/** With what of it is out, for there may be more trouble than there is room. */
export function poolsDraft(rest: readonly PoolFigures[]): Draft {
  const down = rest.filter((pool) => poolTrouble(pool) === 3).length;
  const short = rest.filter(({ eligible, servers }) => eligible > 0 && eligible < servers).length;
  const lines: BoxLine[] = [];
  if (down > 0) lines.push({ text: `${whole(down)} without a server`, value: null, state: "down" });
  if (short > 0) lines.push({ text: `${whole(short)} with servers out`, value: null, state: "warn" });
  const draft = restDraft(2, rest.length, total(rest.map(({ requests }) => requests)), lines);
  return down === 0 ? draft : { ...draft, link: "#/servers?state=trouble" };
}

export function rulesDraft(
  key: string,
  own: readonly RuleRecord[],
  hits: ReadonlyMap<string, number>,
): Omit<Draft, "column" | "link"> {
  // By hits, but by their place where none has any: the order of the config.
  const shown = own
    .filter(({ mode }) => mode !== "off")
    .map((rule, index) => ({ rule, index, value: hits.get(rule.id) ?? 0 }))
    .sort((a, b) => b.value - a.value || a.index - b.index)
    .slice(0, rulesShown)
    .sort((a, b) => a.index - b.index);
  const lines = shown.map(({ rule, value }) => ({
    text: rule.name,
    value,
    state: rule.mode === "observe" ? "observe" : null,
  }));
  const rest = own.length - shown.length;
  const more = rest > 0 ? [{ text: `and ${rest} more`, value: null, state: null }] : [];
  const title = { text: own.length === 1 ? "1 rule" : `${own.length} rules`, value: null, state: null };
  return { key, title, lines: [...lines, ...more], isFaint: false };
}

export function hereDraft(flows: readonly Flow[]): Draft {
  const value = total(flows.filter(({ to }) => to === hereKey).map((flow) => flow.value));
  const title = { text: "Sluice itself", value, state: null };
  const lines = [{ text: "by rules, bans, refusals", value: null, state: null }];
  return { key: hereKey, column: 2, title, lines, link: "#/requests", isFaint: value === 0 };
}

export function poolDraft(pool: PoolFigures, rules: readonly RuleRecord[], hits: ReadonlyMap<string, number>): Draft {
  const state = pool.servers === 0 ? null : pool.eligible === 0 ? "down" : pool.eligible < pool.servers ? "warn" : "up";
  const own = rules.filter(({ owner }) => owner.kind === "pool" && owner.name === pool.name);
  const servers = pool.servers === 0 ? "no servers" : `${pool.eligible} of ${pool.servers} up`;
  const lines: BoxLine[] = [{ text: servers, value: null, state: null }];
  if (pool.queued > 0) lines.push({ text: `${pool.queued} waiting`, value: null, state: "warn" });
  for (const rule of own.slice(0, 2)) lines.push({ text: rule.name, value: hits.get(rule.id) ?? 0, state: null });
  const title = { text: pool.name, value: pool.requests, state };
  const link = `#/servers?pool=${encodeURIComponent(pool.name)}`;
  return { key: `pool:${pool.name}`, column: 2, title, lines, link, isFaint: pool.requests === 0 };
}

/** `room`: how many of its servers are shown by themselves. */
export function serverDrafts(
  pool: string,
  all: readonly ServerFigures[],
  room: number,
): { draft: Draft; flow: Flow }[] {
  // Those that have nothing to do are one box, however few servers there are in all; a box for the one that is left is worth no less.
  const isAll = all.length <= Math.min(4, room + 1);
  const chosen = new Set(isAll ? all : all.filter(isOut).slice(0, Math.min(troubleShown, room)));
  const busy = all.filter(({ requests }) => requests > 0).sort((a, b) => b.requests - a.requests);
  for (const each of busy) if (chosen.size < room) chosen.add(each);
  const shown = all.filter((each) => chosen.has(each));
  const drafts = shown.map((server) => {
    const key = `server:${pool}/${server.name}`;
    const title = { text: serverTitle(server.name), value: server.requests, state: server.state };
    const link = `#/servers/${encodeURIComponent(pool)}/${encodeURIComponent(server.name)}`;
    const draft: Draft = { key, column: 3, title, lines: [], link, isFaint: server.requests === 0 };
    return {
      draft,
      flow: { from: `pool:${pool}`, to: key, value: server.requests, failed: part(server.errors, server.requests) },
    };
  });
  const rest = all.filter((each) => !chosen.has(each));
  if (rest.length === 0) return drafts;
  const value = total(rest.map(({ requests }) => requests));
  const failed = part(total(rest.map(({ errors }) => errors)), value);
  const key = `servers:${pool}`;
  const title = {
    text: restName(rest, shown.length),
    value,
    state: rest.every(isOut) ? "down" : rest.some(isOut) ? "warn" : null,
  };
  const link = `#/servers?pool=${encodeURIComponent(pool)}`;
  drafts.push({
    draft: { key, column: 3, title, lines: [], link, isFaint: value === 0 },
    flow: { from: `pool:${pool}`, to: key, value, failed },
  });
  return drafts;
}

function restName(rest: readonly ServerFigures[], shown: number): string {
  const isIdle = rest.every(({ requests }) => requests === 0);
  return `${rest.length} ${shown > 0 ? "more" : "servers"}${rest.every(isOut) ? ", out" : isIdle ? ", idle" : ""}`;
}

export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
export const part = (of: number, whole: number): number => (whole === 0 ? 0 : Math.min(1, of / whole));
