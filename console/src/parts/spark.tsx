// A line of the last minute, as small as a word: whether something rises or falls, not how much. How much stands beside it as a number.
// Every line has its own scale. It is hidden from those who listen, who have the number.

import type { VNode } from "preact";
import type { Line } from "../data/history.ts";

const [width, height] = [64, 18];

export function Spark({ line }: { readonly line: Line }): VNode {
  const most = Math.max(1, ...line.map((value) => value ?? 0));
  const step = width / Math.max(59, line.length - 1);
  const from = width - (line.length - 1) * step;
  const points = line.flatMap((value, index) =>
    value === null
      ? []
      : [`${(from + index * step).toFixed(1)},${(height - 1 - (value / most) * (height - 3)).toFixed(1)}`],
  );
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
