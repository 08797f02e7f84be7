// A stream of news that is kept open: begun again when it ends, at once if it has lasted, else less and less often. It is a help and no
// more: whoever is told by it of changes also asks by itself, and is who tells that nobody answers.

const lastedMs = 5000;
const againMs = 200;
const againMsMax = 30_000;

export class Following {
  readonly #run: (signal: AbortSignal) => Promise<void>;
  readonly #abort: AbortController = new AbortController();
  #timer: Timer | null = null;
  #hasBegun = false;

  /** `run` settles when the stream has ended, however it did. */
  constructor(run: (signal: AbortSignal) => Promise<void>) {
    this.#run = run;
  }

  /** A second time it does nothing. */
  start(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    void this.#follow(againMs);
  }

  stop(): void {
    this.#hasBegun = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#abort.abort();
  }

  async #follow(delayMs: number): Promise<void> {
    const startedMs = performance.now();
    try {
      await this.#run(this.#abort.signal);
    } catch {
      // Who asks finds out why, and tells.
    }
    if (this.#abort.signal.aborted) return;
    const hasLasted = performance.now() - startedMs >= lastedMs;
    this.#timer = setTimeout(
      () => void this.#follow(hasLasted ? againMs : Math.min(delayMs * 2, againMsMax)),
      hasLasted ? 0 : delayMs,
    );
  }
}
