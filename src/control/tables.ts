// The tables of the plan in force, as control keeps them: their files are made before any worker hears of them, outlive every
// process, and go when no config names them any more. Control sweeps out what has expired, lets go of what dead workers held,
// and says when a table is full. It counts nothing itself. A table whose shape has changed is copied into a new file while the
// old one is still counted in: what is counted between the copy and the moment a worker takes the plan up is lost, a few
// milliseconds; the file of the former plan stays until the new plan is in force, so a plan that is refused loses nothing.

import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TablePlan } from "../config/plan.ts";
import { fullBytes } from "../memory/sticktable/layout.ts";
import type { Owner } from "../memory/owners.ts";
import { copyTable } from "../memory/sticktable/rows.ts";
import { StickTable } from "../memory/sticktable.ts";
import type { Log } from "./log.ts";
import type { TableFigures } from "./metricssource.ts";
import { type Machine, staleness, writeMark } from "./table/bootmark.ts";
import { openFound } from "./table/foundtable.ts";
import { Fullness } from "./table/fullness.ts";
import {
  bytesFree,
  bytesTaken,
  filesIn,
  makeTable,
  mapAny,
  mapTable,
  pathOf,
  removeDrafts,
} from "./table/tablefile.ts";

export interface TablesOptions {
  /** Where the files lie; made when it is not there. */
  readonly folder: string;
  readonly owner: Owner;
  /** The clock that all processes share (src/clock.ts). */
  readonly sharedMs: () => number;
  readonly machine: Machine;
  /** What the run before has left is dropped. */
  readonly isFresh?: boolean;
  readonly log: Log;
  /** Of the file system that holds the folder; given by tests. */
  readonly freeBytes?: (folder: string) => number;
}

export interface OpenTable {
  readonly plan: TablePlan;
  readonly path: string;
  readonly table: StickTable;
}

/** The tables of a plan that is to be published; exactly one of `keep` and `undo` is called. */
export interface PreparedTables {
  /** Paths by the names of the tables. */
  readonly files: Readonly<Record<string, string>>;
  keep(): void;
  undo(): void;
}

const markName = ".machine";
/** Entries swept at a time, so that nobody waits for the lock of a shard for long, and neither do control's other duties. */
const sweepEntries = 256;
const sweepSliceMs = 5;

export class Tables {
  readonly #options: TablesOptions;
  readonly #log: Log;
  readonly #fullness: Fullness;
  #open: ReadonlyMap<string, OpenTable> = new Map();
  /** Of a plan that is being published. */
  #pending: ReadonlyMap<string, OpenTable> = new Map();
  #isSweeping = false;
  #isShort = false;

