// What the plan in force remembers outside of the arena: its tables, caches, lists and egress pools, and the code of its hooks. Their files are
// prepared together before a plan goes out, and kept or undone together when that is known to be in force or not. Control keeps
// them going: what dead workers held is let go of, expired entries are swept out, and too little memory is told.

import { join } from "node:path";
import type { Loaded } from "../config/load.ts";
import type { Program } from "../config/materials.ts";
import type { PlanFiles, PurgeCounts, RemoteNews } from "../config/message.ts";
import type { CachePlan, Plan } from "../config/plan.ts";
import type { Owner } from "../memory/owners.ts";
import { RedisLevels } from "../redis/levels.ts";
import { arenaCounts } from "./arenacounts.ts";
import { Caches, type LentPages } from "./caches.ts";
import { type CacheStatus, cacheStatus } from "./cachestatus.ts";
import { Egresses } from "./egresses.ts";
import { Lists } from "./lists.ts";
import type { Log } from "./log.ts";
import { MemoryWatch } from "./memoryneed.ts";
import { Programs } from "./programs.ts";
import { Recorder } from "./recorder.ts";
import { RemoteBulletin } from "./remotebulletin.ts";
import { Space } from "./space.ts";
import type { StateFolder } from "./state.ts";
import { thisMachine } from "./table/bootmark.ts";
import { Tables } from "./tables.ts";

/** What each list is made of, by name. */
export type ListsOfConfig = (Loaded & { readonly ok: true })["lists"];

export interface HoldingsOptions {
  readonly state: StateFolder;
  readonly owner: Owner;
  readonly workers: number;
  readonly pages?: LentPages | undefined;
  /** The clock that processes share (src/clock.ts). */
  readonly sharedMs: () => number;
  /** Tables, caches and boards of the run before are not taken up. */
  readonly isFresh: boolean;
  readonly log: Log;
  /** Other files of lists than those that were prepared, or told of, before. */
  readonly changed: (lists: Readonly<Record<string, string>>) => void;
  /** What workers are to know of purges in Redis. */
  readonly purged?: (counts: PurgeCounts) => void;
  /** Somebody has removed files of the plan in force: workers that start from now on cannot have them. */
  readonly lost?: () => void;
}

/** Exactly one of `keep` and `undo` is called. */
export interface PreparedHoldings {
  readonly files: Omit<PlanFiles, "bans">;
  keep(): void;
  undo(): void;
}

const sweepMs = 1000;
const markMs = 60_000;
const probeMs = 1_000;

export class Holdings {
  readonly tables: Tables;
  readonly caches: Caches;
  readonly lists: Lists;
  readonly egresses: Egresses;
  readonly programs: Programs;
  readonly recorder: Recorder;
  /** What caches have behind them; asked to take away what is purged, and whether they are there. */
  readonly remotes: RedisLevels;
  readonly #bulletin: RemoteBulletin;
  readonly #space: Space;
  readonly #timers: Timer[] = [];
  readonly #limit: MemoryWatch;
  readonly #lost: () => void;
  readonly #state: StateFolder;

