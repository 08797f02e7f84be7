// The logs of all egress pools in force, looked at again and again: when, how much at a time, and what is said of those that cannot be
// read. Where the reading stands lies in a file for each pool (egresslog/positions.ts), kept like the boards: what a board
// knows has been read, and when it has lost everything its logs are read as for the first time.

import { existsSync, rmSync } from "node:fs";
import type { EgressPlan } from "../config/plan.ts";
import type { EgressOutcome } from "../egress/words.ts";
import type { Steps } from "../memory/listranges.ts";
import { type LineCounts, type LogStanding, logPaths, logProblem, PoolLogs } from "./egresslog/poollogs.ts";
import { Positions } from "./egresslog/positions.ts";
import { type Kept, KeptFiles, type KeptOptions } from "./keptfiles.ts";
import { filesIn, makeShared, mapShared, sharedPath } from "./sharedfile.ts";
import { inSlices } from "./slices.ts";

export interface EgressLogsOptions extends KeptOptions {
  /** Wall clock. */
  readonly nowMs: () => number;
  /** What a log says of a member, by its index in the pool's plan. */
  readonly note: (pool: string, member: number, outcome: EgressOutcome) => void;
}

export interface LogFigures {
  readonly name: string;
  readonly lines: Readonly<LineCounts>;
  readonly bytes: number;
  readonly logs: readonly LogStanding[];
}

/** `isNew`: whether nothing is known of a pool's members. Exactly one of `keep` and `undo` is called. */
export interface PreparedLogs {
  keep(isNew: (name: string) => boolean): void;
  undo(): void;
}

interface OpenPositions extends Kept<EgressPlan> {
  readonly positions: Positions;
}

interface Following {
  readonly plan: EgressPlan;
  readonly positions: Positions;
  readonly logs: PoolLogs;
}

const tickMs = 250;
/** A log that was rotated just now has a successor that is begun a moment later, and that may be rotated in turn. */
const renewLooksMax = 3;
const tellMs = 5000;
const rowsMin = 16;

export class EgressLogs {
  readonly #options: EgressLogsOptions;
  readonly #kept: KeptFiles<EgressPlan, OpenPositions>;
  #following: ReadonlyMap<string, Following> = new Map();
  #looking: Promise<void> | null = null;
  #timer: Timer | null = null;
  #toldMs = Number.NEGATIVE_INFINITY;
  /** What was said last, by pool and path. */
  readonly #told = new Map<string, string>();

