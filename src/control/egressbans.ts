// Which outbound addresses operators have banned, kept beside the boards of their pools: a board that is damaged, or of another version of
// Sluice, is made anew, and what was learned may go with it; what somebody has decided must not. It is a copy: boards say what
// holds, and a ban of here counts only where a board has nothing of a member from before: a new board, or a member that was away. JSON, a ban a line, put in place in one step.

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "./log.ts";

export interface EgressBan {
  readonly pool: string;
  readonly member: string;
  /** 0: until it is lifted. */
  readonly untilMs: number;
  /** Who, and why, as the timeline has it. */
  readonly note: string;
}

export interface EgressBansOptions {
  /** Where the boards lie. */
  readonly folder: string;
  /** What the run before has left is dropped. */
  readonly isFresh?: boolean;
  readonly log: Log;
}

/** Of no pool: files of boards have their names, and no name begins like this. */
const fileName = ".bans.json";

/** Bans of members that no pool has for now: those of a file of nginx that is written anew, or without some of them. */
export const awayBansMax = 10_000;

export class EgressBans {
  readonly #path: string;
  readonly #log: Log;
  #bans: readonly EgressBan[] = [];
  /** What the file has; null: another try is owed. */
  #text: string | null = "";
  #isTold = false;

  constructor({ folder, isFresh, log }: EgressBansOptions) {
    this.#path = join(folder, fileName);
    this.#log = log;
    if (isFresh === true) rmSync(this.#path, { force: true });
    else this.#read();
  }

  /** Those of a pool that are not over. */
  of(pool: string, nowMs: number): EgressBan[] {
    return this.#bans.filter((ban) => ban.pool === pool && (ban.untilMs === 0 || ban.untilMs > nowMs));
  }

  /** Those that are not over, of members that no pool has now, for they may come back: the newest, where they are many. */
  away(isHere: (ban: EgressBan) => boolean, nowMs: number): EgressBan[] {
    return this.#bans.filter((ban) => (ban.untilMs === 0 || ban.untilMs > nowMs) && !isHere(ban)).slice(-awayBansMax);
  }

  /** Whether the last write failed. */
  get isOwed(): boolean {
    return this.#text === null;
  }

  /** All that boards have now, and those of members that are away. */
  keep(bans: readonly EgressBan[]): void {
    this.#bans = bans;
    const text = bans.length === 0 ? "" : textOf(bans);
    if (text === this.#text) return;
    try {
      if (text === "") rmSync(this.#path, { force: true });
      else {
        writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
        renameSync(`${this.#path}.new`, this.#path);
      }
      this.#text = text;
      this.#isTold = false;
    } catch (error) {
      this.#text = null;
      if (!this.#isTold)
        this.#log.warn(
          `bans of outbound addresses hold, and cannot be copied to ${this.#path}: ${(error as Error).message}; it is tried again each second`,
        );
      this.#isTold = true;
    }
  }

  #read(): void {
    if (!existsSync(this.#path)) return;
    const text = readFileSync(this.#path, "utf8");
    const bans = bansIn(text);
    if (bans !== null) {
      this.#bans = bans;
      this.#text = text;
      return;
    }
    const aside = `${this.#path}.damaged`;
    renameSync(this.#path, aside);
    this.#log.error(`${this.#path} is not as Sluice writes it; it has been put aside as ${aside}`);
  }
}

function textOf(bans: readonly EgressBan[]): string {
  const lines = bans.map(({ pool, member, untilMs, note }) =>
    JSON.stringify({ pool, address: member, until: untilMs === 0 ? null : new Date(untilMs).toISOString(), note }),
  );
  return `{"version":1,"bans":[\n${lines.join(",\n")}\n]}\n`;
}

/** Null: it is none of ours. */
function bansIn(text: string): EgressBan[] | null {
  try {
    const { version, bans } = JSON.parse(text) as { version?: unknown; bans?: unknown };
    if (version !== 1 || !Array.isArray(bans)) return null;
    const read = bans.flatMap((each) => banOf(each as Record<string, unknown>) ?? []);
    return read.length === bans.length ? read : null;
  } catch {
    return null;
  }
}

function banOf({ pool, address, until, note }: Record<string, unknown>): EgressBan | null {
  if (typeof pool !== "string" || typeof address !== "string" || typeof note !== "string") return null;
  const untilMs = until === null ? 0 : Date.parse(String(until));
  return Number.isNaN(untilMs) ? null : { pool, member: address, untilMs, note };
}