  constructor(options: HoldingsOptions) {
    const {
      state,
      owner,
      workers,
      pages,
      sharedMs,
      isFresh,
      log,
      changed,
      purged = () => {},
      lost = () => {},
    } = options;
    this.#lost = lost;
    this.#state = state;
    const kept = { owner, machine: thisMachine(), isFresh, reserving: pages?.reserving, log };
    this.tables = new Tables({ ...kept, folder: state.tablesPath, sharedMs });
    this.caches = new Caches({ ...kept, folder: state.cachesPath, pages });
    this.lists = new Lists({ folder: state.listsPath, log, changed });
    this.egresses = new Egresses({
      ...{ ...kept, folder: state.egressPath, logsFolder: state.egressLogsPath, nowMs: Date.now },
    });
    this.programs = new Programs(join(state.path, "programs"));
    this.recorder = new Recorder(join(state.path, "recorder"), workers);
    this.#bulletin = new RemoteBulletin(log);
    const news = (said: RemoteNews): void => this.#bulletin.hear("control", said);
    this.remotes = new RedisLevels({
      ...{ nowMs: () => performance.now(), news, tell: (call) => call() },
      raised: () => purged(this.remotes.counts()),
    });
    this.#limit = new MemoryWatch({
      workers,
      log,
      limitBytes: () => pages?.limitBytes?.() ?? Number.POSITIVE_INFINITY,
    });
    this.#space = new Space({
      folder: state.path,
      users: [this.caches, this.egresses.boards],
      log,
    });
  }

  /** From now on what is due is done. */
  open(): void {
    this.egresses.open();
    this.#timers.push(
      setInterval(() => void this.tables.sweep(), sweepMs),
      setInterval(() => this.caches.look(), sweepMs),
      setInterval(() => this.#mark(), markMs),
      setInterval(() => this.remotes.look(), probeMs),
    );
  }

  /** Memory for the rows of a plan. Throws an Error for the operator where there is none. */
  reserve(plan: Plan): void {
    this.#state.reserve(arenaCounts(plan));
  }

  /** Rejects with an Error for the operator when a file cannot be made; nothing is left of any then. */
  async prepare(plan: Plan, sources: ListsOfConfig, program: Program | null): Promise<PreparedHoldings> {
    const { tables, caches } = plan;
    const made: { keep(): void; undo(): void }[] = [];
    const undo = (): void => {
      for (const each of made) each.undo();
    };
    const add = <Prepared extends { keep(): void; undo(): void }>(prepared: Prepared): Prepared => {
      made.push(prepared);
      return prepared;
    };
    try {
      const lists = add(await this.lists.prepare(sources)).files;
      // Before any of it is made: where there is far too little that may be the last word.
      this.#limit.look(plan);
      const files = {
        lists,
        caches: add(this.caches.prepare(caches, this.#limit.roomForCaches(plan))).files,
        egresses: add(this.egresses.prepare(plan)).files,
        recorder: add(this.recorder.prepare(plan)).file,
        program: add(this.programs.prepare(program)).file,
        // Last: what is counted after the copy of one that has another shape now is lost.
        tables: add(this.tables.prepare(tables)).files,
      };
      const keep = (): void => {
        for (const each of made) each.keep();
        this.remotes.adopt(caches);
        this.#bulletin.adopt(caches);
        this.#space.check();
      };
      return { files, keep, undo };
    } catch (error) {
      undo();
      throw error;
    }
  }

  cacheStatus(plan: CachePlan, nowMs: number): CacheStatus {
    const figures = this.caches.find(plan.name)?.store.figures() ?? null;
    return cacheStatus(plan, figures, this.remotes.named(plan.name), nowMs);
  }

  /** What a worker has found out; control makes sure of it at once, for status and metrics are what it knows. */
  heard(worker: number, said: RemoteNews): void {
    this.#bulletin.hear(worker, said);
    const isAway = this.remotes.isAway(said.address);
    if ((said.news === "away" && !isAway) || (said.news === "back" && isAway)) this.remotes.hasten(said.address);
  }

  gone(worker: number): void {
    this.#bulletin.gone(worker);
    this.recover();
    this.#checkFiles();
  }

  /** Somebody who held something has died. */
  recover(): void {
    this.tables.recover();
    this.caches.recover();
    this.egresses.recover();
  }

  #mark(): void {
    this.tables.mark();
    this.caches.mark();
    this.egresses.mark();
    this.#space.check();
    this.#checkFiles();
  }

  #checkFiles(): void {
    const { tables, caches, egresses, programs } = this;
    if (!tables.isWhole || !caches.isWhole || !egresses.boards.isWhole || !programs.isWhole) this.#lost();
  }

  /** Files of tables, caches and egress pools stay for the next run. */
  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.tables.close();
    this.caches.close();
    this.egresses.close();
    this.lists.close();
    this.programs.close();
    this.recorder.close();
    this.remotes.close();
  }
}
