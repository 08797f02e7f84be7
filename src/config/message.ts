// What the control process and a data worker say to each other over the worker's IPC channel, a plan as JSON. Everything else that they
// share stands in the arena. Types only: this is where the two planes meet, beside the plan.

import type { Purge } from "../cache/purge.ts";
import type { Plan } from "./plan.ts";

/** How a worker is started, in its environment as JSON under SLUICE_WORKER. */
export interface WorkerStart {
  /** Index of its block in the arena. */
  readonly worker: number;
  /** How many workers there may be, dead or alive: blocks to sum over. */
  readonly workers: number;
  readonly arenaPath: string;
  /** It takes the place of one that has died. */
  readonly isReplacement: boolean;
  /** Of the control process. */
  readonly code: Code;
}

/** Which code a process runs, as far as those that share memory with it must know. */
export interface Code {
  readonly version: string;
  /** Of all shared files (memory/layouts.ts). */
  readonly layouts: string;
}

export type ToWorker =
  /** Obey this plan from now on: open the listeners that are new, close those that are gone, keep the rest. */
  | { readonly kind: "plan"; readonly plan: Plan; readonly files: PlanFiles }
  /** The plan of that generation is in force in every worker, and what was in force before will not be asked for again. */
  | { readonly kind: "settled"; readonly generation: number }
  /** Lists have changed, or who is banned has: map these files instead of those of the same names. */
  | { readonly kind: "lists"; readonly files: Pick<PlanFiles, "lists" | "bans"> }
  /** Take this out of a cache that each worker has for itself. */
  | { readonly kind: "purge"; readonly cache: string; readonly purge: Purge }
  /** So often something has been purged in each Redis behind caches: one that says less is as it was a while ago. */
  | { readonly kind: "purges"; readonly counts: PurgeCounts }
  /** Write down where time goes, or what lies on the heap; answered by `profiled`. */
  | { readonly kind: "profile"; readonly order: ProfileOrder }
  /** Stop accepting, end idle connections, finish what is under way, exit 0; after `drainMs` exit anyway. */
  | { readonly kind: "drain"; readonly drainMs: number };

export interface ProfileOrder {
  readonly what: "cpu" | "heap";
  /** How long; of a heap it means nothing. */
  readonly seconds: number;
  /** The file to be written. */
  readonly path: string;
}

/** By what names a cache and its Redis. */
export type PurgeCounts = Readonly<Record<string, number>>;

/** Of a Redis behind caches. */
export interface RemoteNews {
  /** Without user, password and database. */
  readonly address: string;
  /** refusing: it is there, and does not take what is to be stored. */
  readonly news: "away" | "back" | "refusing" | "taking";
  /** Why; "" where it is good news. */
  readonly detail: string;
}

/** Paths of the files that belong to a plan, by the names of what they hold. */
export interface PlanFiles {
  readonly tables: Readonly<Record<string, string>>;
  readonly lists: Readonly<Record<string, string>>;
  /** Of those that all workers share. */
  readonly caches: Readonly<Record<string, string>>;
  /** The boards of egress pools. */
  readonly egresses: Readonly<Record<string, string>>;
  /** The flight recorder's; null where the plan has none. */
  readonly recorder: string | null;
  /** The code of the plan's hooks, to be imported; null where it has none. */
  readonly program: string | null;
  /** A list of addresses with the time that each ban ends; null while nobody is banned. */
  readonly bans: string | null;
}

export type FromWorker =
  /** The plan of that generation is in force and every listener of it is open. */
  | { readonly kind: "planned"; readonly generation: number }
  /** The plan could not be put in force (a port in use); what was in force before still is. */
  | { readonly kind: "failed"; readonly generation: number; readonly message: string }
  /** What the operator is to know: for control's log, which has one form and one place. */
  | { readonly kind: "warned"; readonly message: string }
  /** As that, of what every process finds out by itself: control tells it once for all of them. */
  | { readonly kind: "remote"; readonly said: RemoteNews }
  /** The file is there; or why it is not. */
  | { readonly kind: "profiled"; readonly path: string; readonly problem: string | null }
  /** What code of the config has printed, as one line. */
  | { readonly kind: "spoken"; readonly level: "debug" | "info" | "warn" | "error"; readonly text: string }
  /** All is drained; the worker exits next. */
  | { readonly kind: "drained" };
