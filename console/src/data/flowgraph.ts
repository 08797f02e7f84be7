// The live picture's model: boxes in four columns (listeners, their rules, pools, servers) and ribbons between them, as wide as what flows.
// Pure: figures, servers and rules go in, places and widths come out. Boxes keep their places from second to second and grow in steps, so
// that the picture breathes and does not jump; of a pool with many servers those in trouble and the busiest are shown, the others as one.

import type { Figures, PoolFigures, ServerFigures } from "../../../src/control/api/shape/figures.ts";
import type { RuleRecord } from "../../../src/control/api/shape/rule.ts";
import { serverTitle } from "../text/format.ts";

export interface BoxLine {
  readonly text: string;
  /** Per second; null: none is shown. */
  readonly value: number | null;
  /** As marks know it; null: no mark. */
  readonly state: string | null;
}

export interface Box {
  readonly key: string;
  readonly column: 0 | 1 | 2 | 3;
  readonly title: BoxLine;
  readonly lines: readonly BoxLine[];
  readonly link: string;
  readonly isFaint: boolean;
  readonly y: number;
  readonly height: number;
}

export interface Ribbon {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly value: number;
  /** Of it, what failed: 0 to 1. */
  readonly failed: number;
  readonly width: number;
  /** Middles of its ends. */
  readonly y1: number;
  readonly y2: number;
}

export interface FlowGraph {
  readonly boxes: readonly Box[];
  readonly ribbons: readonly Ribbon[];
  readonly height: number;
}

export interface FlowParts {
  readonly figures: Figures;
  readonly servers: Iterable<ServerFigures>;
  readonly rules: readonly RuleRecord[];
  /** What the widest ribbons stand for: the most of the last minute. */
  readonly peak: number;
}

type Draft = Omit<Box, "y" | "height">;
type Flow = Pick<Ribbon, "from" | "to" | "value" | "failed">;

const gap = 14;
const lineHeight = 17;
const padding = 7;
const widthMax = 72;
/** Boxes grow by so much at a time. */
const step = 8;
const rulesShown = 5;
const serversShown = 8;
const troubleShown = 3;
/** Where what Sluice answers by itself goes. */
const hereKey = "pool:";

export function flowGraph(parts: FlowParts): FlowGraph {
  const { drafts, flows } = draftsOf(parts);
  const scale = widthMax / Math.max(parts.peak, 1);
  const widthOf = (value: number): number => (value <= 0 ? 0 : Math.max(1.5, value * scale));
  const boxes = placed(drafts, flows, widthOf);
  const byKey = new Map(boxes.map((box) => [box.key, box]));
  const ribbons = flows.map((flow): Ribbon => {
    const [from, to] = [byKey.get(flow.from)!, byKey.get(flow.to)!];
    const width = widthOf(flow.value);
    const y1 = portOf(
      from,
      flows.filter((each) => each.from === flow.from),
      flow,
      widthOf,
    );
    const y2 = portOf(
      to,
      flows.filter((each) => each.to === flow.to),
      flow,
      widthOf,
    );
    return { ...flow, key: `${flow.from} ${flow.to}`, width, y1, y2 };
  });
  return { boxes, ribbons, height: Math.max(0, ...boxes.map(({ y, height }) => y + height)) };
}

function draftsOf({ figures, servers, rules }: FlowParts): { drafts: Draft[]; flows: Flow[] } {
  const hits = new Map(figures.rules.map((rule) => [rule.id, rule.hits]));
  const failedOf = new Map(figures.pools.map((pool) => [pool.name, part(pool.errors, pool.requests)]));
  const drafts: Draft[] = [];
  const flows: Flow[] = [];
  for (const listener of figures.listeners) {
    const key = `listener:${listener.name}`;
    const value = Math.max(listener.requests, total(listener.flows.map(({ requests }) => requests)));
    const title = { text: listener.name, value, state: null };
    const address = { text: listener.address, value: null, state: null };
    drafts.push({ key, column: 0, title, lines: [address], link: "#/overview", isFaint: value === 0 });
    const own = rules.filter(({ owner }) => owner.kind === "listener" && owner.name === listener.name);
    const gate = own.length === 0 ? key : `rules:${listener.name}`;
    if (gate !== key) {
      drafts.push({ ...rulesDraft(gate, own, hits), column: 1, link: "#/rules" });
      flows.push({ from: key, to: gate, value, failed: 0 });
    }
    for (const { pool, requests } of listener.flows)
      flows.push({
        ...{ from: gate, to: `pool:${pool}`, value: requests },
        // Of the pool's: a listener that sends it nothing has no part in what fails there.
        failed: requests === 0 ? 0 : (failedOf.get(pool) ?? 0),
      });
  }
  if (flows.some(({ to }) => to === hereKey)) drafts.push(hereDraft(flows));
  const byPool = Map.groupBy(servers, ({ pool }) => pool);
  for (const pool of figures.pools) {
    drafts.push(poolDraft(pool, rules, hits));
    for (const { draft, flow } of serverDrafts(pool.name, byPool.get(pool.name) ?? [])) {
      drafts.push(draft);
      flows.push(flow);
    }
  }
  const known = new Set(drafts.map(({ key }) => key));
  return { drafts, flows: flows.filter(({ from, to }) => known.has(from) && known.has(to)) };
}

