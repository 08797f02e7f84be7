// What makes a member, or a member at a host, unavailable: the contract of a strategy. It is told of each failure and success and
// answers whether that is enough; who is blamed, and for how long somebody is then unavailable, is decided elsewhere. All that it
// remembers stands in the run that it is given, in shared memory, for the outcomes of one member come from all workers. A new one is
// a file beside this, a line in registry.ts, and a kind in the config.

import type { Run } from "../standing.ts";

export interface Strategy {
  /** So many failures without a success convict; 0 where it is not a row that counts. */
  readonly rowLength: number;
  /** Of a row that counts, from its first failure to its last; 0 is no limit. */
  readonly withinS: number;
  /** Whether that is enough. Times are whole seconds (memory/egress.ts), and not always in order. */
  failed(run: Run, atS: number): boolean;
  succeeded(run: Run, atS: number): void;
  /** Some of the last failures were not its own. */
  takeBack(run: Run, failures: number): void;
  /** Whether what stands in the run would be enough, its times aside. */
  isConvicting(run: Run): boolean;
  /** Whether a success would change nothing. */
  isClean(run: Run): boolean;
}
