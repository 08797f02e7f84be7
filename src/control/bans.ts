// Who is banned, on the whole machine: kept in a file over restarts, and given to workers as a list of addresses that they map.
// It knows bans and when they end, nothing of traffic. Changes are gathered for a moment, so that a flood of them makes a file
// now and then and not a file each; whoever made one can wait until workers have been told. A ban is over by itself: workers
// compare its end with the time, and here it is removed soon after.
//
//   add, remove, an end  >  at most every 50 ms: bans.json is written, a list is made, workers are told  >  who waits goes on

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ListDraft } from "../memory/listdraft.ts";
import { type Ban, type Block, holds } from "./ban.ts";
import { BansFile } from "./bansfile.ts";
import { writeList } from "./listmaking.ts";
import type { Log } from "./log.ts";
import { Retired } from "./retired.ts";

export interface BansOptions {
  /** The state folder. */
  readonly folder: string;
  readonly log: Log;
  /** Wall-clock time. */
  readonly nowMs: () => number;
  /** Another file for workers to map; null when nobody is banned any more. */
  readonly changed: (path: string | null) => void;
}

/** Who wants to know of bans that are made and lifted here, not of those that are over. */
export interface BanObserver {
  /** Of the fleet; stands in each ban that is made here. */
  readonly node: string;
  /** The time that a change of this block has, which is made at `atMs`. */
  stamp(block: string, atMs: number): number;
  added(ban: Ban): void;
  removed(ban: Ban): void;
}

/** A ban takes about 200 bytes here and 30 in the file that workers map. More than these are the job of a list. */
export const bansMax = 100_000;
const gatherMs = 50;
/** After a try that failed. */
const againMs = 1000;
/** The longest that a timer waits for the next end: the wall clock may be set, and a timer does not hear of it. */
const waitMsMax = 60_000;
const retiredMax = 8;
/** When the file that was replaced last may surely go. */
const tidyMs = 16_000;

export class Bans {
  readonly #options: BansOptions;
  readonly #file: BansFile;
  readonly #retired = new Retired(retiredMax);
  readonly #bans = new Map<string, Ban>();
  /** Null: this node is alone. */
  observer: BanObserver | null = null;
  #path: string | null = null;
  #number = 0;
  /** Something has changed, or went wrong the last time, that is not being saved or told to workers yet. */
  #isUnsaved = false;
  #isUnmade = false;
  #isPublishing = false;
  #publishedAtMs = Number.NEGATIVE_INFINITY;
  #gathering: Timer | null = null;
  #waiting: ((problem: string | null) => void)[] = [];
  /** When bans are looked through next for those that are over. */
  #endMs = Number.POSITIVE_INFINITY;
  #ending: Timer | null = null;
  #tidying: Timer | null = null;
  #isClosed = false;
  /** Of the last try; empty: it went well. */
  #problem = "";

  private constructor(options: BansOptions) {
    this.#options = options;
    this.#file = new BansFile(join(options.folder, "bans.json"));
  }

  /** With the bans of the last run that are not over; the file for workers is there when this resolves. */
  static async open(options: BansOptions): Promise<Bans> {
    const { folder, log, nowMs } = options;
    for (const name of readdirSync(folder)) if (/^bans\.\d+$/.test(name)) rmSync(join(folder, name));
    const bans = new Bans(options);
    const { bans: former, problem } = bans.#file.read(nowMs());
    if (problem !== null) log.error(problem);
    for (const ban of former) bans.#bans.set(ban.block.text, ban);
    if (former.length > 0) {
      log.info(`${former.length} ${former.length === 1 ? "ban is" : "bans are"} in force from before`);
      bans.#isUnsaved = bans.#isUnmade = true;
      await bans.#publish();
    }
    bans.#sweep();
    return bans;
  }

  /** For workers to map. */
  get path(): string | null {
    return this.#path;
  }

  get size(): number {
    return this.#bans.size;
  }

  /** The first that was made first. */
  all(): Iterable<Ban> {
    return this.#bans.values();
  }

  /** Null when there is no ban of just this block. */
  find(text: string): Ban | null {
    return this.#bans.get(text) ?? null;
  }

