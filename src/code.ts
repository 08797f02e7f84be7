// Whether a worker runs the code that control runs. A clone's worker is started from what lies there when it is: files that were changed since
// control was started (a pull, another checkout, new packages) are another program, which the operator must hear of. One that lays out
// shared memory in another way may not touch it. A compiled executable starts itself whatever lies at its path (config/loadself.ts).

import { version } from "./cli/version.ts";
import type { Code } from "./config/message.ts";
import { layouts } from "./memory/layouts.ts";

export interface Difference {
  readonly mayServe: boolean;
  readonly text: string;
}

const own: Code = { version, layouts };

/** Null: there is none to be seen. `control` is absent where control is of a version that does not tell. */
export function differenceTo(control: Code | undefined, code: Code = own): Difference | null {
  if (control?.version === code.version && control.layouts === code.layouts) return null;
  const mayServe = control === undefined || control.layouts === code.layouts;
  const changed = `the files of Sluice were changed while it runs: a worker that starts is of version ${code.version}`;
  const than = `control of ${control?.version ?? "one before"}`;
  const how = mayServe ? "it serves all the same" : "they lay out shared memory differently, and it cannot serve";
  return { mayServe, text: `${changed}, ${than}; ${how}; restart Sluice` };
}
