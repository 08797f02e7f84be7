// Nothing makes a member unavailable but what means a ban, and an operator. Failures since the last success are counted all the same,
// for whoever looks at them.

import type { Run } from "../standing.ts";
import type { Strategy } from "./strategy.ts";

export class Never implements Strategy {
  readonly rowLength = 0;
  readonly withinS = 0;

  failed(run: Run, _atS: number): boolean {
    run.failures++;
    return false;
  }

  succeeded(run: Run, _atS: number): void {
    run.clear();
  }

  takeBack(run: Run, failures: number): void {
    run.failures = Math.max(0, run.failures - failures);
  }

  isConvicting(_run: Run): boolean {
    return false;
  }

  isClean(run: Run): boolean {
    return run.failures === 0;
  }
}
