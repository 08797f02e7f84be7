// The shared files of one kind, tables or caches, as control keeps them for the plan in force: made before any worker hears of
// them, they outlive every process, and go when no config names them any more, when the machine has been started again, or when
// that is asked for. What a file holds, and what becomes of it when its shape changes, the kind knows. The file of the former
// plan stays until the new plan is in force, so a plan that is refused loses nothing. Somebody may have tidied up there: who has a file
// mapped goes on with it, but nobody else can map it any more, so the next plan is given another one.

import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "./log.ts";
import { filesIn, type Reserving, removeDrafts } from "./sharedfile.ts";
import { type Machine, staleness, writeMark } from "./table/bootmark.ts";

export interface KeptOptions {
  /** Where the files lie; made when it is not there. */
  readonly folder: string;
  readonly machine: Machine;
  /** What the run before has left is dropped. */
  readonly isFresh?: boolean;
  /** Of files that the run before has left, or that others share with us. Without it nothing is asked for. */
  readonly reserving?: Reserving | undefined;
  readonly log: Log;
}

interface Named {
  readonly name: string;
}

/** What is to be said once the plan is in force; `lost`: something that may be missed is gone, a warning. */
export type KeptLine = string | { readonly lost: string };

/** A file that is in use. */
export interface Kept<Plan extends Named> {
  readonly plan: Plan;
  readonly path: string;
}

export interface Kind<Plan extends Named, Open extends Kept<Plan>> {
  /** What messages call one, and what it holds. */
  readonly noun: string;
  readonly contents: string;
  /** Nobody misses it: it is fetched again. */
  readonly isCache?: boolean;
  pathOf(plan: Plan): string;
  /** The file that is there, or a new one. What is to be said of it once the plan is in force goes to `lines`. */
  open(plan: Plan, path: string, lines: KeptLine[]): { readonly open: Open; readonly isMade: boolean };
  /** The same file obeys another plan. */
  adopt(open: Open, plan: Plan): Open;
  /** What dead processes held and were doing is let go of. */
  recover(open: Open): void;
  close(open: Open): void;
  /** Its file is removed and nothing new begins with it: memory that nobody reads any more is given back, not when the last process has unmapped it. */
  empty?(open: Open): void;
  /** Whether what is mapped still is what it was made as; always, where absent. */
  isSound?(open: Open): boolean;
}

/** Exactly one of `keep` and `undo` is called. */
export interface PreparedFiles {
  /** Paths by the names of what they hold. */
  readonly files: Readonly<Record<string, string>>;
  keep(): void;
  undo(): void;
}

const markName = ".machine";

export class KeptFiles<Plan extends Named, Open extends Kept<Plan>> {
  readonly #options: KeptOptions;
  readonly #kind: Kind<Plan, Open>;
  #open: ReadonlyMap<string, Open> = new Map();
  /** Which file each of them is, as it was opened. */
  readonly #inodes = new Map<string, number>();
  /** Of a plan that is being published. */
  #pending: ReadonlyMap<string, Open> = new Map();
  #isMarkTold = false;