  constructor(options: EgressLogsOptions) {
    this.#options = options;
    this.#kept = new KeptFiles(options, {
      noun: "logs of the egress pool",
      contents: "how far they were read is",
      pathOf: (plan) => sharedPath(options.folder, plan.name, shapeName(plan)),
      open: (plan, path) => this.#openFile(plan, path),
      adopt: (open, plan) => ({ ...open, plan }),
      recover: () => {},
      close: () => {},
    });
  }

  /** Throws an Error for the operator when a log cannot be understood at all. */
  prepare(plans: readonly EgressPlan[]): PreparedLogs {
    const logged = plans.filter(({ logs }) => logs.length > 0);
    for (const plan of logged) {
      const problem = logProblem(plan);
      if (problem !== null) throw new Error(problem);
    }
    const prepared = this.#kept.prepare(logged);
    return {
      keep: (isNew) => {
        prepared.keep();
        this.#follow(isNew);
      },
      undo: () => prepared.undo(),
    };
  }

  /** From now on logs are looked at when it is time, and at once: requests go by what is known. */
  open(): void {
    this.#timer = setInterval(() => void this.#look(), tickMs);
    void this.#look();
  }

  /** Reads all that is there now, of one pool or of all. Null when it is done; otherwise what does not exist. */
  async renew(name: string | null): Promise<string | null> {
    if (name !== null && !this.#following.has(name)) return `the egress pool ${name} has no logs`;
    for (let looks = 1; looks <= renewLooksMax; looks++) {
      while (this.#looking !== null) await this.#looking;
      await this.#begin(true, name);
      const waitMs = this.#waitMs(name);
      if (waitMs <= 0) break;
      await new Promise((resume) => setTimeout(resume, waitMs));
    }
    return null;
  }

  figures(): LogFigures[] {
    return [...this.#following.values()].map(({ plan, logs }) => ({
      name: plan.name,
      lines: logs.counts,
      bytes: logs.bytes,
      logs: logs.standings(),
    }));
  }

  mark(): void {
    this.#kept.mark();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    for (const { logs } of this.#following.values()) logs.close();
    this.#following = new Map();
    this.#kept.close();
  }

  async #look(): Promise<void> {
    if (this.#looking !== null || this.#following.size === 0) return;
    await this.#begin(false, null);
    if (performance.now() - this.#toldMs < tellMs) return;
    this.#toldMs = performance.now();
    this.#tell();
  }

  /** For how long what was rotated just now keeps its successor waiting, in one pool or in all. */
  #waitMs(name: string | null): number {
    const nowMs = this.#options.nowMs();
    const waiting = [...this.#following.values()].filter(({ plan }) => name === null || plan.name === name);
    return Math.max(0, ...waiting.map(({ logs }) => logs.waitsUntilMs(nowMs) - nowMs));
  }

  #begin(isAll: boolean, name: string | null): Promise<void> {
    this.#looking = inSlices(this.#steps(isAll, name)).finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  *#steps(isAll: boolean, name: string | null): Steps<void> {
    for (const { plan, logs } of this.#following.values())
      if (name === null || plan.name === name) yield* logs.look(this.#options.nowMs, isAll);
  }

  #follow(isNew: (name: string) => boolean): void {
    const former = this.#following;
    const next = new Map<string, Following>();
    for (const { plan, positions } of this.#kept.all) {
      const { name } = plan;
      const before = former.get(name);
      if (isNew(name)) positions.clear();
      if (before?.positions === positions && !isNew(name) && isSame(before.plan, plan)) {
        next.set(name, before);
        continue;
      }
      before?.logs.close();
      const note = (member: number, outcome: EgressOutcome): void => this.#options.note(name, member, outcome);
      const found = positions.adopt(logPaths(plan));
      const logs = new PoolLogs({ pool: plan, positions: found, note, former: before?.logs });
      logs.meet();
      next.set(name, { plan, positions, logs });
    }
    for (const [name, { logs }] of former) if (!next.has(name)) logs.close();
    this.#following = next;
  }

  #tell(): void {
    for (const { plan, logs } of this.#following.values())
      for (const standing of logs.standings()) {
        const key = `${plan.name} ${standing.path}`;
        const text = textOf(standing);
        if (this.#told.get(key) === text) continue;
        const isNews = this.#told.has(key) || text !== "";
        this.#told.set(key, text);
        if (isNews && text === "") this.#options.log.info(`egress pool ${plan.name}: the log ${standing.path} is read`);
        else if (isNews) this.#options.log.warn(`egress pool ${plan.name}: the log ${standing.path} ${text}`);
      }
  }

  #openFile(plan: EgressPlan, path: string): { open: OpenPositions; isMade: boolean } {
    const rows = rowsFor(plan);
    const found = mapShared(path, Positions.bytesFor(rows), (bytes) => Positions.isFormatted(bytes, rows));
    if (found !== null) return { open: { plan, path, positions: new Positions(found) }, isMade: false };
    if (existsSync(path)) rmSync(path, { force: true });
    const bytes = makeShared(path, Positions.bytesFor(rows), (made) => Positions.format(made, rows));
    const positions = new Positions(bytes);
    const former = this.#kept.find(plan.name)?.positions ?? this.#left(plan.name, path);
    if (former !== null) positions.carry(former, logPaths(plan));
    return { open: { plan, path, positions }, isMade: true };
  }

  /** Of another size, from the run before. */
  #left(name: string, own: string): Positions | null {
    for (const left of filesIn(this.#options.folder)) {
      if (left.name !== name || left.path === own) continue;
      const bytes = mapShared(left.path, Positions.bytesFor(0), (found) => Positions.rowsIn(found) !== null);
      if (bytes !== null) return new Positions(bytes);
    }
    return null;
  }
}

function isSame(one: EgressPlan, other: EgressPlan): boolean {
  return (
    one.judge.per === other.judge.per &&
    Bun.deepEquals(one.logs, other.logs) &&
    Bun.deepEquals(one.members, other.members)
  );
}

/** "" when all is well. */
function textOf({ files, absent, unreadable, problem }: LogStanding): string {
  const of = (count: number): string => (files === 1 ? "" : `: ${count} of its ${files} files`);
  if (problem !== null) return `cannot be read${of(unreadable)}: ${problem}`;
  return absent === 0 ? "" : `is not there yet${of(absent)}`;
}

function rowsFor(plan: EgressPlan): number {
  let rows = rowsMin;
  const needed = logPaths(plan).length;
  while (rows < needed) rows *= 2;
  return rows;
}

/** 16 hexadecimal digits. */
function shapeName(plan: EgressPlan): string {
  return rowsFor(plan).toString(16).padStart(16, "0");
}
