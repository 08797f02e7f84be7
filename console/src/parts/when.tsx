// A time, as every page shows it: where the browser is, with the whole of it and its distance from UTC when pointed at, and for programs
// that read the page. What stands without a date is a time of the zone that the header names.

import type { VNode } from "preact";
import { nowMs } from "../data/store.ts";
import { ago, clock, dateTime, iso } from "../text/format.ts";

export interface WhenProps {
  readonly at: string | number;
  /** "thousandths": of the clock; "since": the moment, and how long ago it is. */
  readonly as: "clock" | "thousandths" | "ago" | "moment" | "since";
}

/** It alone is drawn anew each second where it counts on, not what stands around it. */
export function When({ at, as }: WhenProps): VNode {
  const whole = iso(at);
  return (
    <time dateTime={whole} title={whole}>
      {textOf(at, as)}
    </time>
  );
}

function textOf(at: string | number, as: WhenProps["as"]): string {
  switch (as) {
    case "clock":
      return clock(at);
    case "thousandths":
      return clock(at, true);
    case "ago":
      return ago(at, nowMs.value);
    case "moment":
      return dateTime(at);
    case "since":
      return `${dateTime(at)}, ${ago(at, nowMs.value)}`;
  }
}