  constructor(options: KeptOptions, kind: Kind<Plan, Open>) {
    this.#options = options;
    this.#kind = kind;
    const { folder, machine, isFresh } = options;
    this.#makeFolder();
    removeDrafts(folder);
    const problem = isFresh === true ? "a fresh start was asked for" : staleness(this.#markPath, machine);
    if (problem !== null) this.#dropAll(problem, isFresh === true || kind.isCache === true);
    this.#writeMark();
  }

  get all(): readonly Open[] {
    return [...this.#open.values()];
  }

  find(name: string): Open | null {
    return this.#open.get(name) ?? null;
  }

  /** Whether workers that start now would find them all. */
  get isWhole(): boolean {
    return this.all.every((open) => this.#isThere(open));
  }

  /** Throws an Error for the operator when a file cannot be made; nothing is left of it then. */
  prepare(plans: readonly Plan[]): PreparedFiles {
    this.#makeFolder();
    const next = new Map<string, Open>();
    const made: Open[] = [];
    const replaced: Open[] = [];
    const lines: KeptLine[] = [];
    const undo = (): void => {
      for (const open of made) {
        this.#discard(open);
        rmSync(open.path, { force: true });
      }
      // What the refused plan said of those that stay is taken back.
      for (const open of this.#open.values()) this.#kind.adopt(open, open.plan);
      this.#pending = new Map();
    };
    try {
      for (const plan of plans) {
        const path = this.#kind.pathOf(plan);
        const former = this.#open.get(plan.name);
        const isHere = former?.path === path && this.#isThere(former);
        if (former?.path === path && !isHere) {
          lines.push(
            `${this.#kind.noun} ${plan.name}: its file ${path} was removed or is damaged; it has another one now`,
          );
          replaced.push(former);
        }
        const opened = isHere
          ? { open: this.#kind.adopt(former, plan), isMade: false }
          : this.#opened(plan, path, lines);
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
        for (const open of replaced) this.#discard(open);
        this.#keep(next, lines);
      },
      undo,
    };
  }

  #opened(plan: Plan, path: string, lines: KeptLine[]): ReturnType<Kind<Plan, Open>["open"]> {
    const opened = this.#kind.open(plan, path, lines);
    this.#inodes.set(path, statSync(path).ino);
    return opened;
  }

  #isThere(open: Open): boolean {
    const found = statSync(open.path, { throwIfNoEntry: false });
    return found?.ino === this.#inodes.get(open.path) && this.#kind.isSound?.(open) !== false;
  }

  #keep(next: ReadonlyMap<string, Open>, lines: readonly KeptLine[]): void {
    const former = this.#open;
    this.#open = next;
    this.#pending = new Map();
    const { log } = this.#options;
    for (const line of lines) {
      if (typeof line === "string") log.info(line);
      else log.warn(line.lost);
    }
    const kept = new Set([...next.values()].map(({ path }) => path));
    for (const open of former.values()) if (!kept.has(open.path)) this.#discard(open);
    for (const { name, path } of filesIn(this.#options.folder)) {
      if (kept.has(path)) continue;
      if (!next.has(name))
        this.#options.log.info(`${this.#kind.noun} ${name}: removed, for the config does not name it any more`);
      rmSync(path, { recursive: true, force: true });
    }
  }

  #discard(open: Open): void {
    this.#kind.empty?.(open);
    this.#kind.close(open);
  }

  recover(): void {
    for (const open of this.#open.values()) this.#kind.recover(open);
    for (const open of this.#pending.values()) this.#kind.recover(open);
  }

  /** To be called every minute: the mark that tells the next run how old these files are. One that cannot be written is due again then. */
  mark(): void {
    try {
      this.#writeMark();
      this.#isMarkTold = false;
    } catch (error) {
      if (!this.#isMarkTold) this.#options.log.warn(`${this.#markPath} cannot be written: ${(error as Error).message}`);
      this.#isMarkTold = true;
    }
  }

  #writeMark(): void {
    this.#makeFolder();
    writeMark(this.#markPath, this.#options.machine);
  }

  /** Lets go of the files; they stay for the next run. */
  close(): void {
    for (const open of this.#open.values()) this.#kind.close(open);
    this.#open = new Map();
    this.#makeFolder();
    if (readdirSync(this.#options.folder).every((entry) => entry === markName)) rmSync(this.#markPath, { force: true });
  }

  /** Somebody may have tidied up there: what is mapped goes on without its name, and control must not end for it. */
  #makeFolder(): void {
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
  }

  get #markPath(): string {
    return join(this.#options.folder, markName);
  }

  #dropAll(reason: string, isExpected: boolean): void {
    const { log } = this.#options;
    for (const { name, path } of filesIn(this.#options.folder)) {
      rmSync(path, { recursive: true, force: true });
      const line = `${this.#kind.noun} ${name}: ${this.#kind.contents} dropped: ${reason}`;
      if (isExpected) log.info(line);
      else log.warn(line);
    }
  }
}
