// Long work of the control process in slices: between them others get their turn, for the loop also has servers to probe and
// questions to answer. What the work is stands in its steps.

import type { Steps } from "../memory/listranges.ts";

const sliceMs = 10;

export async function inSlices<T>(steps: Steps<T>): Promise<T> {
  let startMs = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - startMs < sliceMs) continue;
    await new Promise((resume) => setImmediate(resume));
    startMs = performance.now();
  }
}
