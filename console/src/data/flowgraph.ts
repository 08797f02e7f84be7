// The live picture's model: boxes in four columns (listeners, their rules, pools, servers) and ribbons between them, as wide as what flows.
// Pure: figures, servers and rules go in, places and widths come out. Boxes keep their places from second to second and grow in steps, so
// that the picture breathes and does not jump. Of many listeners, pools or servers those in trouble and the busiest are shown, the others as
// one (flowchoice.ts), so that the picture has an end however much is configured, and nothing of what flows is missing in it.

import type { Figures, ListenerFigures, ServerFigures } from "../../../src/control/api/shape/figures.ts";
import type { RuleRecord } from "../../../src/control/api/shape/rule.ts";
import {
  type Draft,
  type Flow,
  hereDraft,
  hereKey,
  part,
  poolDraft,
  poolsDraft,
  restDraft,
  restKeys,
  rulesDraft,
  serverDrafts,
  total,
} from "./flowboxes.ts";
import { chosenOf, poolTrouble } from "./flowchoice.ts";

export interface Box extends Draft {
  readonly y: number;
  readonly height: number;
}

export interface Ribbon extends Flow {
  readonly key: string;
  readonly width: number;
  /** Middles of its ends. */
  readonly y1: number;
  readonly y2: number;
}

export interface FlowGraph {
  readonly boxes: readonly Box[];
  readonly ribbons: readonly Ribbon[];
  readonly height: number;
  /** Keys of what is shown by itself, for the next second to choose alike. */
  readonly shown: ReadonlySet<string>;
}

export interface FlowParts {
  readonly figures: Figures;
  readonly servers: Iterable<ServerFigures>;
  readonly rules: readonly RuleRecord[];
  /** What the widest ribbons stand for: the most of the last minute. */
  readonly peak: number;
  /** `shown` of the picture of a second ago. */
  readonly former?: ReadonlySet<string>;
}

const gap = 14;
const lineHeight = 17;
const padding = 7;
const widthMax = 72;
/** Boxes grow by so much at a time. */
const step = 8;
const listenersShown = 12;
const poolsShown = 20;
/** Of a pool at most, and of all pools that are shown. */
const serversShown = { most: 8, all: 32 } as const;

export function flowGraph(parts: FlowParts): FlowGraph {
  const { drafts, flows, shown } = draftsOf(parts);
  const scale = widthMax / Math.max(parts.peak, 1);
  const widthOf = (value: number): number => (value <= 0 ? 0 : Math.max(1.5, value * scale));
  const sides = { from: widthsOf(flows, "from", widthOf), to: widthsOf(flows, "to", widthOf) };
  const boxes = placed(drafts, sides);
  const byKey = new Map(boxes.map((box) => [box.key, box]));
  // Ends stand one under the other, together in the middle of the side.
  const used = { from: new Map<string, number>(), to: new Map<string, number>() };
  const portOf = (flow: Flow, side: "from" | "to", width: number): number => {
    const key = flow[side];
    const before = used[side].get(key) ?? 0;
    used[side].set(key, before + width);
    const { y, height } = byKey.get(key)!;
    return y + (height - sides[side].get(key)!) / 2 + before + width / 2;
  };
  const ribbons = flows.map((flow): Ribbon => {
    const width = widthOf(flow.value);
    const [y1, y2] = [portOf(flow, "from", width), portOf(flow, "to", width)];
    return { ...flow, key: `${flow.from} ${flow.to}`, width, y1, y2 };
  });
  return { boxes, ribbons, height: boxes.reduce((most, { y, height }) => Math.max(most, y + height), 0), shown };
}

/** By box: how wide all its ends are on that side. */
function widthsOf(
  flows: readonly Flow[],
  side: "from" | "to",
  widthOf: (value: number) => number,
): ReadonlyMap<string, number> {
  const widths = new Map<string, number>();
  for (const flow of flows) widths.set(flow[side], (widths.get(flow[side]) ?? 0) + widthOf(flow.value));
  return widths;
}

interface Drafts {
  readonly drafts: readonly Draft[];
  readonly flows: readonly Flow[];
  readonly shown: ReadonlySet<string>;
}

