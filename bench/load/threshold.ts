// Thresholds in k6's words, such as "p(95)<35" or "rate<0.01", judged by the values of a metric. Only what its own scripts use is
// understood: one value, one comparison, one number.

import type { Metric } from "./summary.ts";

export interface Verdict {
  /** Of k6, such as `http_req_duration{status:200}`. */
  readonly metric: string;
  readonly threshold: string;
  readonly value: number;
  readonly isPassed: boolean;
}

export type Thresholds = Readonly<Record<string, readonly string[]>>;

const form = /^([a-z]+|p\(\d{1,2}(?:\.\d+)?\))\s*(<=|>=|==|!=|<|>)\s*(-?\d+(?:\.\d+)?)$/;

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
  "==": (value, bound) => value === bound,
  "!=": (value, bound) => value !== bound,
};

/** A threshold for what is not measured, or not understood, throws: it must not pass unseen. */
export function judge(metrics: Readonly<Record<string, Metric>>, thresholds: Thresholds): Verdict[] {
  return Object.entries(thresholds).flatMap(([metric, texts]) =>
    texts.map((threshold) => {
      const [, of = "", sign = "", bound] = form.exec(threshold) ?? [];
      const value = metrics[metric]?.values[of];
      if (value === undefined) throw new Error(`the threshold ${metric}: ${threshold} cannot be judged`);
      return { metric, threshold, value, isPassed: comparisons[sign]!(value, Number(bound)) };
    }),
  );
}
