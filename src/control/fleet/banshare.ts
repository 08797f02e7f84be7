// How bans of this node and bans of the fleet become the same: what changes here goes out, what comes in is taken up where it is later than
// what is known here. It knows when what was changed, and no Redis: beating.ts carries both ways. What was lifted is
// remembered, for a node that was away meanwhile still has the ban.
//
// Clocks of nodes differ. A change of something that is known is therefore at least a millisecond later than what is known: whoever sees
// a ban can lift it, wherever its clock stands.

import { type Ban, banOf, recordOf } from "../ban.ts";
import type { BanObserver, Bans } from "../bans.ts";
import { forgottenMs } from "./keys.ts";

/** Of a block: a ban, or that there is none any more. */
export interface BanChange {
  readonly block: string;
  readonly atMs: number;
  readonly node: string;
  /** Null: lifted. */
  readonly ban: Ban | null;
}

/** Of a block whose ban was lifted. */
export interface Lifted {
  readonly atMs: number;
  readonly node: string;
}

export interface BanShareOptions {
  readonly bans: Bans;
  readonly node: string;
  readonly nowMs: () => number;
  /** What the last run remembered. */
  readonly lifted: Iterable<readonly [string, Lifted]>;
  /** Something here has changed and is to go out; what was lifted is to be remembered. */
  readonly changed: () => void;
  /** There is no room for a ban of another node. */
  readonly full: () => void;
}

/** More are forgotten, the first of them first. */
const liftedMax = 100_000;

export class BanShare implements BanObserver {
  readonly node: string;
  readonly #options: BanShareOptions;
  readonly #lifted: Map<string, Lifted>;
  /** Blocks of which the last change is to go out. */
  readonly #waiting = new Set<string>();

  constructor(options: BanShareOptions) {
    this.#options = options;
    this.node = options.node;
    this.#lifted = new Map(options.lifted);
    this.tellAll();
  }

  get lifted(): ReadonlyMap<string, Lifted> {
    return this.#lifted;
  }

  /** Whoever asks may know nothing of all this. */
  tellAll(): void {
    for (const { block } of this.#options.bans.all()) this.#waiting.add(block.text);
    for (const block of this.#lifted.keys()) this.#waiting.add(block);
  }

  // ---- told by Bans ----

  stamp(block: string, atMs: number): number {
    const known = this.#known(block);
    return known === null ? atMs : Math.max(atMs, known.atMs + 1);
  }

  added(ban: Ban): void {
    this.#lifted.delete(ban.block.text);
    this.#goesOut(ban.block.text);
  }

  removed(ban: Ban): void {
    const block = ban.block.text;
    this.#remember(block, { atMs: Math.max(this.#options.nowMs(), ban.sinceMs + 1), node: this.node });
    this.#goesOut(block);
  }

  // ---- to and from the fleet ----

  /** What is to go out next; it stays until `sent`. */
  next(changesMax: number): BanChange[] {
    const changes: BanChange[] = [];
    for (const block of this.#waiting) {
      if (changes.length >= changesMax) break;
      const known = this.#known(block);
      // A ban that is over by now.
      if (known === null) this.#waiting.delete(block);
      else changes.push(known);
    }
    return changes;
  }

  get hasMore(): boolean {
    return this.#waiting.size > 0;
  }

  sent(changes: readonly BanChange[]): void {
    for (const { block, atMs } of changes) if (this.#known(block)?.atMs === atMs) this.#waiting.delete(block);
  }

  hear(change: BanChange): void {
    const { bans, changed } = this.#options;
    const known = this.#known(change.block);
    if (known !== null && !isLater(change, known)) return;
    this.#waiting.delete(change.block);
    if (change.ban !== null) {
      this.#lifted.delete(change.block);
      if (bans.add(change.ban, "fleet") === "full") this.#options.full();
      return;
    }
    bans.lift(change.block, change.node);
    this.#remember(change.block, { atMs: change.atMs, node: change.node });
    changed();
  }

  #known(block: string): BanChange | null {
    const ban = this.#options.bans.find(block);
    if (ban !== null) return { block, atMs: ban.sinceMs, node: ban.node === "" ? this.node : ban.node, ban };
    const lifted = this.#lifted.get(block);
    return lifted === undefined ? null : { block, ...lifted, ban: null };
  }

  #remember(block: string, lifted: Lifted): void {
    this.#lifted.delete(block);
    this.#lifted.set(block, lifted);
    const endMs = this.#options.nowMs() - forgottenMs;
    for (const [first, { atMs }] of this.#lifted) {
      if (this.#lifted.size <= liftedMax && atMs > endMs) break;
      this.#lifted.delete(first);
    }
  }

  #goesOut(block: string): void {
    this.#waiting.add(block);
    this.#options.changed();
  }
}

function isLater(one: BanChange, other: BanChange): boolean {
  return one.atMs > other.atMs || (one.atMs === other.atMs && one.node > other.node);
}

/** As Redis keeps it: time and node, then the ban, or nothing where it was lifted. */
export function changeWords({ block, atMs, node, ban }: BanChange): (string | number)[] {
  const endsMs = ban === null ? atMs + forgottenMs : (ban.untilMs ?? 0);
  const record = ban === null ? "" : JSON.stringify({ ...recordOf(ban), node });
  return [block, atMs, endsMs, `${atMs} ${node}\n${record}`];
}

/** Null for what is none, and for a ban that is over. */
export function changeOf(block: string, value: string, nowMs: number): BanChange | null {
  const [, at, node = "", record = ""] = /^(\d+) (\S*)\n(.*)$/s.exec(value) ?? [];
  if (at === undefined) return null;
  if (record === "") return { block, atMs: Number(at), node, ban: null };
  const ban = banOf(parsed(record), nowMs);
  return ban === null || ban.block.text !== block ? null : { block, atMs: Number(at), node, ban: { ...ban, node } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
