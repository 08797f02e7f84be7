// What HAProxy tells of a moment and no counter of ours does: how much there was in the last second, the most that there ever was, how long
// ago something last came, how often and how long a server was down. It is looked at once a second, by name; what no look saw, a peak
// within a second, is not known. It knows neither time nor counters: it is told both.

export interface Sample {
  /** Of the row that it is for. */
  readonly key: string;
  readonly current: number;
  readonly queued: number;
  /** Sessions, ever. */
  readonly sessions: number;
  /** Requests, ever. */
  readonly requests: number;
  readonly isDown: boolean;
}

export interface Meter {
  readonly currentMax: number;
  readonly queuedMax: number;
  readonly rate: number;
  readonly rateMax: number;
  readonly requestRate: number;
  readonly requestRateMax: number;
  readonly downs: number;
  readonly downSeconds: number;
  /** Since the last session was seen; -1: none was. */
  readonly silentSeconds: number;
}

interface Kept {
  sample: Sample;
  currentMax: number;
  queuedMax: number;
  rate: number;
  rateMax: number;
  requestRate: number;
  requestRateMax: number;
  downs: number;
  downMs: number;
  cameAtMs: number | null;
}

const nothing: Meter = {
  ...{ currentMax: 0, queuedMax: 0, rate: 0, rateMax: 0, requestRate: 0, requestRateMax: 0 },
  ...{ downs: 0, downSeconds: 0, silentSeconds: -1 },
};

export class Meters {
  #kept: ReadonlyMap<string, Kept> = new Map();
  #lookedAtMs: number;
  #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#lookedAtMs = nowMs();
  }

  /** Said once a second, with all that there is; what is not among it is forgotten. */
  look(samples: readonly Sample[]): void {
    const nowMs = this.#nowMs();
    const passedMs = Math.max(nowMs - this.#lookedAtMs, 1);
    this.#lookedAtMs = nowMs;
    this.#kept = new Map(samples.map((sample) => [sample.key, this.#next(sample, passedMs, nowMs)]));
  }

  #next(sample: Sample, passedMs: number, nowMs: number): Kept {
    const before = this.#kept.get(sample.key);
    const cameAtMs = sample.sessions > 0 && before === undefined ? nowMs : null;
    if (before === undefined)
      return {
        ...{ sample, currentMax: sample.current, queuedMax: sample.queued, cameAtMs },
        ...{ rate: 0, rateMax: 0, requestRate: 0, requestRateMax: 0, downs: 0, downMs: 0 },
      };
    const grown = (now: number, then: number): number => Math.max(now - then, 0);
    const perSecond = (count: number): number => Math.round((count * 1000) / passedMs);
    const came = grown(sample.sessions, before.sample.sessions);
    const rate = perSecond(came);
    const requestRate = perSecond(grown(sample.requests, before.sample.requests));
    return {
      sample,
      currentMax: Math.max(before.currentMax, sample.current),
      queuedMax: Math.max(before.queuedMax, sample.queued),
      rate,
      rateMax: Math.max(before.rateMax, rate),
      requestRate,
      requestRateMax: Math.max(before.requestRateMax, requestRate),
      downs: before.downs + (sample.isDown && !before.sample.isDown ? 1 : 0),
      downMs: before.downMs + (sample.isDown ? passedMs : 0),
      cameAtMs: came > 0 ? nowMs : before.cameAtMs,
    };
  }

  of(key: string): Meter {
    const kept = this.#kept.get(key);
    if (kept === undefined) return nothing;
    const { downMs, cameAtMs } = kept;
    const silentSeconds = cameAtMs === null ? -1 : Math.floor(Math.max(this.#nowMs() - cameAtMs, 0) / 1000);
    return { ...kept, downSeconds: Math.floor(downMs / 1000), silentSeconds };
  }

  /** The most that there was is what there is now. */
  clear(): void {
    for (const kept of this.#kept.values()) {
      const { current, queued } = kept.sample;
      Object.assign(kept, { currentMax: current, queuedMax: queued, rateMax: 0, requestRateMax: 0 });
    }
  }
}
