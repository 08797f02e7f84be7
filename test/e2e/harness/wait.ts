// Waiting without luck: a condition is asked for again and again until it holds, and when it never does the test fails with a
// sentence that says what was waited for. Nothing in test/e2e sleeps in the hope that something has happened meanwhile.

const pollMs = 10;

/** How long is waited for what comes at once where nothing else runs. It promises nobody anything: what has to come in time is measured. */
const patienceMs = 20_000;

/** Resolves with the first value that is neither false, null nor undefined. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  withinMs: number = patienceMs,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const value = await ask();
    if (value !== false && value !== null && value !== undefined) return value as NonNullable<Exclude<T, false>>;
    if (performance.now() > deadlineMs) throw new Error(`waited ${withinMs / 1000} s in vain: ${what}`);
    await Bun.sleep(pollMs);
  }
}

/** Rejects when the promise has not settled in time. */
export async function within<T>(what: string, promise: Promise<T>, withinMs: number = patienceMs): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${withinMs / 1000} s in vain: ${what}`)), withinMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until a program has said each of the texts: what it writes comes a moment after what it does. */
export async function says(program: { readonly stderr: string }, ...texts: readonly string[]): Promise<void> {
  for (const text of texts)
    await until(`it to say "${text}"`, () => program.stderr.includes(text)).catch((error: Error) => {
      throw new Error(`${error.message}; it said:\n${program.stderr}`);
    });
}