  constructor(options: TablesOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#fullness = new Fullness(options.log);
    const { folder, machine } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeDrafts(folder);
    const problem = options.isFresh === true ? "a fresh start was asked for" : staleness(this.#markPath, machine);
    if (problem !== null) this.#dropAll(problem);
    writeMark(this.#markPath, machine);
  }

  get all(): readonly OpenTable[] {
    return [...this.#open.values()];
  }

  find(name: string): OpenTable | null {
    return this.#open.get(name) ?? null;
  }

  figures(): TableFigures[] {
    return this.all.map(({ plan, path, table }) => {
      const { used, capacity, ...counts } = table.figures();
      const isFull = this.#fullness.isFull(plan.name);
      return { name: plan.name, entries: used, entriesMax: capacity, ...counts, bytes: bytesTaken(path), isFull };
    });
  }

  /** Throws an Error for the operator when a file cannot be made; nothing is left of it then. */
  prepare(plans: readonly TablePlan[]): PreparedTables {
    const next = new Map<string, OpenTable>();
    const made: OpenTable[] = [];
    const lines: string[] = [];
    const undo = (): void => {
      for (const { path, table } of made) {
        table.close();
        rmSync(path, { force: true });
      }
      // What the refused plan said of expiry is taken back.
      for (const { plan, table } of this.#open.values()) table.adopt(plan);
      this.#pending = new Map();
    };
    try {
      for (const plan of plans) {
        const path = pathOf(this.#options.folder, plan);
        const former = this.#open.get(plan.name);
        if (former?.path === path) {
          former.table.adopt(plan);
          next.set(plan.name, { plan, path, table: former.table });
          continue;
        }
        const opened = this.#openFile(plan, path, lines);
        next.set(plan.name, opened.open);
        if (opened.isMade) made.push(opened.open);
        this.#pending = next;
      }
    } catch (error) {
      undo();
      throw error;
    }
    return {
      files: Object.fromEntries([...next.values()].map(({ plan, path }) => [plan.name, path])),
      keep: () => {
        const former = this.#open;
        this.#open = next;
        this.#pending = new Map();
        this.#fullness.forget((name) => next.has(name));
        for (const line of lines) this.#log.info(line);
        for (const { path, table } of former.values())
          if (![...next.values()].some((each) => each.path === path)) table.close();
        this.#removeOthers(next);
        this.checkSpace();
      },
      undo,
    };
  }

  /** What dead processes held and were doing is let go of. */
  recover(): void {
    for (const { table } of this.#open.values()) table.recover();
    for (const { table } of this.#pending.values()) table.recover();
  }

  /** Expired entries go, in slices between which control does other things. To be called every second. */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    let sliceMs = performance.now();
    for (const { table, plan } of this.all) {
      if (plan.expireMs === 0) continue;
      while (table.sweep(this.#options.sharedMs(), sweepEntries) >= sweepEntries) {
        if (performance.now() - sliceMs < sweepSliceMs) continue;
        await new Promise((resolve) => setImmediate(resolve));
        sliceMs = performance.now();
        if (this.#open.get(plan.name)?.table !== table) break;
      }
    }
    this.#isSweeping = false;
    for (const { plan, table } of this.#open.values()) this.#fullness.look(plan, table.figures());
  }

  /** To be called every minute: the mark that tells the next run how old these tables are, and the memory that is left. */
  mark(): void {
    writeMark(this.#markPath, this.#options.machine);
    this.checkSpace();
  }

  /**
   * A page of a table that cannot be had ends the process that touches it (SIGBUS), whichever that is: so it is told before.
   * Once until there is room again.
   */
  checkSpace(): void {
    const { folder } = this.#options;
    const wanted = this.all.reduce((sum, { plan, path }) => sum + Math.max(0, fullBytes(plan) - bytesTaken(path)), 0);
    const free = (this.#options.freeBytes ?? bytesFree)(folder);
    const isShort = wanted > free;
    if (isShort && !this.#isShort)
      this.#log.warn(
        `tables may need ${mib(wanted)} more memory and ${folder} has ${mib(free)} free: make that file system larger (docker run --shm-size) or tables smaller (size); a process that finds no memory there is ended by the system (SIGBUS)`,
      );
    this.#isShort = isShort;
  }

  /** Lets go of the tables; their files stay for the next run. */
  close(): void {
    for (const { table } of this.#open.values()) table.close();
    this.#open = new Map();
    if (readdirSync(this.#options.folder).every((entry) => entry === markName)) rmSync(this.#markPath, { force: true });
  }

  get #markPath(): string {
    return join(this.#options.folder, markName);
  }

  #openFile(plan: TablePlan, path: string, lines: string[]): { open: OpenTable; isMade: boolean } {
    const { owner } = this.#options;
    const wasThere = existsSync(path);
    const found = mapTable(path, plan);
    const table =
      found === null ? "it was cut short, or is of another version of Sluice" : openFound(found, plan, owner);
    if (typeof table !== "string") {
      const { used } = table.figures();
      if (!this.#open.has(plan.name)) lines.push(`table ${plan.name}: ${entries(used)} found from the run before`);
      return { open: { plan, path, table }, isMade: false };
    }
    if (wasThere) {
      lines.push(`table ${plan.name}: dropped, for its file is damaged (${table}); it starts empty`);
      rmSync(path, { recursive: true, force: true });
    }
    const bytes = makeTable(path, plan, (made) => this.#takeOver(plan, made, lines));
    return { open: { plan, path, table: new StickTable(bytes, plan, owner) }, isMade: true };
  }

  /** Entries of a table of that name and another shape: the one in force, or one that was left by the run before. */
  #takeOver(plan: TablePlan, bytes: Uint8Array, lines: string[]): void {
    const { folder, owner, sharedMs } = this.#options;
    const left = filesIn(folder).filter(({ name, path }) => name === plan.name && path !== pathOf(folder, plan));
    const former = this.#open.get(plan.name);
    const found = former === undefined ? left.map(({ path }) => mapAny(path)).find((each) => each !== null) : null;
    const from = former?.table ?? (found ? openFound(found.bytes, found.plan, owner) : null);
    if (from === null || typeof from === "string") {
      const why = from === null ? "it is of another version of Sluice" : `its file is damaged (${from})`;
      if (left.length > 0) lines.push(`table ${plan.name}: dropped, for ${why}; it starts empty`);
      return;
    }
    const target = new StickTable(bytes, plan, owner);
    lines.push(takenOver(from, target, sharedMs()));
    target.close();
    if (former === undefined) from.close();
  }

  #removeOthers(next: ReadonlyMap<string, OpenTable>): void {
    const kept = new Set([...next.values()].map(({ path }) => path));
    for (const { name, path } of filesIn(this.#options.folder)) {
      if (kept.has(path)) continue;
      if (!next.has(name)) this.#log.info(`table ${name}: removed, for the config does not name it any more`);
      rmSync(path, { recursive: true, force: true });
    }
  }

  #dropAll(reason: string): void {
    for (const { name, path } of filesIn(this.#options.folder)) {
      rmSync(path, { recursive: true, force: true });
      this.#log.info(`table ${name}: its entries are dropped: ${reason}`);
    }
  }
}

/** What became of the entries of a table that has another shape now. */
function takenOver(from: StickTable, to: StickTable, nowMs: number): string {
  const { plan } = to;
  const { used } = from.figures();
  if (from.plan.key.kind !== plan.key.kind)
    return `table ${plan.name}: ${entries(used)} dropped, for its keys are of another kind now`;
  copyTable(from, to, nowMs);
  const kept = to.figures().used;
  const stored = new Set(from.columns.map(({ name }) => name));
  const fresh = to.columns.filter(({ name }) => !stored.has(name)).map(({ name }) => name);
  const count = kept < used ? `${kept} of ${entries(used)}` : entries(kept);
  const starts = fresh.length === 0 ? "" : `; ${fresh.join(", ")} ${fresh.length === 1 ? "starts" : "start"} anew`;
  return `table ${plan.name}: ${count} taken over${starts}`;
}

function entries(count: number): string {
  return count === 1 ? "1 entry" : `${count} entries`;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
