// Hosts for which nobody could be taken just now: going through thousands of members again for each request that comes meanwhile
// would tell the same. What was found holds for some milliseconds, and no longer than until the first is worth another try. Where members
// are only busy, whatever ends in this process makes it void. Of hosts that share a place the last one is remembered.

import type { CandidateList } from "./candidates.ts";

const holdsMs = 20;
const places = 64;

export interface Drought {
  host: string;
  list: CandidateList | null;
  madeMs: number;
  untilMs: number;
  isPaced: boolean;
  pacedMs: number;
  isOnTrial: boolean;
  backMs: number;
  backRow: number;
}

export class DryHosts {
  readonly #droughts: Drought[] = Array.from({ length: places }, () => ({
    host: "",
    list: null,
    madeMs: 0,
    untilMs: 0,
    isPaced: false,
    pacedMs: 0,
    isOnTrial: false,
    backMs: 0,
    backRow: 0,
  }));
  #isAny = false;
  /** In some of them somebody is busy. */
  #isBusy = false;

  /** Of short lists nothing is remembered: they are gone through in no time. */
  isFor(list: CandidateList): boolean {
    return list.count > 64;
  }

  find(list: CandidateList, host: string, nowMs: number): Drought | null {
    if (!this.#isAny) return null;
    const drought = this.#at(host);
    const isIt = drought.list === list && drought.host === host && nowMs >= drought.madeMs && nowMs < drought.untilMs;
    return isIt ? drought : null;
  }

  keep(
    list: CandidateList,
    host: string,
    nowMs: number,
    found: Omit<Drought, "host" | "list" | "madeMs" | "untilMs">,
  ): void {
    const drought = this.#at(host);
    const { isPaced, pacedMs, isOnTrial, backMs, backRow } = found;
    Object.assign(drought, { host, list, madeMs: nowMs, isPaced, pacedMs, isOnTrial, backMs, backRow });
    drought.untilMs = Math.min(nowMs + holdsMs, pacedMs, backMs);
    this.#isAny = true;
    if (isPaced || isOnTrial) this.#isBusy = true;
  }

  /** All may be otherwise now. */
  clear(): void {
    if (!this.#isAny) return;
    this.#isAny = false;
    for (const drought of this.#droughts) drought.list = null;
  }

  /** Somebody was let go of: it may be who is waited for. Who cools down does so still. */
  free(): void {
    if (!this.#isBusy) return;
    this.#isBusy = false;
    for (const drought of this.#droughts) if (drought.isPaced || drought.isOnTrial) drought.list = null;
  }

  #at(host: string): Drought {
    const last = host.length === 0 ? 0 : host.charCodeAt(host.length >> 1);
    return this.#droughts[(host.length * 7 + last) % places]!;
  }
}
