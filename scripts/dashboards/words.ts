// How metrics are asked for in Sluice's own dashboard: the variables at its top are conditions of every question.

import type { Panel, Query, Unit } from "./panel.ts";

/** Which of the variables besides instance a metric has as labels. */
export type Scope = "listener" | "pool";

/** The samples of a metric, of the chosen instances, and of the chosen listeners or pools. */
export function of(metric: string, ...scopes: readonly Scope[]): string {
  return `${metric}{${["instance", ...scopes].map((label) => `${label}=~"$${label}"`).join(", ")}}`;
}

/** Of a counter, a second. */
export function per(metric: string, ...scopes: readonly Scope[]): string {
  return `rate(${of(metric, ...scopes)}[$__rate_interval])`;
}

/** Of a counter that hardly ever moves, as a range for `increase`. */
export function mild(metric: string): string {
  return `${of(metric)}[5m]`;
}

export type Asked = readonly [expression: string, legend: string];

/** The sum by these labels, which are also how it is called. */
export function byWhich(expression: string, ...labels: readonly string[]): Asked {
  return [`sum by (${labels.join(", ")}) (${expression})`, labels.map((label) => `{{${label}}}`).join(" ")];
}

/** Of a histogram, by these labels. */
export function quantiles(metric: string, labels: readonly string[], ...scopes: readonly Scope[]): readonly Asked[] {
  const by = ["le", ...labels].join(", ");
  return ["0.5", "0.95", "0.99"].map((which) => [
    `histogram_quantile(${which}, sum by (${by}) (${per(`${metric}_bucket`, ...scopes)}))`,
    [`p${which.slice(2).padEnd(2, "0")}`, ...labels.map((label) => `{{${label}}}`)].join(" "),
  ]);
}

export function lines(
  title: string,
  about: string,
  unit: Unit,
  asked: readonly Asked[],
  more: Partial<Panel> = {},
): Panel {
  const queries = asked.map(([expression, legend]): Query => ({ expression, legend }));
  return { title, about, kind: "lines", unit, width: 8, queries, ...more };
}

/** A metric that is 1 or 0, as words. */
export function goodIsOne(one: string, zero: string): Partial<Panel> {
  return {
    words: { "1": { text: one, color: "green" }, "0": { text: zero, color: "red" } },
    steps: [
      { from: null, color: "red" },
      { from: 1, color: "green" },
    ],
  };
}
