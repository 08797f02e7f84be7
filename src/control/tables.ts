// The tables of the plan in force, as control keeps them (keptfiles.ts). Control sweeps out what has expired, lets go of what dead
// workers held, and says when a table is full. It counts nothing itself. A table whose shape has changed is copied into a new
// file while the old one is still counted in: what is counted between the copy and the moment a worker takes the plan up is lost, a
// few milliseconds. A table that nodes share has a second file beside it, of what others count; it is seen with the first.

import { existsSync, rmSync, statSync, truncateSync } from "node:fs";
import type { TablePlan } from "../config/plan.ts";
import { type Reserve, reserved } from "../memory/cellpages.ts";
import type { Column } from "../memory/column.ts";
import type { Steps } from "../memory/listranges.ts";
import { type Owner, Owners } from "../memory/owners.ts";
import { SharedTable } from "../memory/sharedtable.ts";
import { SharedWords } from "../memory/sharedwords.ts";
import { fixedRanges, fullBytes, layoutOf, roomOf, shapeOf } from "../memory/sticktable/layout.ts";
import { isOthers, othersPlan, tablesWithOthers } from "../memory/sticktable/othersplan.ts";
import { copyTable } from "../memory/sticktable/rows.ts";
import { StickTable } from "../memory/sticktable.ts";
import { type Kept, KeptFiles, type KeptLine, type KeptOptions, type PreparedFiles } from "./keptfiles.ts";
import type { TableFigures } from "./metricssource.ts";
import { bytesFree, bytesTaken, filesIn, noRoom, reserveShared } from "./sharedfile.ts";
import { inSlices } from "./slices.ts";
import { openFound } from "./table/foundtable.ts";
import { Fullness } from "./table/fullness.ts";
import { makeTable, mapAny, mapTable, pathOf } from "./table/tablefile.ts";

export interface TablesOptions extends KeptOptions {
  readonly owner: Owner;
  /** The clock that all processes share (src/clock.ts). */
  readonly sharedMs: () => number;
  /** Memory that is left where the files lie; for tests. */
  readonly freeBytes?: (folder: string) => number;
}

interface KeptTable extends Kept<TablePlan> {
  readonly table: StickTable;
}

export interface OpenTable extends KeptTable {
  /** `table` together with what other nodes have counted; null where it is not shared. */
  readonly shared: SharedTable | null;
}

/** Entries swept at a time, so that nobody waits for the lock of a shard for long, and neither do control's other duties. */
const sweepEntries = 256;

export class Tables {
  readonly #options: TablesOptions;
  readonly #fullness: Fullness;
  readonly #kept: KeptFiles<TablePlan, KeptTable>;
  /** By what is our own of it: the same object for as long as its files are. */
  readonly #shared = new WeakMap<StickTable, SharedTable>();
  #isSweeping = false;

