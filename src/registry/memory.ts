// The registry of one process, for a Sluice that has no Redis: its sets are written by its own sentinel and by operators, and live as
// long as it does. It says what the one in Redis says (redis.ts), and passes the same suite.

import { Attendance } from "./attendance.ts";
import { KeptSet } from "./keptset.ts";
import { isSame, toldOf } from "./member.ts";
import { membershipsOf } from "./membership.ts";
import type { Ballot, Membership, Outcome, Registry, RegistryStatus, SetContent, Told } from "./registry.ts";
import { shownMax } from "./registry.ts";
import { unattended, unrenewed } from "./unrenewed.ts";

/** One set, and who watches it. */
interface Watched {
  readonly kept: KeptSet;
  readonly tells: Set<(told: Told) => void>;
}

/** As often as sets in Redis are read, unless told otherwise. */
const againMs = 5000;

export class MemoryRegistry implements Registry {
  readonly #nowMs: () => number;
  readonly #againMs: number;
  readonly #sets = new Map<string, Watched>();
  readonly #attendance = new Attendance();
  #again: Timer | null = null;

  constructor(nowMs: () => number = () => performance.now(), tellMs: number = againMs) {
    this.#nowMs = nowMs;
    this.#againMs = tellMs;
  }

  watch(set: string, tell: (told: Told) => void): () => void {
    const { kept, tells } = this.#set(set);
    tells.add(tell);
    this.#again ??= setInterval(() => this.#tellAgain(), this.#againMs).unref();
    queueMicrotask(() => {
      if (tells.has(tell)) tell(answerOf(kept, this.#nowMs()));
    });
    return () => void tells.delete(tell);
  }

  async members(set: string): Promise<SetContent> {
    const kept = this.#sets.get(set)?.kept;
    if (kept === undefined) return { members: [], size: 0 };
    const nowMs = this.#nowMs();
    const members: Membership[] = membershipsOf({
      members: kept.members.keys(),
      draining: kept.draining,
      leaseLeftMs: (member) => {
        const untilMs = kept.members.get(member) ?? null;
        return untilMs === null ? null : Math.max(0, untilMs - nowMs);
      },
      views: kept.viewsAt(nowMs),
    });
    return { members: members.slice(0, shownMax), size: kept.members.size };
  }

  async sets(): Promise<readonly string[]> {
    const used = [...this.#sets].filter(([, { kept, tells }]) => kept.members.size > 0 || tells.size > 0);
    return used.map(([name]) => name).sort();
  }

  async add(set: string, member: string): Promise<boolean> {
    const watched = this.#set(set);
    const { kept } = watched;
    const isNew = !kept.members.has(member);
    kept.members.set(member, null);
    if (isNew) this.#changed(watched);
    return isNew;
  }

  async remove(set: string, member: string): Promise<boolean> {
    const watched = this.#set(set);
    const { kept } = watched;
    const wasThere = kept.members.delete(member);
    for (const drained of kept.draining) if (isSame(drained, member)) kept.draining.delete(drained);
    if (wasThere) this.#changed(watched);
    return wasThere;
  }

  async drain(set: string, member: string, isDrained: boolean): Promise<boolean> {
    const watched = this.#set(set);
    const { kept } = watched;
    const before = kept.draining.size;
    if (isDrained) kept.draining.add(member);
    else for (const drained of kept.draining) if (isSame(drained, member)) kept.draining.delete(drained);
    if (kept.draining.size !== before) this.#changed(watched);
    return kept.draining.size !== before;
  }

  async vote(set: string, ballot: Ballot): Promise<Outcome> {
    const watched = this.#set(set);
    const { voter, everyMs, leaseMs } = ballot;
    const nowMs = this.#nowMs();
    const key = `${set} ${voter}`;
    const outcome = watched.kept.vote(ballot, this.#attendance.silenceMs(key, everyMs, leaseMs, nowMs), nowMs);
    this.#attendance.voted(key, nowMs);
    if (outcome.added.length + outcome.removed.length > 0) this.#changed(watched);
    return outcome;
  }

  async withdraw(set: string, voter: string): Promise<void> {
    this.#attendance.forget(`${set} ${voter}`);
    this.#set(set).kept.withdraw(voter, this.#nowMs());
  }

  status(): RegistryStatus {
    return { place: "memory", notice: "at once", problem: null, outages: 0 };
  }

  close(): void {
    if (this.#again !== null) clearInterval(this.#again);
    for (const { tells } of this.#sets.values()) tells.clear();
  }

  #set(name: string): Watched {
    const watched = this.#sets.get(name) ?? { kept: new KeptSet(), tells: new Set() };
    this.#sets.set(name, watched);
    return watched;
  }

  /** What is known here cannot grow old. */
  #tellAgain(): void {
    for (const watched of this.#sets.values()) this.#changed(watched);
  }

  #changed({ kept, tells }: Watched): void {
    if (tells.size === 0) return;
    const told = answerOf(kept, this.#nowMs());
    for (const tell of [...tells]) tell(told);
  }
}

function answerOf(kept: KeptSet, nowMs: number): Told {
  const { members, draining } = kept;
  const told = toldOf(members.keys(), draining, members.size);
  const over = kept.isTended(nowMs) ? [] : kept.overOf(nowMs);
  return over.length === 0 ? told : unrenewed(told, over, unattended);
}
