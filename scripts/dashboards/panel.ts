// The shape of a dashboard as Grafana reads it, from the few things that differ between panels: what is asked, in what unit, how it is drawn.
// It knows Grafana's JSON and nothing of metrics. Rows are filled from left to right, 24 columns wide.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Grafana's ids of units: https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts */
export type Unit = "short" | "reqps" | "ops" | "s" | "bytes" | "Bps" | "percentunit" | "none";

export interface Query {
  readonly expression: string;
  /** `{{label}}` is a label's value; absent: the labels. */
  readonly legend?: string;
}

export interface Step {
  /** Null is from the beginning. */
  readonly from: number | null;
  readonly color: string;
}

export interface Panel {
  readonly title: string;
  /** What it tells, and what to think of it. */
  readonly about: string;
  readonly kind: "lines" | "stat" | "table" | "states";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Of 24 columns. */
  readonly width: number;
  readonly height?: number;
  readonly steps?: readonly Step[];
  /** Instead of numbers. */
  readonly words?: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
  readonly isStacked?: boolean;
  readonly max?: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly isCollapsed?: boolean;
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** Its values are those of this label of this metric. */
  readonly metric: string;
  readonly of: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly refresh: string;
  /** How far back it looks, such as "30m". */
  readonly window: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

/** The uid of the source of data that is provisioned. */
export const datasourceUid = "prometheus";
const datasource: Json = { type: "prometheus", uid: datasourceUid };
const columns = 24;
const usualHeight = 8;

export function dashboardJson({ uid, title, about, refresh, window, variables, rows }: Dashboard): Json {
  return {
    uid,
    title,
    description: about,
    tags: ["sluice"],
    editable: false,
    graphTooltip: 1,
    schemaVersion: 39,
    version: 1,
    refresh,
    time: { from: `now-${window}`, to: "now" },
    timezone: "browser",
    templating: { list: variables.map(variableJson) },
    panels: panelsJson(rows),
  };
}

function variableJson({ name, label, metric, of }: Variable): Json {
  const query = `label_values(${metric}, ${of})`;
  return {
    name,
    label,
    type: "query",
    datasource,
    definition: query,
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ".*",
    current: { text: "All", value: "$__all" },
  };
}

/** What is collapsed stands within its row. */
function panelsJson(rows: readonly Row[]): Json {
  const all: Json[] = [];
  let [y, id] = [0, 1];
  for (const { title, panels, isCollapsed = false } of rows) {
    const rowId = id++;
    const gridPos = { x: 0, y: y++, w: columns, h: 1 };
    const placed: Json[] = [];
    let [x, highest] = [0, 0];
    for (const panel of panels) {
      const height = panel.height ?? usualHeight;
      if (x + panel.width > columns) {
        y += highest;
        [x, highest] = [0, 0];
      }
      placed.push(panelJson(panel, id++, { x, y, w: panel.width, h: height }));
      x += panel.width;
      highest = Math.max(highest, height);
    }
    y += highest;
    const row = { id: rowId, type: "row", title, collapsed: isCollapsed, gridPos };
    all.push({ ...row, panels: isCollapsed ? placed : [] });
    if (!isCollapsed) all.push(...placed);
  }
  return all;
}

const types = { lines: "timeseries", stat: "stat", table: "table", states: "state-timeline" } as const;

function panelJson(panel: Panel, id: number, gridPos: Json): Json {
  const { title, about, kind, unit, queries, steps, words, max } = panel;
  return {
    id,
    type: types[kind],
    title,
    description: about,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(max === undefined ? {} : { max }),
        color: { mode: steps === undefined ? "palette-classic" : "thresholds" },
        thresholds: {
          mode: "absolute",
          steps: (steps ?? [{ from: null, color: "green" }]).map(({ from, color }) => ({ value: from, color })),
        },
        mappings: words === undefined ? [] : [{ type: "value", options: { ...words } }],
        ...(kind === "lines" ? { custom: linesJson(panel) } : {}),
      },
      overrides: [],
    },
    options: optionsOf(kind),
    targets: queries.map(({ expression, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource,
      expr: expression,
      legendFormat: legend ?? "__auto",
      range: kind === "lines" || kind === "states",
      instant: kind === "stat" || kind === "table",
      ...(kind === "table" ? { format: "table" } : {}),
    })),
  };
}

function linesJson({ isStacked = false }: Panel): Json {
  return {
    lineWidth: 1,
    fillOpacity: isStacked ? 40 : 8,
    showPoints: "never",
    spanNulls: false,
    stacking: { mode: isStacked ? "normal" : "none", group: "A" },
  };
}

function optionsOf(kind: Panel["kind"]): Json {
  switch (kind) {
    case "lines":
      return {
        legend: { displayMode: "list", placement: "bottom", showLegend: true },
        tooltip: { mode: "multi", sort: "desc" },
      };
    case "stat":
      return {
        colorMode: "value",
        graphMode: "area",
        justifyMode: "auto",
        textMode: "auto",
        reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      };
    case "table":
      return { showHeader: true, cellHeight: "sm" };
    case "states":
      return { mergeValues: true, showValue: "auto", rowHeight: 0.8, legend: { showLegend: false } };
  }
}
