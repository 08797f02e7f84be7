// The registry of one process, for a Sluice that has no Redis: its sets are written by its own sentinel and by operators, and live as
// long as it does. It says what the one in Redis says (redis.ts), and passes the same suite.

import { isSame, toldOf } from "./member.ts";
import { membershipsOf } from "./membership.ts";
import { decide } from "./quorum.ts";
import type { Ballot, Membership, Outcome, Registry, RegistryStatus, SetContent, Told, View } from "./registry.ts";
import { shownMax } from "./registry.ts";
import { unattended, unrenewed } from "./unrenewed.ts";

interface Voter {
  readonly untilMs: number;
  readonly views: ReadonlyMap<string, boolean>;
}

/** One set. */
interface Kept {
  /** When the lease of each ends; null: it has none. */
  readonly members: Map<string, number | null>;
  readonly draining: Set<string>;
  readonly voters: Map<string, Voter>;
  readonly tells: Set<(told: Told) => void>;
}

/** As often as sets in Redis are read, unless told otherwise. */
const againMs = 5000;

export class MemoryRegistry implements Registry {
  readonly #nowMs: () => number;
  readonly #againMs: number;
  readonly #sets = new Map<string, Kept>();
  #again: Timer | null = null;

  constructor(nowMs: () => number = () => performance.now(), tellMs: number = againMs) {
    this.#nowMs = nowMs;
    this.#againMs = tellMs;
  }

  watch(set: string, tell: (told: Told) => void): () => void {
    const kept = this.#set(set);
    kept.tells.add(tell);
    this.#again ??= setInterval(() => this.#tellAgain(), this.#againMs).unref();
    queueMicrotask(() => {
      if (kept.tells.has(tell)) tell(answerOf(kept, this.#nowMs()));
    });
    return () => void kept.tells.delete(tell);
  }

  async members(set: string): Promise<SetContent> {
    const kept = this.#sets.get(set);
    if (kept === undefined) return { members: [], size: 0 };
    const nowMs = this.#nowMs();
    const members: Membership[] = membershipsOf({
      members: kept.members.keys(),
      draining: kept.draining,
      leaseLeftMs: (member) => {
        const untilMs = kept.members.get(member) ?? null;
        return untilMs === null ? null : Math.max(0, untilMs - nowMs);
      },
      views: viewsOf(kept, nowMs),
    });
    return { members: members.slice(0, shownMax), size: kept.members.size };
  }

  async sets(): Promise<readonly string[]> {
    const used = [...this.#sets].filter(([, { members, tells }]) => members.size > 0 || tells.size > 0);
    return used.map(([name]) => name).sort();
  }

  async add(set: string, member: string): Promise<boolean> {
    const kept = this.#set(set);
    const isNew = !kept.members.has(member);
    kept.members.set(member, null);
    if (isNew) this.#changed(kept);
    return isNew;
  }

  async remove(set: string, member: string): Promise<boolean> {
    const kept = this.#set(set);
    const wasThere = kept.members.delete(member);
    for (const drained of kept.draining) if (isSame(drained, member)) kept.draining.delete(drained);
    if (wasThere) this.#changed(kept);
    return wasThere;
  }

  async drain(set: string, member: string, isDrained: boolean): Promise<boolean> {
    const kept = this.#set(set);
    const before = kept.draining.size;
    if (isDrained) kept.draining.add(member);
    else for (const drained of kept.draining) if (isSame(drained, member)) kept.draining.delete(drained);
    if (kept.draining.size !== before) this.#changed(kept);
    return kept.draining.size !== before;
  }

  async vote(set: string, { voter, views, leaseMs, quorum }: Ballot): Promise<Outcome> {
    const kept = this.#set(set);
    const nowMs = this.#nowMs();
    const isAnyAlive = isTended(kept, nowMs);
    kept.voters.set(voter, { untilMs: nowMs + leaseMs, views: new Map(views) });
    for (const [name, { untilMs }] of kept.voters) if (untilMs <= nowMs) kept.voters.delete(name);
    const added: string[] = [];
    const removed: string[] = [];
    for (const member of views.keys()) {
      const said = [...kept.voters.values()].flatMap((each) => each.views.get(member) ?? []);
      const up = said.filter(Boolean).length;
      const decision = decide(up, said.length - up, quorum);
      if (decision === "up") {
        if (!kept.members.has(member)) added.push(member);
        kept.members.set(member, nowMs + leaseMs);
      } else if (decision === "down") {
        if (kept.members.delete(member)) removed.push(member);
      } else if (decision === "keep" && typeof kept.members.get(member) === "number") {
        kept.members.set(member, nowMs + leaseMs);
      }
    }
    // Where nobody was alive that leases are over says only that.
    if (!isAnyAlive) for (const member of overOf(kept, nowMs)) kept.members.set(member, nowMs + leaseMs);
    removed.push(...overOf(kept, nowMs));
    for (const member of removed) kept.members.delete(member);
    if (added.length + removed.length > 0) this.#changed(kept);
    return { added, removed };
  }

  async withdraw(set: string, voter: string): Promise<void> {
    const kept = this.#set(set);
    const left = kept.voters.get(voter);
    kept.voters.delete(voter);
    const nowMs = this.#nowMs();
    for (const member of left?.views.keys() ?? []) {
      const isLookedAt = [...kept.voters.values()].some(({ untilMs, views }) => untilMs > nowMs && views.has(member));
      if (!isLookedAt && kept.members.has(member)) kept.members.set(member, null);
    }
  }

  status(): RegistryStatus {
    return { place: "memory", notice: "at once", problem: null, outages: 0 };
  }

  close(): void {
    if (this.#again !== null) clearInterval(this.#again);
    for (const { tells } of this.#sets.values()) tells.clear();
  }

  #set(name: string): Kept {
    const kept = this.#sets.get(name) ?? {
      members: new Map(),
      draining: new Set(),
      voters: new Map(),
      tells: new Set(),
    };
    this.#sets.set(name, kept);
    return kept;
  }

  /** What is known here cannot grow old. */
  #tellAgain(): void {
    for (const kept of this.#sets.values()) this.#changed(kept);
  }

  #changed(kept: Kept): void {
    if (kept.tells.size === 0) return;
    const told = answerOf(kept, this.#nowMs());
    for (const tell of [...kept.tells]) tell(told);
  }
}

function isTended({ voters }: Kept, nowMs: number): boolean {
  return [...voters.values()].some(({ untilMs }) => untilMs > nowMs);
}

/** Those whose lease is over. */
function overOf({ members }: Kept, nowMs: number): string[] {
  return [...members].filter(([, untilMs]) => untilMs !== null && untilMs <= nowMs).map(([member]) => member);
}

function answerOf(kept: Kept, nowMs: number): Told {
  const { members, draining } = kept;
  const told = toldOf(members.keys(), draining, members.size);
  const over = isTended(kept, nowMs) ? [] : overOf(kept, nowMs);
  return over.length === 0 ? told : unrenewed(told, over, unattended);
}

function viewsOf({ voters }: Kept, nowMs: number): Map<string, View[]> {
  const all = new Map<string, View[]>();
  for (const [voter, { untilMs, views }] of voters) {
    if (untilMs <= nowMs) continue;
    for (const [member, isUp] of views) {
      const view = { voter, isUp, leftMs: untilMs - nowMs };
      all.set(member, [...(all.get(member) ?? []), view]);
    }
  }
  return all;
}
