// How full something is, as a bar. From 90 percent on it is of the colour of a warning, with what it holds said in words beside it by whoever
// shows it: the bar alone tells nothing to those who do not see it.

import type { VNode } from "preact";

export function Meter({ value, of }: { readonly value: number; readonly of: number }): VNode {
  const part = of > 0 ? Math.min(1, value / of) : 0;
  return (
    <span class={`meter${part >= 0.9 ? " full" : ""}`} aria-hidden="true">
      <i style={{ width: `${(part * 100).toFixed(1)}%` }} />
    </span>
  );
}
