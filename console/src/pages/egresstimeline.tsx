// The states of one outbound address over time: a band from the first change that is known until now, and the changes in words, each with its
// cause. Shapes and words say what colours do.

import type { VNode } from "preact";
import type { ChangeSummary } from "../../../src/control/egress/answer.ts";
import { looks } from "../data/egressgrid.ts";
import { stretchesOf } from "../data/stretches.ts";
import { When } from "../parts/when.tsx";
import { span } from "../text/format.ts";
import { Swatch } from "./egressgrid.tsx";

interface TimelineProps {
  /** The last first. */
  readonly timeline: readonly ChangeSummary[];
}

export function Band({ timeline, nowMs }: TimelineProps & { readonly nowMs: number }): VNode | null {
  const found = stretchesOf(timeline, nowMs);
  if (found === null) return null;
  return (
    <figure class="band">
      <div aria-hidden="true">
        {found.stretches.map(({ state, from, to }) => (
          <i
            key={`${state} ${from}`}
            class={`band-${state}`}
            title={looks[state].title}
            style={{ left: `${from * 100}%`, width: `max(2px, ${(to - from) * 100}%)` }}
          />
        ))}
      </div>
      <figcaption>
        <span>{span(nowMs - found.fromMs)} ago</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}

export function Changes({ timeline }: TimelineProps): VNode {
  if (timeline.length === 0) return <p class="quiet">It has always been available since it is known.</p>;
  return (
    <ol class="lines">
      {timeline.map(({ at, state, why, forMs }, index) => (
        <li key={timeline.length - index}>
          {at === null ? <time /> : <When at={at} as="clock" />}
          <Swatch state={state} />
          <span>
            <b>{looks[state].title}</b>
            {forMs === null ? "" : ` for ${span(forMs)}`}
            {why === "" ? null : <span class="why"> {why}</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}
