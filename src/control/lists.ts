// The lists of the config in force, as files in the state folder that workers map: made from values in the config, or from a file
// of the operator's, again whenever that changes. It knows when lists are made and nothing of rules. What is bad or gone now
// never takes the place of what was good: the former values stay, and the log and the metrics say so. Everything happens one after
// the other, and nothing is made anew while a plan is being put in force.
//
//   prepare (a plan comes)  >  files are made  >  workers obey  >  keep, or undo
//   look (now and then)     >  a file differs and stands still  >  made anew  >  workers are told

import { mkdirSync, readdirSync, rmSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { stampOf } from "../config/loadfiles.ts";
import type { ListSource } from "../config/loadreplies.ts";
import { FolderWatch } from "./folderwatch.ts";
import { makeList, type Unmade } from "./listmaking.ts";
import type { Log } from "./log.ts";
import { hasFreeFiles, Shortage } from "./openfiles.ts";
import { Retired } from "./retired.ts";
import { Settling } from "./settling.ts";

/** Paths of files to map, by the names of the lists. */
export type ListFiles = Readonly<Record<string, string>>;

export interface ListsOptions {
  /** For the files that are made; what is in it from a former run is removed. */
  readonly folder: string;
  readonly log: Log;
  /** Other files than those that were prepared, or told of, before. */
  readonly changed: (files: ListFiles) => void;
  /** Between two looks; 0 looks only when asked to. */
  readonly everyMs?: number;
  /** How long a file that has changed must have stood still, however it was written. */
  readonly stillMs?: number;
  /** Whether this process can read files; given by tests. */
  readonly hasFreeFiles?: () => boolean;
}

/** Exactly one of `keep` and `undo` is called. */
export interface PreparedLists {
  readonly files: ListFiles;
  keep(): void;
  undo(): void;
}

export interface ListStatus {
  readonly name: string;
  readonly kind: ListSource["kind"];
  readonly entries: number;
  /** Null where the values stand in the config. */
  readonly file: string | null;
  /** When the values in force were read. */
  readonly loadedAtMs: number;
  /** Why its file is not in force as it is now, in lines, and since when that is known. */
  readonly problem: string | null;
  readonly problemAtMs: number | null;
}

/** A list whose file has been made. */
interface Made {
  readonly source: ListSource;
  readonly path: string;
  readonly entries: number;
  /** What the operator's file looked like before it was read, and which file it was. */
  readonly stamp: string;
  readonly inode: number;
  readonly atMs: number;
}

interface Trouble {
  readonly text: string;
  /** Of the file that was found bad. */
  readonly stamp: string;
  readonly atMs: number;
}

const lookMs = 2000;
/** Of another file in its place, which was whole before it came; and of the same, which is being written while it is looked at. */
const stillMs = { replaced: 250, written: 2000 } as const;
const unrestMsMax = 60_000;
const retiredMax = 8;

export class Lists {
  readonly #options: ListsOptions;
  readonly #shortage = new Shortage("lists that have changed are not read");
  readonly #retired = new Retired(retiredMax);
  readonly #watch: FolderWatch = new FolderWatch(() => void this.look());
  readonly #settling: Settling = new Settling(unrestMsMax);
  readonly #timer: Timer | null;
  /** At the soonest that one of them may stand still. */
  #relook: { readonly timer: Timer; readonly atMs: number } | null = null;
  #made = new Map<string, Made>();
  readonly #troubles = new Map<string, Trouble>();
  #turn: Promise<unknown> = Promise.resolve();
  #number = 0;
  #isPreparing = false;
  #isClosed = false;

  constructor(options: ListsOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(options.folder)) rmSync(join(options.folder, name), { recursive: true });
    const everyMs = options.everyMs ?? lookMs;
    this.#timer = everyMs === 0 ? null : setInterval(() => void this.look(), everyMs);
  }

  /** Rejects with sentences for the operator when a list cannot be made and has no former values; nothing has changed then. */
  prepare(sources: Readonly<Record<string, ListSource>>): Promise<PreparedLists> {
    return this.#inTurn(async () => {
      const next = new Map<string, Made>();
      const added: Made[] = [];
      const problems: string[] = [];
      for (const [name, source] of Object.entries(sources)) {
        const former = this.#made.get(name);
        const isSame = former !== undefined && Bun.deepEquals(former.source, source);
        const isAsItWas = isSame && (source.file === null || stampOf(source.file) === former.stamp);
        const problem = isSame && !isAsItWas ? emptied(former) : null;
        const made = isAsItWas ? former : (problem ?? (await this.#make(name, source)));
        if (isMade(made)) {
          next.set(name, made);
          if (made !== former) added.push(made);
        } else if (isSame) {
          next.set(name, former);
          this.#tell(name, made.text, former, problem === null ? "" : stampOf(source.file!));
        } else problems.push(`list ${name}: ${made.text}`);
      }
      const discard = (): void => {
        for (const { path } of added) rmSync(path, { force: true });
      };
      if (problems.length > 0) {
        discard();
        throw new Error(problems.join("\n"));
      }
      this.#isPreparing = true;
      const keep = (): void => this.#keep(next);
      const undo = (): void => {
        this.#isPreparing = false;
        discard();
      };
      return { files: pathsOf(next), keep, undo };
    });
  }

  #keep(next: Map<string, Made>): void {
    this.#isPreparing = false;
    const former = this.#made;
    this.#made = next;
    for (const [name, made] of former) if (next.get(name) !== made) this.#replace(name, made);
    for (const [name, made] of next) this.#say(name, made, former.get(name));
    const files = [...next.values()].flatMap(({ source }) => source.file ?? []);
    this.#watch.follow(new Set(files.map((file) => dirname(file))));
  }

  /** Makes anew what has changed. */
  look(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isClosed || this.#isPreparing) return;
      this.#retired.sweep(performance.now());
      let isChanged = false;
      for (const [name, made] of this.#made) {
        const fresh = await this.#freshOf(name, made);
        if (fresh === null) continue;
        if (this.#isClosed) return rmSync(fresh.path, { force: true });
        this.#made.set(name, fresh);
        this.#replace(name, made);
        this.#say(name, fresh, made);
        isChanged = true;
      }
      if (isChanged && !this.#isClosed) this.#options.changed(pathsOf(this.#made));
    });
  }

  /** Made anew; null while there is no need to, or it cannot be. */
  async #freshOf(name: string, former: Made): Promise<Made | null> {
    const { file } = former.source;
    if (file === null) return null;
    const stamp = stampOf(file);
    if (stamp === former.stamp) {
      this.#settling.forget(name);
      this.#troubles.delete(name);
      return null;
    }
    // What was found bad is not read again before it changes.
    if (this.#troubles.get(name)?.stamp === stamp) return null;
    const isReplaced = statsOf(file)?.ino !== former.inode;
    const waitMs = this.#options.stillMs ?? (isReplaced ? stillMs.replaced : stillMs.written);
    const nowMs = performance.now();
    if (!this.#settling.isSettled(name, stamp, nowMs, waitMs)) {
      this.#lookAgain(nowMs, this.#settling.restMs(name, nowMs, waitMs));
      return null;
    }
    // The file is not to blame for what cannot be read: the next look does.
    const { hasFreeFiles: hasFree = hasFreeFiles } = this.#options;
    if (!hasFree()) {
      this.#shortage.tell(this.#options.log);
      return null;
    }
    const made = emptied(former) ?? (await this.#make(name, former.source));
    if (isMade(made)) return made;
    // Where it is the state folder that is at fault, the next look tries again.
    if (hasFree()) this.#tell(name, made.text, former, made.isOfFolder ? "" : stamp);
    return null;
  }

  #lookAgain(nowMs: number, inMs: number): void {
    const atMs = nowMs + inMs;
    if (this.#relook !== null && this.#relook.atMs <= atMs) return;
    if (this.#relook !== null) clearTimeout(this.#relook.timer);
    const timer = setTimeout(() => {
      this.#relook = null;
      void this.look();
    }, Math.ceil(inMs));
    this.#relook = { timer, atMs };
  }

  async #make(name: string, source: ListSource): Promise<Made | Unmade> {
    const stamp = source.file === null ? "" : stampOf(source.file);
    const inode = source.file === null ? 0 : (statsOf(source.file)?.ino ?? 0);
    const path = join(this.#options.folder, `${encodeURIComponent(name)}.${++this.#number}`);
    const entries = await makeList(source, path);
    return typeof entries !== "number" ? entries : { source, path, entries, stamp, inode, atMs: Date.now() };
  }

  #replace(name: string, { path }: Made): void {
    this.#retired.add(path, performance.now());
    this.#troubles.delete(name);
    this.#settling.forget(name);
  }

  #say(name: string, made: Made, former: Made | undefined): void {
    if (made === former) return;
    const more = made.entries - (former?.entries ?? 0);
    const change = more === 0 ? "as many as before" : `${Math.abs(more)} ${more > 0 ? "more" : "fewer"}`;
    this.#options.log.info(`list ${name}: ${counted(made.entries)}${former === undefined ? "" : ` (${change})`}`);
  }

  #tell(name: string, text: string, { entries }: Made, stamp = ""): void {
    const former = this.#troubles.get(name);
    const isTold = former?.text === text;
    this.#troubles.set(name, { text, stamp, atMs: isTold ? former.atMs : Date.now() });
    if (isTold) return;
    const { log } = this.#options;
    for (const line of text.split("\n")) log.error(`list ${name}: ${line}`);
    log.error(`list ${name}: the ${counted(entries)} from before ${entries === 1 ? "stays" : "stay"} in force`);
  }

  /** In force. */
  get files(): ListFiles {
    return pathsOf(this.#made);
  }

  status(): ListStatus[] {
    return [...this.#made].map(([name, { source, entries, atMs }]) => {
      const trouble = this.#troubles.get(name);
      const { kind, file } = source;
      const [problem, problemAtMs] = [trouble?.text ?? null, trouble?.atMs ?? null];
      return { name, kind, entries, file, loadedAtMs: atMs, problem, problemAtMs };
    });
  }

  /** When no worker maps anything new any more: the files go. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#relook !== null) clearTimeout(this.#relook.timer);
    this.#watch.close();
    this.#retired.clear();
    for (const { path } of this.#made.values()) rmSync(path, { force: true });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** A shell empties a file before the program that fills it has begun (`fetch > FILE`), and leaves it so when that fails. */
function emptied({ source, entries }: Made): Unmade | null {
  if (entries === 0 || source.file === null || statsOf(source.file)?.size !== 0) return null;
  return { text: `${source.file} has become empty; a list of nothing is a comment (# ...)`, isOfFolder: false };
}

function isMade(made: Made | Unmade): made is Made {
  return "path" in made;
}

function pathsOf(made: ReadonlyMap<string, Made>): ListFiles {
  return Object.fromEntries([...made].map(([name, { path }]) => [name, path]));
}

function counted(entries: number): string {
  return `${entries} ${entries === 1 ? "entry" : "entries"}`;
}
