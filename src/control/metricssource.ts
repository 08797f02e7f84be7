// What the writers of /metrics read: everything that is counted, and who it is counted for. Types, and the one list that
// two writers share.

import type { Plan } from "../config/plan.ts";
import type { ServerState } from "../memory/board.ts";
import { routeCell, type Totals } from "../memory/tally.ts";
import type { RemoteStanding } from "../redis/levels.ts";
import type { AcmeFigures } from "./acme/acme.ts";
import type { CacheFigures } from "./caches.ts";
import type { PoolSources } from "./discovery.ts";
import type { EgressFigures } from "./egressmetrics.ts";
import type { Labels } from "./exposition.ts";
import type { FleetStatus } from "./fleet/nodestatus.ts";
import type { RegistryFigures } from "./registrymetrics.ts";
import type { WorkerStatus } from "./seat.ts";

/** What control alone knows of a server, since it started. */
export interface ServerCounts {
  readonly checksPassed: number;
  readonly checksFailed: number;
  /** Passive ejections by their reason. */
  readonly ejections: Readonly<Record<string, number>>;
}

export interface MetricsSource extends RegistryFigures {
  readonly version: string;
  readonly startedAtMs: number;
  readonly isReady: boolean;
  readonly plan: Plan;
  readonly totals: Totals;
  readonly workers: readonly WorkerStatus[];
  readonly reload: { readonly isSuccessful: boolean; readonly succeededAtMs: number };
  /** Files of certificates that are left out, or stay as they were, because something is wrong with them. */
  readonly certificateProblems: number;
  /** Null where no certificate is wanted from an authority. */
  readonly acme: AcmeFigures | null;
  readonly tables: readonly TableFigures[];
  /** Those that workers share. */
  readonly caches: readonly CacheFigures[];
  /** What caches have behind them, by the name of the cache. */
  readonly remotes: readonly RemoteStanding[];
  readonly lists: readonly ListFigures[];
  readonly egresses: readonly EgressFigures[];
  /** Addresses and blocks that are banned. */
  readonly bans: number;
  /** Null: this node is alone. */
  readonly fleet: FleetStatus | null;
  /** What names of an operator's own begin with; null: there are none. */
  readonly prefix: string | null;
  /** Where servers come from that no config names. */
  readonly sources: readonly PoolSources[];
  stateOf(slot: number): ServerState;
  countsOf(slot: number): ServerCounts;
}

export interface TableFigures {
  readonly name: string;
  readonly entries: number;
  readonly entriesMax: number;
  readonly evictions: number;
  readonly refusals: number;
  /** Calls that gave up waiting for another process: what they would have counted is not counted. */
  readonly timeouts: number;
  /** Of memory, now. */
  readonly bytes: number;
  readonly isFull: boolean;
}

export interface ListFigures {
  readonly name: string;
  readonly entries: number;
  /** Why it is not as its file is now. */
  readonly problem: string | null;
}

export type Sample = readonly [Labels, number];

/** Routes and servers count the classes of status in the same cells. */
export const codeCells: readonly (readonly [string, number])[] = [
  ["1xx", routeCell.status1xx],
  ["2xx", routeCell.status2xx],
  ["3xx", routeCell.status3xx],
  ["4xx", routeCell.status4xx],
  ["5xx", routeCell.status5xx],
];
