// Two lines in the cell of a row, for a phone: what is named, and below it, small, what tells it from others, for which there is no column
// there. Each is cut where it is too long, which may be at its beginning. A row of a phone is as high as these two; elsewhere there are columns.

import type { ComponentChildren, VNode } from "preact";

export interface TwoProps {
  readonly above: ComponentChildren;
  readonly below: string;
  /** What tells it from others stands at the end of it. */
  readonly isEndShown?: boolean;
}

export function Two({ above, below, isEndShown }: TwoProps): VNode {
  return (
    <span class="two">
      <span>{above}</span>
      <small title={below} class={isEndShown === true ? "end" : ""}>
        <bdi>{below}</bdi>
      </small>
    </span>
  );
}
