// How many requests each client made in the time that a limit is about, by two periods: what is left of the former counts by its share, as
// in HAProxy's counters (memory/freqcounter.ts). Clients that have been silent for two periods are forgotten now and then.

interface Periods {
  sinceMs: number;
  now: number;
  before: number;
}

const roomMin = 100_000;

export class WindowCounts {
  readonly #periodMs: number;
  readonly #clients = new Map<string, Periods>();
  #room: number = roomMin;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** With this one. */
  count(client: string, nowMs: number): number {
    let periods = this.#clients.get(client);
    if (periods === undefined) {
      if (this.#clients.size >= this.#room) this.#forget(nowMs);
      periods = { sinceMs: nowMs, now: 0, before: 0 };
      this.#clients.set(client, periods);
    }
    const passed = Math.floor((nowMs - periods.sinceMs) / this.#periodMs);
    if (passed > 0) {
      periods.before = passed === 1 ? periods.now : 0;
      periods.now = 0;
      periods.sinceMs += passed * this.#periodMs;
    }
    periods.now++;
    return periods.now + Math.floor(periods.before * (1 - (nowMs - periods.sinceMs) / this.#periodMs));
  }

  #forget(nowMs: number): void {
    for (const [client, { sinceMs }] of this.#clients)
      if (nowMs - sinceMs >= 2 * this.#periodMs) this.#clients.delete(client);
    this.#room = Math.max(roomMin, this.#clients.size * 2);
  }
}
