// One set of a registry in memory: its members and their leases, who is drained, and what sentinels say. It has no clock and tells nobody. Its
// votes come to what the script in Redis comes to (scripts.ts), and tests hold both against each other.

import { turnMs } from "./attendance.ts";
import { decide } from "./quorum.ts";
import type { Ballot, Outcome, View } from "./registry.ts";

interface Voter {
  readonly untilMs: number;
  readonly views: ReadonlyMap<string, boolean>;
}

export class KeptSet {
  /** When the lease of each ends; null: it has none. */
  readonly members: Map<string, number | null> = new Map();
  readonly draining: Set<string> = new Set();
  readonly #voters = new Map<string, Voter>();
  #lastVoteMs: number | null = null;

  /** `silenceMs`: where nobody has voted for longer, nobody could (attendance.ts). */
  vote({ voter, views, leaseMs, everyMs, quorum }: Ballot, silenceMs: number, nowMs: number): Outcome {
    if (!this.isTended(nowMs)) this.#beginAnew(leaseMs, nowMs);
    else if (this.#quietMs(nowMs) > silenceMs) this.#beginAnew(Math.min(leaseMs, turnMs(everyMs)), nowMs);
    this.#lastVoteMs = nowMs;
    this.#voters.set(voter, { untilMs: nowMs + leaseMs, views: new Map(views) });
    for (const [name, { untilMs }] of this.#voters) if (untilMs <= nowMs) this.#voters.delete(name);
    const added: string[] = [];
    const removed: string[] = [];
    for (const member of views.keys()) {
      const said = [...this.#voters.values()].flatMap((each) => each.views.get(member) ?? []);
      const up = said.filter(Boolean).length;
      const decision = decide(up, said.length - up, quorum);
      if (decision === "up") {
        if (!this.members.has(member)) added.push(member);
        this.members.set(member, nowMs + leaseMs);
      } else if (decision === "down") {
        if (this.members.delete(member)) removed.push(member);
      } else if (decision === "keep" && typeof this.members.get(member) === "number") {
        this.members.set(member, nowMs + leaseMs);
      }
    }
    const over = this.overOf(nowMs);
    for (const member of over) this.members.delete(member);
    return { added, removed: [...removed, ...over] };
  }

  withdraw(voter: string, nowMs: number): void {
    const left = this.#voters.get(voter);
    this.#voters.delete(voter);
    for (const member of left?.views.keys() ?? []) {
      const isLookedAt = [...this.#voters.values()].some(({ untilMs, views }) => untilMs > nowMs && views.has(member));
      if (!isLookedAt && this.members.has(member)) this.members.set(member, null);
    }
    if (left !== undefined && !this.isTended(nowMs)) this.#lastVoteMs = null;
  }

  /** Whether the word of some sentinel counts. */
  isTended(nowMs: number): boolean {
    return [...this.#voters.values()].some(({ untilMs }) => untilMs > nowMs);
  }

  /** Those whose lease is over. */
  overOf(nowMs: number): string[] {
    return [...this.members].filter(([, untilMs]) => untilMs !== null && untilMs <= nowMs).map(([member]) => member);
  }

  viewsAt(nowMs: number): Map<string, View[]> {
    const all = new Map<string, View[]>();
    for (const [voter, { untilMs, views }] of this.#voters) {
      if (untilMs <= nowMs) continue;
      for (const [member, isUp] of views) {
        const view = { voter, isUp, leftMs: untilMs - nowMs };
        all.set(member, [...(all.get(member) ?? []), view]);
      }
    }
    return all;
  }

  #quietMs(nowMs: number): number {
    return this.#lastVoteMs === null ? 0 : nowMs - this.#lastVoteMs;
  }

  /** What each had left when somebody voted last, and so much at least. */
  #beginAnew(leastMs: number, nowMs: number): void {
    const quietMs = this.#quietMs(nowMs);
    for (const [member, untilMs] of this.members)
      if (untilMs !== null) this.members.set(member, Math.max(untilMs + quietMs, nowMs + leastMs));
  }
}