  constructor(options: TablesOptions) {
    this.#options = options;
    this.#fullness = new Fullness(options.log);
    this.#kept = new KeptFiles(options, {
      noun: "table",
      contents: "its entries are",
      pathOf: (plan) => pathOf(options.folder, plan),
      open: (plan, path, lines) => this.#openFile(plan, path, lines),
      adopt: ({ path, table }, plan) => {
        table.adopt(plan);
        return { plan, path, table };
      },
      recover: ({ table }) => table.recover(),
      close: ({ table }) => table.close(),
    });
  }

  get all(): readonly OpenTable[] {
    return this.#kept.all.filter(({ plan }) => !isOthers(plan)).map((kept) => this.#opened(kept));
  }

  find(name: string): OpenTable | null {
    const kept = this.#kept.find(name);
    return kept === null || isOthers(kept.plan) ? null : this.#opened(kept);
  }

  figures(): TableFigures[] {
    return this.all.map(({ plan, path, table }) => {
      const { used, capacity, ...counts } = table.figures();
      const isFull = this.#fullness.isFull(plan.name);
      const bytes = bytesTaken(path) + this.othersBytes(plan);
      return { name: plan.name, entries: used, entriesMax: capacity, ...counts, bytes, isFull };
    });
  }

  /** Memory of the second file. */
  othersBytes(plan: TablePlan): number {
    return plan.share === null ? 0 : bytesTaken(pathOf(this.#options.folder, othersPlan(plan)));
  }

  prepare(plans: readonly TablePlan[]): PreparedFiles {
    const prepared = this.#kept.prepare(tablesWithOthers(plans));
    const keep = (): void => {
      prepared.keep();
      this.#fullness.forget((name) => this.find(name) !== null);
    };
    return { ...prepared, keep };
  }

  /** What dead processes held and were doing is let go of. */
  recover(): void {
    this.#kept.recover();
  }

  /** Expired entries go, in slices between which control does other things. To be called every second. */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    await inSlices(this.#sweepSteps());
    this.#isSweeping = false;
    for (const { plan, table } of this.all) this.#fullness.look(plan, table.figures());
  }

  *#sweepSteps(): Steps<void> {
    for (const { table, plan } of this.#kept.all) {
      if (plan.expireMs === 0) continue;
      while (table.sweep(this.#options.sharedMs(), sweepEntries) >= sweepEntries) {
        yield;
        if (this.#kept.find(plan.name)?.table !== table) break;
      }
    }
  }

  mark(): void {
    this.#kept.mark();
  }

  get isWhole(): boolean {
    return this.#kept.isWhole;
  }

  close(): void {
    this.#kept.close();
  }

  #opened(kept: KeptTable): OpenTable {
    if (kept.plan.share === null) return { ...kept, shared: null };
    const { table: others } = this.#kept.find(othersPlan(kept.plan).name)!;
    const former = this.#shared.get(kept.table);
    const shared = former?.others === others ? former : new SharedTable(kept.table, others);
    this.#shared.set(kept.table, shared);
    return { ...kept, shared };
  }

  #openFile(plan: TablePlan, path: string, said: KeptLine[]): { open: KeptTable; isMade: boolean } {
    const { owner } = this.#options;
    // What others count is heard again, whatever becomes of the file.
    const lines = isOthers(plan) ? [] : said;
    const wasThere = existsSync(path);
    const found = mapTable(path, plan);
    const { reserving } = this.#options;
    // Before anything of it is touched.
    if (found !== null && !reserveShared(path, fixedRanges(plan), reserving))
      throw noRoom(path, missingBytes(plan, path));
    const table =
      found === null
        ? "it was cut short, or is of another version of Sluice"
        : openFound(found, plan, owner, this.#reserve(path));
    if (typeof table !== "string") {
      const { used } = table.figures();
      if (this.#kept.find(plan.name) === null)
        lines.push(`table ${plan.name}: ${entries(used)} found from the run before`);
      return { open: { plan, path, table }, isMade: false };
    }
    if (wasThere) {
      lines.push({ lost: `table ${plan.name}: dropped, for its file is damaged (${table}); it starts empty` });
      rmSync(path, { recursive: true, force: true });
    }
    const source = this.#sourceOf(plan);
    const fill = (made: Uint8Array): void => this.#takeOver(plan, source, made, lines);
    const bytes = makeTable(path, plan, fill);
    return {
      open: { plan, path, table: new StickTable(bytes, plan, owner, undefined, this.#reserve(path)) },
      isMade: true,
    };
  }

  #reserve(path: string): Reserve {
    return this.#options.reserving?.({ path, inode: statSync(path).ino }) ?? reserved;
  }

  /** The table of that name and another shape: the one in force, or one that was left by the run before. */
  #sourceOf(plan: TablePlan): Source | null {
    const { folder, owner } = this.#options;
    const former = this.#kept.find(plan.name);
    if (former !== null) return { table: former.table, isLeft: false };
    const left = filesIn(folder).filter(({ name, path }) => name === plan.name && path !== pathOf(folder, plan));
    if (left.length === 0) return null;
    for (const { path } of left) {
      const found = mapAny(path);
      if (found === null) continue;
      if (!this.#hasRoom(path, found.plan, plan)) {
        dropLeft(path, found.bytes, found.plan, owner);
        const why = "this version lays it out in another way, and there is no memory for both";
        return { table: why, isLeft: true };
      }
      const table = openFound(found.bytes, found.plan, owner);
      return { table: typeof table === "string" ? `its file is damaged (${table})` : table, isLeft: true };
    }
    return { table: "it is of another version of Sluice", isLeft: true };
  }

  /** Nobody has asked for the copy that another layout needs: a new version does not fail to start for want of its memory. */
  #hasRoom(path: string, left: TablePlan, plan: TablePlan): boolean {
    if (shapeOf(left) !== shapeOf(plan)) return true;
    const { folder, freeBytes = bytesFree } = this.#options;
    return missingBytes(left, path) + fullBytes(plan) <= freeBytes(folder);
  }

  #takeOver(plan: TablePlan, source: Source | null, bytes: Uint8Array, lines: KeptLine[]): void {
    if (source === null) return;
    const { owner, sharedMs } = this.#options;
    const { table: from, isLeft } = source;
    if (typeof from === "string") {
      lines.push({ lost: `table ${plan.name}: dropped, for ${from}; it starts empty` });
      return;
    }
    const target = new StickTable(bytes, plan, owner);
    lines.push(takenOver(from, target, sharedMs(), isLeft));
    target.close();
    if (isLeft) from.close();
  }
}

/** Nothing, but in a file that was made by a version which reserved none. */
function missingBytes(plan: TablePlan, path: string): number {
  return Math.max(0, fullBytes(plan) - bytesTaken(path));
}

/** Where entries are taken over from. */
interface Source {
  /** Or why it is lost. */
  readonly table: StickTable | string;
  readonly isLeft: boolean;
}

/** Its memory is free at once, unless a process of the run before still has it open, which would end by that. */
function dropLeft(path: string, bytes: Uint8Array, plan: TablePlan, owner: Owner): void {
  const memory = new SharedWords(bytes);
  if (!new Owners(memory, layoutOf(plan, roomOf(memory.words)), owner).hasOthers) truncateSync(path, 0);
  rmSync(path);
}

/** What became of the entries of a table that has another shape now. `isLeft`: nobody is there who would hold any. */
function takenOver(from: StickTable, to: StickTable, nowMs: number, isLeft: boolean): KeptLine {
  const { plan } = to;
  const { used } = from.figures();
  if (from.plan.key.kind !== plan.key.kind)
    return { lost: `table ${plan.name}: ${entries(used)} dropped, for its keys are of another kind now` };
  copyTable(from, to, nowMs);
  const kept = to.figures().used;
  const stored = new Set(from.columns.map(({ name }) => name));
  // Who is there is counted as soon as workers have the plan (StickTable.passOn).
  const isNew = ({ name, form }: Column): boolean => !stored.has(name) && (isLeft || form !== "gauge");
  const fresh = to.columns.filter(isNew).map(({ name }) => name);
  const count = kept < used ? `${kept} of ${entries(used)}` : entries(kept);
  const starts = fresh.length === 0 ? "" : `; ${fresh.join(", ")} ${fresh.length === 1 ? "starts" : "start"} anew`;
  return `table ${plan.name}: ${count} taken over${starts}`;
}

function entries(count: number): string {
  return count === 1 ? "1 entry" : `${count} entries`;
}