  /** Takes the place of a ban of the same block, which it answers. Full when there is room for no more. */
  add(asked: Ban, origin: "here" | "fleet" = "here"): { readonly ban: Ban; readonly former: Ban | null } | "full" {
    const { text } = asked.block;
    const observer = origin === "here" ? this.observer : null;
    const ban =
      observer === null ? asked : { ...asked, node: observer.node, sinceMs: observer.stamp(text, asked.sinceMs) };
    const former = this.#bans.get(text) ?? null;
    if (former === null && this.#bans.size >= bansMax) return "full";
    this.#bans.delete(text);
    this.#bans.set(text, ban);
    this.#options.log.info(`${text} is banned${endText(ban)}${from(ban)}`);
    this.#changed();
    if (ban.untilMs !== null && ban.untilMs < this.#endMs) this.#awaitEnd(ban.untilMs);
    observer?.added(ban);
    return { ban, former };
  }

  /** Null when there is no ban of just this block. */
  remove(block: Block): Ban | null {
    const ban = this.find(block.text);
    if (ban === null) return null;
    this.lift(block.text);
    this.observer?.removed(ban);
    return ban;
  }

  /** The same, by another node of the fleet. */
  lift(text: string, node = ""): void {
    if (!this.#bans.delete(text)) return;
    this.#options.log.info(`${text} is banned no more${node === "" ? "" : `, said on ${node}`}`);
    this.#changed();
  }

  /** Another ban that holds all of this block. */
  around(block: Block): Ban | null {
    for (const ban of this.#bans.values()) if (ban.block.text !== block.text && holds(ban.block, block)) return ban;
    return null;
  }

  /** Resolves when all changes so far are saved and workers have been told: null, or why they could not be. */
  settled(): Promise<string | null> {
    if (!this.#isDirty && !this.#isPublishing) return Promise.resolve(null);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of [this.#gathering, this.#ending, this.#tidying]) if (timer !== null) clearTimeout(timer);
    if (this.#isUnsaved) this.#save();
    for (const resolve of this.#waiting.splice(0)) resolve(null);
    this.#retired.clear();
    if (this.#path !== null) rmSync(this.#path, { force: true });
  }

  get #isDirty(): boolean {
    return this.#isUnsaved || this.#isUnmade;
  }

  #changed(): void {
    this.#isUnsaved = this.#isUnmade = true;
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#isDirty || this.#isPublishing || this.#gathering !== null || this.#isClosed) return;
    const pauseMs = this.#problem === "" ? gatherMs : againMs;
    const waitMs = Math.max(0, this.#publishedAtMs + pauseMs - performance.now());
    this.#gathering = setTimeout(() => {
      this.#gathering = null;
      void this.#publish();
    }, waitMs);
  }

  async #publish(): Promise<void> {
    this.#isPublishing = true;
    const [isUnsaved, isUnmade] = [this.#isUnsaved, this.#isUnmade];
    this.#isUnsaved = this.#isUnmade = false;
    const waiting = this.#waiting.splice(0);
    const unsaved = isUnsaved ? this.#save() : null;
    const unmade = isUnmade ? await this.#make() : null;
    const problem = [unsaved, unmade].filter((each) => each !== null).join("; ");
    this.#tell(problem);
    this.#isPublishing = false;
    this.#publishedAtMs = performance.now();
    // Who came meanwhile and changed nothing has waited for this one.
    if (!this.#isDirty) waiting.push(...this.#waiting.splice(0));
    for (const resolve of waiting) resolve(problem === "" ? null : problem);
    // There may be room again: until then workers do not know what is told to be banned.
    this.#isUnsaved ||= unsaved !== null;
    this.#isUnmade ||= unmade !== null;
    this.#schedule();
  }

  /** Once, however many tries fail the same way. */
  #tell(problem: string): void {
    if (problem === this.#problem) return;
    const { log } = this.#options;
    if (problem === "") log.info("bans are saved again, and workers know all of them");
    else log.error(`${problem}; it is tried again each second`);
    this.#problem = problem;
  }

  #save(): string | null {
    try {
      this.#file.write(this.#bans.values());
      return null;
    } catch (error) {
      return `the file of bans cannot be written: ${(error as Error).message}`;
    }
  }

  async #make(): Promise<string | null> {
    const { folder, changed } = this.#options;
    const former = this.#path;
    let path: string | null = null;
    if (this.#bans.size > 0) {
      path = join(folder, `bans.${++this.#number}`);
      const draft = new ListDraft("address");
      for (const { block, untilMs } of this.#bans.values())
        draft.addBlock(block.octets, block.prefix, untilMs === null ? "0" : String(Math.ceil(untilMs / 1000)));
      const size = await writeList(draft, path);
      if (typeof size !== "number") return `workers do not know the last change of bans: ${size.text}`;
      if (this.#isClosed) {
        rmSync(path, { force: true });
        return null;
      }
    }
    this.#path = path;
    if (former !== null) this.#retire(former);
    changed(path);
    return null;
  }

  #retire(path: string): void {
    this.#retired.add(path, performance.now());
    this.#tidying ??= setTimeout(() => {
      this.#tidying = null;
      this.#retired.sweep(performance.now());
    }, tidyMs);
  }

  #awaitEnd(endMs: number): void {
    if (this.#ending !== null) clearTimeout(this.#ending);
    this.#ending = null;
    this.#endMs = endMs;
    if (endMs === Number.POSITIVE_INFINITY || this.#isClosed) return;
    const waitMs = Math.min(Math.max(endMs - this.#options.nowMs(), 0), waitMsMax);
    this.#ending = setTimeout(() => {
      if (this.#options.nowMs() < this.#endMs) this.#awaitEnd(this.#endMs);
      else this.#sweep();
    }, waitMs);
  }

  /** Those that are over go. */
  #sweep(): void {
    const nowMs = this.#options.nowMs();
    const former = this.#bans.size;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [text, { untilMs }] of this.#bans) {
      if (untilMs === null) continue;
      if (untilMs > nowMs) nextMs = Math.min(nextMs, untilMs);
      else {
        this.#bans.delete(text);
        this.#options.log.info(`the ban of ${text} is over`);
      }
    }
    if (this.#bans.size < former) this.#changed();
    this.#awaitEnd(nextMs);
  }
}

function endText({ untilMs }: Ban): string {
  return untilMs === null ? "" : ` until ${new Date(untilMs).toISOString()}`;
}

function from({ by, node, reason }: Ban): string {
  return `${by === "" ? "" : ` by ${by}`}${node === "" ? "" : ` on ${node}`}${reason === "" ? "" : `: ${reason}`}`;
}
