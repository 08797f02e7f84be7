// A start that is cut short: whoever asks for it sends an AbortSignal, and what is waited for, the first checks of servers above all,
// is waited for no more. It knows nothing of what is to be taken apart then: whoever started it does that, as after any start that
// fails. That this is no failure can be told by its class.

/** A start that was cut short: nothing is wrong, and nothing is left behind. */
export class StartStopped extends Error {
  constructor() {
    super("stopped before it had started");
  }
}

/** Rejects when the signal comes before the work is done; what becomes of that then, nobody hears. */
export function unlessStopped<T>(work: Promise<T>, stop: AbortSignal | undefined): Promise<T> {
  if (stop === undefined) return work;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const cut = (): void => reject(new StartStopped());
  if (stop.aborted) cut();
  else stop.addEventListener("abort", cut, { once: true });
  return Promise.race([work, stopped]);
}