function draftsOf({ figures, servers, rules, former = new Set() }: FlowParts): Drafts {
  const hits = new Map(figures.rules.map((rule) => [rule.id, rule.hits]));
  const failedOf = new Map(figures.pools.map((pool) => [pool.name, part(pool.errors, pool.requests)]));
  const listeners = chosenOf(figures.listeners, {
    ...{ most: listenersShown, former, troubleOf: () => 0 },
    ...{ keyOf: ({ name }) => `listener:${name}`, requestsOf: carriedBy },
  });
  const pools = chosenOf(figures.pools, {
    ...{ most: poolsShown, former, troubleOf: poolTrouble },
    ...{ keyOf: ({ name }) => `pool:${name}`, requestsOf: ({ requests }) => requests },
  });
  const drafts: Draft[] = [];
  const flows = new Flows();
  const shown = new Set(["", ...pools.shown.map(({ name }) => name)]);
  const lead = (gate: string, { flows: own }: ListenerFigures): void => {
    // What fails is the pool's: a listener that sends it nothing has no part in it.
    for (const { pool, requests } of own)
      flows.add(gate, shown.has(pool) ? `pool:${pool}` : restKeys.pools, requests, failedOf.get(pool) ?? 0);
  };
  for (const listener of listeners.shown) {
    const key = `listener:${listener.name}`;
    const value = carriedBy(listener);
    const title = { text: listener.name, value, state: null };
    const address = { text: listener.address, value: null, state: null };
    drafts.push({ key, column: 0, title, lines: [address], link: "#/overview", isFaint: value === 0 });
    const own = rules.filter(({ owner }) => owner.kind === "listener" && owner.name === listener.name);
    const gate = own.length === 0 ? key : `rules:${listener.name}`;
    if (gate !== key) {
      drafts.push({ ...rulesDraft(gate, own, hits), column: 1, link: "#/rules" });
      flows.add(key, gate, value, 0);
    }
    lead(gate, listener);
  }
  if (listeners.rest.length > 0)
    drafts.push(restDraft(0, listeners.rest.length, total(listeners.rest.map(carriedBy)), []));
  for (const listener of listeners.rest) lead(restKeys.listeners, listener);
  const here = flows.all().filter(({ to }) => to === hereKey);
  if (here.length > 0) drafts.push(hereDraft(here));
  const byPool = Map.groupBy(servers, ({ pool }) => pool);
  const room = Math.min(serversShown.most, Math.max(1, Math.floor(serversShown.all / pools.shown.length)));
  for (const pool of pools.shown) {
    drafts.push(poolDraft(pool, rules, hits));
    for (const { draft, flow } of serverDrafts(pool.name, byPool.get(pool.name) ?? [], room)) {
      drafts.push(draft);
      flows.add(flow.from, flow.to, flow.value, flow.failed);
    }
  }
  if (pools.rest.length > 0) drafts.push(poolsDraft(pools.rest));
  const known = new Set(drafts.map(({ key }) => key));
  const between = flows.all().filter(({ from, to }) => known.has(from) && known.has(to));
  return {
    drafts,
    flows: between,
    shown: new Set([
      ...listeners.shown.map(({ name }) => `listener:${name}`),
      ...pools.shown.map(({ name }) => `pool:${name}`),
    ]),
  };
}

/** One between two boxes, however much of what is not shown by itself is in it. */
class Flows {
  readonly #byEnds = new Map<string, Flow>();

  add(from: string, to: string, value: number, failed: number): void {
    const key = `${from}\n${to}`;
    const former = this.#byEnds.get(key);
    const both = value + (former?.value ?? 0);
    const bad = value * failed + (former === undefined ? 0 : former.value * former.failed);
    this.#byEnds.set(key, { from, to, value: both, failed: part(bad, both) });
  }

  all(): Flow[] {
    return [...this.#byEnds.values()];
  }
}

/** Requests, and connections of tcp and udp, that it sends somewhere. */
function carriedBy(listener: ListenerFigures): number {
  return Math.max(listener.requests, total(listener.flows.map(({ requests }) => requests)));
}

type Sides = Readonly<Record<"from" | "to", ReadonlyMap<string, number>>>;

function placed(drafts: readonly Draft[], { from, to }: Sides): Box[] {
  const bottoms = [0, 0, 0, 0];
  let poolAt = 0;
  const heights = drafts.map(({ key, lines }) => {
    const text = (lines.length + 1) * lineHeight + 2 * padding;
    const through = Math.max(from.get(key) ?? 0, to.get(key) ?? 0);
    return Math.max(text, Math.ceil((through + 6) / step) * step);
  });
  return drafts.map((draft, index) => {
    // Servers stand beside their pool where there is room: each draft of a pool comes right before those of its servers.
    if (draft.column === 2) poolAt = bottoms[2]!;
    const y = draft.column === 3 ? Math.max(bottoms[3]!, poolAt) : bottoms[draft.column]!;
    bottoms[draft.column] = y + heights[index]! + (draft.column === 3 ? gap / 2 : gap);
    return { ...draft, y, height: heights[index]! };
  });
}