function rulesDraft(
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

function hereDraft(flows: readonly Flow[]): Draft {
  const value = total(flows.filter(({ to }) => to === hereKey).map((flow) => flow.value));
  const title = { text: "Sluice itself", value, state: null };
  const lines = [{ text: "denied, redirected, cached", value: null, state: null }];
  return { key: hereKey, column: 2, title, lines, link: "#/requests", isFaint: value === 0 };
}

function poolDraft(pool: PoolFigures, rules: readonly RuleRecord[], hits: ReadonlyMap<string, number>): Draft {
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

function serverDrafts(pool: string, all: readonly ServerFigures[]): { draft: Draft; flow: Flow }[] {
  // Those that have nothing to do are one box, however few servers there are in all.
  const chosen = new Set(all.length <= 4 ? all : all.filter(isOut).slice(0, troubleShown));
  const busy = all.filter(({ requests }) => requests > 0).sort((a, b) => b.requests - a.requests);
  for (const each of busy) if (chosen.size < serversShown) chosen.add(each);
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
  const title = { text: restName(rest, shown.length), value, state: rest.some(isOut) ? "warn" : null };
  const link = `#/servers?pool=${encodeURIComponent(pool)}`;
  drafts.push({
    draft: { key, column: 3, title, lines: [], link, isFaint: value === 0 },
    flow: { from: `pool:${pool}`, to: key, value, failed },
  });
  return drafts;
}

const isOut = ({ state }: ServerFigures): boolean => state === "down" || state === "ejected" || state === "unresolved";

function restName(rest: readonly ServerFigures[], shown: number): string {
  const isIdle = rest.every(({ requests }) => requests === 0);
  return `${rest.length} ${shown > 0 ? "more" : "servers"}${isIdle ? ", idle" : ""}`;
}

function placed(drafts: readonly Draft[], flows: readonly Flow[], widthOf: (value: number) => number): Box[] {
  const bottoms = [0, 0, 0, 0];
  let poolAt = 0;
  const heights = drafts.map(({ key, lines }) => {
    const text = (lines.length + 1) * lineHeight + 2 * padding;
    const through = (side: "from" | "to"): number =>
      total(flows.filter((flow) => flow[side] === key).map(({ value }) => widthOf(value)));
    return Math.max(text, Math.ceil((Math.max(through("from"), through("to")) + 6) / step) * step);
  });
  return drafts.map((draft, index) => {
    // Servers stand beside their pool where there is room: each draft of a pool comes right before those of its servers.
    if (draft.column === 2) poolAt = bottoms[2]!;
    const y = draft.column === 3 ? Math.max(bottoms[3]!, poolAt) : bottoms[draft.column]!;
    bottoms[draft.column] = y + heights[index]! + (draft.column === 3 ? gap / 2 : gap);
    return { ...draft, y, height: heights[index]! };
  });
}

/** The middle of a flow's end at a box: ends stand one under the other, together in the middle of the side. */
function portOf(box: Box, all: readonly Flow[], flow: Flow, widthOf: (value: number) => number): number {
  const widths = all.map(({ value }) => widthOf(value));
  const before = total(widths.slice(0, all.indexOf(flow)));
  return box.y + (box.height - total(widths)) / 2 + before + widthOf(flow.value) / 2;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const part = (of: number, whole: number): number => (whole === 0 ? 0 : Math.min(1, of / whole));
