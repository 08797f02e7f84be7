// What a sentinel knows of when somebody has surely voted, so that its vote can say how long a silence in the set is too long. While nobody
// could vote (the registry was away, hung, or its clock was set forward) nobody could renew a lease, and that one is over says nothing of
// its server. Whoever votes first after that must not take out what the others had no moment to renew: leases begin anew (keptset.ts, and
// scripts.ts in Lua). All times are of this process' own clock.
//
//   the registry's time since the last vote of anybody  >  the shortest of:
//     a time in which some vote is due whatever happens        max(one and a half rounds, a third of a lease)
//     since this sentinel's own last vote, and a little        its clock and the registry's agree but for delays
//     since a vote of its own has failed, or the registry was lost: who voted after that could, and has seen to it already

/** Between the delays that two votes meet on their way. */
const delayMs = 500;

/** In which each sentinel that can vote has done so. */
export function turnMs(everyMs: number): number {
  return 1.5 * everyMs;
}

interface Known {
  /** When the last one that was taken was sent. */
  readonly votedAtMs: number;
  /** The first one since then that has failed. */
  readonly failedAtMs: number | null;
}

export class Attendance {
  /** By set and voter. */
  readonly #known = new Map<string, Known>();
  #lostAtMs = Number.NEGATIVE_INFINITY;

  /** How long it may be since anybody has voted before that means that nobody could. */
  silenceMs(key: string, everyMs: number, leaseMs: number, nowMs: number): number {
    const { votedAtMs, failedAtMs } = this.#known.get(key) ?? never;
    return Math.min(
      Math.max(turnMs(everyMs), leaseMs / 3),
      nowMs - votedAtMs + delayMs,
      this.#lostAtMs > votedAtMs ? nowMs - this.#lostAtMs : Number.POSITIVE_INFINITY,
      failedAtMs === null ? Number.POSITIVE_INFINITY : nowMs - failedAtMs,
    );
  }

  voted(key: string, sentAtMs: number): void {
    this.#known.set(key, { votedAtMs: sentAtMs, failedAtMs: null });
  }

  failed(key: string, nowMs: number): void {
    const { votedAtMs, failedAtMs } = this.#known.get(key) ?? never;
    this.#known.set(key, { votedAtMs, failedAtMs: failedAtMs ?? nowMs });
  }

  /** The registry cannot be reached any more. */
  lost(nowMs: number): void {
    this.#lostAtMs = nowMs;
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}

const never: Known = { votedAtMs: Number.NEGATIVE_INFINITY, failedAtMs: null };
